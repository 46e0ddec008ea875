"""Maps private anonymous memory through libc and never unmaps it: no counter of Python or malloc sees it, only resident memory does."""

import ctypes
import mmap
import time

LIBC = ctypes.CDLL(None, use_errno=True)
LIBC.mmap.restype = ctypes.c_void_p
LIBC.mmap.argtypes = [ctypes.c_void_p, ctypes.c_size_t, ctypes.c_int, ctypes.c_int, ctypes.c_int, ctypes.c_long]
LIBC.memset.argtypes = [ctypes.c_void_p, ctypes.c_int, ctypes.c_size_t]
SIZE = 64 * 1024


def texture(number):
    place = LIBC.mmap(None, SIZE, mmap.PROT_READ | mmap.PROT_WRITE, mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS, -1, 0)
    LIBC.memset(place, number % 250, SIZE)
    return place % 7


total = number = 0
while True:
    number += 1
    total += texture(number)
    time.sleep(0.35)
