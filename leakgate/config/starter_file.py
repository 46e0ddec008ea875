"""The text of a first ``leakgate.yaml`` for a project: its likely programs, and the keys that users need first."""

import contextlib
import json
import os
import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path, PurePosixPath
from typing import Final

from leakgate.config.found_programs import RQ, FoundProgram, commands_of, program_of
from leakgate.config.source_facts import MOST_ROUTES, SourceFacts, facts_of
from leakgate.config.text_fields import read_name
from leakgate.targets.project_python import virtual_environment

_MOST_SCRIPTS: Final = 5
_MOST_FILES: Final = 5_000
_DEEPEST: Final = 6
_LARGEST_SOURCE_BYTES: Final = 200_000

_SKIPPED_FOLDERS: Final = {
    *("node_modules", "site-packages", "vendor", "third_party", "__pycache__", "build", "dist"),
    *("test", "tests", "testing", "docs", "doc", "migrations"),
}
_SKIPPED_FILES: Final = re.compile(r"(?:test_.*|.*_test|conftest|setup|noxfile|tasks|versioneer|__.*__)\.py")
_PLAIN: Final = re.compile(r"[A-Za-z_][A-Za-z0-9_/.-]*\.py|[A-Za-z_][A-Za-z0-9_/-]*")
_WORDS: Final = {"true", "false", "null"}

_TEMPLATE: Final = """\
# leakgate runs these programs, watches their memory, and fails when one leaks: `leakgate run`.
# For completion in an editor: `leakgate schema config > leakgate.schema.json`, and as the first line here
#   # yaml-language-server: $schema=./leakgate.schema.json
version: 1

defaults:
{python}
  duration: 30s  # how long a script is watched; a clear answer ends it earlier; an unclear answer doubles it
  # budgets: {{heap: 256KB/min, peak: 500MB}}  # without budgets, all sustained growth above the noise is a leak

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
    # repeat: true  # if it ends by itself
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Starter:
    """A first config, and sentences about it for the user."""

    text: str
    """The text of the config. It is valid without an edit if the project has a program."""
    found: tuple[str, ...] = ()
    """For each entry, its name and the reason for it."""
    left_out: tuple[str, ...] = ()
    """What was found but has no entry, with the reason."""


def starter_config(root: Path) -> Starter:
    """Return a ``leakgate.yaml`` for the project in this folder.

    Looks at a bounded number of files, reads them as text, and runs nothing.
    """
    programs, left_out = _programs(root)
    entries: dict[str, str] = {}
    found: list[str] = []
    for program in programs[:_MOST_SCRIPTS]:
        candidates = [program.name, *(f"{program.name}-{number}" for number in range(2, _MOST_SCRIPTS + 1))]
        name = next(candidate for candidate in candidates if candidate not in entries)
        lines = "".join(f"    {line}\n" for line in program.lines)
        more = _MORE if not entries and program.lines[0].startswith("path:") and len(program.lines) == 1 else ""
        entries[name] = f"  - name: {_quoted(name)}\n{lines}{more}"
        found.append(f"{name}: {program.why}")
    left_out += [f"{one.why}: a first config has at most {_MOST_SCRIPTS} entries" for one in programs[_MOST_SCRIPTS:]]
    text = _TEMPLATE.format(python=_python_line(root), scripts="".join(entries.values()) or _NO_SCRIPT)
    return Starter(text=text, found=tuple(found), left_out=tuple(left_out))


def _programs(root: Path) -> tuple[list[FoundProgram], list[str]]:
    """Return the programs that leakgate can watch, the most likely first, and sentences about those left out."""
    found: list[FoundProgram] = []
    left_out: list[str] = []
    sources = [(path, facts_of(text)) for path, text in _sources(root)]
    urls = _urls_of_django(sources)
    clients = {facts.calls: path for path, facts in reversed(sources) if facts.calls is not None}
    has_prefixes = any(facts.has_prefixes for _, facts in sources)
    for path, facts in sources:
        known = facts if has_prefixes or not facts.factories else replace(facts, routes=_routes_of(path, sources))
        program = program_of(path, known, urls, clients)
        if program is not None and _has_a_name(program.name):
            found.append(program)
    found = _with_one_rq(found)
    loads = {one.client for one in found}
    found = [one for one in found if one.path not in loads]
    commands, missing = commands_of(_read(root / "pyproject.toml"), _installed(root))
    tests = _tests(root)
    found = sorted([*found, *commands, *tests[0]], key=lambda one: (one.rank, len(one.path.parts), one.path))
    return found, [*left_out, *missing, *tests[1]]


def _urls_of_django(sources: list[tuple[PurePosixPath, SourceFacts]]) -> tuple[str, ...]:
    """Return the paths of the urls.py beside the settings; those of an application have an unknown prefix."""
    settings = {path.parent for path, _ in sources if path.stem == "settings"}
    return next(
        (facts.url_patterns for path, facts in sources if path.name == "urls.py" and path.parent in settings), ()
    )


def _routes_of(application: PurePosixPath, sources: list[tuple[PurePosixPath, SourceFacts]]) -> tuple[str, ...]:
    """Return the paths of all files of the package of an application that a function creates."""
    beside = [facts.routes for path, facts in sources if path.is_relative_to(application.parent)]
    return tuple(dict.fromkeys(route for routes in beside for route in routes))[:MOST_ROUTES]


def _with_one_rq(found: list[FoundProgram]) -> list[FoundProgram]:
    """Keep one of the RQ programs, the one with the most lines about its Redis: one worker does all jobs."""
    rq = max((one for one in found if one.name == RQ), key=lambda one: len(one.lines), default=None)
    return [one for one in found if one.name != RQ or one is rq]


def _tests(root: Path) -> tuple[list[FoundProgram], list[str]]:
    """Return the test suite, if the project's environment has pytest."""
    for name in ("tests", "test"):
        if (root / name).is_dir() and any((root / name).rglob("test_*.py")):
            if "pytest" not in _installed(root):
                return [], [f"the tests in {name}: pytest is not installed in the project's environment"]
            path = PurePosixPath(name)
            why = f"the tests in {name}, each repeated"
            return [FoundProgram(name="tests", lines=(f"pytest: [{name}]",), why=why, rank=4, path=path)], []
    return [], []


