"""A target to run and judge: one entry of the config, with every default filled in."""

from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path
from types import MappingProxyType
from typing import Final

from leakgate.model.entry import Entry
from leakgate.model.load_spec import LoadSpec
from leakgate.model.metrics import Metric
from leakgate.model.source_ref import SourceRef
from leakgate.model.staging import DEFAULT_STOP, ReadySpec, ServiceSpec, StopSpec
from leakgate.model.verdict import Expectation

DEFAULT_DURATION_S: Final = 30.0
DEFAULT_INTERVAL_S: Final = 0.1
DEFAULT_TOLERANCE: Final = 0.25
DEFAULT_TIME_PER_TEST_S: Final = 2.0


class TraceMode(StrEnum):
    """When the tracing window is opened: only to explain growth, always, or never."""

    AUTO = "auto"
    ALWAYS = "always"
    NEVER = "never"


class BudgetForm(StrEnum):
    """How a budget limits its metric."""

    GROWTH = "growth"
    """Units that the floor may rise over the measured window."""
    RATE = "rate"
    """Units per second that the floor may rise, for any length of the watch."""
    ITERATION = "iteration"
    """Units that the floor may rise with every request or call."""
    PEAK = "peak"
    """A ceiling that no reading may pass."""


@dataclass(frozen=True, slots=True)
class Budget:
    """The limit that the user sets for one metric."""

    metric: Metric
    form: BudgetForm
    limit: float
    """Bytes (or a count, for counted metrics); per second for ``RATE``."""
    text: str
    """As the user wrote it, for messages: ``256KB/min``."""
    origin: SourceRef | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class TargetSpec:
    """A script to run and judge. All paths are absolute; relative ones were resolved by the config."""

    name: str
    entry: Entry
    python: Path
    cwd: Path
    args: tuple[str, ...] = ()
    env: MappingProxyType[str, str] = field(default_factory=lambda: MappingProxyType({}))
    duration_s: float = DEFAULT_DURATION_S
    """Seconds that a script is watched before its verdict; 0 (``monitor`` only): until interrupted."""
    warmup_s: float | None = None
    """Seconds at the start that are never judged; None: found from the data."""
    interval_s: float = DEFAULT_INTERVAL_S
    budgets: tuple[Budget, ...] = ()
    tolerance: float = DEFAULT_TOLERANCE
    """How much worse than the baseline still passes, as a fraction."""
    trace: TraceMode = TraceMode.AUTO
    ready: ReadySpec | None = None
    """The condition to wait for before the watch and the load begin; None: no condition."""
    stop: StopSpec = DEFAULT_STOP
    services: tuple[ServiceSpec, ...] = ()
    """Started before the script in this order, stopped after it."""
    setup: tuple[str, ...] = ()
    """A command that is run to its end before the script starts; empty: none."""
    load: LoadSpec | None = None
    """The load of the server while it is watched; None: leakgate makes no load."""
    work: str = ""
    """The function whose calls are counted, ``package.module:function``; empty: none."""
    time_per_test_s: float = DEFAULT_TIME_PER_TEST_S
    """Seconds for the repetitions of one test, or of a callable; a suspect gets five times as long."""
    test_shard: tuple[int, int] = (1, 1)
    """The part of a suite's tests that is run: its number, from 1, and the number of parts."""
    repeat: bool = False
    """Whether a script that ends by itself is run again and again, in one process if that is possible."""
    expect: Expectation = Expectation.OK
    origin: SourceRef | None = None

    @property
    def repeating_s(self) -> float:
        """Seconds for the repetitions of one test or callable, or of a script that is repeated."""
        return self.duration_s if self.repeat else self.time_per_test_s
