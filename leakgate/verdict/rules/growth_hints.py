"""What to do next about growth that has no known place, or that the watch did not decide."""

from typing import Final

from leakgate.model.evidence import EndReason
from leakgate.model.target import TraceMode
from leakgate.model.units import format_duration
from leakgate.verdict.case import Evidence

LONGER: Final = 2.5
"""A watch this many times as long would decide most cases. leakgate has already tried twice the duration."""


LONGER_LIVES: Final = (
    "let each worker live for 10 s or more while it is measured, with more tasks or requests for each worker"
)
_LIVES_FOR_A_PLACE: Final = (
    "the line is not known, because the workers end too soon: let each live for 1 s or more while it is measured, with "
    "more tasks or requests for each worker"
)


def where_to_look(evidence: Evidence) -> str:
    """How to find the place of a leak whose place is not known."""
    leading, trial = evidence.judgement.leading, evidence.trial
    pid = leading.signal.pid if leading is not None else 0
    if leading is not None and leading.signal.recycled is not None and trial.explanation is None:
        return _LIVES_FOR_A_PLACE
    probed = any(track.probed for track in trial.processes if pid in (0, track.pid))
    if not any(track.probed for track in trial.processes):
        return (
            "no probe runs in it, so the line that allocates is not known: leakgate can look only into CPython 3.9 or "
            "newer; on Linux, `leakgate attach PID --method gdb` looks into a process that runs already"
        )
    if not probed:
        return (
            f"no probe runs in process {pid}, so the line that allocates is not known: start it with the "
            "environment of its parent (PYTHONPATH carries the probe), or measure it as a separate script"
        )
    if evidence.target.trace is TraceMode.NEVER:
        return "set `trace: auto` to see where it is allocated"
    if trial.explanation is None:
        return trial.unexplained or _how_to_trace(trial.ending.reason)
    return "no traced line allocates it: check threads, extensions and memory mappings"


def _how_to_trace(reason: EndReason) -> str:
    """Return what lets leakgate trace the allocations; a longer `duration` does not help a script that ended."""
    if reason is EndReason.EXITED:
        return "the script ended before its allocations were traced: set `repeat: true`, or let it work for longer"
    return "run it again, with a longer `duration`, to see where it is allocated"


def what_settles(evidence: Evidence) -> str:
    """Return what the user can do to get an answer; it depends on why the watch ended."""
    trial = evidence.trial
    match trial.ending.reason:
        case EndReason.INTERRUPTED:
            return "the run was interrupted; a longer watch may give an answer"
        case EndReason.EXITED:
            return (
                f"the script ended by itself after {format_duration(trial.ending.at_s)}: set `repeat: true` to run it "
                f"repeatedly, or let it work for {format_duration(longer_s(evidence))}"
            )
        case EndReason.DURATION | EndReason.EARLY:
            return longer_or_budget(evidence)


def longer_or_budget(evidence: Evidence) -> str:
    """Return the hint to watch for longer, or to allow the growth."""
    longer = format_duration(longer_s(evidence))
    return f"set a `duration` of {longer} to get an answer, or a budget that allows this growth"


def longer_s(evidence: Evidence) -> float:
    """Seconds, a multiple of 10: clearly longer than the watch and than the duration that the user set.

    For a script that ended by itself: the duration that the user set, at least 10 s.
    """
    trial = evidence.trial
    if trial.ending.reason is EndReason.EXITED:
        return max(10.0, evidence.target.duration_s)
    wanted = max(LONGER * trial.watched_s, 2.0 * evidence.target.duration_s)
    return 10.0 * max(1, round(wanted / 10))
