"""Child processes that live too short to be judged: how many there are, and how much of the watch they run."""

from collections.abc import Container
from dataclasses import dataclass
from statistics import median
from typing import Final

from leakgate.growth import thresholds
from leakgate.growth.roles import WorkerRole, roles_of
from leakgate.growth.signals import is_long_lived
from leakgate.model.evidence import ProcessTrack, TrialOk

_STEP_S: Final = 0.5
"""Seconds between two searches for new processes (`measure/poller.py`). A process without a probe that lives for a
shorter time is seen at one search at most."""


@dataclass(frozen=True, slots=True, kw_only=True)
class UnjudgedRole:
    """Python processes of one role that ended before they could be judged."""

    command: str
    """Command line of one of them; hostile text."""
    lives: int
    """How many of them were seen. There may have been more."""
    life_s: float
    """Seconds for which one was seen; the median."""
    pooled: bool
    """Whether they are known to be workers of a pool. Such a worker does many tasks."""
    busy: float
    """Share of the watch in which at least one was alive, 0 to 1."""

    @property
    def does_many_jobs(self) -> bool:
        """Whether one process does more than one short job, so that a leak lasts beyond the job."""
        return self.pooled or self.life_s >= thresholds.IN_FORCE.lives.short_job_s


def unjudged_roles(trial: TrialOk, judged: Container[tuple[int, str]]) -> tuple[UnjudgedRole, ...]:
    """Return the roles that ran for a notable part of the watch and have no answer.

    ``judged``: parent and command of the roles that have one. A short helper now and then is left out, and so are
    programs that are not Python.
    """
    figures = thresholds.IN_FORCE.lives
    commands = {track.pid: track.command for track in trial.processes}
    found = []
    for role in roles_of(trial.processes):
        short = tuple(
            one for one in role.tracks if not is_long_lived(one, trial.watched_s) and _is_python(one, commands)
        )
        if (role.parent, role.command) in judged or len(short) < figures.least_lives:
            continue
        one = _described(WorkerRole(parent=role.parent, command=role.command, tracks=short), trial)
        least = thresholds.IN_FORCE.signals.long_lived_share if one.does_many_jobs else figures.notable_share
        if one.busy >= least and (one.does_many_jobs or one.lives >= figures.several_jobs):
            found.append(one)
    return tuple(found)


def workers_at_once(role: WorkerRole) -> float:
    """The mean number of processes of the role while at least one was seen; at least 1."""
    total_s = occupied_s = until_s = 0.0
    for track in role.tracks:
        total_s += track.last_s - track.first_s
        occupied_s += max(0.0, track.last_s - max(until_s, track.first_s))
        until_s = max(until_s, track.last_s)
    return total_s / occupied_s if occupied_s > 0 else 1.0


def _described(role: WorkerRole, trial: TrialOk) -> UnjudgedRole:
    lives_s = [one.last_s - one.first_s for one in role.tracks]
    return UnjudgedRole(
        command=role.command,
        lives=len(lives_s),
        life_s=median(lives_s),
        pooled=any(one.pooled for one in role.tracks),
        busy=_busy(role, trial.watched_s),
    )


def _busy(role: WorkerRole, watched_s: float) -> float:
    """The share of the watch, in steps of half a second, in which a process of the role was seen.

    The number of processes with their own readings is limited, so a very large number of processes counts as busy all
    the time.
    """
    if len(role.tracks) >= thresholds.IN_FORCE.lives.very_many:
        return 1.0
    steps = {
        step
        for one in role.tracks
        for step in range(int(one.first_s / _STEP_S), int(min(one.last_s, watched_s) / _STEP_S) + 1)
    }
    return min(1.0, len(steps) * _STEP_S / watched_s)


def _is_python(track: ProcessTrack, commands: dict[int, str]) -> bool:
    """Whether a probe reported from it, or it is a fork: its command line is then that of its parent.

    The main process is known by the command line of the program, without its interpreter.
    """
    above = commands.get(track.parent, "")
    return track.probed or (bool(above) and (track.command == above or track.command.endswith(f" {above}")))
