"""Parts and tables of the page: a heading with its content, and a table that scrolls on a narrow screen."""

from collections.abc import Iterable
from typing import Final

from leakgate.report.html.markup import Html, tag

MISSING: Final = "\u2013"


def part(title: str, *children: Html | str) -> Html:
    """Return a part of a page with its heading."""
    return tag("section", tag("h4", title), *children)


def table(head: tuple[Html, ...], rows: Iterable[Html], caption: str) -> Html:
    """Return a table. ``caption`` is for screen readers; a wide table scrolls within itself."""
    return tag(
        "div",
        tag(
            "table", tag("caption", caption, class_="hidden-text"), tag("thead", tag("tr", *head)), tag("tbody", *rows)
        ),
        class_="scroll",
        role="region",
        aria_label=caption,
        tabindex=0,
    )


def head_cell(label: str, cls: str | None = None) -> Html:
    """Return a cell of the head of a table; ``cls`` is its class, such as ``num``."""
    return tag("th", label, scope="col", class_=cls)
