"""The bytes in glibc's thread caches: freed blocks that `mallinfo2` counts as in use.

Each thread keeps up to 7 freed blocks of each of 64 sizes (glibc, malloc/malloc.c, `tcache_perthread_struct`). With
buffers of many sizes such a cache fills for a minute, up to 233 KB, which looks like a leak of a few KB/s. No function
returns the size of a cache, so its counts are read from memory. A thread-local variable of the C library points to the
cache; its distance from the thread's address is the same in all threads. The distance is found by trial, and used only
if the trial confirms it. Memory is read with `process_vm_readv`, which fails for an address that is not mapped.
"""

from __future__ import annotations

import _ctypes
import _struct
import sys
from _operator import mul
from _thread import get_ident

from . import cabi
from .system import system

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import Any

_SIZES = 64
_LEAST_CHUNK, _STEP = 32, 16
"""Bytes of the smallest chunk with its header, and bytes from each size to the next, if a pointer has 8 bytes."""
_CHUNKS = tuple(range(_LEAST_CHUNK, _LEAST_CHUNK + _STEP * _SIZES, _STEP))
_HEADER = 16
_FLAGS = 7
_STRUCTURE = 2 * _SIZES + 8 * _SIZES
"""Bytes of the counts (16 bits each) and the pointers, in glibc 2.30 to 2.41. A structure of another size is not
read."""
_CHUNK_SIZES = (_STRUCTURE + _HEADER, _STRUCTURE + _HEADER + _STEP)
"""Bytes of its chunk. `malloc` gives a chunk that is a step larger if the rest would be too small for a chunk."""
_POINTER = 8
_PROBED_BYTES = 1000
_PROBED = (_PROBED_BYTES + 8 + 15) // _STEP - _LEAST_CHUNK // _STEP
_SCANNED = 16_384
_PAGE = 4096
_UPWARDS = system.MACHINE != "x86_64"
"""Whether thread-local variables are above a thread's address. On x86-64 they are directly below. The stack is below
on every machine, and may contain old copies of the pointer; so this direction is searched first, the nearest first."""
_TRIES = 4
"""How often the cache is searched for, and how often each candidate is tried. A garbage collection between the steps of
a trial changes the counts. leakgate judges no reading of the first second, so a late success makes no step in a judged
series."""
_AT_ONCE = 4
"""Threads whose caches are read in one call, at about 50 microseconds each."""

_ctypes_any: Any = _ctypes
_struct_any: Any = _struct
_counts = _struct_any.Struct("<%dH" % _SIZES).unpack_from
_words = _struct_any.Struct("<Q").iter_unpack
_pointer_and_header = _struct_any.Struct("<QQQ").unpack_from


class _Memory:
    """Reads memory of this process into one buffer that is reused."""

    def __init__(self) -> None:
        size, pointer = cabi.SIZE, cabi.POINTER
        fields = ("local", "length", "first", "first_length", "second", "second_length")
        self._vectors = cabi.structure(*((field, size) for field in fields))()
        self._buffer = bytearray(_PAGE)
        kind = type("_Buffer", (_ctypes_any.Array,), {"_type_": cabi.BYTE, "_length_": _PAGE})
        self._shared: Any = kind.from_buffer(self._buffer)  # type: ignore[attr-defined]
        self._vectors.local = _ctypes_any.addressof(self._shared)
        self._where = _ctypes_any.addressof(self._vectors)
        self._read = cabi.c_function(
            "process_vm_readv",
            cabi.SIGNED_SIZE,
            cabi.INT,
            pointer,
            cabi.SIZE,
            pointer,
            cabi.SIZE,
            cabi.SIZE,
        )

    def read(self, first: int, first_length: int, second: int = 0, second_length: int = 0) -> bytearray | None:
        """Return the buffer with the bytes of two places, one after the other; None if they cannot be read."""
        vectors = self._vectors
        vectors.length = first_length + second_length
        vectors.first, vectors.first_length = first, first_length
        vectors.second, vectors.second_length = second, second_length
        where = self._where
        got = self._read(system.getpid(), where, 1, where + _HEADER, 2 if second else 1, 0)
        return self._buffer if got == first_length + second_length else None


