"""Which code opens files, sockets, threads and processes: an audit hook (PEP 578) that records events during a look.

Python cannot remove an audit hook. Before and after its work the hook is a C function that compares two addresses,
which takes a tenth of a microsecond for each event.
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
    """The time (`time.monotonic`), the event, its subject, and the calls that caused it, innermost first."""

OPEN, SOCKET = "open", "socket.__new__"
_PROCESSES = frozenset(("subprocess.Popen", "os.fork", "os.forkpty", "os.posix_spawn"))
THREADS = frozenset(("_thread.start_new_thread", "_thread.start_joinable_thread"))
"""Since Python 3.12."""
_EVENTS = _PROCESSES | THREADS | {OPEN, SOCKET}
_NEW_INTERPRETER = "cpython.PyInterpreterState_New"
_MOST = 8192
_MOST_FRAMES = 16
_LONGEST_PATH = 4096
"""No system opens a longer path (PATH_MAX). If a program passes its data as a path, the log does not keep that data."""
_THREAD_FILE = FOLDER + system.SEP + "sampler.py"
_monotonic = system.monotonic
"""The real clock, also while a test is repeated, whose explanation has a clock of its own: the times of events are
compared with those at which the kernel started processes."""


class Log:
    """The newest events. The ring has a fixed length, so that it never appears among the containers that grow."""

    def __init__(self) -> None:
        self._ring: list[Entry | None] = [None] * _MOST
        self._next = count().__next__
        self._stacks: dict[Frames, Frames] = {}
        self._stack(sys._getframe())  # if an audit hook of the program forbids this, it raises here, at the start

    def note(self, event: str, arguments: tuple[Any, ...]) -> None:
        """Record an event, unless the probe itself caused it."""
        subject = _subject(event, arguments)
        if subject is None:
            return
        frames = self._stack(sys._getframe(2))
        if frames[-1][0] != _THREAD_FILE:
            self._ring[self._next() % _MOST] = _monotonic(), event, subject, frames

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
    """Return the subject of an event, or None if the event is of no interest.

    For a file: the number of a descriptor that is opened again, or the path and the number that it will get. For a
    socket: a weak reference to it, its family and its type. For a thread: the id of its object. Else: the event's name.
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
    """Whether an event starts a process. `posix_spawn` from `subprocess` does not count: `Popen` has its own event."""
    caller = next((file for file, *_ in frames if not file.startswith(FOLDER)), "")
    by_subprocess = system.base_name(caller) == "subprocess.py"
    return event in _PROCESSES and not (event == "os.posix_spawn" and by_subprocess)


def _next_number() -> int:
    """Return the number of the next descriptor: the lowest free one (POSIX); -1 if no pipe can be opened to find it."""
    try:
        lowest, other = system.pipe()  # raises no audit event
    except OSError:
        return -1
    system.close(lowest)
    system.close(other)
    return lowest


class _Listener:
    """Passes events to the log while there is one."""

    __slots__ = ("log",)

    def __init__(self) -> None:
        self.log: Log | None = None

    def receive(self, event: str, arguments: tuple[Any, ...]) -> None:
        """Record an event. An error of the probe ends the recording; an exception of a signal handler is passed on."""
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


_listener = _Listener()
_receive = _listener.receive
_hook = partial(is_)
"""The function that the interpreter calls. `listen` and `abandon` exchange the function inside it."""
_is_added = False


def listen() -> Log:
    """Begin to record events, and return the log."""
    global _is_added  # noqa: PLW0603 - a process has one hook of ours at most
    log = Log()
    if not _is_added:
        sys.addaudithook(_hook)
        _is_added = True
    _listener.log = log
    _hook.__setstate__((_receive, (), {}, None))
    return log


def abandon() -> None:
    """Stop recording events."""
    _listener.log = None
    _hook.__setstate__((is_, (), {}, None))
