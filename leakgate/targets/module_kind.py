"""``module``: a module or package, run as ``python -m NAME`` runs it."""

from collections.abc import Mapping
from pathlib import Path
from types import MappingProxyType
from typing import Final

from leakgate.model.entry import ModuleEntry
from leakgate.model.target import TargetSpec
from leakgate.targets.process_plan import ProbeMode, ProcessPlan

_SOURCE_FOLDERS: Final = ("", "src")


class ModuleKind:
    """Runs a module or package by name."""

    key = "module"
    entry_type = ModuleEntry

    def split(self, text: str) -> tuple[str, ...]:
        """Return the text as one word."""
        return (text,)

    def read(self, words: tuple[str, ...]) -> ModuleEntry:
        """Return the entry of one dotted name. Raises ValueError for anything else."""
        (module,) = words
        if not all(part.isidentifier() for part in module.split(".")):
            raise ValueError(f"{module[:100]!r} is not the name of a module, such as package.module")
        return ModuleEntry(module=module)

    def words(self, entry: ModuleEntry) -> tuple[str, ...]:
        """Return the name of the module as one word."""
        return (entry.module,)

    def default_name(self, entry: ModuleEntry) -> str:
        """Return the name of the module."""
        return entry.module

    def pinned_file(self, entry: ModuleEntry, cwd: Path) -> Path | None:
        """Return the module's file below the working directory; None if it is not there."""
        inner = Path(*entry.module.split("."))
        for folder in _SOURCE_FOLDERS:
            for file in (inner.with_suffix(".py"), inner / "__main__.py"):
                if (cwd / folder / file).is_file():
                    return cwd / folder / file
        return None

    def title(self, entry: ModuleEntry) -> tuple[str, ...]:
        """Return the arguments of ``python``."""
        return ("-m", entry.module)

    def problem(self, spec: TargetSpec, entry: ModuleEntry) -> str:
        """Return an empty text: problems show only when Python looks for the module."""
        del spec, entry
        return ""

    def advice(self, entry: ModuleEntry, stderr: str) -> str:
        """Return advice if Python did not find the module in the working directory or in an installed package."""
        top = entry.module.partition(".")[0]
        if f"No module named {top}" in stderr or f"No module named '{top}'" in stderr:
            return f"set `cwd` to the folder that contains {top}, or install it for the interpreter `python`"
        return ""

    def start(self, spec: TargetSpec, entry: ModuleEntry, env: Mapping[str, str]) -> ProcessPlan:
        """Return the plan for ``PYTHON -m MODULE ARGS``, with the probe."""
        argv = (str(spec.python), "-m", entry.module, *spec.args)
        return ProcessPlan(argv=argv, env=MappingProxyType(dict(env)), cwd=spec.cwd, probe=ProbeMode.AS_MAIN)
