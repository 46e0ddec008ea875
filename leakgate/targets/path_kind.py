"""``path``: a Python file, a folder or zip file with a ``__main__.py``, or a compiled ``.pyc``."""

from collections.abc import Mapping
from pathlib import Path
from types import MappingProxyType
from typing import Final

from leakgate.model.entry import ScriptEntry
from leakgate.model.target import TargetSpec
from leakgate.targets.process_plan import ProbeMode, ProcessPlan

_MAINS: Final = ("__main__.py", "__main__.pyc")
_NO_PROGRAMS: Final = {".yaml": "YAML", ".yml": "YAML", ".json": "JSON", ".toml": "TOML"}
"""Names of files that users give by mistake: a config, results, the settings of a project."""


class PathKind:
    """Runs a path as ``python PATH`` does."""

    key = "path"
    entry_type = ScriptEntry

    def split(self, text: str) -> tuple[str, ...]:
        """Return the text as one word."""
        return (text,)

    def read(self, words: tuple[str, ...]) -> ScriptEntry:
        """Return the entry of one path. Raises ValueError for any other number of words."""
        (path,) = words
        return ScriptEntry(path=Path(path))

    def words(self, entry: ScriptEntry) -> tuple[str, ...]:
        """Return the path as one word."""
        return (str(entry.path),)

    def default_name(self, entry: ScriptEntry) -> str:
        """Return the file name without ``.py``."""
        return entry.path.stem

    def pinned_file(self, entry: ScriptEntry, cwd: Path) -> Path | None:
        """Return the file itself, or the ``__main__.py`` of a folder."""
        del cwd
        return entry.path if entry.path.suffix else _main_of(entry.path)

    def title(self, entry: ScriptEntry) -> tuple[str, ...]:
        """Return the path as one word."""
        return (str(entry.path),)

    def problem(self, spec: TargetSpec, entry: ScriptEntry) -> str:
        """Return why the path cannot be run, as text for the user; empty if it can."""
        del spec
        return why_not_runnable(entry.path)

    def advice(self, entry: ScriptEntry, stderr: str) -> str:
        """Return advice for a file of a package that uses relative imports, which only ``python -m`` can resolve."""
        package = _package_of(entry.path)
        if package and "relative import" in stderr:
            return f"this file belongs to a package, whose imports need `python -m`: write `module: {package}`"
        return ""

    def start(self, spec: TargetSpec, entry: ScriptEntry, env: Mapping[str, str]) -> ProcessPlan:
        """Return the plan for ``PYTHON PATH ARGS``, with the probe."""
        argv = (str(spec.python), str(entry.path), *spec.args)
        return ProcessPlan(argv=argv, env=MappingProxyType(dict(env)), cwd=spec.cwd, probe=ProbeMode.AS_MAIN)


def why_not_runnable(path: Path) -> str:
    """Return why Python cannot run this path; empty for a Python file and a folder with a ``__main__.py``."""
    if path.is_file():
        kind = _NO_PROGRAMS.get(path.suffix.lower())
        return f"{path.name!r} is a {kind} file, not a Python program" if kind else ""
    if not path.is_dir():
        return f"there is no file {str(path)!r}"
    if any((path / name).is_file() for name in _MAINS):
        return ""
    return f"the folder {path.name!r} has no __main__.py; name the Python file to run"


def is_yaml(path: Path) -> bool:
    """Whether a file is YAML by its name. Such a file is not a program, but may be a config."""
    return _NO_PROGRAMS.get(path.suffix.lower()) == "YAML"


def _main_of(path: Path) -> Path:
    inside = path / "__main__.py"
    return inside if inside.is_file() else path


def _package_of(path: Path) -> str:
    """Return the name of this file for ``module``, or the package of a ``__main__.py``; empty without a package."""
    names = [] if path.name == "__main__.py" else [path.stem]
    folder = path if path.is_dir() else path.parent
    while (folder / "__init__.py").is_file():
        names.insert(0, folder.name)
        folder = folder.parent
    return ".".join(names) if folder != path.parent else ""
