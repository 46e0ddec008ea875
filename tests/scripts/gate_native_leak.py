"""Takes buffers from the C allocator and forgets them: about 300 KB/s that tracemalloc cannot see."""
import ctypes
import time

C = ctypes.CDLL(None)
C.malloc.restype = ctypes.c_void_p
C.malloc.argtypes = [ctypes.c_size_t]


def take():
    ctypes.memset(C.malloc(6_000), 1, 6_000)  # the leak


while True:
    take()
    time.sleep(0.02)
