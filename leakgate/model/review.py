"""What is known of the change that a report is about: what it touches, where its code is shown, what it has fixed."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from types import MappingProxyType


class Touch(StrEnum):
    """What a change did to one line of code, in the words of reports."""

    LINE = "line added here"
    FILE = "file changed here"
    NONE = "not touched by this pull request"


@dataclass(frozen=True, slots=True, kw_only=True)
class ChangedFile:
    """One file of a change."""

    added: tuple[range, ...] = ()
    """The lines that it adds or rewrites, numbered as in the new file."""
    lines_known: bool = True
    """False where only the name of the file is known, because the change is too large to be shown."""

    def adds(self, line: int) -> bool:
        """Whether the change adds this line."""
        return any(line in lines for lines in self.added)


@dataclass(frozen=True, slots=True, kw_only=True)
class CodePlace:
    """A line of the repository."""

    path: str
    """From the root of the repository, parted by ``/``."""
    line: int


@dataclass(frozen=True, slots=True, kw_only=True)
class LineOrigin:
    """The commit that last changed a line."""

    commit: str
    """40 or 64 hexadecimal digits."""
    day: str
    """When it was committed, ``2026-03-01``."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SeenLeak:
    """A leak as an earlier report on the same pull request named it. All texts are hostile."""

    script: str
    place: str
    """``shop/api.py:112``; empty where no line was known."""
    bytes_per_s: float
    fixed_in: str = ""
    """The commit whose run no longer showed it; empty while it leaks."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CodeHost:
    """Where the code of the measured commit can be seen."""

    server_url: str
    repository: str
    """``owner/name``."""
    commit: str
    """The head of the change."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Review:
    """Everything that a report says of a change besides what was measured. The empty value says nothing."""

    host: CodeHost | None = None
    files: Mapping[str, ChangedFile] | None = None
    """By path from the root of the repository; None where the change is not known."""
    complete: bool = True
    """False where the list of files was too long to be read as a whole: then a file that is missing is not known."""
    origins: Mapping[CodePlace, LineOrigin] = field(default_factory=lambda: MappingProxyType({}))
    """Since when lines that the change does not add are there."""
    fixed: tuple[SeenLeak, ...] = ()
    """What an earlier run of the same pull request showed and this one does not."""

    def touch(self, place: CodePlace) -> Touch | None:
        """What the change did to a line; None where that is not known."""
        if self.files is None:
            return None
        file = self.files.get(place.path)
        if file is None:
            return Touch.NONE if self.complete else None
        return Touch.LINE if file.adds(place.line) else Touch.FILE
