"""What a trial needs besides the script: clock, progress, interrupts, ports and the probe."""

import threading
from dataclasses import dataclass, field
from pathlib import Path

from leakgate.measure.clock import SystemClock
from leakgate.measure.free_ports import PortChooser
from leakgate.ports import Clock, NoProgress, Progress
from leakgate.targets.plan import PROBE_DIR


@dataclass(frozen=True, slots=True)
class Interrupt:
    """How the user, or the time limit of the run, ends a watch. Every event may be set from any thread."""

    stop: threading.Event = field(default_factory=threading.Event)
    """End now."""
    out_of_time: threading.Event = field(default_factory=threading.Event)
    """Set if the time limit of the run, and not the user, has set ``stop``."""
    finish: threading.Event = field(default_factory=threading.Event)
    """End the watch, explain what grew, then end."""
    gentle: bool = False
    """Whether the first Ctrl-C sets ``finish``, and only the second one ``stop``."""

    def stop_for_time(self) -> None:
        """End now, because the time limit of the run is reached. After an interrupt by the user, do nothing."""
        if not self.stop.is_set():
            self.out_of_time.set()
            self.stop.set()

    @property
    def by_user(self) -> bool:
        """Whether the user, or a signal, ended the run."""
        return self.stop.is_set() and not self.out_of_time.is_set()


@dataclass(frozen=True, slots=True, kw_only=True)
class Surroundings:
    """Clock, progress display, interrupts, ports and the folder of the probe. The defaults are the real ones."""

    clock: Clock = field(default_factory=SystemClock)
    progress: Progress = field(default_factory=NoProgress)
    interrupt: Interrupt = field(default_factory=Interrupt)
    ends_at_s: float | None = None
    """The clock's monotonic time at which the time limit of the run ends it; None: there is no limit."""
    ports: PortChooser = field(default_factory=PortChooser)
    probe_dir: Path = PROBE_DIR
