"""Elements of the page. Text becomes markup only here, through the one escaping function, so that it is harmless.

A ``str`` given as a child is text and is escaped. Only ``Html`` is used unchanged, and only this module and ``assets``
create it.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

from leakgate.report.escape import LINE_LIMIT, code_parts, html_text, one_line

_VOID: Final = frozenset({"input", "meta", "link", "br"})


@dataclass(frozen=True, slots=True)
class Html:
    """Markup that is safe to put into the page."""

    source: str

    def __len__(self) -> int:
        return len(self.source)


LONGEST_NAME: Final = 100
"""The largest number of characters of a name; a name as long as the page would hide the rest."""
NOTHING: Final = Html("")

Child = Html | str
Attribute = Html | str | int | float | bool | None


def text(content: str) -> Html:
    """Return text, escaped and cut to a readable length."""
    return Html(html_text(content))


def line(content: str, limit: int = LINE_LIMIT) -> Html:
    """Return text on one line, for names and titles."""
    return Html(html_text(one_line(content, limit)))


def join(children: Iterable[Child]) -> Html:
    """Return the children one after the other."""
    return Html("".join(child.source if isinstance(child, Html) else text(child).source for child in children))


def tag(name: str, /, *children: Child, **attributes: Attribute) -> Html:
    """Return an element. ``class_`` is ``class``, ``data_sort`` is ``data-sort``; None and False omit an attribute."""
    head = name + "".join(_attribute(key, value) for key, value in attributes.items())
    if name in _VOID:
        return Html(f"<{head}>")
    return Html(f"<{head}>{join(children).source}</{name}>")


def sentence(content: str) -> Html:
    """Return prose; text between backticks becomes code."""
    return join(tag("code", part) if code else part for part, code in code_parts(content) if part)


def _attribute(key: str, value: Attribute) -> str:
    if value is None or value is False:
        return ""
    name = key.rstrip("_").replace("_", "-")
    if value is True:
        return f" {name}"
    content = value if isinstance(value, Html) else text(str(value))
    return f' {name}="{content.source}"'
