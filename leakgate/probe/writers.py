"""The code that inserts entries: for a short time, each call and return compares the lengths of a few containers.

Between two such events only one function runs. If a container is longer at the second event, that function has
inserted, at the line of the inserting call or of the instruction that stores.
"""

from __future__ import annotations

import sys
from _thread import get_ident

from . import hooks, plain
from .instructions import line_of, opmap
from .kinds import BuiltinFunctionType
from .naming import belongs_to_probe

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Generator, Iterable
    from types import CodeType, FrameType
    from typing import Any

    from .census import Grown

    Frame = tuple[str, int, str]

_ENOUGH = 6
"""Insertions to see for each container before the search ends."""
_MOST_FRAMES = 16
_ITS_OWN_METHOD, _A_STORE, _ANYTHING = 4, 2, 1
"""Weights of one insertion: a call of the container's own method is the strongest evidence, then an instruction that
stores."""
_STORES = tuple(
    frozenset(opmap[name] for name in names if name in opmap)
    for names in (
        ("STORE_SUBSCR", "LIST_APPEND", "SET_ADD", "MAP_ADD", "LIST_EXTEND", "SET_UPDATE", "DICT_UPDATE"),
        ("INPLACE_ADD", "INPLACE_OR", "BINARY_OP"),
        ("BINARY_SUBSCR", "STORE_ATTR", "STORE_GLOBAL", "STORE_NAME"),
    )
)
"""Instructions that insert, those that certainly insert first."""

_WAITING_BUILTINS = frozenset(
    (
        "__enter__", "_accept", "accept", "acquire", "close", "commit", "connect", "connect_ex", "control",
        "do_handshake", "dup2", "epoll", "execute", "fetchall", "fetchone", "flock", "flush", "fork_exec", "fsync",
        "get", "getaddrinfo", "gethostbyaddr", "gethostbyname", "getnameinfo", "join", "lockf", "pause", "poll",
        "posix_spawn", "read", "read1", "readall", "readinto", "readinto1", "readline", "recv", "recv_bytes",
        "recv_into", "recvfrom", "recvfrom_into", "recvmsg", "recvmsg_into", "run_forever", "select", "send", "sendall",
        "sendfile", "sendmsg", "sendto", "shutdown", "sigwait", "sleep", "start_joinable_thread", "start_new_thread",
        "system", "wait", "wait4", "waitid", "waitpid", "write", "writev"
    )
)  # fmt: skip
"""Built-in functions that wait, or that let other threads run. Another thread may have added an entry that is new after
such a call."""

_NOWHERE: tuple[int, int | None] = (0, None)
"""Where a thread continued before its first event: no frame has the id 0."""
_active: WriterWatch | None = None


class Vote:
    """A line that may insert."""

    __slots__ = ("frames", "guessed", "weight")

    def __init__(self) -> None:
        self.weight = 0
        self.frames: list[Frame] = []
        """The line and its callers, innermost first."""
        self.guessed = True
        """Whether neither a call of the container's own method nor an instruction that stores was seen there."""


class Target:
    """A container, and the lines at which it grew."""

    __slots__ = ("doubtful", "grown", "last", "seen", "votes")

    def __init__(self, grown: Grown) -> None:
        self.grown = grown
        self.last = grown.measure(grown.thing)
        self.seen = self.doubtful = 0
        self.votes: dict[tuple[str, int], Vote] = {}

    def charge(self, frames: list[Frame], weight: int, *, guessed: bool) -> None:
        """Count an insertion for the first of the frames."""
        vote = self.votes.setdefault(frames[0][:2], Vote())
        vote.weight, vote.frames = vote.weight + weight, frames
        vote.guessed = vote.guessed and guessed

    @property
    def is_known(self) -> bool:
        """Whether enough insertions were seen. One that another thread may have made counts half."""
        return self.seen + self.doubtful // 2 >= _ENOUGH

    def writer(self) -> Vote:
        """Return the line that inserts; one without frames if no insertion was seen."""
        return max(self.votes.values(), key=lambda vote: vote.weight, default=Vote())


