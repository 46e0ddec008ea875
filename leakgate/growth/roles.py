"""Roles of child processes: workers that the same parent starts in the same way, together or one after another."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Final

from leakgate.model.evidence import ProcessRole, ProcessTrack

_NUMBERS: Final = re.compile(r"\d+")
"""Descriptors, ports and counters in a command line differ from worker to worker."""
_STARTED_BY_A_LIBRARY: Final = re.compile(r" -c from (?:multiprocessing|billiard)\.(?:spawn|forkserver) import ")
"""The command line of a worker of `multiprocessing` that was not forked. It says nothing about the program."""


@dataclass(frozen=True, slots=True, kw_only=True)
class WorkerRole:
    """All processes of one role, in the order of their start."""

    parent: int
    """The process that starts them."""
    command: str
    """The command line of one of them. It is the command line of their parent if they ended before theirs was read, or
    if `multiprocessing` made theirs up. Hostile text."""
    tracks: tuple[ProcessTrack, ...]

    @property
    def pids(self) -> frozenset[int]:
        """The processes of the role."""
        return frozenset(track.pid for track in self.tracks)


def roles_of(processes: Iterable[ProcessTrack]) -> tuple[WorkerRole, ...]:
    """The roles of all children whose parent is known, in the order of the first process of each.

    A child that ended before its command line was read belongs to the other role of its parent, if there is exactly
    one.
    """
    tracks = tuple(processes)
    found: dict[tuple[int, str], list[ProcessTrack]] = {}
    for track in tracks:
        if track.role is ProcessRole.CHILD and track.parent:
            found.setdefault((track.parent, _NUMBERS.sub("#", track.command)), []).append(track)
    for parent, command in [key for key in found if not key[1]]:
        named = [key for key in found if key[0] == parent and key[1]]
        if len(named) == 1:
            found[named[0]] += found.pop((parent, command))
    by_pid = {track.pid: track for track in tracks}
    return tuple(
        WorkerRole(
            parent=parent,
            command=next((one.command for one in members if _names_the_program(one.command)), None)
            or _command_above(parent, by_pid)
            or members[0].command,
            tracks=tuple(sorted(members, key=lambda one: one.first_s)),
        )
        for (parent, _), members in found.items()
    )


def _names_the_program(command: str) -> bool:
    return bool(command) and not _STARTED_BY_A_LIBRARY.search(command)


def _command_above(pid: int, by_pid: Mapping[int, ProcessTrack]) -> str:
    """The command line of the nearest ancestor that names the program; a fork server does not. Empty if unknown."""
    seen: set[int] = set()
    while pid in by_pid and pid not in seen:
        seen.add(pid)
        if _names_the_program(by_pid[pid].command):
            return by_pid[pid].command
        pid = by_pid[pid].parent
    return ""


def role_of(pid: int, roles: Iterable[WorkerRole]) -> WorkerRole | None:
    """The role of a process; None if it has none."""
    return next((role for role in roles if pid in role.pids), None)


def role_labels(processes: Iterable[ProcessTrack]) -> tuple[str, ...]:
    """The name of each process in reports: ``main``, ``worker`` (one of several of a role), ``master`` or ``child``."""
    tracks = tuple(processes)
    workers = {pid for role in roles_of(tracks) if len(role.tracks) > 1 for pid in role.pids}
    parents = {track.parent for track in tracks}

    def label(track: ProcessTrack) -> str:
        if track.role is ProcessRole.MAIN:
            return track.role.value
        if track.pid in workers:
            return "worker"
        return "master" if track.pid in parents else track.role.value

    return tuple(map(label, tracks))
