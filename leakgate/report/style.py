"""How a report is to look: the one value that every reporter gets besides the report itself."""

from dataclasses import dataclass, field
from enum import StrEnum
from typing import Final, Self

from leakgate.model.review import Review
from leakgate.report.excerpts import NO_EXCERPTS, Excerpts


class Detail(StrEnum):
    """How much the terminal says."""

    QUIET = "quiet"
    """The headline, and one line for each script that fails."""
    NORMAL = "normal"
    VERBOSE = "verbose"
    """Trends, warm-up, processes, notes and every frame as well."""


@dataclass(frozen=True, slots=True)
class Bounds:
    """How long a Markdown report may be where it is to be posted."""

    max_chars: int
    max_bytes: int
    """Of its UTF-8 form."""

    @classmethod
    def of_chars(cls, limit: int) -> Self:
        """Where only characters are counted, as in a comment: none takes more than four bytes."""
        return cls(max_chars=limit, max_bytes=4 * limit)


COMMENT: Final = Bounds.of_chars(65_000)
"""A comment of a pull request: GitHub takes 65,536 characters; the rest is for a marker line."""
SUMMARY: Final = Bounds(max_chars=1_000_000, max_bytes=1_000_000)
"""A job summary: GitHub takes 1 MiB, other steps may have written before."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Style:
    """Choices of the user and of the place where a report is read. The defaults suit a file."""

    width: int = 100
    """Columns of a terminal."""
    color: bool = False
    unicode: bool = True
    """False where the output's encoding is not UTF-8: ASCII only."""
    detail: Detail = Detail.NORMAL
    bounds: Bounds = COMMENT
    """Of Markdown."""
    strict: bool = False
    """JUnit XML without what the strict schemas do not know: ``file`` and ``line``."""
    excerpts: Excerpts = field(default_factory=lambda: NO_EXCERPTS)
    """Lines of source that the HTML page shows beside leaks."""
    review: Review = field(default_factory=Review)
    """What is known of the change that the report is about; Markdown says it."""
    source_root: str = ""
    """Absolute path of the repository, from which reports for a CI name files; empty: the config's folder."""
