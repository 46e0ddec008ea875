"""Takes buffers from the C allocator and forgets them: 300 KB/s by the clock, which tracemalloc cannot see."""
import ctypes
import time

C = ctypes.CDLL(None)
C.malloc.restype = ctypes.c_void_p
C.malloc.argtypes = [ctypes.c_size_t]
PER_S = 50


def take():
    ctypes.memset(C.malloc(6_000), 1, 6_000)  # the leak


taken, started = 0, time.monotonic()
while True:
    while taken < PER_S * (time.monotonic() - started):
        take()
        taken += 1
    time.sleep(0.02)
