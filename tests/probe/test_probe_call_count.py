"""The calls of one function, counted by the probe in a real process."""

from pathlib import Path

import pytest

from tests.probe.probe_tools import find_interpreters, probed, version_of, wait_for

NOT_FOUND, IMPOSSIBLE = -2, -3
SOURCE = """
import functools, os, sys, time
def plain(f):
    @functools.wraps(f)
    def wrapper(*args): return f(*args)
    return wrapper
class Task:
    def __init__(self, f): self.run = f
    def __call__(self): return self.run()
class Shop:
    @staticmethod
    def sell(): pass
@plain
def decorated(): pass
@Task
def hidden(): pass
def simple(): pass
def other(): pass
async def waits(): pass
CALLS = {"decorated": decorated, "hidden": hidden, "simple": simple, "Shop.sell": Shop.sell, "waits": waits}
call = CALLS[sys.argv[1]]
parent = os.getpid()
here = os.path.dirname(__file__)
while not os.path.exists(here + "/go"): time.sleep(0.01)
for _ in range(1000):
    other()
    done = call()
    if done is not None: done.close()
open(here + "/done", "w").close()
if len(sys.argv) > 2 and not os.fork():
    time.sleep(0.2)
    for _ in range(30): call()
    while os.getppid() == parent: time.sleep(0.01)
    os._exit(0)
while True: time.sleep(0.01)
"""


@pytest.fixture
def script(tmp_path: Path) -> Path:
    path = tmp_path / "shop.py"
    path.write_text(SOURCE)
    return path


def _calls(python: str, script: Path, channel: Path, name: str) -> int:
    """Return the number of calls that the probe counted. The script calls the function when the probe has found it."""
    channel.mkdir()
    (channel / "work.txt").write_text(f"shop:{name}")
    with probed(python, script, channel, name) as run:
        wait_for(lambda: bool(run.records()) and run.records()[-1].calls in (0, IMPOSSIBLE))
        script.with_name("go").touch()
        wait_for(lambda: run.records()[-1].calls != 0)
        wait_for(lambda: script.with_name("done").exists())
        before = len(run.records())
        wait_for(lambda: len(run.records()) > before + 1)
        assert not run.errors()
        return run.records()[-1].calls


def test_the_calls_of_one_function_are_counted(python: str, script: Path, channel: Path) -> None:
    assert _calls(python, script, channel, "hidden") == (1000 if version_of(python) >= (3, 12) else IMPOSSIBLE)


@pytest.mark.parametrize("name", ["simple", "decorated", "Shop.sell", "waits"])
def test_the_function_is_found_behind_decorators_and_in_classes(name: str, script: Path, channel: Path) -> None:
    newest = list(find_interpreters().values())[-1]
    if version_of(newest) < (3, 12):
        pytest.skip("sys.monitoring is newer")
    assert _calls(newest, script, channel, name) == 1000


def test_a_forked_child_counts_its_own_calls(python: str, script: Path, channel: Path) -> None:
    if version_of(python) < (3, 12):
        pytest.skip("sys.monitoring is newer")
    channel.mkdir()
    (channel / "work.txt").write_text("shop:simple")
    with probed(python, script, channel, "simple", "fork") as run:
        wait_for(lambda: bool(run.records()) and run.records()[-1].calls == 0)
        script.with_name("go").touch()
        wait_for(lambda: len(run.pids()) == 2)
        child = next(pid for pid in run.pids() if pid != run.pid)
        wait_for(lambda: bool(run.records(child)) and run.records(child)[-1].calls == 30)
        wait_for(lambda: run.records()[-1].calls == 1000)
        assert not run.errors()


def test_a_function_that_is_not_there_is_looked_for_and_harms_nothing(python: str, script: Path, channel: Path) -> None:
    channel.mkdir()
    (channel / "work.txt").write_text("shop:missing.name")
    with probed(python, script, channel, "simple") as run:
        wait_for(lambda: len(run.records()) > 5)
        known = {NOT_FOUND, IMPOSSIBLE} if version_of(python) < (3, 12) else {NOT_FOUND}
        assert {record.calls for record in run.records()} <= known
        assert not run.errors()


def test_without_a_name_nothing_is_counted(python: str, script: Path, channel: Path) -> None:
    with probed(python, script, channel, "simple") as run:
        wait_for(lambda: len(run.records()) > 2)
        assert {record.calls for record in run.records()} == {-1}
