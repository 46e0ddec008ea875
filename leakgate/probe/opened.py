"""Descriptors, child processes, threads and tasks that were created during the look and still exist, with their code.

Older ones are not counted. Audit events show the code that created them; for a task it is the call of its coroutine.
The probe reads kinds, numbers and places in the code, never names of files or addresses.
"""

from __future__ import annotations

import stat
import sys

from . import audit, census, main_thread, piled_up, plain
from .awake import awake_s
from .system import FOLDER, system

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Generator
    from typing import Any

    from .answer import Answer

    Row = tuple[str, str, audit.Frames]
    """The metric, the kind of resource, and the calls that created it; no frames if they are not known."""

_LISTS = ("/proc/self/fd", "/dev/fd")
_MOST = 4096
_MOST_ROWS = 40
_PATIENCE_S = 0.5
_LOOK_S = 0.05
_ORIGIN_FRAMES = 8
_KINDS = (
    (stat.S_ISSOCK, "socket"),
    (stat.S_ISFIFO, "pipe"),
    (stat.S_ISREG, "file"),
    (stat.S_ISDIR, "folder"),
    (stat.S_ISCHR, "device"),
    (stat.S_ISBLK, "device"),
)

_tracks_origins = False
"""Whether this module has switched on that coroutines of the main thread record where they are called."""


class ResourceLook:
    """One look at resources: `begin`, then other parts of the explanation for some seconds, then `finish`."""

    def __init__(self, answer: Answer) -> None:
        self._answer = answer
        self._log: audit.Log | None = None
        self._descriptors: frozenset[int] = frozenset()
        self._children: frozenset[int] = frozenset()
        self._threads: frozenset[int] = frozenset()
        self._tasks: frozenset[int] = frozenset()
        self._began_s = self._began_awake_s = 0.0

    def begin(self) -> Generator[float]:
        """Record the existing resources, and begin to record the code that creates new ones. Yields seconds to wait."""
        garbage: list[object] = []
        yield from _track_origins()
        self._began_s, self._began_awake_s = system.monotonic(), awake_s()
        try:
            self._log = audit.listen()
        except Exception as error:  # an audit hook of the program may refuse
            self._answer.note("leakgate did not look for lines that open files and sockets: %s" % type(error).__name__)
        self._descriptors = frozenset(filter(_is_open, _descriptors()))  # the list has the one that read it
        self._children = frozenset(_children())
        garbage += piled_up.threads()
        self._threads = frozenset(map(id, garbage))
        living = piled_up.tasks()
        self._tasks = frozenset(map(id, living))
        garbage += living
        yield from census.drop(garbage)

    def finish(self, window_s: float) -> Generator[float]:
        """Write the resources that are new, at the end of the window. Yields seconds to wait."""
        if not self._began_s:
            return
        garbage: list[object] = []
        try:
            while awake_s() < self._began_awake_s + window_s and not self._answer.hurried:
                yield _LOOK_S
        finally:
            audit.abandon()
            self._write(self._rows(garbage))
        yield from census.drop(garbage)
        yield from forget_origins()

    def _write(self, rows: list[Row]) -> None:
        counts: dict[Row, int] = {}
        for row in rows:
            counts[row] = counts.get(row, 0) + 1
        seconds = round(system.monotonic() - self._began_s, 3)
        for (metric, what, frames), count in sorted(counts.items(), key=lambda item: -item[1])[:_MOST_ROWS]:
            shown = [frame for frame in frames if not frame[0].startswith(FOLDER)]
            self._answer.add("resource", metric=metric, what=what, count=count, seconds=seconds, frames=shown)

    def _rows(self, garbage: list[object]) -> list[Row]:
        entries = self._log.entries() if self._log is not None else []
        rows = _Openers(entries, garbage).rows(sorted(set(_descriptors()) - self._descriptors)[:_MOST])
        rows += self._new_children(entries)
        rows += self._new_threads(entries, garbage)
        rows += self._new_tasks(garbage)
        return rows

    def _new_children(self, entries: list[audit.Entry]) -> list[Row]:
        started = [(at_s, frames) for at_s, event, _, frames in entries if audit.starts_process(event, frames)]
        rows = []
        for pid in sorted(_children() - self._children)[:_MOST]:
            state, start_s = _state_of(pid)
            earlier = [entry for entry in started if entry[0] <= start_s + system.TICK_S]
            # The kernel gives the start to a hundredth of a second. Events within that time are assigned in order.
            near = [entry for entry in earlier if entry[0] >= start_s - system.TICK_S]
            made_by = near[0] if near else earlier[-1] if earlier else (0.0, ())
            if made_by in started:
                started.remove(made_by)
            what = "process that has ended and is not waited for" if state == "Z" else "process"
            rows.append(("children", what, made_by[1]))
        return rows

    def _new_threads(self, entries: list[audit.Entry], garbage: list[object]) -> list[Row]:
        starts = {subject: frames for _, event, subject, frames in entries if event in audit.THREADS}
        living = piled_up.threads()
        garbage += living
        new = [(thread, piled_up.code_of_thread(thread)) for thread in living if id(thread) not in self._threads]
        return [
            ("threads", plain.code_name(code) if code is not None else "", starts.get(id(thread), ()))
            for thread, code in new[:_MOST]
        ]

    def _new_tasks(self, garbage: list[object]) -> list[Row]:
        living = piled_up.tasks()
        garbage += living
        running = [piled_up.coroutine_of(task) for task in living if id(task) not in self._tasks]
        return [("tasks", plain.code_name(one.cr_code), tuple(one.cr_origin or ())) for one in running[:_MOST] if one]


