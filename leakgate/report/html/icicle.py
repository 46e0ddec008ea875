"""The picture of the call stacks that allocate a leak: outer calls above; the width of a call is its part of the leak.

Below it is the same as a list, for users who cannot see the picture and for browsers without scripting.
"""

from collections.abc import Iterator
from typing import Final

from leakgate.model.report import Leak
from leakgate.report.escape import one_line
from leakgate.report.html.markup import NOTHING, Html, tag
from leakgate.report.html.scale import percent
from leakgate.report.number_words import rate, share
from leakgate.report.places import Collapsed, Places
from leakgate.report.stacks import Cell, allocating_stacks, step_name

_ROW: Final = 26
"""Height of a row in pixels."""
_GAP: Final = 2
_LABELLED: Final = 0.05
"""A cell has a label if it takes at least this part of the width; a narrower cell would show two letters."""
_ROOMY: Final = 0.3
_MOST_CELLS: Final = 300
_LONGEST: Final = 160


def icicle(leak: Leak, places: Places) -> Html:
    """Return the figure of a leak with many places; nothing for other leaks."""
    cells = allocating_stacks(leak, places)[:_MOST_CELLS]
    if not cells:
        return NOTHING
    rows = max(cell.depth for cell in cells) + 1
    drawing = tag(
        "svg",
        *(_cell(cell, places) for cell in cells),
        width="100%",
        height=rows * _ROW,
        aria_hidden="true",
    )
    box = tag(
        "div",
        drawing,
        tag("output", class_="readout"),
        class_="icicle",
        role="group",
        aria_roledescription="icicle chart",
        aria_label="Calls that allocate this leak, outer calls above. Arrow keys move from call to call.",
    )
    title = tag("figcaption", "What allocates it: each call is as wide as its part of the leak", class_="soft")
    steps = tag("ol", *_listed(cells, places), class_="frames")
    as_list = tag("details", tag("summary", "The same as a list"), steps, class_="more")
    return tag("figure", title, box, as_list)


def _cell(cell: Cell, places: Places) -> Html:
    own = not isinstance(cell.step, Collapsed) and cell.step.own
    label = _label(cell, places) if cell.share >= _LABELLED else ""
    return tag(
        "svg",
        tag("rect", width="100%", height=_ROW - _GAP, rx=3),
        tag("text", one_line(label, _LONGEST), x=7, y=16) if label else NOTHING,
        x=percent(cell.left),
        y=cell.depth * _ROW,
        width=percent(max(cell.share - 0.001, 0.0005)),
        height=_ROW - _GAP,
        class_="cell own" if own else "cell",
        data_label=_description(cell, places),
        data_depth=cell.depth,
        data_left=f"{cell.left:.5f}",
        data_right=f"{cell.left + cell.share:.5f}",
    )


def _label(cell: Cell, places: Places) -> str:
    """Return the function, and the place if there is room; the list below the picture has both."""
    if isinstance(cell.step, Collapsed):
        return ", ".join(cell.step.packages)
    place = places.line(cell.step)
    return (
        f"{cell.step.function}  {place}" if cell.step.function and cell.share >= _ROOMY else cell.step.function or place
    )


def _description(cell: Cell, places: Places) -> str:
    amount = f", {rate(cell.bytes_per_s)}" if cell.bytes_per_s else ""
    return one_line(f"{step_name(cell.step, places)}: {share(cell.share)}{amount}", _LONGEST)


def _listed(cells: tuple[Cell, ...], places: Places) -> Iterator[Html]:
    """Yield the calls in the order of the tree; the depth is text for screen readers and an indent for others."""
    for cell in sorted(cells, key=lambda one: (one.left, one.depth)):
        indent = "\u00b7 " * cell.depth
        depth = tag("span", f"depth {cell.depth + 1}: ", class_="hidden-text")
        yield tag("li", depth, tag("span", indent, aria_hidden="true", class_="soft"), _description(cell, places))
