"""A stand-in for pyperf: the workloads of pyperformance run unmodified until they are stopped.

Put its parent folder on PYTHONPATH. The first benchmark of a script, or the one that PYPERF_LOOP_ONLY names, is called
repeatedly; the others are skipped. Every half second, a line is appended to the file that PYPERF_LOOP_STATS names:
iterations, processor seconds of the process and of its ended children, highest and present resident bytes, and
`time.monotonic()`. PYPERF_LOOP_BATCH sets how many iterations run between two readings of the clock; without it, the
number is doubled until a batch takes 50 ms. PYPERF_LOOP_CPU is the only processor that the process runs on.
"""

import argparse
import os
import resource
import subprocess
import sys
import time
from time import perf_counter

__all__ = ["Runner", "perf_counter", "python_has_jit", "python_implementation"]

_REPORT_S = 0.5
_BATCH_S = 0.05
_ONLY = os.environ.get("PYPERF_LOOP_ONLY", "")
_CPU = os.environ.get("PYPERF_LOOP_CPU", "")


def python_implementation():
    """Return pyperf's name of this interpreter."""
    return sys.implementation.name


def python_has_jit():
    """Return whether pyperf expects code to get faster while it runs."""
    return False


class Runner:
    """The part of `pyperf.Runner` that the workloads use."""

    def __init__(self, **options):
        del options  # numbers of values and processes: here is one process, which does not end
        self.argparser = argparse.ArgumentParser()
        self.metadata = {}
        self.args = None

    def parse_args(self, args=None):
        """Return the workload's own options."""
        if self.args is None:
            self.args = self.argparser.parse_args(args)
        return self.args

    def bench_func(self, name, func, *args, **options):
        """Call `func(*args)` repeatedly."""
        del options

        def batch(count):
            for _ in range(count):
                func(*args)

        _loop(name, batch)

    def bench_time_func(self, name, time_func, *args, **options):
        """Call `time_func(count, *args)` repeatedly."""
        del options
        _loop(name, lambda count: time_func(count, *args))

    def bench_async_func(self, name, func, *args, **options):
        """Await `func(*args)` repeatedly; each batch has its own event loop, as in pyperf."""
        import asyncio

        new_loop = options.get("loop_factory") or asyncio.new_event_loop

        async def repeat(count):
            for _ in range(count):
                await func(*args)

        def batch(count):
            loop = new_loop()
            asyncio.set_event_loop(loop)
            try:
                loop.run_until_complete(repeat(count))
            finally:
                asyncio.set_event_loop(None)
                loop.close()

        _loop(name, batch)

    def bench_command(self, name, command):
        """Run a command repeatedly."""

        def batch(count):
            for _ in range(count):
                subprocess.run(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, check=True)

        _loop(name, batch)

    def timeit(self, name, stmt=None, setup="pass", teardown="pass", **options):
        """Run a statement repeatedly, the setup once."""
        del teardown
        namespace = dict(options.get("globals") or {})
        exec(setup, namespace)
        code = compile(stmt or name, "<timeit>", "exec")

        def batch(count):
            for _ in range(count):
                exec(code, namespace)

        _loop(name, batch)


def _loop(name, batch):
    if _ONLY not in ("", name):
        return
    if _CPU:
        for thread in os.listdir("/proc/self/task"):
            os.sched_setaffinity(int(thread), {int(_CPU)})
    report = _Report(os.environ.get("PYPERF_LOOP_STATS", os.devnull), name)
    fixed = int(os.environ.get("PYPERF_LOOP_BATCH", "0"))
    count = fixed or 1
    while True:
        began = time.process_time()
        elapsed = perf_counter()
        batch(count)
        report.done(count)
        if not fixed and time.process_time() - began < _BATCH_S and perf_counter() - elapsed < 4 * _BATCH_S:
            count *= 2


class _Report:
    def __init__(self, path, name):
        self._file = os.open(path, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o644)
        self._iterations = 0
        self._next = 0.0
        os.write(self._file, b"# " + name.encode() + b"\n")

    def done(self, count):
        """Count iterations, and write a line every half second."""
        self._iterations += count
        now = time.monotonic()
        if now < self._next:
            return
        self._next = now + _REPORT_S
        own, children = resource.getrusage(resource.RUSAGE_SELF), resource.getrusage(resource.RUSAGE_CHILDREN)
        cpu = own.ru_utime + own.ru_stime + children.ru_utime + children.ru_stime
        peak, resident = _memory(own)
        line = "%d %d %.6f %d %d %.6f\n" % (self._iterations, count, cpu, peak, resident, now)
        os.write(self._file, line.encode())


def _memory(usage):
    """Return highest and present resident bytes. `ru_maxrss` includes memory before `exec`, VmHWM does not."""
    try:
        with open("/proc/self/status", "rb") as file:
            lines = file.read().split(b"\n")
    except OSError:
        return usage.ru_maxrss * (1 if sys.platform == "darwin" else 1024), 0
    found = {line.split()[0]: int(line.split()[1]) * 1024 for line in lines if line.startswith((b"VmHWM", b"VmRSS"))}
    return found[b"VmHWM:"], found[b"VmRSS:"]
