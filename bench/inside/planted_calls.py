"""Callables with planted leaks and healthy caches, for `make bench-tests-sensitivity`. `LEAKS` names those that leak."""

import asyncio
import collections
import ctypes
import functools
import os
import random
import re
import threading

KEPT: list = []
COUNT = [0]
SEEN: set = set()
RING: collections.deque = collections.deque(maxlen=100)
LOOP: list = []


def _every(period):
    COUNT[0] += 1
    if COUNT[0] % period == 0:
        KEPT.append(object())


def one_block():
    KEPT.append(object())


def every_7th():
    _every(7)


def every_16th():
    _every(16)


def exceptions():
    try:
        raise ValueError(COUNT)
    except ValueError as error:
        KEPT.append(error)


def native_64():
    _malloc(64)


def threads():
    threading.Thread(target=threading.Event().wait, daemon=True).start()


def descriptors():
    KEPT.append(os.open(os.devnull, os.O_RDONLY))


async def tasks():
    KEPT.append(asyncio.ensure_future(asyncio.Event().wait()))
    await asyncio.sleep(0)


def unbounded_cache():
    COUNT[0] += 1
    _unbounded(COUNT[0])


def half_of_the_calls():
    if random.random() < 0.5:
        KEPT.append(object())


def list_doubles():
    KEPT.append(None)


def bounded_cache_128():
    COUNT[0] += 1
    _bounded(COUNT[0])


def bounded_cache_5000():
    COUNT[0] += 1
    _large(COUNT[0])


def constant_cache():
    _unbounded("x")


def regular_expressions():
    COUNT[0] += 1
    re.compile("a%d" % (COUNT[0] % 300))


def ring():
    RING.append([object()])


def attribute_names():
    COUNT[0] += 1
    getattr(KEPT, "x%d" % COUNT[0], None)


def bounded_set():
    SEEN.add(random.randrange(64))


def garbage_cycle():
    cycle = []
    cycle.append(cycle)


def nothing():
    pass


_libc = ctypes.CDLL(None)
_malloc = _libc.malloc
_malloc.argtypes, _malloc.restype = [ctypes.c_size_t], ctypes.c_void_p
_unbounded = functools.lru_cache(None)(lambda key: [key])
_bounded = functools.lru_cache(128)(lambda key: [key])
_large = functools.lru_cache(5000)(lambda key: [key])

LEAKS = (
    "one_block every_7th every_16th exceptions native_64 threads descriptors tasks unbounded_cache "
    "half_of_the_calls list_doubles"
).split()
HEALTHY = (
    "bounded_cache_128 bounded_cache_5000 constant_cache regular_expressions ring attribute_names bounded_set "
    "garbage_cycle nothing"
).split()
