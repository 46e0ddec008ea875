"""The next step while a script is watched: the answers of the pacing rules to the measuring loop."""

from dataclasses import dataclass, replace
from math import inf
from typing import Self

from leakgate.model.evidence import EndReason


@dataclass(frozen=True, slots=True)
class KeepWatching:
    """Nothing is decided yet."""


@dataclass(frozen=True, slots=True)
class Settle:
    """Ask the probes for a full collection and a reading right after it: the growth seen may be cyclic garbage."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ExplainPlan:
    """The tasks of the explaining phase, and their longest time."""

    window_s: float
    trace: bool = True
    native: bool = True
    holders: bool = True
    resources: bool = False
    """Whether to find the code that creates descriptors, threads, tasks and child processes. This leaves an audit hook
    in the program, which then does nothing."""
    pids: tuple[int, ...] = ()
    """Ids of the processes that grow; empty: the main process."""
    life_s: float = 0.0
    """For how many seconds such a process lives, if it is a worker that is replaced; else 0. Workers of its role are
    asked then, each at the beginning of its life."""
    start_up_s: float = 0.0
    """Seconds at the beginning of such a life in which the worker imports its program. Nothing is asked before."""
    blocks_per_s: float = 0.0
    """Live blocks of Python by which the process grew each second while it was watched; 0 for growth of another kind.
    A search for holders waits for a burst if the process grows by much less."""
    quick: bool = False
    """Whether this growth is fast: tracing then ends as soon as the places that it has found explain it."""
    enough_kept_per_s: float = inf
    """Bytes per second. If an earlier look found a holder that grows and keeps at least so much, this one needs no
    holders: a longer look would not find more."""

    def adding_native(self, pids: tuple[int, ...]) -> Self:
        """Return the plan of a second look, which only adds places of native memory to the answers of ``pids``."""
        return replace(self, trace=False, native=True, holders=False, resources=False, pids=pids)

    @property
    def only_adds_native(self) -> bool:
        """Whether it only adds places of native memory to an earlier answer. No other process can give them."""
        return self.native and not (self.trace or self.holders or self.resources)


@dataclass(frozen=True, slots=True, kw_only=True)
class Conclude:
    """Stop judging: the answer is sure, or the time is over. Explain first if there is something to explain."""

    reason: EndReason
    check: ExplainPlan | None = None
    """A look at the holders that checks the answer first. It hardly disturbs the watch, which may continue. None: no
    look."""
    explain: ExplainPlan | None = None
    revocable: bool = False
    """Whether the answer is withdrawn if nothing grows while it is explained."""
    extended: bool = False


Step = KeepWatching | Settle | Conclude
