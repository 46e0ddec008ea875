"""How one process is started: command line, environment, folder, and how it gets the probe."""

from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from types import MappingProxyType


class ProbeMode(StrEnum):
    """How a process gets the probe."""

    AS_MAIN = "as-main"
    """The interpreter starts the probe, which then runs the program. So the probe sees everything from the first line
    on."""
    INHERITED = "inherited"
    """The environment brings the probe into every Python process. The started program may be any program."""
    REPEATING = "repeating"
    """The interpreter starts the runner of `probe/repeat`, which repeats what its order names."""
    NONE = "none"
    """No probe: services and set-up commands are not judged."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ProcessPlan:
    """Everything that is needed to start a process."""

    argv: tuple[str, ...]
    """The program and its arguments. With ``AS_MAIN`` the first word is a Python interpreter without options."""
    env: MappingProxyType[str, str]
    cwd: Path
    probe: ProbeMode
    keeps_stdin: bool = False
    """Whether its standard input is a pipe that stays open while it is supervised; else it is the null device."""