class _Openers:
    """Which code opened which descriptor, according to audit events."""

    def __init__(self, entries: list[audit.Entry], garbage: list[object]) -> None:
        self._sockets: dict[int, tuple[str, audit.Frames]] = {}
        self._numbers: dict[int, audit.Frames] = {}
        self._pipes: dict[str, audit.Frames] = {}
        self._opened: dict[int, tuple[str, audit.Frames]] = {}
        self._paths: dict[str, dict[audit.Frames, int]] = {}
        fileno: Any = getattr(getattr(sys.modules.get("_socket"), "socket", None), "fileno", None)
        for _, event, subject, frames in entries:
            if event == audit.OPEN and type(subject) is int:
                self._numbers[subject] = frames
            elif event == audit.OPEN:
                path, number = subject
                name = _last_part(path)
                self._opened[number] = name, frames
                openers = self._paths.setdefault(name, {})
                openers[frames] = openers.get(frames, 0) + 1
            elif event == audit.SOCKET and fileno is not None:
                living = subject[0]()
                if living is not None:
                    garbage.append(living)
                    self._sockets[fileno(living)] = _socket_kind(*subject[1:]), frames

    def rows(self, numbers: list[int]) -> list[Row]:
        """Return a row for each descriptor, with its kind and the code that opened it; none for closed descriptors."""
        found = [(number, kind, name) for number in numbers for kind, name in _kind_of(number)]
        names: dict[str, int] = {}
        for number, kind, name in found:
            names[name] = names.get(name, 0) + 1
            if kind == "pipe" and number in self._numbers:  # the same code has made the other end
                self._pipes[name] = self._numbers[number]
        return [("fds", *self._opener(number, kind, name, names[name])) for number, kind, name in found]

    def _opener(self, number: int, kind: str, name: str, count: int) -> tuple[str, audit.Frames]:
        if kind == "socket":
            return self._sockets.get(number, (kind, ()))
        opened, frames = self._opened.get(number, ("", ()))
        if name and opened == name:
            return kind, frames
        openers = self._paths.get(name) if name else None
        if openers:
            # The file is open `count` times. Code that never closes it has opened it about as many times. Code that
            # closes it has opened it many more times.
            return kind, min(openers, key=lambda frames: abs(openers[frames] - count))
        return kind, self._numbers.get(number) or self._pipes.get(name, ())


