"""The rule on child processes that died while the script ran: the rest of their work was not watched."""

from typing import Final

from leakgate.growth import thresholds
from leakgate.growth.assess import Growth
from leakgate.growth.roles import WorkerRole, roles_of
from leakgate.model.evidence import ProcessTrack, TrialOk
from leakgate.model.report import Finding
from leakgate.model.units import format_duration
from leakgate.model.verdict import Verdict
from leakgate.verdict.case import Evidence
from leakgate.verdict.rules.worker_words import short_command

FATAL: Final = {4: "SIGILL", 5: "SIGTRAP", 6: "SIGABRT", 7: "SIGBUS", 8: "SIGFPE", 9: "SIGKILL", 11: "SIGSEGV"}
"""Signals that kill a process or report its crash; none of them is a request to end. The numbers are those of Linux:
leakgate knows exit statuses only there."""
RECYCLED_STATUS: Final = 0x9B
"""``EX_RECYCLE`` of billiard: the status of a Celery worker that is replaced after a number of tasks."""
LEAST_WORK_S: Final = 3.0
"""Seconds. A shorter life may be a quick command that answers "no" with a status above 0."""
AGAIN: Final = 3
"""If this many workers died, more will probably die."""


def dead_workers(trial: TrialOk) -> tuple[ProcessTrack, ...]:
    """The children that died: by a fatal signal, by an exception, or with a status above 0 after some work."""
    return tuple(track for track in trial.processes if track.status is not None and _died(track, track.status))


def judge_dead_workers(evidence: Evidence) -> Finding | None:
    """Return ``error`` if a dead worker was not replaced or several died, and memory is flat; else ``inconclusive``."""
    dead = dead_workers(evidence.trial)
    if not dead:
        return None
    first = dead[0]
    lost = len(dead) >= AGAIN or not _is_replaced(first, evidence.trial)
    grows = evidence.judgement.growth is Growth.GROWS
    others = f"; {len(dead) - 1} more died" if len(dead) > 1 else ""
    words = first.last_words.strip().splitlines()
    last_line = f": {words[-1].strip()}" if words else ""
    return Finding(
        rule="dead-worker",
        verdict=Verdict.ERROR if lost and not grows else Verdict.INCONCLUSIVE,
        message=(
            f"worker {first.pid} ({short_command(first.command)}) {_how(first)} after "
            f"{format_duration(first.last_s - first.first_s)}, while the script continued{others}{last_line}"
        ),
        hint=_hint(first, words),
    )


def _died(track: ProcessTrack, status: int) -> bool:
    lived_s = track.last_s - track.first_s
    if status < 0:
        return -status in FATAL and (track.probed or lived_s >= LEAST_WORK_S)
    return track.probed and status not in (0, RECYCLED_STATUS) and (track.raised or lived_s >= LEAST_WORK_S)


def _is_replaced(dead: ProcessTrack, trial: TrialOk) -> bool:
    """Whether a process of the same role started after this one and is alive at the end."""
    role: WorkerRole | None = next((one for one in roles_of(trial.processes) if dead in one.tracks), None)
    alive_s = thresholds.IN_FORCE.signals.alive_share * trial.watched_s
    members = role.tracks if role is not None else ()
    return any(one.status is None and one.last_s >= alive_s and one.first_s > dead.first_s for one in members)


def _how(track: ProcessTrack) -> str:
    status = track.status or 0
    if status < 0:
        return f"was killed by {FATAL[-status]}"
    return f"{'raised an exception and ' if track.raised else ''}ended with status {status}"


def _hint(track: ProcessTrack, words: list[str]) -> str:
    status = track.status or 0
    if status == -9:
        return "the kernel may have killed it because memory ran out, or the program killed it itself"
    if status < 0:
        return "a crash in native code; PYTHONFAULTHANDLER=1 in the script's `env` shows where"
    tail = " | ".join(line.strip() for line in words[-4:-1])
    return f"stderr ended with: {tail}" if tail else "see the log of stderr"
