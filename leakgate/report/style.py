"""How a report looks: the one value that every reporter gets besides the report itself."""

from dataclasses import dataclass, field
from enum import StrEnum
from typing import Final, Self

from leakgate.model.review import Review


class Detail(StrEnum):
    """How much the terminal report shows."""

    QUIET = "quiet"
    """The headline, and one line for each script that fails."""
    NORMAL = "normal"
    VERBOSE = "verbose"
    """Also trends, warm-up, processes, notes and every frame."""


@dataclass(frozen=True, slots=True)
class Bounds:
    """How long a Markdown report may be at the place where it is posted."""

    max_chars: int
    max_bytes: int
    """Bytes of its UTF-8 form."""

    @classmethod
    def of_chars(cls, limit: int) -> Self:
        """Return bounds in characters only, as for a comment: a character has at most four bytes."""
        return cls(max_chars=limit, max_bytes=4 * limit)


COMMENT: Final = Bounds.of_chars(65_000)
"""A comment on a pull request: GitHub accepts 65,536 characters; the difference is for a marker line."""
SUMMARY: Final = Bounds(max_chars=1_000_000, max_bytes=1_000_000)
"""A job summary: GitHub accepts 1 MiB, and other steps may have written before."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Style:
    """Choices of the user, and properties of the place where a report is read. The defaults suit a file."""

    width: int = 100
    """Columns of a terminal."""
    color: bool = False
    unicode: bool = True
    """False if the output's encoding is not UTF-8: ASCII only."""
    detail: Detail = Detail.NORMAL
    bounds: Bounds = COMMENT
    """Bounds of Markdown."""
    strict: bool = False
    """JUnit XML without ``file`` and ``line``, which the strict schemas do not allow."""
    review: Review = field(default_factory=Review)
    """What is known about the change under review; Markdown reports show it."""
    source_root: str = ""
    """Absolute path of the repository, relative to which reports for a CI name files; empty: the config's folder."""