def _kind_of(number: int) -> list[tuple[str, str]]:
    """Return the kind of a descriptor and the last part of its path, if any; an empty list if it is closed."""
    try:
        mode = system.fstat(number).st_mode
        link = system.readlink("%s/%d" % (_LISTS[0], number)) if system.exists(_LISTS[0]) else ""
    except OSError:
        return []
    if link.startswith("anon_inode:"):
        return [(link.partition(":")[2].strip("[]").replace("eventpoll", "epoll")[:20], "")]
    kind = next((name for is_kind, name in _KINDS if is_kind(mode)), "descriptor")
    path = link.partition(" (deleted)")[0]
    # The kernel shows a file without a name (O_TMPFILE) as a number in the folder in which it was created.
    unnamed = path != link and system.base_name(path).startswith("#")
    return [(kind, _last_part(system.folder_name(path) if unnamed else path))]


def _last_part(path: str) -> str:
    return system.base_name(path.rstrip("/")) or path


def _socket_kind(family: int, kind: int) -> str:
    names = sys.modules.get("socket")
    families, kinds = getattr(names, "AddressFamily", None), getattr(names, "SocketKind", None)
    parts = [_member(families, family), _member(kinds, kind & 0xF)]
    return "socket (%s)" % ", ".join(parts)


def _member(names: Any, value: int) -> str:
    member = dict.get(plain.class_dict(names).get("_value2member_map_", {}), value) if names is not None else None
    name = dict.get(plain.namespace(member) or {}, "_name_") if member is not None else None
    return name if type(name) is str else str(value)


def _descriptors() -> list[int]:
    """Return the numbers of the open descriptors, and of that with which they were read, which is closed again.

    An empty list if the system does not list them.
    """
    folder = next(filter(system.exists, _LISTS), "")
    try:
        return [int(name) for name in system.listdir(folder)] if folder else []
    except (OSError, ValueError):
        return []


def _is_open(number: int) -> bool:
    try:
        system.fstat(number)
    except OSError:
        return False
    return True


def _children() -> frozenset[int]:
    """Return the PIDs of the children of this process, including zombies. Linux only; empty on other platforms."""
    found: list[int] = []
    try:
        for thread in system.listdir("/proc/self/task"):
            with system.open_file("/proc/self/task/%s/children" % thread, "rb") as file:
                found += map(int, file.read().split())
    except (OSError, ValueError):
        pass  # a thread ended during the search
    return frozenset(found)


def _state_of(pid: int) -> tuple[str, float]:
    """Return the state of a process and its start in seconds of `time.monotonic`; ("", 0.0) if it is not known."""
    try:
        with system.open_file("/proc/%d/stat" % pid, "rb") as file:
            fields = file.read().rpartition(b")")[2].split()
        asleep_s = system.clock_gettime(system.BOOT_CLOCK) - system.monotonic()
        return fields[0].decode(), int(fields[19]) * system.TICK_S - asleep_s
    except (OSError, ValueError, IndexError, AttributeError):
        return "", 0.0


def _track_origins() -> Generator[float]:
    """Make coroutines record where they are called, unless the program has set this itself."""
    global _tracks_origins  # noqa: PLW0603 - the interpreter has one such setting a thread
    if "asyncio" not in sys.modules or _tracks_origins:
        return
    theirs = yield from main_thread.call(sys.get_coroutine_origin_tracking_depth, patience_s=_PATIENCE_S)
    if theirs.made and theirs.result == 0:
        _tracks_origins = True
        yield from main_thread.call(sys.set_coroutine_origin_tracking_depth, _ORIGIN_FRAMES, patience_s=_PATIENCE_S)


def forget_origins() -> Generator[float]:
    """Undo `_track_origins`."""
    global _tracks_origins  # noqa: PLW0603
    if _tracks_origins:
        _tracks_origins = False
        yield from main_thread.call(sys.set_coroutine_origin_tracking_depth, 0, patience_s=_PATIENCE_S)


def abandon() -> None:
    """In a forked child: undo everything. The thread that forked is the main thread of the child."""
    global _tracks_origins  # noqa: PLW0603
    audit.abandon()
    if _tracks_origins:
        _tracks_origins = False
        sys.set_coroutine_origin_tracking_depth(0)
