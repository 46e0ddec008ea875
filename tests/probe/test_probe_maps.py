"""Memory that is mapped without the allocator: the line that maps it, and the objects that own it."""

import sys
from pathlib import Path

import pytest

from tests.helpers.answer_rows import of_kind
from tests.probe.probe_tools import HOLDERS, NATIVE, probed

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="/proc/self/statm")


_MAPS = """
import ctypes, mmap, time
LIBC = ctypes.CDLL(None)
LIBC.mmap.restype = ctypes.c_void_p
LIBC.mmap.argtypes = [ctypes.c_void_p, ctypes.c_size_t, ctypes.c_int, ctypes.c_int, ctypes.c_int, ctypes.c_long]
LIBC.munmap.argtypes = [ctypes.c_void_p, ctypes.c_size_t]
LIBC.memset.argtypes = [ctypes.c_void_p, ctypes.c_int, ctypes.c_size_t]
SIZE = 192 * 1024
def scratch(number):
    place = LIBC.mmap(None, SIZE, 3, mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS, -1, 0)  # maps
    LIBC.memset(place, number % 250, SIZE)
    LIBC.munmap(place, SIZE // 3)
number = 0
print("began", flush=True)
while True:
    number += 1
    scratch(number)
    time.sleep(0.1)
"""
_OWNERS = """
import ctypes, mmap, time
from array import array
def make(number):
    if number % 3 == 0:
        frame = mmap.mmap(-1, 30_000)
        frame.write(bytes([1]) * 30_000)
        return frame
    return ctypes.create_string_buffer(30_000) if number % 3 == 1 else array("b", bytes(30_000))
FRAMES = []
number = 0
print("began", flush=True)
while True:
    number += 1
    FRAMES.append(make(number))
    time.sleep(0.05)
"""


def test_the_line_that_maps_is_named(python: str, tmp_path: Path, channel: Path) -> None:
    script = tmp_path / "main.py"
    script.write_text(_MAPS, encoding="utf-8")
    with probed(python, script, channel) as run:
        run.wait_for_its_work()
        answer = run.explain_until(lambda rows: of_kind(rows, "native-site"), NATIVE, 2.0)
        first = of_kind(answer, "native-site")[0]
        assert first["counter"] == "mapped"
        line = next(at for at, text in enumerate(_MAPS.splitlines(), 1) if text.endswith("# maps"))
        file, number, function = first["frames"][0]
        assert (file, function) == (str(script), "scratch")
        assert line <= number <= line + 2
        assert run.errors() == ""


def test_what_objects_own_outside_of_the_heap_is_in_their_size(python: str, tmp_path: Path, channel: Path) -> None:
    script = tmp_path / "main.py"
    script.write_text(_OWNERS, encoding="utf-8")
    with probed(python, script, channel) as run:
        run.wait_for_its_work()
        answer = run.explain_until(lambda rows: of_kind(rows, "holder"), HOLDERS, 1.0)
        holder = of_kind(answer, "holder")[0]
        assert holder["path"] == "__main__.FRAMES"
        assert 25_000 < holder["entry_bytes"] < 35_000
        assert run.errors() == ""
