"""The loop of repetitions must not leak itself: 10,000 repetitions of an empty callable are flat on every version."""

import json
import subprocess
import sys
from pathlib import Path

import leakgate

LOADS_ENGINE = """
import gc, json, sys, types
from _thread import get_ident
from importlib import import_module

package = types.ModuleType("_leakgate_probe")
package.__path__ = [sys.argv[1] + "/probe", sys.argv[1] + "/growth"]
sys.modules["_leakgate_probe"] = package
with import_module("_leakgate_probe.repeat.own_builtins").OwnBuiltins():
    import_module("_leakgate_probe.gauges").Reader(get_ident())
    engine = import_module("_leakgate_probe.repeat.engine")
"""
"""How each of the programs below begins. Its argument is the folder of leakgate."""
PROGRAM = """
loop = engine._Loop(lambda: None, engine.RepeatPlan(600.0, confirming=False, most=10_000))
loop._moments = frozenset()  # no look judges: a flat test would end at the first one
engine.Original.collect()
engine.Original.freeze()
failure = loop.run()
print(json.dumps({"failure": failure, **{name: list(series) for name, series in loop._readings.values().items()}}))
"""
BUSY = """
called = [eval("lambda: len") for _ in range(128)]  # each with code of its own, which loads a global
for place, function in enumerate(called):
    for _ in range(1024 - 8 * place):
        function()

def once():
    for function in called:
        function()

print(engine.repeat(once, engine.RepeatPlan(600.0, confirming=True)).answer)
"""
LEAKY = """
kept, runs = [], []

def once():
    kept.append(object())

def counted(*arguments, original=engine._repeat_once):
    runs.append(original(*arguments))
    return runs[-1]

engine._repeat_once = counted
answer = engine.repeat(once, engine.RepeatPlan(600.0, confirming=True)).answer
print(json.dumps([answer, [run.repetitions for run in runs]]))
"""
BROKEN = """
import builtins

def refuse(*_, **__):
    raise RuntimeError("replaced by conftest.py")

names = "len isinstance sorted open print min max sum any all map zip range int type getattr list dict set next id"
real = {name: getattr(builtins, name) for name in names.split()}
kept = []
for name in real:
    setattr(builtins, name, refuse)
try:
    result = engine.repeat(lambda: kept.append(object()), engine.RepeatPlan(600.0, confirming=True))
finally:
    vars(builtins).update(real)
print(result.answer)
"""
SOURCES = """
import linecache, os
count = iter(range(10**9))
files = [os.path.join(os.path.dirname(os.__file__), name) for name in os.listdir(os.path.dirname(os.__file__))]

def generate():
    name = "<generated %d>" % next(count)
    linecache.cache[name] = (4, None, ["pass"], name)

def read_lines():
    linecache.getline(files[next(count) % len(files)], 1)

for once in (generate, read_lines):
    print(engine.repeat(once, engine.RepeatPlan(600.0, confirming=True)).answer)
"""


def _said_by(python: str, program: str) -> str:
    command = [python, "-c", LOADS_ENGINE + program, str(Path(leakgate.__file__).parent)]
    return subprocess.run(command, capture_output=True, text=True, check=True).stdout.strip()


def test_caches_for_the_instructions_of_functions_are_no_growth(python: str) -> None:
    """In every eighth call of the test, another of its functions gets its cache."""
    assert _said_by(python, BUSY) == "ok"


def test_a_leak_is_repeated_again_only_as_long_as_needed(python: str) -> None:
    """Where functions get caches, a quarter of the repetitions more shows that the rise continues."""
    minor = subprocess.run(
        [python, "-c", "import sys; print(sys.version_info[1])"], capture_output=True, text=True, check=True
    )
    runs = [1028, 260] if int(minor.stdout) < 11 else [1028]
    assert json.loads(_said_by(python, LEAKY)) == ["leak", runs]


def test_sources_of_generated_code_pile_up_in_linecache_and_lines_of_files_do_not(python: str) -> None:
    assert _said_by(python, SOURCES).split() == ["leak", "ok"]


def test_a_leak_is_found_although_the_program_replaced_builtins(python: str) -> None:
    assert _said_by(python, BROKEN) == "leak"


WARM = 2_048
"""CPython 3.9 and 3.10 make caches for the instructions of a function that has been called 1,024 times."""
SLACK = 2
"""Blocks. 3.9 and 3.10 hold one block more in every fifth reading."""


def test_ten_thousand_repetitions_of_an_empty_callable_are_flat(python: str) -> None:
    found = json.loads(_said_by(python, PROGRAM))
    assert found["failure"] is None
    blocks, native = found["blocks"][WARM:], found["native"][WARM:]
    assert len(blocks) == 10_000 - WARM
    assert max(blocks) - min(blocks) <= SLACK
    assert max(native) == min(native)


GARBAGE = """
garbage = [0] * 1000
garbage.append(garbage)
gc.collect()  # moves it to the oldest generation
del garbage
kept = []
plan = engine.RepeatPlan(600.0, confirming=False, counts_containers=True)
print(engine.repeat(lambda: kept.append(None), plan).answer)
"""


def test_garbage_of_before_hides_no_list_that_collects_references() -> None:
    assert _said_by(sys.executable, GARBAGE) == "inconclusive"
