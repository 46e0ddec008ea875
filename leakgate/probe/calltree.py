"""A tree of calling contexts. A profile function or samples charge the changes of a counter to its nodes.

The functions are right; the lines are nearly right. A profile function gets events of built-in functions, but not of
types, Cython functions and functions that ctypes calls. Memory that grew between two events of a function is charged to
the last such call between them; without one, to the line of the second event.
"""

from __future__ import annotations

import sys
from _thread import get_ident

from .instructions import SilentCalls, line_of
from .system import FOLDER, system

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from types import CodeType, FrameType, TracebackType
    from typing import Any

    Row = tuple[list[tuple[str, int, str]], int, int]

_MOST_NODES = 20_000
_MOST_FRAMES = 16
_MOST_GAINS = 12
_LEAST_SHARE, _MOST_SHARE = 0.6, 1.6
"""A function explains the growth if it keeps this share of it. A function that keeps far more passes memory to a
caller that frees it."""
_LEAST_PART, _MOST_PART = 0.25, 1.1
"""A call is named instead of its caller if it keeps at least the first share of the total growth, and at most the
second share of what the caller keeps."""


class Node:
    """A function called from one place of another node."""

    __slots__ = ("called_at", "calls", "children", "code", "handed_on", "kept", "lines", "parent", "returned", "total")

    def __init__(self, parent: Node | None, code: CodeType | None, called_at: int) -> None:
        self.parent, self.code, self.called_at = parent, code, called_at
        self.children: dict[tuple[int, CodeType], Node] = {}
        self.lines: dict[int, list[int]] = {}
        """By instruction: [bytes, line], charged while this function itself or a C function that it called ran."""
        self.calls = self.returned = 0
        self.kept = 0
        """Bytes by which the counter was higher after a call than before it, summed over the calls that returned, less
        `handed_on`."""
        self.handed_on = 0
        """Bytes that the caller freed right after a call: the result of the call."""
        self.total = 0

    def add_up(self) -> None:
        """Set `total` of this node and of all nodes below. There is no recursion, because call trees may be deep."""
        order = [self]
        for node in order:
            order.extend(node.children.values())
        for node in reversed(order):
            if node.returned:  # a call that has not returned may still free what it holds
                node.total = node.kept
            else:
                node.total = sum(line[0] for line in node.lines.values())
                node.total += sum(child.total for child in node.children.values())

    def row(self) -> Row:
        """Return (frames, bytes, calls). A frame is (file, line, function), innermost first, without the probe's."""
        found: list[tuple[str, int, str]] = []
        line = self._worst_line()
        node = self
        while node.code is not None and node.parent is not None and len(found) < _MOST_FRAMES:
            code = node.code
            if not node.is_probe():
                found.append((code.co_filename, line, getattr(code, "co_qualname", code.co_name)))
            line = node.called_at
            node = node.parent
        return found, self.total, self.calls

    def _worst_line(self) -> int:
        """Return the line that keeps most bytes, by itself or in the calls that it makes."""
        kept: dict[int, int] = {}
        for grew, line in self.lines.values():
            kept[line] = kept.get(line, 0) + grew
        for child in self.children.values():
            kept[child.called_at] = kept.get(child.called_at, 0) + child.total
        if kept and self.handed_on:  # the line that makes the result keeps about as many bytes as the caller frees
            maker = min(kept, key=lambda line: abs(kept[line] - self.handed_on))
            kept[maker] -= min(kept[maker], self.handed_on)
        return max(kept, key=kept.__getitem__) if kept else self.code.co_firstlineno if self.code else 0

    @property
    def is_handed_on(self) -> bool:
        """Whether a caller freed a large part of the memory that this function keeps."""
        above = self.parent
        while above is not None:
            if above.returned and self.total > _MOST_SHARE * above.total:
                return True
            above = above.parent
        return False

    def is_probe(self) -> bool:
        """Whether it is a function of the probe."""
        return self.code is not None and self.code.co_filename.startswith(FOLDER)


