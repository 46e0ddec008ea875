"""Reads the lines of source that a report shows. Paths and line numbers may come from a stored result: untrusted.

It reads only Python files below the repository, none in a hidden folder and none through a link that leads outside. A
line is shown only if the file still has the function in which the leak was found.
"""

import textwrap
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from leakgate.blame.code import FunctionTable
from leakgate.files import RefusedFileError, read_whole_file
from leakgate.model.explanation import Frame
from leakgate.model.report import Excerpt, GateReport
from leakgate.report.excerpts import wanted_lines

LARGEST_SOURCE_BYTES: Final = 1_000_000
_MOST_FILES: Final = 100
_LONGEST_LINE: Final = 200
_AROUND: Final = 1
"""How many lines are shown before and after the line of the leak."""


class SourceFiles:
    """Source files below one folder, each read once."""

    def __init__(self, root: Path) -> None:
        self._root = root.resolve()
        self._read: dict[Path, tuple[tuple[str, ...], FunctionTable] | None] = {}

    def excerpt(self, frame: Frame, relative: str) -> Excerpt | None:
        """Return the lines around the line of a frame; None if they cannot be read or belong to another function.

        ``relative``: the file's path from the project's folder, for a report that was made elsewhere.
        """
        for path in self._candidates(frame, relative):
            source = self._source(path)
            if source is None:
                continue
            lines, functions = source
            if frame.line <= len(lines) and _same_function(functions.name_at(frame.line), frame.function):
                first = max(1, frame.line - _AROUND)
                around = "\n".join(lines[first - 1 : frame.line + _AROUND])
                shown = textwrap.dedent(around.expandtabs(4)).split("\n")
                return Excerpt(
                    file=frame.file,
                    line=frame.line,
                    first=first,
                    lines=tuple(text[:_LONGEST_LINE] for text in shown),
                )
        return None

    def _candidates(self, frame: Frame, relative: str) -> Iterator[Path]:
        for named in (frame.file, relative):
            try:
                path = (self._root / named).resolve()
                inner = path.relative_to(self._root)
            except (OSError, ValueError, RuntimeError):  # outside; a NUL; a loop of links before Python 3.13
                continue
            if named and path.suffix == ".py" and not any(part.startswith(".") for part in inner.parts):
                yield path

    def _source(self, path: Path) -> tuple[tuple[str, ...], FunctionTable] | None:
        if path not in self._read and len(self._read) < _MOST_FILES:
            try:
                text = read_whole_file(path, LARGEST_SOURCE_BYTES).decode("utf-8", "replace")
            except RefusedFileError:
                self._read[path] = None
            else:
                self._read[path] = (tuple(text.split("\n")), FunctionTable(text))
        return self._read.get(path)


def read_excerpts(report: GateReport, root: Path) -> tuple[Excerpt, ...]:
    """Return the lines of every leak, as the files below ``root`` have them now."""
    files = SourceFiles(root)
    found = {files.excerpt(frame, relative): None for frame, relative in wanted_lines(report)}
    return tuple(excerpt for excerpt in found if excerpt is not None)


def _same_function(now: str, then: str) -> bool:
    """Whether a line still belongs to the function. The names may be qualified differently; the last part decides."""
    return not then or now.rpartition(".")[2] == then.rpartition(".")[2]
