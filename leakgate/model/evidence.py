"""What was measured: series of readings, how the script ended, and what explains its growth.

These values are all that a verdict may depend on. A session stores them; replaying a session judges them again.
"""

import sys
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from typing import Final

from leakgate.model.metrics import Metric
from leakgate.model.origin import Origin
from leakgate.model.repeated import Repetitions, TestOutcome
from leakgate.model.verdict import Kind
from leakgate.model.work_record import WorkRecord


@dataclass(frozen=True, slots=True)
class Series:
    """Readings of one metric of one process (or of the tree), in the order of time."""

    metric: Metric
    t_s: tuple[float, ...]
    """Seconds since the script was started."""
    values: tuple[float, ...]
    settled: bool = False
    """True for readings taken right after a full collection that leakgate asked for: no cyclic garbage in them."""

    def __post_init__(self) -> None:
        if len(self.t_s) != len(self.values):
            raise ValueError(f"{self.metric}: {len(self.t_s)} times for {len(self.values)} values")

    def __len__(self) -> int:
        return len(self.values)


class ProcessRole(StrEnum):
    """Which part of the tree a process is."""

    MAIN = "main"
    CHILD = "child"


@dataclass(frozen=True, slots=True, kw_only=True)
class ProcessTrack:
    """One process of the tree and what was read of it."""

    pid: int
    role: ProcessRole
    command: str
    """The process's own title, as text of the measured program: hostile."""
    first_s: float
    last_s: float
    probed: bool
    """Whether the probe ran inside, so that ``BLOCKS`` and ``NATIVE`` exist."""
    parent: int = 0
    """The process that started it; 0: not known."""
    pooled: bool = False
    """Whether it is known to be a worker of a pool, which does many tasks."""
    status: int | None = None
    """How a child ended while it was watched (negative: by a signal); None while it lives, or where it is not known."""
    raised: bool = False
    """Whether it ended because of an exception that nothing caught."""
    last_words: str = ""
    """Of a child that ended with a status above 0, the end of stderr at that moment: hostile text."""
    series: tuple[Series, ...] = ()


@dataclass(frozen=True, slots=True)
class Frame:
    """One line of a traceback."""

    file: str
    line: int
    function: str
    """Qualified name, or an empty string where it is not known."""
    origin: Origin = Origin.PROJECT
    """Whose code it is: only lines of the project are shown as the place to look at first, where there is one."""

    @property
    def own(self) -> bool:
        """Whether the line belongs to the measured project."""
        return self.origin is Origin.PROJECT


@dataclass(frozen=True, slots=True, kw_only=True)
class GrowthSite:
    """A place in the code that allocates memory which is not given back."""

    frames: tuple[Frame, ...]
    """Where it is allocated, innermost call first; at least one."""
    blame: int = 0
    """Index into ``frames`` of the line to show first: the innermost own frame, else 0."""
    grew_bytes: int
    grew_blocks: int
    bytes_per_s: float
    """Of a leak: its share of the growth that the counters saw, for tracing slows the program."""
    share: float
    """Of all growth that was explained, 0 to 1."""
    kind: Kind = Kind.PYTHON
    confidence: float = 1.0
    """How sure the attribution is, 0 to 1: traced allocations are 1, sampled native ones less."""
    pid: int = 0

    @property
    def blamed(self) -> Frame:
        """The frame to show first."""
        return self.frames[self.blame]


@dataclass(frozen=True, slots=True, kw_only=True)
class TypeGrowth:
    """A class whose number of live instances grows."""

    name: str
    grew_count: int
    count_per_min: float
    bytes_each: float
    estimated: bool = False
    """Whether they were not counted, but estimated from what new entries of the holders bring."""


class RootKind(StrEnum):
    """What the way to a holder starts at. The value is the first part of ``Holder.root``."""

    MODULE = "module"
    CLASS = "class"
    FUNCTION = "function"
    FRAME = "frame"
    COROUTINE = "coroutine"
    GENERATOR = "generator"
    THREADS = "threads"
    TASKS = "asyncio tasks"
    EXIT_CALLBACKS = "exit callbacks"
    CYCLES = "uncollected cycles"
    FORK_HOOKS = "os.register_at_fork"
    C_CODE = "C code"
    OBJECT = "object"
    """An object to which no way from a module, class or function was found."""
    OTHER = ""