class _Running:
    """A call that has not returned: the counter at its start, and its last gains, its own or of calls that it made."""

    __slots__ = ("_gains", "entered_at", "since")

    def __init__(self, entered_at: int | None, since: int | None = None) -> None:
        self.entered_at = entered_at
        self.since = since
        """The instruction of the last event; None if it is not known."""
        self._gains: list[tuple[int, Node | None]] = []

    def gain(self, grew: int, callee: Node | None) -> None:
        """Record memory that a call allocated, or that the function's own code allocated (`callee` is None)."""
        if grew <= 0:
            return
        if callee is None and self._gains and self._gains[-1][1] is None:
            grew += self._gains.pop()[0]
        self._gains.append((grew, callee))
        del self._gains[:-_MOST_GAINS]

    def take_back(self, freed: int) -> int:
        """Record memory that the function's own code freed, and return how many of the bytes came from calls.

        The freed memory is assumed to be the newest gain that is large enough. It need not be the gain of the last
        call: before Python 3.13 the frame's copy of its variables, made for a profile function, keeps the last value of
        each variable until the next event of the function.
        """
        returned = 0
        whole = [at for at, (grew, _) in enumerate(self._gains) if grew >= freed][-1:]
        for at in whole or range(len(self._gains) - 1, -1, -1):
            grew, callee = self._gains[at]
            given_back = min(freed - returned, grew)
            self._gains[at] = grew - given_back, callee
            if callee is not None:
                callee.kept -= given_back
                callee.handed_on += given_back
                returned += given_back
        return returned


