"""Elements of the page. Text becomes markup only here, through the one escaping function, so that nothing hostile can.

A ``str`` given as a child is text and is escaped; only ``Html`` passes as it is, and only this module and ``assets``
make it.
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
"""Characters of a name: a name of a page's length would only hide what counts."""
NOTHING: Final = Html("")

Child = Html | str
Attribute = Html | str | int | float | bool | None


def text(content: str) -> Html:
    """Text, escaped, and cut to a length that a reader can use."""
    return Html(html_text(content))


def line(content: str, limit: int = LINE_LIMIT) -> Html:
    """Text on one line, for names and titles."""
    return Html(html_text(one_line(content, limit)))


def join(children: Iterable[Child]) -> Html:
    """The children one after the other."""
    return Html("".join(child.source if isinstance(child, Html) else text(child).source for child in children))


def tag(name: str, /, *children: Child, **attributes: Attribute) -> Html:
    """An element. ``class_`` is ``class`` and ``data_sort`` is ``data-sort``; None and False leave an attribute out."""
    head = name + "".join(_attribute(key, value) for key, value in attributes.items())
    if name in _VOID:
        return Html(f"<{head}>")
    return Html(f"<{head}>{join(children).source}</{name}>")


def sentence(content: str) -> Html:
    """Prose, with what stands between backticks as code."""
    return join(tag("code", part) if code else part for part, code in code_parts(content) if part)


def _attribute(key: str, value: Attribute) -> str:
    if value is None or value is False:
        return ""
    name = key.rstrip("_").replace("_", "-")
    if value is True:
        return f" {name}"
    content = value if isinstance(value, Html) else text(str(value))
    return f' {name}="{content.source}"'