COUNTED_ROOTS: Final = frozenset({RootKind.THREADS, RootKind.TASKS, RootKind.EXIT_CALLBACKS, RootKind.CYCLES})
"""What the probe counts as such: there is no container that it could watch."""


def root_kind_of(root: str) -> RootKind:
    """The kind of a root from its text: ``module myapp.cache`` gives ``MODULE``. Unknown texts give ``OTHER``."""
    texts = (root, root.partition(" ")[0])
    return next((kind for text in texts for kind in RootKind if kind.value == text), RootKind.OTHER)


@dataclass(frozen=True, slots=True, kw_only=True)
class Holder:
    """A container that grew in every interval, and how it is reached. Types, names and lengths only."""

    path: str
    """From the root to the container: ``myapp.cache._SESSIONS``."""
    root: str
    """What the path starts at: ``module myapp.cache``, ``class C``, ``frame main``, ``asyncio tasks``, ``C code``."""
    root_kind: RootKind = RootKind.OTHER
    container_type: str
    """The class of the container; of a linked structure the class of its objects."""
    weak: bool = False
    """Whether it refers to its entries weakly: then it grows with them, and keeps none of them alive."""
    linked: bool = False
    """Whether it is no container, but objects that refer to each other, such as the nodes of a list or a tree."""
    length: int
    grew_per_min: float
    bound: int | None = None
    """The most entries that the container admits (``maxlen``, ``maxsize``), where it has a limit."""
    evicts: bool = False
    """Whether the code that fills it also takes entries out: it may be a cache that is not full yet."""
    writer: Frame | None = None
    """The line that inserts, where a second look found it."""
    entry_type: str = ""
    frames: tuple[Frame, ...] = ()
    """The calls that lead to the line that inserts, innermost first; empty where they were not seen."""
    kept_bytes_per_s: float = 0.0
    """About what its new entries keep alive each second, as estimated from the newest ones; 0 where not known."""
    owns: str = ""
    """The class of an extension whose objects come with the entries: they may own memory that Python does not count."""

    @property
    def package(self) -> str:
        """The extension that owns such memory: ``pyarrow``; empty for modules of Python itself and unknown ones."""
        names = [name.partition(".")[0] for name in (self.owns, self.entry_type) if self.owns and "." in name]
        return next((name for name in names if name not in sys.stdlib_module_names), "")

    @property
    def root_name(self) -> str:
        """The root without its kind: ``myapp.cache`` of ``module myapp.cache``."""
        return self.root.removeprefix(self.root_kind.value).strip()


@dataclass(frozen=True, slots=True, kw_only=True)
class ResourceGrowth:
    """Descriptors, threads, tasks or child processes of one kind that pile up, and who makes them."""

    metric: Metric
    what: str
    """``socket (AF_INET, SOCK_STREAM)``, ``file``, or the function that a thread or task runs; empty: not known."""
    grew_count: int
    """Made while one looked, and still there at the end."""
    per_min: float
    """At the rate at which they pile up while nothing is looked at."""
    frames: tuple[Frame, ...] = ()
    """Who makes them, innermost call first; empty where that is not known."""
    blame: int = 0
    """Index into ``frames`` of the line to show first."""

    @property
    def blamed(self) -> Frame | None:
        """The frame to show first, where any is known."""
        return self.frames[self.blame] if self.frames else None


