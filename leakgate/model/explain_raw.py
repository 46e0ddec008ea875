"""The answer of a probe that was asked to explain growth: its counts, checked for form, not yet interpreted."""

from dataclasses import dataclass

RawFrame = tuple[str, int, str]
"""File, line (1 or more) and function; the function is empty if it is not known. Text of the measured program."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RawWindow:
    """The tracing window and the totals at each of its marks."""

    t0_s: float
    t1_s: float
    """Start and end, seconds since the script was started."""
    marks_s: tuple[float, ...] = ()
    """Times that cut the window into intervals, in seconds since the script was started."""
    traced_bytes: tuple[int, ...] = ()
    traced_blocks: tuple[int, ...] = ()
    live_blocks: tuple[int, ...] = ()
    """All live blocks of Python, also those from before the window. Empty if they were not counted."""
    large_bytes: tuple[int, ...] = ()
    """The part of ``traced_bytes`` in blocks above 512 bytes, which Python takes from the C allocator."""
    native_bytes: tuple[int, ...] = ()
    """One total for each mark, or none at all."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RawSite:
    """Live memory of one traceback at each mark, innermost call first."""

    frames: tuple[RawFrame, ...]
    bytes: tuple[int, ...]
    blocks: tuple[int, ...]
    large_bytes: tuple[int, ...] = ()
    """The part of ``bytes`` in blocks that Python takes from the C allocator."""
    large_blocks: tuple[int, ...] = ()
    """How many of ``blocks`` these are."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RawNativeSite:
    """Growth of native memory charged to one calling line."""

    frames: tuple[RawFrame, ...]
    bytes: int
    calls: int
    """Calls, or samples, in which native memory rose."""
    total: int
    """Growth of native memory in the whole native window, which is not the tracing window."""
    seconds: float = 0.0
    """Length of that window; 0 if it is not known."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RawType:
    """Instances of one class at each mark."""

    name: str
    counts: tuple[int, ...]
    bytes: int
    """Size of one instance's own memory; 0 if it is not known."""
    watched_s: float = 0.0
    """Between the first mark and the last; 0 if only the tracing window is known."""
    estimated: bool = False
    """Whether the garbage collector does not track them, so that the counts are estimates from new entries of
    holders."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RawHolder:
    """A container that grew in every interval, and how it is reached."""

    path: str
    root: str
    container_type: str
    lengths: tuple[int, ...]
    """Entries at each mark."""
    bound: int | None = None
    entry_type: str = ""
    writer: RawFrame | None = None
    frames: tuple[RawFrame, ...] = ()
    watched_s: float = 0.0
    """Between the first mark and the last; 0 if only the tracing window is known."""
    entry_bytes: int = 0
    """Estimate of the bytes that one new entry keeps alive; 0 if not known."""
    weak: bool = False
    """Whether its entries are weak references, which keep little alive."""
    linked: bool = False
    """Whether it is a structure of objects that refer to each other, not a container."""
    owns: str = ""
    """The class of an extension whose objects come with the entries, and may own memory of their own; else empty."""
    file: str = ""
    """The source file of the module that the path starts at; empty for other paths."""
    guessed: bool = False
    """Whether it became longer while the first of the frames ran, but no inserting code was seen there."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RawResource:
    """Descriptors, threads, tasks or child processes of one kind that were created and still exist."""

    metric: str
    what: str
    count: int
    watched_s: float
    frames: tuple[RawFrame, ...] = ()
    """The calls that created them, innermost first; empty if they are not known."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RawExplanation:
    """One process's answer."""

    pid: int
    pause_s: float = 0.0
    """The longest pause of the script for this answer, in seconds."""
    window: RawWindow | None = None
    sites: tuple[RawSite, ...] = ()
    native_sites: tuple[RawNativeSite, ...] = ()
    types: tuple[RawType, ...] = ()
    holders: tuple[RawHolder, ...] = ()
    resources: tuple[RawResource, ...] = ()
    notes: tuple[str, ...] = ()
    complete: bool = True
    """False if the process ended, or was cut off, before its answer was complete."""
    looked: bool = False
    """Whether the probe looked at all live objects, and followed every path to the growing objects to its end."""
