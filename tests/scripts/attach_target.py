"""A program that works in the way named by its argument and tells its own state, for tests of `leakgate attach`.

It never imports more than it did at its start. For each line on stdin it writes a line with its state to stdout; at the
line `exec` it becomes another program.
"""

import gc
import json
import os
import sys
import threading
import time

KEPT = {}
WORK_DONE = 0
FAILED = []
"""Names of exceptions that ended a thread, and profile functions that a thread had at its end."""


def state():
    """Modules, threads, descriptors, hooks and live blocks, after a full collection."""
    gc.collect()
    gc.collect()
    found = {
        "modules": sorted(sys.modules),
        "names": sorted(vars(sys.modules["__main__"])),
        "threads": len(os.listdir("/proc/self/task")),
        "descriptors": sorted(os.listdir("/proc/self/fd"))[:-1],
        "profile": repr(sys.getprofile()),
        "trace": repr(sys.gettrace()),
        "gc_callbacks": len(gc.callbacks),
        "origins": sys.get_coroutine_origin_tracking_depth(),
        "python_path": os.environ.get("PYTHONPATH"),
        "hooks": hooks(),
        "maps": sum("rw-p" in line for line in open("/proc/self/maps")),
        "new_threads": repr(threading._profile_hook),
        "failed": list(FAILED),
        "done": WORK_DONE,
    }
    gc.collect()
    found["blocks"] = sys.getallocatedblocks()
    return found


def hooks():
    """How many functions are registered around `os.fork`: the lists of the interpreter hold this one too."""
    return [len(one) for one in gc.get_referrers(mark) if type(one) is list and one is not MARKS]


def mark():
    """Registered around `os.fork`, so that the lists can be found."""


MARKS = [mark]


def fib(n):
    return n if n < 2 else fib(n - 1) + fib(n - 2)


def work(keep=False):
    """A little work; with `keep`, it leaks."""
    global WORK_DONE
    WORK_DONE += 1
    fib(8)
    if keep:
        KEPT[WORK_DONE] = bytearray(600)


def busy(keep):
    while True:
        for _ in range(10):
            work(keep)
        time.sleep(0.01)


def threaded(keep):
    workers = [threading.Thread(target=busy, args=(keep,), daemon=True) for _ in range(4)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()


def jobs(keep):
    """A thread for each job, which waits for half a second before it ends."""

    def job():
        for _ in range(10):
            work(keep)
        time.sleep(0.5)
        before = threading._profile_hook
        fib(3)  # a thread that waited loses its profile function at the next call
        profile = sys.getprofile()
        if profile is not None and before is None and threading._profile_hook is None:
            FAILED.append(repr(profile))

    while True:
        threading.Thread(target=job, daemon=True).start()
        time.sleep(0.03)


def asynchronous(keep):
    import asyncio

    async def one():
        while True:
            work(keep)
            await asyncio.sleep(0.02)

    async def main():
        await asyncio.gather(*(one() for _ in range(10)))

    asyncio.run(main())


def in_c(keep):
    import zlib

    data = os.urandom(4_000_000)
    while True:
        work(keep)
        zlib.compress(data, 1)
        sum(range(500_000))
        time.sleep(0.02)


def idle(keep):
    import select

    while True:
        select.select([], [], [], 3600)


def accepting(keep):
    import socket

    with socket.socket() as server:
        server.bind(("127.0.0.1", 0))
        server.listen()
        while True:
            server.accept()


def forking(keep):
    while True:
        work(keep)
        pid = os.fork()
        if not pid:
            os._exit(0)
        os.waitpid(pid, 0)
        time.sleep(0.05)


def prefork(keep):
    """A master that does nothing, and two workers that end with it."""
    master = os.getpid()
    if os.fork() and os.fork():
        idle(keep)
    while os.getppid() == master:
        work(keep)
        time.sleep(0.001)
    os._exit(0)


MODES = {one.__name__: one for one in (busy, threaded, jobs, asynchronous, in_c, idle, accepting, forking, prefork)}


OTHER = "import time; print('replaced', flush=True); time.sleep(600)"


def answer():
    for line in sys.stdin:
        if line == "exec\n":
            os.execv(sys.executable, [sys.executable, "-c", OTHER])
        print(json.dumps(state()), flush=True)


def main():
    if "asyncio" not in sys.modules and sys.argv[1] == "asynchronous":
        import asyncio  # noqa: F401 - so that nothing is imported later
    threading.excepthook = lambda failed: FAILED.append(repr(failed.exc_value))
    os.register_at_fork(before=mark, after_in_parent=mark, after_in_child=mark)
    json.dumps(state())
    threading.Thread(target=answer, daemon=True).start()
    print("ready", flush=True)
    MODES[sys.argv[1]]("keep" in sys.argv)


main()
