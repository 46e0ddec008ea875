"""The change that a report is about: the lines that it touches, where its code is shown, the leaks that it fixed."""

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
    """False if only the name of the file is known, because the change is too large to be shown."""

    def adds(self, line: int) -> bool:
        """Whether the change adds this line."""
        return any(line in lines for lines in self.added)


@dataclass(frozen=True, slots=True, kw_only=True)
class CodePlace:
    """A line of the repository."""

    path: str
    """From the root of the repository, separated by ``/``."""
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
    """``shop/api.py:112``; empty if no line was known."""
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
    """Everything about a change that a report shows besides the measurements. The empty value adds nothing."""

    host: CodeHost | None = None
    files: Mapping[str, ChangedFile] | None = None
    """By path from the root of the repository; None if the change is not known."""
    complete: bool = True
    """False if the list of files was too long to be read completely: then it is not known whether a missing file
    changed."""
    origins: Mapping[CodePlace, LineOrigin] = field(default_factory=lambda: MappingProxyType({}))
    """The commits that last changed the lines which the change does not add."""
    fixed: tuple[SeenLeak, ...] = ()
    """The leaks that an earlier run of the same pull request showed and this run does not."""

    def touch(self, place: CodePlace) -> Touch | None:
        """Return what the change did to a line; None if it is not known."""
        if self.files is None:
            return None
        file = self.files.get(place.path)
        if file is None:
            return Touch.NONE if self.complete else None
        return Touch.LINE if file.adds(place.line) else Touch.FILE
