"""A place in the config file."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class SourceRef:
    """A place in the user's config file; line and column start at 1."""

    path: str
    line: int
    column: int

    def __str__(self) -> str:
        return f"{self.path}:{self.line}:{self.column}"
