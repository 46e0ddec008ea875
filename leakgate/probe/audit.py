"""Which code opens what: an audit hook (PEP 578) that records events while the program is being explained.

A hook cannot be removed. Before and after its work it is a C function that compares two addresses, which takes a tenth
of a microsecond for each event.
"""

from __future__ import annotations

import sys
from _functools import partial  # type: ignore[import-not-found] # functools without its imports
from _operator import is_
from _weakref import ref
from itertools import count

from . import interpreters, plain
from .kinds import MethodType
from .system import FOLDER, system

TYPE_CHECKING = False
if TYPE_CHECKING:
    from types import FrameType
    from typing import Any

    Frames = tuple[tuple[str, int, str], ...]
    Entry = tuple[float, str, Any, Frames]
    """When (`time.monotonic`), the event, what it is about, and who did it, innermost call first."""

OPEN, SOCKET = "open", "socket.__new__"
_PROCESSES = frozenset(("subprocess.Popen", "os.fork", "os.forkpty", "os.posix_spawn"))
THREADS = frozenset(("_thread.start_new_thread", "_thread.start_joinable_thread"))
"""Since Python 3.12."""
_EVENTS = _PROCESSES | THREADS | {OPEN, SOCKET}
_NEW_INTERPRETER = "cpython.PyInterpreterState_New"
_MOST = 8192
_MOST_FRAMES = 16
_LONGEST_PATH = 4096
"""What is longer no system opens (PATH_MAX): a program that takes its data for a path is not to have it kept."""
_THREAD_FILE = FOLDER + system.SEP + "sampler.py"


class Log:
    """The newest events. Their number never grows, so that no look at the program's containers meets it."""

    def __init__(self) -> None:
        self._ring: list[Entry | None] = [None] * _MOST
        self._next = count().__next__
        self._stacks: dict[Frames, Frames] = {}
        self._stack(sys._getframe())  # where a hook of the program's own forbids that, it is found out here

    def note(self, event: str, arguments: tuple[Any, ...]) -> None:
        """Remember an event; what the probe does itself is none."""
        subject = _subject(event, arguments)
        if subject is None:
            return
        frames = self._stack(sys._getframe(2))
        if frames[-1][0] != _THREAD_FILE:
            self._ring[self._next() % _MOST] = system.monotonic(), event, subject, frames

    def entries(self) -> list[Entry]:
        """The events in the order of time."""
        return sorted((entry for entry in self._ring if entry is not None), key=lambda entry: entry[0])

    def _stack(self, frame: FrameType | None) -> Frames:
        found: list[tuple[str, int, str]] = []
        while frame is not None and len(found) < _MOST_FRAMES:
            code = frame.f_code
            found.append((code.co_filename, frame.f_lineno or 0, plain.code_name(code)))
            frame = frame.f_back
        frames = tuple(found)
        return self._stacks.setdefault(frames, frames)


def _subject(event: str, arguments: tuple[Any, ...]) -> object:
    """What an event is about; None: nothing to say.

    The number of a descriptor that is opened again, or a path and the number that it will get; a socket, its family and
    its type; the thread.
    """
    if event == OPEN:
        path = arguments[0]
        if type(path) is bytes:
            path = system.decode(path)
        if type(path) is str:
            return (path, _next_number()) if len(path) <= _LONGEST_PATH else None
        return path if type(path) is int else None
    if event == SOCKET:
        return ref(arguments[0]), arguments[1], arguments[2]
    if event in THREADS:
        return id(arguments[0].__self__) if type(arguments[0]) is MethodType else None
    return event


def starts_process(event: str, frames: Frames) -> bool:
    """Whether an event starts a process; where `subprocess` uses `posix_spawn`, its own event came first."""
    by_subprocess = system.base_name(frames[0][0]) == "subprocess.py"
    return event in _PROCESSES and not (event == "os.posix_spawn" and by_subprocess)


def _next_number() -> int:
    """The number of the next descriptor, which is the lowest that is free (POSIX); -1: the system does not say."""
    try:
        lowest, other = system.pipe()  # raises no audit event
    except OSError:
        return -1
    system.close(lowest)
    system.close(other)
    return lowest


class _Ear:
    """What notes events while there is a log."""

    __slots__ = ("log",)

    def __init__(self) -> None:
        self.log: Log | None = None

    def hear(self, event: str, arguments: tuple[Any, ...]) -> None:
        """Record an event. Errors of the probe stay here; an exception of a signal handler reaches the program."""
        log = self.log
        if log is None or event not in _EVENTS:
            if event == _NEW_INTERPRETER:
                interpreters.announce()
            return
        try:
            log.note(event, arguments)
        except Exception as error:
            self.log = None
            if not _is_ours(error):
                raise


def _is_ours(error: BaseException) -> bool:
    trace = error.__traceback__
    while trace is not None and trace.tb_next is not None:
        trace = trace.tb_next
    return trace is not None and trace.tb_frame.f_code.co_filename.startswith(FOLDER)


_ear = _Ear()
_hear = _ear.hear
_hook = partial(is_)
"""What the interpreter calls; what it calls in turn is exchanged."""
_is_added = False


def listen() -> Log:
    """Begin to note."""
    global _is_added  # noqa: PLW0603 - a process has one hook of ours at most
    log = Log()
    if not _is_added:
        sys.addaudithook(_hook)
        _is_added = True
    _ear.log = log
    _hook.__setstate__((_hear, (), {}, None))
    return log


def abandon() -> None:
    """Be deaf."""
    _ear.log = None
    _hook.__setstate__((is_, (), {}, None))
