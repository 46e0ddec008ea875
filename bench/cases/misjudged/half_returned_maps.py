"""Maps private memory, uses it and gives only two thirds of it back: 160 KB/s of resident memory that no counter sees."""

import ctypes
import mmap
import time

LIBC = ctypes.CDLL(None, use_errno=True)
LIBC.mmap.restype = ctypes.c_void_p
LIBC.mmap.argtypes = [ctypes.c_void_p, ctypes.c_size_t, ctypes.c_int, ctypes.c_int, ctypes.c_int, ctypes.c_long]
LIBC.munmap.argtypes = [ctypes.c_void_p, ctypes.c_size_t]
LIBC.memset.argtypes = [ctypes.c_void_p, ctypes.c_int, ctypes.c_size_t]
SIZE = 192 * 1024


def scratch(number):
    place = LIBC.mmap(None, SIZE, mmap.PROT_READ | mmap.PROT_WRITE, mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS, -1, 0)
    LIBC.memset(place, number % 250, SIZE)
    first = ctypes.string_at(place, 1)
    LIBC.munmap(place, 2 * SIZE // 3)
    return first[0]


total = number = 0
while True:
    number += 1
    total += scratch(number)
    time.sleep(0.4)
