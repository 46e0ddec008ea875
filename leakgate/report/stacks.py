"""The call stacks that allocate a leak as one tree, widest first, ready to draw. Values in, values out; no markup."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import takewhile
from typing import Final

from leakgate.model.explanation import Frame
from leakgate.model.report import Leak
from leakgate.report.places import Collapsed, Places

MANY_PLACES: Final = 3
"""A leak with at least this many allocating places has a picture; fewer stacks are easier to read as text."""
_DEEPEST: Final = 16
"""The largest number of rows; a deeper stack is cut at its inner end, because the calls that differ come first."""
_LEAST_WIDTH: Final = 0.004
"""Part of the whole; a narrower cell would be two pixels wide and is left out."""

Step = Frame | Collapsed


@dataclass(frozen=True, slots=True, kw_only=True)
class Cell:
    """One call in the picture of allocating stacks."""

    step: Step
    share: float
    """Its part of the leak, 0 to 1."""
    bytes_per_s: float
    left: float
    """Its left edge, 0 to 1 of the width; it is ``share`` wide."""
    depth: int
    """Row, from 0 for the outermost call."""


@dataclass(slots=True)
class _Node:
    """A call, while the tree is built."""

    step: Step | None = None
    weight: float = 0.0
    bytes_per_s: float = 0.0
    inner: dict[str, "_Node"] = field(default_factory=dict)


def allocating_stacks(leak: Leak, places: Places) -> tuple[Cell, ...]:
    """Return the cells of the picture, each row from left to right; empty for a leak with few places.

    Consecutive library calls are one cell. Widths are parts of the leak's rate, or of its bytes if a place has no rate.
    """
    if len(leak.parts) < MANY_PLACES:
        return ()
    by_rate = all(part.site.bytes_per_s > 0 for part in leak.parts)
    root = _Node()
    for part in leak.parts:
        site = part.site
        weight = site.bytes_per_s if by_rate else float(max(site.grew_bytes, 0))
        outer_first = tuple(reversed(tuple(places.fold(site.frames))))
        _insert(root, outer_first, weight, site.bytes_per_s, places)
    if root.weight <= 0:
        return ()
    cells = tuple(_cells(_base(root), root.weight, 0.0, 0))
    return tuple(sorted(cells, key=lambda cell: (cell.depth, cell.left)))


def step_name(step: Step, places: Places) -> str:
    """Return the name of a step: ``shop/api.py:9 in checkout``, or ``3 frames of json``."""
    if isinstance(step, Collapsed):
        return str(step)
    return f"{places.line(step)} in {step.function}" if step.function else places.line(step)


def _insert(root: _Node, steps: tuple[Step, ...], weight: float, bytes_per_s: float, places: Places) -> None:
    at = root
    at.weight += weight
    for step in steps:
        at = at.inner.setdefault(step_name(step, places), _Node(step))
        at.weight += weight
        at.bytes_per_s += bytes_per_s


def _base(root: _Node) -> _Node:
    """Return the node below which the picture begins: only the last two calls that all stacks share are drawn."""
    shared = list(takewhile(lambda node: len(node.inner) == 1, _only_children(root)))
    return shared[-2] if len(shared) > 1 else root


def _only_children(root: _Node) -> Iterator[_Node]:
    at = root
    while True:
        yield at
        if not at.inner:
            return
        at = next(iter(at.inner.values()))


def _cells(parent: _Node, whole: float, left: float, depth: int) -> Iterator[Cell]:
    if depth >= _DEEPEST:
        return
    for node in sorted(parent.inner.values(), key=lambda one: -one.weight):
        share = node.weight / whole
        if node.step is not None and share >= _LEAST_WIDTH:
            yield Cell(step=node.step, share=share, bytes_per_s=node.bytes_per_s, left=left, depth=depth)
            yield from _cells(node, whole, left, depth + 1)
        left += share
