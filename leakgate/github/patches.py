"""Which lines a patch adds. The patch is hostile text: its author opened the pull request."""

import re
from typing import Final

from leakgate.model.review import ChangedFile

MOST_CHARS: Final = 4_000_000
"""The largest number of characters of one file's patch; the lines of a longer patch are not known."""
LARGEST_LINE: Final = 100_000_000
_HUNK: Final = re.compile(r"@@ -[0-9]{1,9}(?:,[0-9]{1,9})? \+(?P<start>[0-9]{1,9})(?:,[0-9]{1,9})? @@")


def changed_file(patch: str | None) -> ChangedFile:
    """Return the lines that a unified diff of one file adds; unknown if there is no patch, or if it is too long."""
    if patch is None or len(patch) > MOST_CHARS:
        return ChangedFile(lines_known=False)
    added: list[range] = []
    at = 0
    for text in patch.split("\n"):
        if match := _HUNK.match(text):
            at = int(match["start"])
        elif at and text.startswith("+"):
            _add(added, at)
            at += 1
        elif at and text.startswith(" "):
            at += 1
        if at > LARGEST_LINE:
            return ChangedFile(lines_known=False)
    return ChangedFile(added=tuple(added))


def _add(ranges: list[range], line: int) -> None:
    """Add a line; adjacent lines become one range."""
    if ranges and ranges[-1].stop == line:
        ranges[-1] = range(ranges[-1].start, line + 1)
    else:
        ranges.append(range(line, line + 1))
