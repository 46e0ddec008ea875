"""``module``: what ``python -m NAME`` runs."""

from collections.abc import Mapping
from pathlib import Path
from types import MappingProxyType
from typing import Final

from leakgate.model.entry import ModuleEntry
from leakgate.model.target import TargetSpec
from leakgate.targets.process_plan import ProbeMode, ProcessPlan

_SOURCE_FOLDERS: Final = ("", "src")


class ModuleKind:
    """Runs a module or package by its name."""

    key = "module"
    entry_type = ModuleEntry

    def split(self, text: str) -> tuple[str, ...]:
        """One word."""
        return (text,)

    def read(self, words: tuple[str, ...]) -> ModuleEntry:
        """The entry of one dotted name. Raises ValueError for anything else."""
        (module,) = words
        if not all(part.isidentifier() for part in module.split(".")):
            raise ValueError(f"{module[:100]!r} is not the name of a module, such as package.module")
        return ModuleEntry(module=module)

    def words(self, entry: ModuleEntry) -> tuple[str, ...]:
        """The name."""
        return (entry.module,)

    def default_name(self, entry: ModuleEntry) -> str:
        """The name of the module."""
        return entry.module

    def pinned_file(self, entry: ModuleEntry, cwd: Path) -> Path | None:
        """The module's file below the working directory, where it is there."""
        inner = Path(*entry.module.split("."))
        for folder in _SOURCE_FOLDERS:
            for file in (inner.with_suffix(".py"), inner / "__main__.py"):
                if (cwd / folder / file).is_file():
                    return cwd / folder / file
        return None

    def title(self, entry: ModuleEntry) -> tuple[str, ...]:
        """As ``python`` takes it."""
        return ("-m", entry.module)

    def problem(self, spec: TargetSpec, entry: ModuleEntry) -> str:
        """Nothing is known before Python looks for the module."""
        del spec, entry
        return ""

    def advice(self, entry: ModuleEntry, stderr: str) -> str:
        """Python finds modules in the working directory and in what is installed."""
        top = entry.module.partition(".")[0]
        if f"No module named {top}" in stderr or f"No module named '{top}'" in stderr:
            return f"set `cwd` to the folder that holds {top}, or install it where `python` looks"
        return ""

    def start(self, spec: TargetSpec, entry: ModuleEntry, env: Mapping[str, str]) -> ProcessPlan:
        """``PYTHON -m MODULE ARGS``, under the probe."""
        argv = (str(spec.python), "-m", entry.module, *spec.args)
        return ProcessPlan(argv=argv, env=MappingProxyType(dict(env)), cwd=spec.cwd, probe=ProbeMode.AS_MAIN)
