"""How many bytes are in use, as each C allocator counts them. `counters` tests which allocator the program uses."""

from __future__ import annotations

import _ctypes

from . import cabi

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from typing import Any

    Counter = Callable[[], int]

_address: Any = _ctypes.addressof
_MALLINFO = ("arena", "ordblks", "smblks", "hblks", "hblkhd", "usmblks", "fsmblks", "uordblks", "fordblks", "keepcost")
_ALL_ARENAS = 4096
"""jemalloc, `MALLCTL_ARENAS_ALL`."""
_WIDTH = 8
_of_glibc: list[Counter] = []


def counters() -> Iterator[Counter]:
    """Return a function for each allocator whose statistics this process can read, in the order of preference."""
    made = map(_attempt, (_jemalloc, _tcmalloc, _macos, _mallinfo2, _mallinfo))
    return (counter for counter in made if counter is not None)


def _attempt(make: Callable[[], Counter]) -> Counter | None:
    try:
        return make()
    except (AttributeError, ValueError):  # there is no such function
        return None


def _mallinfo2() -> Counter:
    """The counter of glibc 2.33 and newer."""
    return _glibc("mallinfo2", cabi.SIZE)


def _mallinfo() -> Counter:
    """The counter of older versions of glibc. It counts modulo 4 GB."""
    return _glibc("mallinfo", cabi.UNSIGNED)


def _glibc(name: str, number: type) -> Counter:
    read = cabi.c_function(name, cabi.structure(*((field, number) for field in _MALLINFO)))

    def count() -> int:
        info = read()
        return int(info.uordblks + info.hblkhd)

    _of_glibc.append(count)
    return count


def is_of_glibc(counter: object) -> bool:
    """Whether a counter is one of glibc's. These count the blocks in thread caches as in use."""
    return counter in _of_glibc


def _macos() -> Counter:
    read = cabi.c_function("malloc_zone_statistics", cabi.INT, cabi.POINTER, cabi.POINTER)
    statistics = cabi.structure(
        ("blocks_in_use", cabi.UNSIGNED),
        ("size_in_use", cabi.SIZE),
        ("max_size_in_use", cabi.SIZE),
        ("size_allocated", cabi.SIZE),
    )()
    where = _address(statistics)

    def count() -> int:
        read(None, where)
        return int(statistics.size_in_use)

    return count


def _jemalloc() -> Counter:
    """The counter of jemalloc: allocated bytes, less the bytes in the thread caches."""
    control = cabi.c_function("mallctl", cabi.INT, cabi.TEXT, cabi.POINTER, cabi.POINTER, cabi.POINTER, cabi.SIZE)
    cell = cabi.structure(("value", cabi.LONG_LONG), ("size", cabi.SIZE))()
    value, size = _address(cell), _address(cell) + _WIDTH
    cached = b"stats.arenas.%d.tcache_bytes" % _ALL_ARENAS

    def ask(name: bytes) -> int:
        cell.size = _WIDTH
        return int(cell.value) if control(name, value, size, None, 0) == 0 else 0

    def count() -> int:
        cell.value, cell.size = 1, _WIDTH
        control(b"epoch", value, size, value, _WIDTH)  # refreshes the statistics
        return ask(b"stats.allocated") - ask(cached)

    return count


def _tcmalloc() -> Counter:
    """The counter of tcmalloc: bytes that the program has allocated, without the bytes in the caches."""
    ask = cabi.c_function("MallocExtension_GetNumericProperty", cabi.INT, cabi.TEXT, cabi.POINTER)
    cell = cabi.structure(("value", cabi.SIZE))()
    where = _address(cell)

    def count() -> int:
        ask(b"generic.current_allocated_bytes", where)
        return int(cell.value)

    return count
