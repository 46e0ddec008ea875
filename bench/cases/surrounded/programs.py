"""Twenty small programs with known answers, each of which runs in any of the surroundings: programs.py PROGRAM HABIT.

A habit is a part of the surroundings that the program makes itself, such as a stopped clock. The programs of `LEAKS`
leak some hundred KB per second; the others are healthy.
"""

import asyncio
import collections
import ctypes
import functools
import gc
import glob
import io
import mmap
import os
import queue
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
import time

sleep = time.sleep
KEPT = []
BY_NAME = {}
PAUSE_S = 0.005
LIBC = ctypes.CDLL(None)
LIBC.malloc.restype = ctypes.c_void_p
LIBC.free.restype = None


def steps():
    """Count, with a pause after each number."""
    number = 0
    while True:
        number += 1
        yield number
        sleep(PAUSE_S)


def list_grows():
    for number in steps():
        KEPT.append(bytes(3_000) + b"%d" % number)


def dict_grows():
    for number in steps():
        for part in range(4):
            BY_NAME["%d-%d" % (number, part)] = "x" * 500 + str(number)


def closures_stay():
    for number in steps():
        payload = list(range(number, number + 60))
        KEPT.append(lambda payload=payload: payload)


class Node:
    def __init__(self, before):
        self.before, self.load = before, "x" * 2_000 + str(id(before))


def chain_grows():
    newest = None
    for _ in steps():
        newest = Node(newest)


def cycles_stay():
    gc.disable()
    for number in steps():
        node = Node(None)
        node.before = node
        node.load = "y" * 3_000 + str(number)


def thread_keeps():
    def work():
        for number in steps():
            KEPT.append(bytearray(2_500 + number % 10))

    threading.Thread(target=work, daemon=True).start()
    while True:
        sleep(0.1)


def malloc_without_free():
    for _ in steps():
        ctypes.memset(LIBC.malloc(ctypes.c_size_t(4_000)), 1, 4_000)


def maps_stay():
    for number in steps():
        if number % 20 == 0:
            one = mmap.mmap(-1, 65_536)
            one.write(b"z" * 65_536)
            KEPT.append(one)


def tasks_stay():
    async def waits(never, load):
        await never.wait()
        return load

    async def main():
        never = asyncio.Event()
        number = 0
        while True:
            number += 1
            KEPT.append(asyncio.ensure_future(waits(never, "t" * 2_000 + str(number))))
            await asyncio.sleep(PAUSE_S)

    asyncio.run(main())


def child_leaks():
    subprocess.Popen([sys.executable, os.path.abspath(__file__), "list_grows", *sys.argv[2:]])
    while True:
        sleep(0.1)


def rests():
    while True:
        sleep(0.05)


def churns():
    for number in steps():
        [str(number) * 10 for _ in range(200)]


def ring_turns():
    ring = collections.deque(maxlen=300)
    for number in steps():
        ring.append("r" * (100 + number * 37 % 2_000))


def cache_is_bounded():
    @functools.lru_cache(maxsize=200)
    def answer(number):
        return "c" * 1_000 + str(number)

    for number in steps():
        answer(number % 1_000)


def cycles_are_collected():
    for number in steps():
        for _ in range(20):
            node = Node(None)
            node.before, node.load = node, number


def pool_works():
    work = queue.Queue(maxsize=10)

    def worker():
        while True:
            sum(work.get())

    for _ in range(3):
        threading.Thread(target=worker, daemon=True).start()
    for _ in steps():
        work.put(list(range(100)))


def malloc_with_free():
    for _ in steps():
        place = LIBC.malloc(ctypes.c_size_t(40_000))
        ctypes.memset(place, 1, 40_000)
        LIBC.free(ctypes.c_void_p(place))


def children_end():
    while True:
        subprocess.call([sys.executable, "-S", "-c", "pass"])
        sleep(1.0)


def tasks_end():
    async def answers(number):
        await asyncio.sleep(0)
        return "a" * 1_000 + str(number)

    async def main():
        number = 0
        while True:
            number += 1
            await asyncio.gather(*(answers(number + part) for part in range(5)))
            await asyncio.sleep(PAUSE_S)

    asyncio.run(main())


def buffers_turn():
    for number in steps():
        buffer = bytearray(2_000_000)
        buffer[number % 1_000] = 1


LEAKS = (
    list_grows,
    dict_grows,
    closures_stay,
    chain_grows,
    cycles_stay,
    thread_keeps,
    malloc_without_free,
    maps_stay,
    tasks_stay,
    child_leaks,
)
HEALTHY = (
    rests,
    churns,
    ring_turns,
    cache_is_bounded,
    cycles_are_collected,
    pool_works,
    malloc_with_free,
    children_end,
    tasks_end,
    buffers_turn,
)


def limits_file_size():
    import resource

    signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_FSIZE, (4_096, 4_096))


def limits_open_files():
    import resource

    resource.setrlimit(resource.RLIMIT_NOFILE, (24, 24))


def limits_threads():
    threading.stack_size(64 * 1_024)


def sweeps_temp():
    def sweep():
        sleep(2.0)
        for path in glob.glob(os.path.join(tempfile.gettempdir(), "*")):
            shutil.rmtree(path, ignore_errors=True)

    threading.Thread(target=sweep, daemon=True).start()


def closes_descriptors():
    os.closerange(3, 256)


def closes_standard_streams():
    for descriptor in (0, 1, 2):
        os.close(descriptor)


def stops_clock():
    from freezegun import freeze_time

    freeze_time("2020-01-01", ignore=["asyncio", "queue", "threading", "subprocess"]).start()


def fakes_files():
    from pyfakefs.fake_filesystem_unittest import Patcher

    patcher = Patcher()
    patcher.setUp()
    patcher.fs.add_real_paths([sys.prefix, sys.base_prefix, os.path.abspath(__file__)])


def refuses_by_audit():
    def refuse(event, _arguments):
        if event.startswith(("open", "os.listdir", "os.scandir", "gc.", "sys._getframe", "socket.", "ctypes.dlsym")):
            raise RuntimeError("refused by an audit hook: " + event)

    if sys.argv[1] not in (
        "tasks_stay",
        "tasks_end",
        "child_leaks",
        "children_end",
    ):  # which open and look up themselves
        sys.addaudithook(refuse)


def freezes_heap():
    gc.collect()
    gc.freeze()


def uses_subinterpreters():
    try:
        import _interpreters as interpreters
    except ImportError:
        import _xxsubinterpreters as interpreters
    interpreters.create()


def blocks_signals():
    signal.pthread_sigmask(signal.SIG_BLOCK, set(range(1, signal.NSIG)) - {signal.SIGKILL, signal.SIGSTOP, 32, 33})


def traces_itself():
    sys.setprofile(lambda *_: None)
    threading.setprofile(lambda *_: None)


def allows_little_recursion():
    sys.setrecursionlimit(70)


def leaves_its_folder():
    folder = tempfile.mkdtemp()
    os.chdir(folder)
    os.rmdir(folder)


def replaces_streams():
    sys.stdout = sys.stderr = io.StringIO()


def clears_environment():
    os.environ.clear()


def main():
    chosen, habit = sys.argv[1:3]
    program = next(one for one in LEAKS + HEALTHY if one.__name__ == chosen)
    if habit != "none":
        globals()[habit]()
    program()


if __name__ == "__main__":
    main()
