"""Convolves rows with a kernel in memory from the C library."""

import ctypes
import random
import time

LIBC = ctypes.CDLL(None)
LIBC.calloc.restype = ctypes.c_void_p
LIBC.calloc.argtypes = [ctypes.c_size_t, ctypes.c_size_t]
LIBC.free.argtypes = [ctypes.c_void_p]


def convolve(width):
    row = LIBC.calloc(width, 8)
    kernel = LIBC.calloc(9, 8)
    ctypes.memset(row, 1, width * 8)
    ctypes.memset(kernel, 2, 9 * 8)
    LIBC.free(kernel if width % 3 else row)
    return width


def main():
    while True:
        convolve(random.randint(100, 300))
        time.sleep(0.01)


if __name__ == "__main__":
    main()
