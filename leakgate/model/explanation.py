"""Why memory grows: allocation sites, holders, and the types and resources that grow."""

import sys
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from leakgate.model.metrics import Metric
from leakgate.model.origin import Origin
from leakgate.model.verdict import Kind


@dataclass(frozen=True, slots=True)
class Frame:
    """One line of a traceback."""

    file: str
    line: int
    function: str
    """Qualified name; empty if it is not known."""
    origin: Origin = Origin.PROJECT
    """Whose code it is. If a traceback has lines of the project, the innermost of them is shown first."""

    @property
    def own(self) -> bool:
        """Whether the line belongs to the measured project."""
        return self.origin is Origin.PROJECT


@dataclass(frozen=True, slots=True, kw_only=True)
class GrowthSite:
    """An allocation site whose memory is retained."""

    frames: tuple[Frame, ...]
    """Where it is allocated, innermost call first; at least one."""
    blame: int = 0
    """Index into ``frames`` of the line to show first: the innermost own frame, else that of a package, else 0."""
    grew_bytes: int
    grew_blocks: int
    large_bytes: int = 0
    """The part of ``grew_bytes`` in blocks that Python takes from the C allocator."""
    large_blocks: int = 0
    """How many of ``grew_blocks`` these are."""
    bytes_per_s: float
    """In a leak: its share of the growth that the counters saw, because tracing slows the program."""
    share: float
    """Share of all growth that was explained, 0 to 1."""
    kind: Kind = Kind.PYTHON
    confidence: float = 1.0
    """How sure the attribution is, 0 to 1: traced allocations are 1, sampled native ones less."""
    pid: int = 0

    @property
    def small_bytes(self) -> int:
        """The part of ``grew_bytes`` in blocks that Python's own allocator serves."""
        return self.grew_bytes - self.large_bytes

    @property
    def small_blocks(self) -> int:
        """How many of ``grew_blocks`` these are."""
        return self.grew_blocks - self.large_blocks

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
    """Whether the instances were not counted, but estimated from the new entries of the holders."""


class RootKind(StrEnum):
    """The kind of object at which the path to a holder starts. The value is the first part of ``Holder.root``."""

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
    """An object to which no path from a module, class or function was found."""
    OTHER = ""


COUNTED_ROOTS: Final = frozenset({RootKind.THREADS, RootKind.TASKS, RootKind.EXIT_CALLBACKS, RootKind.CYCLES})
"""Roots whose objects the probe counts directly, because there is no container that it could watch."""


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
    """Whether it is not a container, but objects that refer to each other, such as the nodes of a list or a tree."""
    length: int
    grew_per_min: float
    bound: int | None = None
    """The most entries that the container admits (``maxlen``, ``maxsize``); None without a limit."""
    evicts: bool = False
    """Whether the code that fills it also removes entries: it may be a cache that is not full yet."""
    writer: Frame | None = None
    """The line that inserts entries; None if it was not found."""
    entry_type: str = ""
    frames: tuple[Frame, ...] = ()
    """The calls that lead to the line that inserts, innermost first; empty if they were not seen."""
    kept_bytes_per_s: float = 0.0
    """Bytes that its new entries keep alive each second, estimated from the newest entries; 0 if not known."""
    owns: str = ""
    """The class of an extension whose objects come with the entries: they may own memory that Python does not count."""

    @property
    def package(self) -> str:
        """The extension that owns such memory, such as ``pyarrow``; empty for modules of Python, and if not known."""
        names = [name.partition(".")[0] for name in (self.owns, self.entry_type) if self.owns and "." in name]
        return next((name for name in names if name not in sys.stdlib_module_names), "")

    @property
    def root_name(self) -> str:
        """The root without its kind: ``myapp.cache`` of ``module myapp.cache``."""
        return self.root.removeprefix(self.root_kind.value).strip()


@dataclass(frozen=True, slots=True, kw_only=True)
class ResourceGrowth:
    """Descriptors, threads, tasks or child processes of one kind that pile up, and the code that creates them."""

    metric: Metric
    what: str
    """``socket (AF_INET, SOCK_STREAM)``, ``file``, or the function that a thread or task runs; empty: not known."""
    grew_count: int
    """How many were created during the look and still exist at its end; without a look, the rise of the counter."""
    per_min: float
    """Their growth per minute; in a verdict, at the rate of the watch, before any look."""
    frames: tuple[Frame, ...] = ()
    """The calls that create them, innermost first; empty if they are not known."""
    blame: int = 0
    """Index into ``frames`` of the line to show first."""

    @property
    def blamed(self) -> Frame | None:
        """The frame to show first; None if no frame is known."""
        return self.frames[self.blame] if self.frames else None


@dataclass(frozen=True, slots=True)
class Package:
    """A distribution that is installed where the script ran."""

    name: str
    version: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Explanation:
    """The findings of the explaining phase: where memory grows, and what holds it.

    The verdict depends on it. While a script is watched, it confirms a leak, or withdraws a leak that did not continue
    while allocations were traced, or that a container with a bound explains. Later it gives the size of a block of the
    heap (which budgets on the heap need), the kind of the leak, and the names by which baselines and suppressions
    identify it.
    """

    window_s: float
    """Seconds for which allocations were traced; 0 if they were not."""
    traced_bytes: int = 0
    """Net growth that tracing saw in the window."""
    traced_blocks: int = 0
    live_blocks: int | None = None
    """By how many blocks all live Python memory rose in the window, at most; None if they were not counted. It is less
    than ``traced_blocks`` if new blocks replace older ones. It confirms a leak during the watch."""
    traced_large_bytes: int = 0
    """The part of ``traced_bytes`` in blocks above 512 bytes, which Python takes from the C allocator."""
    native_bytes: int = 0
    """Net growth of the C allocator in the same window, without the tables of tracing itself."""
    sites: tuple[GrowthSite, ...] = ()
    """Largest first."""
    holders: tuple[Holder, ...] = ()
    types: tuple[TypeGrowth, ...] = ()
    resources: tuple[ResourceGrowth, ...] = ()
    """Ordered by metric, the largest count first."""
    packages: tuple[Package, ...] = ()
    """The installed distributions whose code is in the tracebacks."""
    looked: bool = False
    """Whether all live objects were searched for the holders of the growth, in every process that was asked."""
    longest_pause_s: float = 0.0
    notes: tuple[str, ...] = ()
    """The parts of the explanation that were given up, and why."""

    @property
    def keepers(self) -> tuple[Holder, ...]:
        """The holders that keep memory alive, those that keep most first. A weak container keeps nothing alive."""
        return tuple(holder for holder in self.holders if not holder.weak)

    @property
    def growing(self) -> tuple[Holder, ...]:
        """The holders that grow. Others are listed because of their kind, such as exit callbacks."""
        return tuple(holder for holder in self.holders if holder.grew_per_min > 0)
