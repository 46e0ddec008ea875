"""``call``: a callable of the project, called again and again in one process."""

from collections.abc import Mapping
from pathlib import Path
from types import MappingProxyType

from leakgate.model.entry import CallEntry
from leakgate.model.target import TargetSpec
from leakgate.targets.process_plan import ProbeMode, ProcessPlan


class CallKind:
    """Calls a function without arguments."""

    key = "call"
    entry_type = CallEntry

    def split(self, text: str) -> tuple[str, ...]:
        """One word."""
        return (text,)

    def read(self, words: tuple[str, ...]) -> CallEntry:
        """The entry of ``package.module:name``. Raises ValueError for anything else."""
        (path,) = words
        module, colon, name = path.partition(":")
        if not colon or not all(part.isidentifier() for part in (*module.split("."), *name.split("."))):
            raise ValueError(
                f"{path[:100]!r} is not the name of a callable; write package.module:name, such as shop.parser:parse"
            )
        return CallEntry(path=path)

    def words(self, entry: CallEntry) -> tuple[str, ...]:
        """The path."""
        return (entry.path,)

    def default_name(self, entry: CallEntry) -> str:
        """The path."""
        return entry.path

    def pinned_file(self, entry: CallEntry, cwd: Path) -> Path | None:
        """The module's file below the working directory, where it is there."""
        inner = Path(*entry.path.partition(":")[0].split("."))
        found = (
            cwd / folder / file for folder in ("", "src") for file in (inner.with_suffix(".py"), inner / "__init__.py")
        )
        return next((file for file in found if file.is_file()), None)

    def title(self, entry: CallEntry) -> tuple[str, ...]:
        """The callable."""
        return ("call", entry.path)

    def problem(self, spec: TargetSpec, entry: CallEntry) -> str:
        """Nothing is known before Python imports the module."""
        del spec, entry
        return ""

    def advice(self, entry: CallEntry, stderr: str) -> str:
        """Python finds modules in the working directory and in what is installed."""
        top = entry.path.partition(":")[0].partition(".")[0]
        if f"No module named '{top}'" in stderr:
            return f"set `cwd` to the folder that holds {top}, or install it where `python` looks"
        return ""

    def start(self, spec: TargetSpec, entry: CallEntry, env: Mapping[str, str]) -> ProcessPlan:
        """The runner on the project's interpreter; what it repeats stands in its order."""
        del entry
        return ProcessPlan(
            argv=(str(spec.python),), env=MappingProxyType(dict(env)), cwd=spec.cwd, probe=ProbeMode.REPEATING
        )
