"""Copies labels with strdup of the C library and frees all but one in eight."""

import ctypes
import time

LIBC = ctypes.CDLL(None)
LIBC.strdup.restype = ctypes.c_void_p
LIBC.strdup.argtypes = [ctypes.c_char_p]
LIBC.free.argtypes = [ctypes.c_void_p]


def label(number):
    copy = LIBC.strdup(b"label %d " % number * 30)
    if number % 8:
        LIBC.free(copy)


def main():
    number = 0
    while True:
        for _ in range(12):
            number += 1
            label(number)
        time.sleep(0.02)


if __name__ == "__main__":
    main()
