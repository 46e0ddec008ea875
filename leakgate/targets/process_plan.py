"""How one process is started: command line, environment, folder, and the way in which the probe comes into it."""

from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from types import MappingProxyType


class ProbeMode(StrEnum):
    """How the probe comes into a process."""

    AS_MAIN = "as-main"
    """The interpreter starts the probe, which becomes the program: it sees everything from the first line on."""
    INHERITED = "inherited"
    """The environment carries it into every Python process: the started program may be anything."""
    REPEATING = "repeating"
    """The interpreter starts the runner of `probe/repeat`, which calls what its order names again and again."""
    NONE = "none"
    """No probe: services and set-up commands are not judged."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ProcessPlan:
    """Everything that starting a process needs."""

    argv: tuple[str, ...]
    """The program and its arguments. With ``AS_MAIN`` the first word is a Python interpreter without options."""
    env: MappingProxyType[str, str]
    cwd: Path
    probe: ProbeMode
    keeps_stdin: bool = False
    """Whether its standard input stays open for as long as it is guarded; else it reads the null device."""
