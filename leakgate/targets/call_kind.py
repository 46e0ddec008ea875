"""``call``: a callable of the project, which is called repeatedly in one process."""

from collections.abc import Mapping
from pathlib import Path
from types import MappingProxyType
from typing import Final

from leakgate.model.entry import CallEntry
from leakgate.model.target import TargetSpec
from leakgate.targets.process_plan import ProbeMode, ProcessPlan

_LONGEST: Final = 100


class CallKind:
    """Calls a function without arguments."""

    key = "call"
    entry_type = CallEntry

    def split(self, text: str) -> tuple[str, ...]:
        """Return the text as one word."""
        return (text,)

    def read(self, words: tuple[str, ...]) -> CallEntry:
        """Return the entry of ``package.module:name``. Raises ValueError for anything else."""
        (path,) = words
        module, colon, name = path.partition(":")
        if not colon or not all(part.isidentifier() for part in (*module.split("."), *name.split("."))):
            raise ValueError(f"{path[:_LONGEST]!r} is not the name of a callable; write {_meant(module, name)}")
        return CallEntry(path=path)

    def words(self, entry: CallEntry) -> tuple[str, ...]:
        """Return the path as one word."""
        return (entry.path,)

    def default_name(self, entry: CallEntry) -> str:
        """Return the path."""
        return entry.path

    def pinned_file(self, entry: CallEntry, cwd: Path) -> Path | None:
        """Return the module's file below the working directory; None if it is not there."""
        inner = Path(*entry.path.partition(":")[0].split("."))
        found = (
            cwd / folder / file for folder in ("", "src") for file in (inner.with_suffix(".py"), inner / "__init__.py")
        )
        return next((file for file in found if file.is_file()), None)

    def title(self, entry: CallEntry) -> tuple[str, ...]:
        """Return ``call`` and the path."""
        return ("call", entry.path)

    def problem(self, spec: TargetSpec, entry: CallEntry) -> str:
        """Return an empty text: problems show only when Python imports the module."""
        del spec, entry
        return ""

    def advice(self, entry: CallEntry, stderr: str) -> str:
        """Return advice if Python did not find the module in the working directory or in an installed package."""
        top = entry.path.partition(":")[0].partition(".")[0]
        if f"No module named '{top}'" in stderr:
            return f"set `cwd` to the folder that contains {top}, or install it for the interpreter `python`"
        return ""

    def start(self, spec: TargetSpec, entry: CallEntry, env: Mapping[str, str]) -> ProcessPlan:
        """Return the plan of the runner on the project's interpreter. Its order says what to repeat."""
        del entry
        return ProcessPlan(
            argv=(str(spec.python),), env=MappingProxyType(dict(env)), cwd=spec.cwd, probe=ProbeMode.REPEATING
        )


def _meant(module: str, name: str) -> str:
    """Return what the user probably meant to write, for a file with slashes or a module without a function."""
    dotted = module.removesuffix(".py").replace("/", ".").strip(".")[:_LONGEST]
    if not all(part.isidentifier() for part in dotted.split(".")):
        return "package.module:name, such as shop.parser:parse"
    known = all(part.isidentifier() for part in name.split("."))
    return f"{dotted}:{name[:_LONGEST]}" if known else f"{dotted}:NAME with the name of a function of it"