class WriterWatch:
    """A profile function that watches the lengths of some containers."""

    def __init__(self, containers: Iterable[Grown]) -> None:
        self.active = True
        self.targets = [Target(one) for one in containers]
        self._resumed: dict[int, tuple[int, int]] = {}
        """By thread, where it continued after the last event: the id of the frame, and the instruction; -1 at a
        function's start."""
        self._last_thread = 0
        """The thread of the last event."""

    @property
    def needs_more(self) -> bool:
        """Whether there is a container for which too few insertions were seen."""
        return self.active and not all(target.is_known for target in self.targets)

    def profile(self, frame: FrameType, event: str, argument: object, *, remove: Any = sys.setprofile) -> None:
        """The profile function. An exception in it ends the profiling and does not reach the program."""
        if not self.active:
            remove(None)  # an argument: a thread may come here after the probe has left and has emptied its modules
            return
        try:
            self._look(frame, event, argument)
        except Exception:
            self.active = False

    def _look(self, frame: FrameType, event: str, argument: object) -> None:
        thread = get_ident()
        alone, self._last_thread = thread == self._last_thread, thread
        running = frame.f_back if event == "call" else frame
        continued, since = self._resumed.get(thread, _NOWHERE)
        if continued != id(running):
            # Greenlets share a thread, and extensions in C switch between them without an event. So another greenlet
            # may have inserted, like another thread, and it is not known where this one continued.
            alone, since = False, None
        for target in self.targets:
            length = target.grown.measure(target.grown.thing)
            grew = length > target.last and not target.is_known
            if grew and running is not None and not belongs_to_probe(running):
                self._charge(target, running, since, event, argument, alone=alone)
            target.last = length
        if event == "call":
            self._resumed[thread] = id(frame), -1
        elif event != "return":
            self._resumed[thread] = id(frame), frame.f_lasti
        elif frame.f_back is not None:
            self._resumed[thread] = id(frame.f_back), frame.f_back.f_lasti
        else:
            self._resumed.pop(thread, None)  # the thread ends, and a new one may get its number

    def _charge(
        self, target: Target, frame: FrameType, since: int | None, event: str, argument: object, *, alone: bool
    ) -> None:
        """Count an insertion for a line. `alone`: the last event was one of the same thread.

        If it was not, the other thread may have inserted. Then a call of the container's own method counts, and an
        instruction that stores counts less, as after a wait for a lock. No other evidence counts. `since`: the
        instruction at which the function continued after the thread's last event; None if this is the first one.
        """
        line, stores = frame.f_lineno, False
        if event in ("c_return", "c_exception"):
            called: Any = argument if type(argument) is BuiltinFunctionType else None
            stores = called is not None and called.__self__ is target.grown.thing
            if not stores and called is not None and called.__name__ in _WAITING_BUILTINS:
                return
            weight = _ITS_OWN_METHOD if stores else _ANYTHING if alone else 0
        else:
            wanted = _STORES if alone else _STORES[:1]
            at = _find_store(frame.f_code, since, frame.f_lasti, wanted) if since is not None else -1
            stores = at >= 0
            line = line_of(frame.f_code, at if stores or since is None else since) or line
            weight = (_A_STORE if alone else _ANYTHING) if stores else _ANYTHING if alone else 0
        if weight:
            is_sure = alone or weight == _ITS_OWN_METHOD
            target.seen += is_sure
            target.doubtful += not is_sure
            target.charge(_traceback(frame, line), weight, guessed=not stores)


def _find_store(code: CodeType, since: int, until: int, wanted: tuple[frozenset[int], ...]) -> int:
    """Return the last instruction that inserts between two others; -1 for none.

    If `since` is after `until`, the function has jumped back in a loop, and the whole function is searched.
    """
    program = code.co_code
    places: Iterable[int] = range(max(0, since), until + 1, 2) if since <= until else range(0, len(program), 2)
    for codes in wanted:
        found = [at for at in places if at < len(program) and program[at] in codes]
        if found:
            return found[-1]
    return -1


def _traceback(frame: FrameType, line: int) -> list[Frame]:
    found = [(frame.f_code.co_filename, line, plain.code_name(frame.f_code))]
    caller = frame.f_back
    while caller is not None and len(found) < _MOST_FRAMES:
        if not belongs_to_probe(caller):
            found.append((caller.f_code.co_filename, caller.f_lineno or 0, plain.code_name(caller.f_code)))
        caller = caller.f_back
    return found


def watch(containers: list[Grown]) -> Generator[float, None, tuple[WriterWatch, str]]:
    """Begin to watch containers. Returns the watch, and why it cannot work; empty if it does."""
    global _active  # noqa: PLW0603 - threads have their own reference to it
    found = _active = WriterWatch(containers)
    problem = yield from hooks.install(found.profile)
    if problem:
        abandon()
    return found, problem


def abandon() -> None:
    """End the watch. Each thread removes its profile function at its next event."""
    global _active  # noqa: PLW0603
    if _active is not None:
        _active.active = False
        _active = None
    hooks.release_new_threads()
