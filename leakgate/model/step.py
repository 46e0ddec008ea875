"""What to do next while a script is being watched: the answers of the pacing rules to the measuring loop."""

from dataclasses import dataclass

from leakgate.model.evidence import EndReason


@dataclass(frozen=True, slots=True)
class KeepWatching:
    """Nothing is decided yet."""


@dataclass(frozen=True, slots=True)
class Settle:
    """Ask the probes for a full collection and a reading right after it: the growth seen may be cyclic garbage."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ExplainPlan:
    """What the explaining phase is to look at, and for how long at most."""

    window_s: float
    trace: bool = True
    native: bool = True
    holders: bool = True
    resources: bool = False
    """Who makes descriptors, threads, tasks and child processes: it leaves an audit hook, though a deaf one."""
    pids: tuple[int, ...] = ()
    """Processes that grow; empty: the main process."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Conclude:
    """Stop judging: the answer is sure, or the time is over. Explain first where there is something to explain."""

    reason: EndReason
    check: ExplainPlan | None = None
    """What to look at before an early answer stands: cheap, and it hardly disturbs a watch that then goes on."""
    explain: ExplainPlan | None = None
    revocable: bool = False
    """Whether the answer is taken back where nothing grows while it is explained."""
    extended: bool = False


Step = KeepWatching | Settle | Conclude
