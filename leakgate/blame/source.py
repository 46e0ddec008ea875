"""Reads the source files that a traceback names, to find the function of a line and to read its code."""

from pathlib import Path
from typing import Final

from leakgate.blame.code import FunctionTable

LARGEST_SOURCE_BYTES: Final = 4_000_000
_MOST_FILES: Final = 500


class FunctionNames:
    """Names functions by file and line, and reads each file once. The paths come from the measured program: hostile."""

    def __init__(self, cwd: Path) -> None:
        """``cwd`` is the working directory of the script; tracebacks may have paths relative to it."""
        self._cwd = cwd
        self._tables: dict[str, FunctionTable | None] = {}

    def __call__(self, file: str, line: int) -> str:
        """The qualified name of the function around the line; empty if the source cannot be read."""
        if file not in self._tables and len(self._tables) < _MOST_FILES:
            self._tables[file] = self._read(file)
        table = self._tables.get(file)
        return table.name_at(line) if table is not None else ""

    def source(self, file: str) -> str:
        """The text of a source file; empty if it cannot be read."""
        if file.startswith("<"):
            return ""
        try:
            path = self._cwd / file
            if not path.is_file() or path.stat().st_size > LARGEST_SOURCE_BYTES:
                return ""
            return path.read_text(encoding="utf-8", errors="replace")
        except (OSError, ValueError):
            return ""

    def _read(self, file: str) -> FunctionTable | None:
        text = self.source(file)
        return FunctionTable(text) if text else None
