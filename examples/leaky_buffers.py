"""A planted native leak: a thin wrapper around a C library that forgets to free a buffer on one path.

Frames that are duplicates are skipped, and their buffers with them. They come from the C allocator, where tracemalloc
sees nothing; memory grows by about 300 KB/s. Runs until it is stopped.
"""

import contextlib
import ctypes
import itertools
import sys
import time

FRAME_BYTES = 16 * 1024
FRAMES_PER_S = 40

_C = ctypes.CDLL("msvcrt") if sys.platform == "win32" else ctypes.CDLL(None)
_C.malloc.restype = ctypes.c_void_p
_C.malloc.argtypes = [ctypes.c_size_t]
_C.free.restype = None
_C.free.argtypes = [ctypes.c_void_p]


def decode(number):
    """A frame in a buffer of the C library; the caller owns it."""
    buffer = _C.malloc(FRAME_BYTES)
    if not buffer:
        raise MemoryError
    ctypes.memset(buffer, number // 2 % 256, FRAME_BYTES)
    return buffer


def checksum(buffer):
    return sum(ctypes.string_at(buffer, 64))


def process(frames):
    previous = None
    for number in frames:
        buffer = decode(number)
        current = checksum(buffer)
        if current == previous:
            continue  # the leak: this buffer is never freed
        previous = current
        _C.free(buffer)
        yield current


def main():
    total = 0
    for value in process(paced(itertools.count())):
        total = (total + value) % 1_000_003


def paced(numbers):
    for number in numbers:
        yield number
        time.sleep(1 / FRAMES_PER_S)


if __name__ == "__main__":
    with contextlib.suppress(KeyboardInterrupt):
        main()
