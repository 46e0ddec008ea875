"""Record the counters of one program as text: python record.py OUT COLLECT_EVERY_S SCRIPT ARGS (0: no collections).

One line a reading: seconds, live blocks, native bytes, RSS bytes, full collections, seconds of the collection right
before (0: none), RSS bytes that no file on a disk backs, threads. Linux with glibc only. Ends with the script; stop it
by a signal.
"""

import _thread
import ctypes
import gc
import runpy
import sys
import time
from pathlib import Path
from typing import TextIO

_MALLINFO2 = "arena ordblks smblks hblks hblkhd usmblks fsmblks uordblks fordblks keepcost"


class _MallInfo2(ctypes.Structure):
    _fields_ = [(name, ctypes.c_size_t) for name in _MALLINFO2.split()]


def main() -> None:
    out = Path(sys.argv[1]).open("w", buffering=1, encoding="ascii")  # noqa: SIM115 - open for as long as the script runs
    collect_every_s, script = float(sys.argv[2]), sys.argv[3]
    mallinfo2 = ctypes.CDLL(None).mallinfo2
    mallinfo2.restype = _MallInfo2
    _thread.start_new_thread(_record, (out, collect_every_s, mallinfo2, time.monotonic()))
    sys.argv = sys.argv[3:]
    sys.path[0] = str(Path(script).parent)
    runpy.run_path(script, run_name="__main__")


def _record(out: TextIO, collect_every_s: float, mallinfo2: "ctypes._NamedFuncPointer", began_s: float) -> None:
    next_s = collect_every_s
    while True:
        time.sleep(0.1)
        _read(out, mallinfo2, began_s, 0.0)
        now_s = time.monotonic() - began_s
        if collect_every_s and now_s > next_s:
            next_s = now_s + collect_every_s
            before_s = time.monotonic()
            if gc.isenabled():  # as the probe: garbage that the program never collects is its leak
                gc.collect()
            _read(out, mallinfo2, began_s, max(1e-4, time.monotonic() - before_s))


def _read(out: TextIO, mallinfo2: "ctypes._NamedFuncPointer", began_s: float, pause_s: float) -> None:
    info = mallinfo2()
    blocks = sys.getallocatedblocks()
    fields = {}
    for line in Path("/proc/self/status").read_text(encoding="ascii", errors="replace").splitlines():
        key, _, value = line.partition(":")
        fields[key] = value
    rss, anon, shared = (1024 * int(fields[key].split()[0]) for key in ("VmRSS", "RssAnon", "RssShmem"))
    out.write(
        f"{time.monotonic() - began_s:.3f} {blocks} {info.uordblks + info.hblkhd} {rss} "
        f"{gc.get_stats()[2]['collections']} {pause_s:.4f} {anon + shared} {int(fields['Threads'])}\n"
    )


if __name__ == "__main__":
    main()
