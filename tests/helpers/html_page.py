"""Reads a page as a browser does, so that tests can ask what is in it."""

import re
from collections import Counter
from html.parser import HTMLParser

_VOID = {"meta", "link", "input", "br"}


class Page(HTMLParser):
    """Elements, attributes and text of an HTML document; fails where an element is not closed in its order."""

    def __init__(self, source: str) -> None:
        super().__init__(convert_charrefs=True)
        self.source = source
        self.tags: Counter[str] = Counter()
        self.attributes: list[tuple[str, str, str]] = []
        self.texts: list[str] = []
        self.raw: dict[str, str] = {}
        self._open: list[str] = []
        self.feed(source)
        self.close()
        assert self._open == []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags[tag] += 1
        self.attributes += [(tag, name, value or "") for name, value in attrs]
        if tag not in _VOID:
            self._open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self._open.pop() == tag

    def handle_data(self, data: str) -> None:
        if self._open and self._open[-1] in ("script", "style"):
            self.raw[self._open[-1]] = data
        else:
            self.texts.append(data)

    @property
    def text(self) -> str:
        """All that a reader sees, white space made equal."""
        return re.sub(r"\s+", " ", " ".join(self.texts))

    def values(self, name: str) -> list[str]:
        """The values of an attribute, in the order of the page."""
        return [value for _, key, value in self.attributes if key == name]
