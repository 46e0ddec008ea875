"""Finds the place of a value in a JSON text, for errors with line and column. Used only if there is an error."""

import json
import re
from collections.abc import Iterator
from typing import Final

from leakgate.archive.forms.json_text import Path

_MARK: Final = re.compile(r'"(?:[^"\\]|\\.)*"|[{}\[\],:]|[^\s{}\[\],:"]+')


def members(text: str) -> Iterator[tuple[Path, int]]:
    """Yield the path of every member of every object and the offset of its key, in the order of the text.

    The text must be valid JSON up to the point to which the caller reads.
    """
    steps: list[str | int] = []
    at_key = False
    for match in _MARK.finditer(text):
        mark = match[0]
        if mark == "{":
            steps.append("")
            at_key = True
        elif mark == "[":
            steps.append(0)
            at_key = False
        elif mark in "}]":
            steps.pop()
        elif mark == ",":
            last = steps[-1]
            at_key = isinstance(last, str)
            steps[-1] = last + 1 if isinstance(last, int) else ""
        elif at_key:
            steps[-1] = json.loads(mark)
            at_key = False
            yield tuple(steps), match.start()


def locate(text: str, path: Path) -> tuple[int, int]:
    """Return line and column of the deepest member on the way to ``path`` in a JSON text; its start if none is."""
    deepest, offset = 0, 0
    for found, start in members(text):
        if len(found) > deepest and found == path[: len(found)]:
            deepest, offset = len(found), start
    return line_and_column(text, offset)


def locate_duplicate(text: str) -> tuple[int, int]:
    """Return line and column of the first key that its object has already."""
    seen: set[Path] = set()
    for path, start in members(text):
        if path in seen:
            return line_and_column(text, start)
        seen.add(path)
    raise ValueError("no key is there twice")


def line_and_column(text: str, offset: int) -> tuple[int, int]:
    """Return line and column of an offset; both start at 1."""
    return text.count("\n", 0, offset) + 1, offset - (text.rfind("\n", 0, offset) + 1) + 1