class ThreadCaches:
    """The caches of the threads of this process. Raises LookupError on a machine that is not described here."""

    def __init__(self, main_thread: int) -> None:
        if sys.maxsize < 2**32 or sys.byteorder != "little":
            raise LookupError("not described for this machine")
        self._memory = _Memory()
        self._main_thread = main_thread
        self._known: dict[int, int] = {}
        """Address of the cache, by thread; 0 if there is none yet."""
        self._held: dict[int, int] = {}
        """Bytes in the cache at its last reading, by thread."""
        self._distance = 0
        """From a thread's address to its pointer to the cache; 0 if it is not found yet."""
        self._tries = _TRIES
        self._allocate = cabi.c_function("malloc", cabi.POINTER, cabi.SIZE)
        self._free = cabi.c_function("free", None, cabi.POINTER)

    def held_bytes(self) -> int:
        """Return the bytes of freed blocks in the caches of the threads known to Python; reads a few caches a call.

        Returns 0 if the caches were not found.
        """
        if not self._distance and self._tries:
            self._tries -= 1
            self._distance = self._find_distance()
        if not self._distance:
            return 0
        threads: set[int] = {self._main_thread, get_ident()}
        active = getattr(sys.modules.get("threading"), "_active", None)
        if type(active) is dict:
            threads.update(thread for thread in dict.keys(active) if type(thread) is int)
        for thread in self._held.keys() - threads:
            del self._held[thread], self._known[thread]
        turn = [*(threads - self._held.keys()), *self._held][:_AT_ONCE]  # `_held` is in the order of the last reading
        for thread in turn:
            self._held.pop(thread, None)
            self._held[thread] = self._held_by(thread)
        return sum(self._held.values())

    def _held_by(self, thread: int) -> int:
        at = self._known.get(thread, 0)
        data = self._read(thread, at)
        if data is None or _pointer_and_header(data)[0] != at:  # the thread had no cache yet, or has another one now
            found = self._memory.read(thread + self._distance, _POINTER)
            at = int.from_bytes(found[:_POINTER], "little") if found is not None else 0
            data = self._read(thread, at)
        self._known[thread] = at
        if data is None or _pointer_and_header(data)[2] & ~_FLAGS not in _CHUNK_SIZES:
            return 0
        return sum(map(mul, _counts(data, _POINTER + _HEADER), _CHUNKS))

    def _read(self, thread: int, at: int) -> bytearray | None:
        if not at:
            return None
        return self._memory.read(thread + self._distance, _POINTER, at - _HEADER, _HEADER + 2 * _SIZES)

    def _find_distance(self) -> int:
        """Return the distance from a thread's address to its pointer to the cache; 0 if it is not found."""
        here = get_ident()
        self._free(self._allocate(_PROBED_BYTES))  # a thread has no cache before its first allocation
        for address, at in self._words_near(here):
            if at % _STEP == 0 and at >= _PAGE and self._looks_like_one(at) and self._counts_own(at):
                return address - here
        return 0

    def _words_near(self, here: int) -> Iterator[tuple[int, int]]:
        """Yield the address and the value of each word near a thread's address, up to the first unmapped page."""
        first = here // _PAGE * _PAGE
        above, below = range(first, here + _SCANNED, _PAGE), range(first, here - _SCANNED, -_PAGE)
        for pages in (above, below) if _UPWARDS else (below, above):
            for page in pages:
                data = self._memory.read(page, _PAGE)
                if data is None:
                    break
                words = [(page + _POINTER * number, word) for number, (word,) in enumerate(_words(bytes(data)))]
                if pages is above:
                    yield from (word for word in words if word[0] > here)
                else:
                    yield from (word for word in reversed(words) if word[0] < here)

    def _counts_own(self, at: int) -> bool:
        """Whether a count of a cache rises by one when this thread frees a block."""
        for _ in range(_TRIES):
            block = self._allocate(_PROBED_BYTES)
            before = self._count(at)
            self._free(block)
            if before >= 0 and self._count(at) == before + 1:
                return True
        return False

    def _looks_like_one(self, at: int) -> bool:
        """Whether there is a chunk of such a size, with a block pointer for each count above 0 and no other."""
        data = self._memory.read(at - _HEADER, _HEADER + _STRUCTURE)
        if data is None or int.from_bytes(data[8:16], "little") & ~_FLAGS not in _CHUNK_SIZES:
            return False
        counts = _counts(data, _HEADER)
        entries = [entry for (entry,) in _words(bytes(data[_HEADER + 2 * _SIZES : _HEADER + _STRUCTURE]))]
        return all(bool(count) == bool(entry) for count, entry in zip(counts, entries))

    def _count(self, at: int) -> int:
        data = self._memory.read(at + 2 * _PROBED, 2)
        return int.from_bytes(data[:2], "little") if data is not None else -1
