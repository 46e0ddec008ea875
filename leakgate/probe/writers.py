"""The code that inserts entries: for a short time, each call and return compares the lengths of a few containers.

Between two such events only one function runs. If a container is longer at the second event, that function has
inserted, at the line of the inserting call or of the instruction that stores.
"""

from __future__ import annotations

import sys
from _thread import get_ident

from . import hooks, plain
from .kinds import BuiltinFunctionType
from .naming import belongs_to_probe
from .system import standard

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Generator, Iterable
    from types import CodeType, FrameType
    from typing import Any

    from .census import Grown

    Frame = tuple[str, int, str]

_opmap: dict[str, int] = standard("opcode").opmap
_ENOUGH = 6
"""Insertions to see for each container before the search ends."""
_MOST_FRAMES = 16
_ITS_OWN_METHOD, _A_STORE, _ANYTHING = 4, 2, 1
"""Weights of one insertion: a call of the container's own method is the strongest evidence, then an instruction that
stores."""
_STORES = tuple(
    frozenset(_opmap[name] for name in names if name in _opmap)
    for names in (
        ("STORE_SUBSCR", "LIST_APPEND", "SET_ADD", "MAP_ADD", "LIST_EXTEND", "SET_UPDATE", "DICT_UPDATE"),
        ("INPLACE_ADD", "INPLACE_OR", "BINARY_OP"),
        ("BINARY_SUBSCR", "STORE_ATTR", "STORE_GLOBAL", "STORE_NAME"),
    )
)
"""Instructions that insert, those that certainly insert first."""

_WAITS = frozenset(("acquire", "__enter__", "sleep", "select", "poll", "epoll", "join", "wait", "recv", "read", "get"))

_active: WriterWatch | None = None


class Target:
    """A container, and the lines at which it grew."""

    __slots__ = ("grown", "last", "seen", "votes")

    def __init__(self, grown: Grown) -> None:
        self.grown = grown
        self.last = grown.measure(grown.thing)
        self.seen = 0
        self.votes: dict[tuple[str, int], tuple[int, list[Frame]]] = {}

    def writer(self) -> list[Frame]:
        """Return the line that inserts and its callers, innermost first; an empty list if no insertion was seen."""
        return max(self.votes.values())[1] if self.votes else []


class WriterWatch:
    """A profile function that watches the lengths of some containers."""

    def __init__(self, containers: Iterable[Grown]) -> None:
        self.active = True
        self.targets = [Target(one) for one in containers]
        self._resumed: dict[int, int] = {}
        """By thread, the instruction at which its running function continued after the last event; -1 at a start."""

    @property
    def needs_more(self) -> bool:
        """Whether there is a container with fewer than `_ENOUGH` insertions seen."""
        return self.active and any(target.seen < _ENOUGH for target in self.targets)

    def profile(self, frame: FrameType, event: str, argument: object) -> None:
        """The profile function. An exception in it ends the profiling and does not reach the program."""
        if not self.active:
            sys.setprofile(None)
            return
        try:
            self._look(frame, event, argument)
        except Exception:
            self.active = False

    def _look(self, frame: FrameType, event: str, argument: object) -> None:
        thread = get_ident()
        for target in self.targets:
            length = target.grown.measure(target.grown.thing)
            if length > target.last and target.seen < _ENOUGH:
                running = frame.f_back if event == "call" else frame
                if running is not None and not belongs_to_probe(running):
                    self._charge(target, running, self._resumed.get(thread, -1), event, argument)
            target.last = length
        if event == "call":
            self._resumed[thread] = -1
        elif event == "return":
            self._resumed[thread] = frame.f_back.f_lasti if frame.f_back is not None else -1
        else:
            self._resumed[thread] = frame.f_lasti

    def _charge(self, target: Target, frame: FrameType, since: int, event: str, argument: object) -> None:
        line, weight = frame.f_lineno, _ANYTHING
        if event in ("c_return", "c_exception"):
            called: Any = argument if type(argument) is BuiltinFunctionType else None
            owner = called.__self__ if called is not None else None
            if called is not None and called.__name__ in _WAITS and owner is not target.grown.thing:
                return  # another thread has inserted while this one waited
            weight = _ITS_OWN_METHOD if owner is target.grown.thing else _ANYTHING
        else:
            at = _find_store(frame.f_code, since, frame.f_lasti)
            weight = _A_STORE if at >= 0 else _ANYTHING
            line = _line_of(frame.f_code, at if at >= 0 else since) or line
        frames = _traceback(frame, line)
        key = frames[0][0], line
        target.seen += 1
        target.votes[key] = target.votes.get(key, (0, frames))[0] + weight, frames


def _find_store(code: CodeType, since: int, until: int) -> int:
    """Return the last instruction that inserts between two others; -1 for none.

    If `since` is after `until`, the function has jumped back in a loop, and the whole function is searched.
    """
    program = code.co_code
    places: Iterable[int] = range(max(0, since), until + 1, 2) if since <= until else range(0, len(program), 2)
    for wanted in _STORES:
        found = [at for at in places if at < len(program) and program[at] in wanted]
        if found:
            return found[-1]
    return -1


def _line_of(code: Any, at: int) -> int:
    """Return the line of an instruction; 0 if it is not known, and always before Python 3.10."""
    if at < 0 or not hasattr(code, "co_lines"):
        return 0
    return next((line or 0 for start, end, line in code.co_lines() if start <= at < end), 0)


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
