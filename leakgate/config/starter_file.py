"""The text of a first ``leakgate.yaml`` for a project: its plausible programs, and the keys that people need first."""

import json
import os
import re
from collections.abc import Iterator
from pathlib import Path, PurePosixPath
from typing import Final

from leakgate.config.fields import read_name

_MOST_SCRIPTS: Final = 5
_MOST_FILES: Final = 5_000
_DEEPEST: Final = 6
_LARGEST_SOURCE_BYTES: Final = 200_000

_SKIPPED_FOLDERS: Final = {
    *("node_modules", "site-packages", "vendor", "third_party", "__pycache__", "build", "dist"),
    *("test", "tests", "testing", "docs", "doc", "migrations"),
}
_SKIPPED_FILES: Final = re.compile(r"(?:test_.*|.*_test|conftest|setup|noxfile|tasks|versioneer|__.*__)\.py")
_MAIN: Final = re.compile(r"^if __name__ == ['\"]__main__['\"]:", re.MULTILINE)
_PLAIN: Final = re.compile(r"[A-Za-z_][A-Za-z0-9_/.-]*\.py|[A-Za-z_][A-Za-z0-9_/-]*")
_WORDS: Final = {"true", "false", "null"}
_VIRTUAL_ENVIRONMENTS: Final = (".venv", "venv", "env")

_TEMPLATE: Final = """\
# leakgate runs these programs, watches their memory, and fails when one leaks: `leakgate run`.
# For completion in an editor: `leakgate schema config > leakgate.schema.json`, and as the first line here
#   # yaml-language-server: $schema=./leakgate.schema.json
version: 1

defaults:
{python}
  duration: 30s  # how long a script is watched; a clear answer ends it earlier, an unclear one doubles it
  # budgets: {{heap: 256KB/min, peak: 500MB}}  # without them, anything sustained above the noise is a leak

# Each program must do its usual work by itself while it is watched: give it the arguments and variables for that.
scripts:
{scripts}"""
_NO_SCRIPT: Final = """\
  - name: my-program
    path: path/to/my_program.py  # no program was found: put one of yours here
"""
_MORE: Final = """\
    # args: [--queue, demo]
    # env: {MODE: demo}
"""


def starter_config(root: Path) -> str:
    """A ``leakgate.yaml`` for the project in this folder; valid as it is, when the project has a program.

    Looks at a bounded number of files, reads them as text and runs nothing.
    """
    scripts = sorted(_find_scripts(root), key=lambda path: (len(path.parts), path))[:_MOST_SCRIPTS]
    entries: dict[str, str] = {}
    for path in scripts:
        candidates = [path.stem, *(f"{path.stem}-{number}" for number in range(2, _MOST_SCRIPTS + 1))]
        name = next(candidate for candidate in candidates if candidate not in entries)
        more = "" if entries else _MORE
        entries[name] = f"  - name: {_quoted(name)}\n    path: {_quoted(str(path))}\n{more}"
    return _TEMPLATE.format(python=_python_line(root), scripts="".join(entries.values()) or _NO_SCRIPT)


def _python_line(root: Path) -> str:
    folder = virtual_environment(root)
    if folder:
        return f"  python: {folder}/bin/python  # runs the scripts; leakgate need not be installed there"
    return "  # python: .venv/bin/python  # what runs the scripts; default: the Python that runs leakgate"


def virtual_environment(root: Path) -> str:
    """The folder of the project's own virtual environment; empty where it has none."""
    for folder in _VIRTUAL_ENVIRONMENTS:
        if (root / folder / "bin" / "python").exists() or (root / folder / "Scripts" / "python.exe").exists():
            return folder
    return ""


def _find_scripts(root: Path) -> Iterator[PurePosixPath]:
    """Programs by their path from the root: files with a main block."""
    seen = 0
    for folder, folders, files in os.walk(root):
        here = Path(folder)
        folders[:] = sorted(name for name in folders if _is_of_project(here / name, root))
        for name in sorted(files):
            seen += 1
            if seen > _MOST_FILES:
                return
            path = PurePosixPath((here / name).relative_to(root).as_posix())
            if _may_be_program(path) and _has_main(here / name):
                yield path


def _is_of_project(folder: Path, root: Path) -> bool:
    name = folder.name
    if name.startswith(".") or name in _SKIPPED_FOLDERS or name.endswith(".egg-info"):
        return False
    return len(folder.relative_to(root).parts) <= _DEEPEST and not (folder / "pyvenv.cfg").exists()


def _may_be_program(path: PurePosixPath) -> bool:
    """By its name alone; a file name may be any bytes, and the config must be able to hold it."""
    if path.suffix != ".py" or _SKIPPED_FILES.fullmatch(path.name):
        return False
    try:
        read_name(f"{path.stem}-{_MOST_SCRIPTS}")
    except ValueError:
        return False
    return str(path).isprintable()


def _has_main(path: Path) -> bool:
    try:
        if not path.is_file() or path.stat().st_size > _LARGEST_SOURCE_BYTES:
            return False
        return _MAIN.search(path.read_text(encoding="utf-8", errors="replace")) is not None
    except OSError:
        return False


def _quoted(text: str) -> str:
    """Text as a YAML scalar; JSON's quotes are YAML's double quotes."""
    plain = _PLAIN.fullmatch(text) and text.lower() not in _WORDS
    return text if plain else json.dumps(text, ensure_ascii=False)
