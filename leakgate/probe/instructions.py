"""Reads the instructions of code: their lines, and the calls among them that cause no event for a profile function."""

from __future__ import annotations

from .system import standard

TYPE_CHECKING = False
if TYPE_CHECKING:
    from types import CodeType
    from typing import Any

opmap: dict[str, int] = standard("opcode").opmap
_CACHE = 0
"""The code of an inline cache, from Python 3.11 on. No instruction has this code before."""
_CALLS = frozenset(
    opmap[name]
    for name in ("CALL", "CALL_KW", "CALL_FUNCTION", "CALL_FUNCTION_KW", "CALL_FUNCTION_EX", "CALL_METHOD")
    if name in opmap
)


def line_of(code: Any, at: int) -> int:
    """Return the line of an instruction; 0 if it is not known."""
    if at < 0:
        return 0
    if hasattr(code, "co_lines"):  # from 3.10: the method is new
        return next((line or 0 for start, end, line in code.co_lines() if start <= at < end), 0)
    line, start, table = code.co_firstlineno, 0, code.co_lnotab  # before Python 3.10
    for bytes_more, lines_more in zip(table[::2], table[1::2]):
        start += bytes_more
        if start > at:
            break
        line += lines_more - 256 * (lines_more >= 128)
    return int(line)


class SilentCalls:
    """The calls in one function that cause no event: of types, of Cython functions, and of C functions by ctypes."""

    __slots__ = ("_code", "_found", "_program", "_silent")

    def __init__(self, code: CodeType) -> None:
        self._code = code
        self._program = program = code.co_code
        self._silent = [at for at in range(0, len(program), 2) if program[at] in _CALLS]
        self._found: dict[tuple[int, int], int] = {}

    def remove(self, at: int) -> None:
        """Note that the call of an instruction has caused an event."""
        at = self._beginning(at)
        if at in self._silent:
            self._silent.remove(at)
            self._found.clear()

    def between(self, since: int, until: int) -> int:
        """Return the last silent call between the instructions of two events; -1 for none.

        If `since` is not before `until`, the function has jumped back in a loop. It is not known which instructions
        belong to the loop, so then all silent calls of the function must be on one line.
        """
        found = self._found.get((since, until))
        if found is None:
            found = self._found[since, until] = self._search(since, self._beginning(until))
        return found

    def _beginning(self, at: int) -> int:
        """Return where an instruction begins. While it calls, a frame may stand at its end, in its inline cache."""
        while at > 0 and self._program[at] == _CACHE:
            at -= 2
        return at

    def _search(self, since: int, until: int) -> int:
        if since < until:
            return max((at for at in self._silent if since < at < until), default=-1)
        lines = {line_of(self._code, at) for at in self._silent if at != until}
        return max(self._silent) if len(lines) == 1 and until not in self._silent else -1
