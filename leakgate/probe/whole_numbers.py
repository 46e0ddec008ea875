"""A list of whole numbers in eight bytes each. `array` is not used: it loads `collections.abc` into the program."""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

_WIDTH = 8
_FIRST = 1024


class WholeNumbers:
    """A list of 64-bit numbers that can be appended to."""

    __slots__ = ("_cells", "_count")

    def __init__(self, minus_ones: int = 0) -> None:
        """Begin with `minus_ones` times the number -1."""
        self._count = minus_ones
        self._cells = memoryview(bytearray(b"\xff" * (_WIDTH * max(_FIRST, minus_ones)))).cast("q")

    def append(self, number: int) -> None:
        """Add a number at the end."""
        if self._count == len(self._cells):
            room = bytearray(2 * _WIDTH * self._count)
            room[: _WIDTH * self._count] = self._cells.cast("B")
            self._cells = memoryview(room).cast("q")
        self._cells[self._count] = number
        self._count += 1

    def __len__(self) -> int:
        return self._count

    def __getitem__(self, at: int) -> int:
        return self._cells[at]

    def __setitem__(self, at: int, number: int) -> None:
        self._cells[at] = number

    def __iter__(self) -> Iterator[int]:
        return iter(self._cells[: self._count])