class Tree:
    """The calling contexts of all threads that are profiled or sampled."""

    def __init__(self, read: Callable[[], int]) -> None:
        self.active = True
        self.full = False
        self._read_counter = read
        self._not_counted = 0
        """Change of the counter, in bytes, through collections and through the memory of the tree itself."""
        self._count = 0
        self._root = Node(None, None, 0)
        self._nodes: dict[int, Node] = {}
        self._running: dict[int, list[_Running]] = {}
        self._calls: dict[CodeType, SilentCalls] = {}
        self._gc_code = type(self).collecting.__code__
        self._before_collection = 0
        self.began_s = system.monotonic()
        self._last = read()

    @property
    def grew_bytes(self) -> int:
        """Growth of the counter in bytes, without `_not_counted` and without what unfinished calls may still free."""
        self._root.add_up()
        return self._root.total

    def profile(self, frame: FrameType, event: str, _: object, *, remove: Any = sys.setprofile) -> None:
        """The profile function. An exception of the program's signal handlers is raised; one of the probe's ends it."""
        if not self.active:
            remove(None)  # an argument: a thread may come here after the probe has left and has emptied its modules
            return
        try:
            self._follow(frame, event)
        except Exception as error:
            if not _is_ours(error.__traceback__):
                raise
            self.active = False

    def _follow(self, frame: FrameType, event: str) -> None:
        code = frame.f_code
        if code is self._gc_code:
            return
        now = self._read_counter() - self._not_counted
        thread = get_ident()
        node = self._nodes.get(thread)
        at = frame.f_back if event == "call" else frame
        if node is None or (node.code is not at.f_code if at is not None else node is not self._root):
            node = self._find(at)
            self._running[thread] = [_Running(None)]
        running = self._running[thread]
        if at is not None and now != self._last:
            grew = now - self._last
            running[-1].gain(grew, None)
            given_back = running[-1].take_back(-grew) if grew < 0 else 0
            self._charge(node, at, now, given_back, self._silent_call(running[-1].since, at, event) if grew > 0 else -1)
        if at is not None and event != "return":
            running[-1].since = at.f_lasti
            if event in ("call", "c_call"):
                self._calls_in(at.f_code).remove(at.f_lasti)
        if event == "call":
            key = (at.f_lasti if at is not None else -1, code)
            child = node.children.get(key) or self._add(node, key, at.f_lineno if at is not None else 0)
            child.calls += 1
            running.append(_Running(now, frame.f_lasti))
            self._nodes[thread] = child
            return
        if event == "return":
            entered_at = running.pop().entered_at
            if not running:
                running.append(_Running(None))
            if entered_at is not None:
                node.kept += now - entered_at
                node.returned += 1
                running[-1].gain(now - entered_at, node)
            node = node.parent or node
        self._nodes[thread] = node

    def sample(self, frame: FrameType) -> None:
        """Charge the change of the counter since the last sample to the line that a thread runs now."""
        now = self._read_counter() - self._not_counted
        self._charge(self._find(frame), frame, now)

    def collecting(self, phase: str, _: object) -> None:
        """Callback in `gc.callbacks`: memory that a collection frees is charged to no line."""
        if phase == "start":
            self._before_collection = self._read_counter()
        elif self._before_collection:
            self._not_counted += self._read_counter() - self._before_collection
            self._before_collection = 0

    def _calls_in(self, code: CodeType) -> SilentCalls:
        found = self._calls.get(code)
        if found is None:
            found = self._calls[code] = SilentCalls(code)
        return found

    def _silent_call(self, since: int | None, frame: FrameType, event: str) -> int:
        """Return the call that has probably allocated what the function gained since its last event; -1 for none."""
        if since is None or event in ("c_return", "c_exception"):
            return -1  # a built-in function that has just returned caused both events
        return self._calls_in(frame.f_code).between(since, frame.f_lasti)

    def _charge(self, node: Node, frame: FrameType, now: int, given_back: int = 0, call: int = -1) -> None:
        at = call if call >= 0 else frame.f_lasti
        line = node.lines.get(at)
        if line is None:
            line = node.lines[at] = [0, line_of(frame.f_code, call) or frame.f_lineno or 0]
        line[0] += now - self._last + given_back
        self._last = now

    def _find(self, frame: FrameType | None) -> Node:
        """Return the node of a frame whose call was not seen: it began before profiling, or on another stack."""
        stack = []
        while frame is not None:
            stack.append(frame)
            frame = frame.f_back
        node, lasti, line = self._root, -1, 0
        for below in reversed(stack):
            key = (lasti, below.f_code)
            node = node.children.get(key) or self._add(node, key, line)
            lasti, line = below.f_lasti, below.f_lineno or 0
        return node

    def _add(self, parent: Node, key: tuple[int, CodeType], called_at: int | None) -> Node:
        before = self._read_counter()
        node = parent.children[key] = Node(parent, key[1], called_at or 0)
        self._count += 1
        if self._count >= _MOST_NODES:
            self.active, self.full = False, True
        self._not_counted += self._read_counter() - before
        return node

    def rows(self, *, exact: bool) -> list[Row]:
        """Return (frames, bytes, calls) of the lines that explain the growth, the largest first.

        No returned line calls another one. With `exact=False` (samples) there is at most one row: samples show where
        most of the growth happened, not how it divides.
        """
        total = self.grew_bytes
        likely = [
            (depth, node)
            for kept, depth, node in self._functions()
            if _LEAST_SHARE * total <= kept <= _MOST_SHARE * total
        ]
        if not likely:
            return []
        deepest = max(likely, key=lambda one: one[0])[1]
        named = _split(deepest, total) if exact else [deepest]
        return sorted((node.row() for node in named), key=lambda row: -row[1])

    def _functions(self) -> Iterator[tuple[int, int, Node]]:
        """Yield (bytes kept, depth, heaviest context) of each function. Recursive calls count once."""
        kept: dict[CodeType, int] = {}
        heaviest: dict[CodeType, tuple[int, Node]] = {}
        walk: list[tuple[Node, int, frozenset[CodeType]]] = [(self._root, 0, frozenset())]
        while walk:
            node, depth, above = walk.pop()
            if node.code is not None and node.code not in above:
                kept[node.code] = kept.get(node.code, 0) + node.total
                if node.code not in heaviest or node.total > heaviest[node.code][1].total:
                    heaviest[node.code] = depth, node
                above |= {node.code}
            walk += [(child, depth + 1, above) for child in node.children.values()]
        for code, (depth, node) in heaviest.items():
            if not node.is_probe() and not node.is_handed_on:
                yield kept[code], depth, node


def _split(node: Node, total: int) -> list[Node]:
    """Return the nodes that explain this node's growth: the calls below it that keep most of it, or the node itself."""
    named, to_do = [], [node]
    while to_do:
        node = to_do.pop()
        parts = [
            child
            for child in node.children.values()
            if _LEAST_PART * total <= child.total <= _MOST_PART * node.total and not child.is_probe()
        ]
        if parts and sum(part.total for part in parts) >= _LEAST_SHARE * node.total:
            to_do += parts
        else:
            named.append(node)
    return named


def _is_ours(trace: TracebackType | None) -> bool:
    while trace is not None and trace.tb_next is not None:
        trace = trace.tb_next
    return trace is None or trace.tb_frame.f_code.co_filename.startswith(FOLDER)
