"""The measurements of a script: series of readings, and how the script ended.

A verdict may depend on nothing but these values. A session stores them; replaying a session judges them again.
"""

from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from typing import Final

from leakgate.model.explanation import Explanation
from leakgate.model.metrics import Metric
from leakgate.model.repeated import Repetitions, TestOutcome
from leakgate.model.work_record import WorkRecord


@dataclass(frozen=True, slots=True)
class Series:
    """Readings of one metric of one process (or of the tree), in the order of time."""

    metric: Metric
    t_s: tuple[float, ...]
    """Seconds since the script was started."""
    values: tuple[float, ...]
    settled: bool = False
    """True for readings taken right after a full collection that leakgate asked for: they contain no cyclic garbage."""

    def __post_init__(self) -> None:
        if len(self.t_s) != len(self.values):
            raise ValueError(f"{self.metric}: {len(self.t_s)} times for {len(self.values)} values")

    def __len__(self) -> int:
        return len(self.values)


class ProcessRole(StrEnum):
    """The role of a process in the process tree."""

    MAIN = "main"
    CHILD = "child"


@dataclass(frozen=True, slots=True, kw_only=True)
class ProcessTrack:
    """One process of the tree, and its readings."""

    pid: int
    role: ProcessRole
    command: str
    """The process's own title, as text of the measured program: hostile."""
    first_s: float
    last_s: float
    probed: bool
    """Whether the probe ran inside, so that ``BLOCKS`` and ``NATIVE`` exist."""
    parent: int = 0
    """The id of the process that started it; 0 if not known."""
    pooled: bool = False
    """Whether it is known to be a worker of a pool, which does many tasks."""
    status: int | None = None
    """Exit status of a child that ended during the watch (negative: a signal); None while it lives, or if not known."""
    raised: bool = False
    """Whether it ended because of an uncaught exception."""
    last_words: str = ""
    """The end of stderr at the moment when a child ended with a status above 0: hostile text."""
    series: tuple[Series, ...] = ()


class EndReason(StrEnum):
    """How watching a script ended."""

    DURATION = "duration"
    """leakgate stopped it when its time was over."""
    EARLY = "early"
    """leakgate stopped it because the answer was sure."""
    EXITED = "exited"
    """The script ended by itself."""
    INTERRUPTED = "interrupted"
    """The user interrupted leakgate."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Ending:
    """How and when the main process ended."""

    reason: EndReason
    exit_code: int | None
    """Status of a script that ended by itself; negative: the number of the signal."""
    at_s: float


NO_PYTHON: Final = "none"
"""The implementation of a program that is not Python."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Environment:
    """Where a script ran. A baseline has separate entries for each ``key``."""

    implementation: str
    python: str
    """Full version, ``3.11.7``."""
    os: str
    machine: str
    leakgate: str
    malloc: str = ""

    @property
    def key(self) -> str:
        """The baseline's key: implementation, minor Python version, OS and architecture."""
        minor = ".".join(self.python.split(".")[:2])
        return f"{self.implementation}-{minor}-{self.os}-{self.machine}".lower()

    @property
    def title(self) -> str:
        """The key as a report shows it; for a program that is not Python, the OS and the architecture only."""
        if self.implementation != NO_PYTHON:
            return self.key
        return "not Python, " + f"{self.os}-{self.machine}".lower()


@dataclass(frozen=True, slots=True, kw_only=True)
class TrialOk:
    """A script that ran for long enough to leave evidence."""

    processes: tuple[ProcessTrack, ...]
    """The main process first."""
    tree: tuple[Series, ...]
    """Sums over the process tree, read from outside: ``RSS`` always, others where the platform has them."""
    ending: Ending
    explanation: Explanation | None = None
    watched_s: float = 0.0
    """Seconds. Readings until this time count for the verdict; later readings belong to the explanation."""
    longest_settle_s: float = 0.0
    """The longest pause of the program by a full collection that leakgate asked for, in seconds."""
    work: WorkRecord | None = None
    """The requests that leakgate sent to a server; None if leakgate made no load."""
    extended: bool = False
    """Whether it was watched for longer than the duration because the evidence did not decide."""
    idle_port: int = 0
    """A port on which it listened while it did almost no work; 0 if there is none, or it is not known."""
    unexplained: str = ""
    """Why the last explanation that leakgate asked for is missing; empty if it is not missing."""
    notes: tuple[str, ...] = ()


