"""What a trial needs of the outside besides the script."""

import threading
from dataclasses import dataclass, field
from pathlib import Path

from leakgate.measure.clock import SystemClock
from leakgate.ports import Clock, NoProgress, Progress
from leakgate.targets.plan import PROBE_DIR


@dataclass(frozen=True, slots=True)
class Interrupt:
    """How a user ends a watch; both may be set from any thread."""

    stop: threading.Event = field(default_factory=threading.Event)
    """End now."""
    finish: threading.Event = field(default_factory=threading.Event)
    """End the watch, explain what grew, then end."""
    gentle: bool = False
    """Whether the first Ctrl-C sets ``finish`` and only the second one ``stop``."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Surroundings:
    """Clock, onlooker, the user's wish to stop, and the probe; the defaults are the real things."""

    clock: Clock = field(default_factory=SystemClock)
    progress: Progress = field(default_factory=NoProgress)
    interrupt: Interrupt = field(default_factory=Interrupt)
    probe_dir: Path = PROBE_DIR
