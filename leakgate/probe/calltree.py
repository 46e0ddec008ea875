"""A tree of calling contexts, to which changes of a counter are charged by a profile function."""

from __future__ import annotations

import os
import sys
from _thread import get_ident

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from types import CodeType, FrameType, TracebackType

_FOLDER = os.path.dirname(os.path.abspath(__file__))
_MOST_NODES = 20_000
_MOST_FRAMES = 16
_LEAST_SHARE, _MOST_SHARE = 0.6, 1.6
"""A function explains the growth when it keeps about as much: far more is handed to callers that free it."""


class Node:
    """A function called from one place of another node."""

    __slots__ = ("called_at", "calls", "children", "code", "lines", "parent", "total")

    def __init__(self, parent: Node | None, code: CodeType | None, called_at: int) -> None:
        self.parent, self.code, self.called_at = parent, code, called_at
        self.children: dict[tuple[int, CodeType], Node] = {}
        self.lines: dict[int, list[int]] = {}
        """Instruction: [bytes, line]."""
        self.calls = self.total = 0

    def frames(self, line: int) -> list[tuple[str, int, str]]:
        """(file, line, function), innermost first, the probe's own left out."""
        found = []
        node: Node | None = self
        while node is not None and node.code is not None and len(found) < _MOST_FRAMES:
            code = node.code
            if not code.co_filename.startswith(_FOLDER):
                found.append((code.co_filename, line, getattr(code, "co_qualname", code.co_name)))
            node, line = node.parent, node.called_at
        return found


    def add_up(self) -> None:
        """Set `total`, of this node and all below: bytes charged to their lines. No recursion: programs may be deep."""
        order = [self]
        for node in order:
            order.extend(node.children.values())
        for node in reversed(order):
            node.total = sum(line[0] for line in node.lines.values())
            node.total += sum(child.total for child in node.children.values())

    def worst_line(self) -> int:
        """The line that keeps most, by itself or in what it calls."""
        kept: dict[int, int] = {}
        for grew, line in self.lines.values():
            kept[line] = kept.get(line, 0) + grew
        for child in self.children.values():
            kept[child.called_at] = kept.get(child.called_at, 0) + child.total
        return max(kept, key=kept.__getitem__) if kept else 0

    def contains(self, other: Node | None) -> bool:
        """Whether the other is this node or below it."""
        while other is not None and other is not self:
            other = other.parent
        return other is not None

    def is_probe(self) -> bool:
        """Whether it is a function of the probe."""
        return self.code is not None and self.code.co_filename.startswith(_FOLDER)


class Tree:
    """The contexts of all threads that are profiled."""

    def __init__(self, read: Callable[[], int]) -> None:
        self.active = True
        self.full = False
        self._read = read
        self._count = 0
        self._root = Node(None, None, 0)
        self._current: dict[int, Node] = {}
        self._gc_code = type(self).collecting.__code__
        self._own_bytes = 0
        self._first = self._last = read()

    def profile(self, frame: FrameType, event: str, _: object) -> None:
        """The profile function. An exception of the program's (a signal handler's) passes; one of ours ends profiling."""
        if not self.active:
            sys.setprofile(None)
            return
        try:
            self._charge(frame, event)
        except Exception as error:
            trace = error.__traceback__
            if trace is not None and _is_ours(trace):
                self.active = False
                return
            raise

    def _charge(self, frame: FrameType, event: str) -> None:
        code = frame.f_code
        if code is self._gc_code:
            return
        now = self._read()
        thread = get_ident()
        node = self._current.get(thread)
        at = frame.f_back if event == "call" else frame
        if node is None or at is None or node.code is not at.f_code:
            node = self._find(at)
        if now != self._last and at is not None:
            self._charge_line(node, at, now)
        if event == "call":
            key = (at.f_lasti if at is not None else -1, code)
            child = node.children.get(key)
            if child is None:
                child = self._add(node, key, (at.f_lineno or 0) if at is not None else 0)
            child.calls += 1
            self._current[thread] = child
        else:
            self._current[thread] = (node.parent or node) if event == "return" else node

    def _charge_line(self, node: Node, frame: FrameType, now: int) -> None:
        line = node.lines.get(frame.f_lasti)
        if line is None:
            node.lines[frame.f_lasti] = [now - self._last, frame.f_lineno or 0]
        else:
            line[0] += now - self._last
        self._last = now

    def _find(self, frame: FrameType | None) -> Node:
        """The node of a frame that was entered before profiling began, or on another stack."""
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

    def _add(self, parent: Node, key: tuple[int, CodeType], called_at: int) -> Node:
        before = self._read()
        node = parent.children[key] = Node(parent, key[1], called_at)
        self._count += 1
        if self._count >= _MOST_NODES:
            self.active, self.full = False, True
        self._last = self._read()
        self._own_bytes += self._last - before
        return node

    def collecting(self, phase: str, _: object) -> None:
        """In `gc.callbacks`: what a collection frees belongs to no line in particular."""
        if phase == "stop" and self.active:
            self._last = self._read()

    def sample(self, frame: FrameType) -> None:
        """Charge what changed since the last sample to what a thread is doing now."""
        node = self._find(frame)
        self._charge_line(node, frame, self._read())

    @property
    def grew_bytes(self) -> int:
        """Growth of the counter since the tree was made, without the tree's own."""
        return self._last - self._first - self._own_bytes

    def close(self) -> None:
        """Read the counter for the last time."""
        self._last = self._read()

    def candidates(self) -> list[tuple[list[tuple[str, int, str]], int, int]]:
        """(frames, bytes, calls) of lines that explain the growth, the most likely first."""
        total = self.grew_bytes
        functions = self._functions()
        likely = [
            (depth, node) for kept, depth, node in functions if _LEAST_SHARE * total <= kept <= _MOST_SHARE * total
        ]
        if not likely:
            return []
        likely.sort(key=lambda one: -one[0])
        best = likely[0][1]
        found = [best, *(child for child in best.children.values() if total * 0.25 <= child.total <= _MOST_SHARE * total)]
        found += [node for _, node in likely[1:] if not node.contains(best)]
        return [(node.frames(node.worst_line()), node.total, node.calls) for node in found]

    def _functions(self) -> list[tuple[int, int, Node]]:
        """(bytes kept, depth, heaviest context) of each function; calls from within itself count once."""
        kept: dict[CodeType, list] = {}
        self._root.add_up()
        walk: list[tuple[Node, int, frozenset[CodeType]]] = [(self._root, 0, frozenset())]
        while walk:
            node, depth, above = walk.pop()
            if node.code is not None and node.code not in above:
                entry = kept.setdefault(node.code, [0, depth, node])
                entry[0] += node.total
                if node.total > entry[2].total:
                    entry[1:] = depth, node
                above |= {node.code}
            walk += [(child, depth + 1, above) for child in node.children.values()]
        return [(grew, depth, node) for grew, depth, node in kept.values() if not node.is_probe()]


def _is_ours(trace: TracebackType) -> bool:
    while trace.tb_next is not None:
        trace = trace.tb_next
    return trace.tb_frame.f_code.co_filename.startswith(_FOLDER)