class FailureReason(StrEnum):
    """Why there is no evidence to judge for a script."""

    NOT_STARTED = "not-started"
    CRASHED = "crashed"
    KILLED = "killed"
    TOO_SHORT = "too-short"
    NOT_READY = "not-ready"
    """It was not ready in time."""
    STAGE = "stage"
    """Its set-up, one of its services or its load failed."""
    NOT_MEASURED = "not-measured"
    """leakgate's own machinery failed."""
    ENDED = "ended"
    """A process that leakgate attached to ended before its watch was over; its exit status is not known."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TrialFailed:
    """A script that could not be started, crashed, was killed, or gave too little data."""

    reason: FailureReason
    message: str
    hint: str = ""
    exit_code: int | None = None
    stderr_tail: str = ""
    """The last lines the script wrote to stderr: hostile text."""
    processes: tuple[ProcessTrack, ...] = ()
    tree: tuple[Series, ...] = ()
    at_s: float = 0.0
    work: WorkRecord | None = None


Trial = TrialOk | TrialFailed


@dataclass(frozen=True, slots=True, kw_only=True)
class RepeatedTest:
    """Everything that was measured of one test, or of a callable."""

    id: str
    """pytest's node id, or ``package.module:name``: hostile text."""
    outcome: TestOutcome
    text: str = ""
    """For a failed test the output of pytest, for a skipped test the reason, for a suspect without a result of its
    confirmation why there is none: hostile text."""
    file: str = ""
    line: int = 0
    plain_s: float = 0.0
    """Seconds that its normal run took."""
    first: Repetitions | None = None
    """None if it was not repeated."""
    confirmed: Repetitions | None = None
    """The repetitions of a suspect alone in a fresh process, for longer, with emptied caches; None if there were
    none."""
    explanation: Explanation | None = None
    calls: int = 0
    """Repetitions in the tracing window of the explanation."""
    budget: str = ""
    """The budget in its marker, as it is written, such as ``2 blocks``: hostile text; empty if there is none."""

    @property
    def deciding(self) -> Repetitions | None:
        """The repetitions that the answer rests on; None if it was not repeated."""
        return self.confirmed or self.first


@dataclass(frozen=True, slots=True, kw_only=True)
class ProcessRun:
    """One run of a script that ended by itself, in a process of its own."""

    seconds: float
    peak_bytes: int
    """The highest resident memory of its process tree; 0 if it ended before a reading."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SuiteEvidence:
    """All tests of one target."""

    tests: tuple[RepeatedTest, ...]
    """In the order in which they were collected."""
    runner: str = ""
    """Version of pytest; empty for a callable."""
    broken: tuple[tuple[str, str], ...] = ()
    """(what, why) of modules that could not be collected, and of errors inside pytest: hostile text."""
    missing: int = 0
    """The number of tests that were collected but never run, because their process ended before."""
    time_s: float = 0.0
    """Seconds allowed for the repetitions of one test."""
    took_s: float = 0.0
    cut_short: str = ""
    """Why the suite ended before all tests were repeated; empty if it did not."""
    runs: tuple[ProcessRun, ...] = ()
    """The runs of a script that was run as one process after another; then there are no tests."""
    apart: str = ""
    """Why the script was run as several processes; may contain text of the program."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Measurement:
    """A trial and where it ran."""

    trial: Trial
    environment: Environment
    started_at: str
    """UTC, ISO 8601, whole seconds."""
    stdout_path: str = ""
    stderr_path: str = ""
    suite: SuiteEvidence | None = None
    """The evidence of everything that was repeated, such as a test suite; the trial then has no series. None for a
    watch."""

    @property
    def day(self) -> date:
        """The day of the measurement.

        It decides whether a suppression has expired, so that a stored session always gets the same verdict.
        """
        return date.fromisoformat(self.started_at[:10])
