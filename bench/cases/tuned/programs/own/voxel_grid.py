"""Reserves a voxel grid once and fills it slice by slice."""

import ctypes
import random
import time

LIBC = ctypes.CDLL(None)
LIBC.calloc.restype = ctypes.c_void_p
LIBC.calloc.argtypes = [ctypes.c_size_t, ctypes.c_size_t]
SLICE = 40_000


def main():
    slices = 6000
    grid = LIBC.calloc(slices, SLICE)
    number = 0
    while True:
        ctypes.memset(grid + (number % slices) * SLICE, random.randint(1, 255), SLICE)
        number += 1
        time.sleep(0.01)


if __name__ == "__main__":
    main()