@dataclass(frozen=True, slots=True)
class Package:
    """A distribution that is installed where the script ran."""

    name: str
    version: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Explanation:
    """What the explaining phase found: where memory grows, and what holds it.

    The verdict depends on it. While a script is watched, it confirms a leak, or withdraws one that did not go on while
    allocations were traced, or that a container with a bound explains. Later it gives the size of a block of the heap
    (which budgets on the heap need), the kind of the leak, and the names by which baselines and suppressions know it.
    """

    window_s: float
    """How long allocations were traced; 0 when they were not."""
    traced_bytes: int = 0
    """Net growth that tracing saw in the window."""
    traced_blocks: int = 0
    traced_large_bytes: int = 0
    """Of ``traced_bytes``, those in blocks above 512 bytes, which Python takes from the C allocator."""
    native_bytes: int = 0
    """Net growth of the C allocator in the same window, tracing's own tables left out."""
    sites: tuple[GrowthSite, ...] = ()
    """Largest first."""
    holders: tuple[Holder, ...] = ()
    types: tuple[TypeGrowth, ...] = ()
    resources: tuple[ResourceGrowth, ...] = ()
    """Most of a metric first."""
    packages: tuple[Package, ...] = ()
    """Those that the tracebacks lead through."""
    looked: bool = False
    """Whether everything that lives was looked at for what holds the growth, in every process that was asked."""
    longest_pause_s: float = 0.0
    notes: tuple[str, ...] = ()
    """What was given up, and why."""


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


@dataclass(frozen=True, slots=True, kw_only=True)
class Environment:
    """Where a script ran; only equal keys are ever compared."""

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
    """Until this time readings count for the verdict; later ones belong to the explanation."""
    longest_settle_s: float = 0.0
    """The longest that a collection held the program, of those leakgate asked for."""
    work: WorkRecord | None = None
    """What the load asked of a server; None where there was no load of leakgate's own."""
    extended: bool = False
    """Whether it was watched for longer than asked because the evidence did not decide."""
    idle_port: int = 0
    """A port on which it listened while it had next to nothing to do; 0: none, or not known."""
    unexplained: str = ""
    """Why an explanation that was asked for last is not there: what was cut short. Empty where nothing is missing."""
    notes: tuple[str, ...] = ()


class FailureReason(StrEnum):
    """Why a script left nothing to judge."""

    NOT_STARTED = "not-started"
    CRASHED = "crashed"
    KILLED = "killed"
    TOO_SHORT = "too-short"
    NOT_READY = "not-ready"
    """It was not ready in time."""
    STAGE = "stage"
    """Its set-up, a service beside it or its load failed."""
    NOT_MEASURED = "not-measured"
    """leakgate's own machinery failed."""
    ENDED = "ended"
    """A process that ran already ended before its watch was over; its exit status is not known."""


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
    """Of a test that failed what pytest shows, of a skipped one the reason: hostile text."""
    file: str = ""
    line: int = 0
    plain_s: float = 0.0
    """How long its normal run took."""
    first: Repetitions | None = None
    """None where it was not repeated."""
    confirmed: Repetitions | None = None
    """Of a suspect: alone in a fresh process, for longer, with caches emptied."""
    explanation: Explanation | None = None
    calls: int = 0
    """Repetitions in the tracing window of the explanation."""
    budget: str = ""
    """Of its marker, as it is written: ``0/call`` of blocks; hostile text."""

    @property
    def deciding(self) -> Repetitions | None:
        """The repetitions that the answer rests on."""
        return self.confirmed or self.first


@dataclass(frozen=True, slots=True, kw_only=True)
class ProcessRun:
    """One run of a script that ended by itself, in a process of its own."""

    seconds: float
    peak_bytes: int
    """The most resident memory of its process tree; 0 where it ended before it could be read."""


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
    """Tests that were collected and never run, because their process ended before."""
    time_s: float = 0.0
    """Seconds allowed for the repetitions of one test."""
    took_s: float = 0.0
    cut_short: str = ""
    """What ended it before all tests were repeated; empty where nothing did."""
    runs: tuple[ProcessRun, ...] = ()
    """Of a script that was run as one process after another; then there are no tests."""
    apart: str = ""
    """Why it was run like this: may hold text of the program."""


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
    """Of a test suite or a callable, what its repetitions gave; the trial then holds no series."""

    @property
    def day(self) -> date:
        """The day of the measurement. Suppressions expire by it, so that a stored session is always judged alike."""
        return date.fromisoformat(self.started_at[:10])
