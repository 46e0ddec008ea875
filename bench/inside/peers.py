"""Runs one program under another tool, in the program's own interpreter: PYTHON peers.py PEERS_SITE MODE DRIVER OUT.

The result goes to OUT as JSON: `verdict` (true, false, or null if the tool has none), `bytes`, and `frames` of the
largest leak, the innermost first: [file, line, function].
"""

import json
import os
import runpy
import sys
import tempfile
import threading
import time

from psleak_answer import ask_psleak  # before the folder of this script leaves sys.path

WARM_UP_S = 5.0
SECONDS = 20.0
LIMIT_BYTES = 100_000

peers_site, mode, driver, out = sys.argv[1:5]
sys.path.append(peers_site)  # last, so that the program's own packages win
sys.argv[:] = [driver]
sys.path[0] = os.path.dirname(os.path.abspath(driver))


def answer(verdict, size, frames, said=""):
    """Write the result."""
    with open(out, "w", encoding="utf-8") as file:
        json.dump({"verdict": verdict, "bytes": size, "frames": frames, "said": said}, file)


def start_driver():
    """Run the driver as a script in a thread, because it never ends."""
    threading.Thread(target=runpy.run_path, args=(driver,), kwargs={"run_name": "__main__"}, daemon=True).start()


def with_tracemalloc():
    """Take two snapshots and call `compare_to`, as its documentation shows. A limit replaces the verdict it lacks."""
    import gc
    import tracemalloc

    tracemalloc.start(10)

    def watch():
        time.sleep(WARM_UP_S)
        gc.collect()
        first = tracemalloc.take_snapshot()
        time.sleep(SECONDS - WARM_UP_S)
        gc.collect()
        second = tracemalloc.take_snapshot()
        own = tracemalloc.Filter(inclusive=False, filename_pattern=tracemalloc.__file__)
        changes = second.filter_traces([own]).compare_to(first.filter_traces([own]), "traceback")
        top = changes[0]
        frames = [[frame.filename, frame.lineno, ""] for frame in reversed(top.traceback)]
        answer(top.size_diff >= LIMIT_BYTES, top.size_diff, frames)
        os._exit(0)

    threading.Thread(target=watch, daemon=True).start()
    runpy.run_path(driver, run_name="__main__")


def with_memray():
    """Do `memray run --trace-python-allocators`, and read what `memray tree --leaks` shows. It has no verdict."""
    import memray

    capture = os.path.join(tempfile.mkdtemp(), "capture.bin")
    with memray.Tracker(capture, trace_python_allocators=True):
        start_driver()
        time.sleep(SECONDS)
    records = memray.FileReader(capture).get_leaked_allocation_records(merge_threads=True)
    top = max(records, key=lambda record: record.size)
    answer(None, top.size, [[file, line, function] for function, file, line in top.stack_trace()])
    os.remove(capture)


TEST = """
import builtins
import time
import pytest

@pytest.fixture
def driver():
    builtins.start_driver()
    time.sleep(WARM_UP_S)

@pytest.mark.limit_leaks("LIMIT B")
def test_driver(driver):
    time.sleep(SECONDS)
"""


def with_pytest_memray():
    """Run a test with `limit_leaks` while the driver runs; a fixture, which is not tracked, starts and warms it up."""
    import contextlib
    import io
    import re

    import pytest

    folder = tempfile.mkdtemp()
    test = os.path.join(folder, "test_driver.py")
    with open(test, "w", encoding="utf-8") as file:
        times = TEST.replace("WARM_UP_S", str(WARM_UP_S)).replace("SECONDS", str(SECONDS - WARM_UP_S))
        file.write(times.replace("LIMIT B", "%dB" % LIMIT_BYTES))
    import builtins

    builtins.start_driver = start_driver
    said = io.StringIO()
    with contextlib.redirect_stdout(said):
        status = pytest.main(
            ["-q", "--stacks", "50", "-p", "pytest_memray", "-p", "no:cacheprovider", "--rootdir", folder, test]
        )
    text = said.getvalue()
    block = text.partition("allocated here:")[2].partition("allocated here:")[0]
    lines = re.findall(r"^\s+(.+?):(/.+?):(\d+)", block, re.MULTILINE)
    frames = [[file, int(line), function] for function, file, line in lines]
    size = re.search(r"- ([\d.]+[A-Za-z]+) allocated here", text)
    failed = "Test was allowed to leak" in text or "leaked" in text
    answer(failed if status in (0, 1) else None, 0, frames, size.group(1) if size else text[-400:])


ADAPTORS = {
    "marshmallow": "lambda: d['schema_for']('users')(many=True).load(d['ROWS']['users'])",
    "otel-api": "lambda: d['handle']({'id': 1, 'prices': [1, 2, 3]})",
    "otel-sdk": "lambda: d['run_job'](1)",
    "structlog": "lambda: d['run_job'](1)",
    "awkward-layout": "lambda b=d['make_event_block'](d['np'].random.default_rng(11)): d['select'](b)",
    "cryptography-cipher": "lambda: d['seal'](bytes(200))",
    "h5py-open": "lambda p=f(d['write_run']): d['last_loss'](p)",
    "ijson-error": "lambda: d['count_items'](d['BAD'])",
    "lz4-corrupt": "lambda c=d['make_chunks']()[1]: d['read_chunk'](c)",
    "msgpack-mapkey": "lambda b=d['msgpack'].packb({'id': 18, 2: list(range(100))}): d['decode'](b)",
    "msgspec-tuple": "lambda b=d['msgspec'].msgpack.encode(d['Frame']('c', tuple(map(float, range(9))))): d['mean'](b)",
    "multidict-items": "lambda: d['normalise'](d['RAW'])",
    "netcdf4-hdf5": "lambda p=f(d['write_station']): d['latest'](p)",
    "nh3-clean": "lambda: d['sanitise'](d['COMMENT'])",
    "pandas-readcsv": "lambda p=f(d['write_export']): d['load_means'](p)",
    "pydantic-core-recursive": "lambda: d['handle'](d['PAYLOAD'])",
}
"""For each driver with a plain function: the call that psleak repeats. Written for psleak, otherwise its defaults."""


def with_psleak():
    """Ask psleak about the function that the driver repeats: it takes a function, not a script."""
    name = os.path.basename(os.path.dirname(os.path.abspath(driver)))
    d = runpy.run_path(driver, run_name="driver")

    def f(write):
        path = os.path.join(tempfile.mkdtemp(), "file")
        write(path)
        return path

    call = eval(ADAPTORS[name], {"d": d, "f": f})

    verdict, said = ask_psleak(call)
    answer(verdict, 0, [], said[-400:])


{
    "tracemalloc": with_tracemalloc,
    "memray": with_memray,
    "pytest-memray": with_pytest_memray,
    "psleak": with_psleak,
}[mode]()
os._exit(0)