def _installed(root: Path) -> frozenset[str]:
    """Return the names of the programs in the project's virtual environment."""
    folder = virtual_environment(root)
    names: set[str] = set()
    for place in (root / folder / "bin", root / folder / "Scripts") if folder else ():
        with contextlib.suppress(OSError):
            names |= {file.stem if file.suffix == ".exe" else file.name for file in place.iterdir()}
    return frozenset(names)


def _python_line(root: Path) -> str:
    folder = virtual_environment(root)
    if folder:
        return f"  python: {folder}/bin/python  # runs the scripts; leakgate need not be installed there"
    return "  # python: .venv/bin/python  # what runs the scripts; default: the Python that runs leakgate"


def _sources(root: Path) -> Iterator[tuple[PurePosixPath, str]]:
    """Yield source files: the path from the root, and the text."""
    seen = 0
    for folder, folders, files in os.walk(root):
        here = Path(folder)
        folders[:] = sorted(name for name in folders if _is_of_project(here / name, root))
        for name in sorted(files):
            seen += 1
            if seen > _MOST_FILES:
                return
            path = PurePosixPath((here / name).relative_to(root).as_posix())
            if _may_be_program(path) and (text := _read(here / name)):
                yield path, text


def _is_of_project(folder: Path, root: Path) -> bool:
    name = folder.name
    if name.startswith(".") or name in _SKIPPED_FOLDERS or name.endswith(".egg-info"):
        return False
    return len(folder.relative_to(root).parts) <= _DEEPEST and not (folder / "pyvenv.cfg").exists()


def _may_be_program(path: PurePosixPath) -> bool:
    """Whether the file may be a program, by its name alone. The config must be able to hold the name."""
    named = path.name in ("__main__.py", "__init__.py")
    if path.suffix != ".py" or (not named and _SKIPPED_FILES.fullmatch(path.name)):
        return False
    return str(path).isprintable()


def _has_a_name(name: str) -> bool:
    try:
        read_name(f"{name}-{_MOST_SCRIPTS}")
    except ValueError:
        return False
    return True


def _read(path: Path) -> str:
    """Return the text of a file; empty if it is too large or cannot be read."""
    try:
        if not path.is_file() or path.stat().st_size > _LARGEST_SOURCE_BYTES:
            return ""
        return path.read_text(encoding="utf-8", errors="replace")
    except OSError:
        return ""


def _quoted(text: str) -> str:
    """Return text as a YAML scalar; JSON quotes are YAML double quotes."""
    plain = _PLAIN.fullmatch(text) and text.lower() not in _WORDS
    return text if plain else json.dumps(text, ensure_ascii=False)
