"""Objects that end by a timer pile up while repetitions are fast. They are no leak; what stays after a rest is one."""

import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import leakgate
from tests.probe.test_probe_flat import LOADS_ENGINE

TIMERS = """
import asyncio, threading, time
callables = import_module("_leakgate_probe.repeat.callables")
kept, life_s = [], 0.8

class Session:
    def __init__(self):
        self.values = [[] for _ in range(5)]

def judge(function):
    callee = callables.Callee(function)
    callee.call()
    once = callables.Once(callee)
    result = engine.repeat(once, engine.RepeatPlan(60.0, confirming=True, rest=callee.rest))
    print(result.answer)
"""
"""The common part. Each program calls `judge` with a function whose repetitions take less time than `life_s`."""

HEALTHY = {
    "delayed callbacks": """
async def once():
    asyncio.get_running_loop().call_later(life_s, Session().values.clear)
""",
    "tasks that wait for one timeout and then for another": """
tasks = set()

async def session():
    values = Session()
    await asyncio.sleep(life_s / 2)
    await asyncio.sleep(life_s / 2)
    del values

async def once():
    task = asyncio.ensure_future(session())
    tasks.add(task)
    task.add_done_callback(tasks.discard)
    await asyncio.sleep(0)
""",
    "timers of threading": """
def once():
    timer = threading.Timer(life_s, Session().values.clear)
    timer.daemon = True
    timer.start()
""",
    "threads that sleep": """
def sleeps():
    values = Session()
    time.sleep(life_s)
    del values

def once():
    threading.Thread(target=sleeps, daemon=True).start()
""",
    "a cache with a time to live": """
cache, numbers = {}, iter(range(10**9))

def once():
    now = time.monotonic()
    for key in [key for key, (until, _) in cache.items() if until < now]:
        del cache[key]
    cache[next(numbers)] = now + life_s, Session()
""",
    "a thread that clears a queue": """
def clears():
    while True:
        time.sleep(life_s)
        kept.clear()

threading.Thread(target=clears, daemon=True).start()

def once():
    kept.append(Session())
""",
}
LEAKING = {
    "callbacks that end, and a list that grows": """
async def once():
    asyncio.get_running_loop().call_later(life_s, Session().values.clear)
    kept.append([])
""",
    "a cache with a time to live that forgets to remove the values": """
cache, numbers = {}, iter(range(10**9))

def once():
    now = time.monotonic()
    for key in [key for key, until in cache.items() if until < now]:
        del cache[key]
    number = next(numbers)
    cache[number] = now + life_s
    kept.append(Session())
""",
    "tasks that never end": """
async def session():
    await asyncio.Event().wait()

async def once():
    kept.append(asyncio.ensure_future(session()))
    await asyncio.sleep(0)
""",
}


def answer_on(program: str) -> str:
    """What the engine says of a suspect."""
    command = [sys.executable, "-c", LOADS_ENGINE + TIMERS + program + "\njudge(once)\n"]
    said = subprocess.run([*command, str(Path(leakgate.__file__).parent)], capture_output=True, text=True, check=True)
    return said.stdout.strip()


def answers_on(programs: dict[str, str]) -> dict[str, str]:
    """The answers on several programs, which mostly wait, side by side."""
    with ThreadPoolExecutor(len(programs)) as pool:
        return dict(zip(programs, pool.map(answer_on, programs.values()), strict=True))


def test_what_ends_by_a_timer_is_no_leak() -> None:
    assert answers_on(HEALTHY) == dict.fromkeys(HEALTHY, "ok")


def test_what_stays_beside_timers_is_a_leak() -> None:
    assert answers_on(LEAKING) == dict.fromkeys(LEAKING, "leak")
