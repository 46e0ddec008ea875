"""A visit of the probe by gdb leaves the program as it was: real programs, under the interpreters at hand."""

from collections.abc import Iterator

import pytest

from tests.attach.visits import BY_GDB, INTERPRETERS, PATIENCE_S, Target, running, visiting, why_no_gdb
from tests.helpers.real_runs import wait_until

MODES = ("busy", "threaded", "asynchronous", "in_c", "idle", "accepting", "forking")
WORKING = frozenset(MODES) - {"idle", "accepting"}
MANY_JOBS = 500
"""Rounds of work after which all threads that the probe has seen are at their end: a thread does ten of them."""
SAME = (
    "modules", "names", "threads", "descriptors", "profile", "trace", "gc_callbacks", "origins", "python_path", "hooks",
    "new_threads", "failed",
)  # fmt: skip
MOST_BLOCKS_A_VISIT = 1_000
"""An object of the probe that stays with each visit would bring its module with it: 4,000 blocks and more."""


@pytest.fixture(scope="module", autouse=True)
def gdb() -> None:
    reason = why_no_gdb()
    if reason:
        pytest.skip(reason)


ENDS = {BY_GDB[0], BY_GDB[-1]} if BY_GDB else set()
"""The oldest and the newest interpreter visit every mode; the ones between, whose way in is the same, the busy one."""


@pytest.fixture(
    params=[(version, mode) for version in BY_GDB for mode in MODES if version in ENDS or mode == "busy"], ids="-".join
)
def target(request: pytest.FixtureRequest) -> Iterator[Target]:
    version, mode = request.param
    with running(mode, python=INTERPRETERS[version]) as found:
        found.mode = mode
        yield found


def wait_for_threads(target: Target, mode: str) -> None:
    """Wait until the program has its own threads only: the system takes a moment to remove one that has ended."""
    count = 6 if mode == "threaded" else 2  # the main thread, the one that answers, and four that work
    wait_until(lambda: target.state()["threads"] == count, PATIENCE_S)


def test_a_visit_leaves_nothing_behind(target: Target) -> None:
    with visiting(target) as visit:
        pass
    assert visit.left[-1].startswith("the probe used"), visit.left
    wait_for_threads(target, target.mode)
    before = target.state()  # modules in C that the probe loads stay in C, and are counted once
    for _ in range(2):
        with visiting(target) as visit:
            wait_until(lambda: (visit.channel.folder / f"gauges-{target.pid}.bin").stat().st_size > 1_000, PATIENCE_S)
            while_there = target.state()
            assert while_there["modules"] == before["modules"]
            assert while_there["names"] == before["names"]
        wait_for_threads(target, target.mode)
    after = target.state()
    for name in SAME:
        assert after[name] == before[name], name
    assert after["blocks"] - before["blocks"] < 2 * MOST_BLOCKS_A_VISIT
    assert after["done"] > before["done"] or target.mode not in WORKING
    assert target.lives


@pytest.mark.parametrize("mode", ["busy", "threaded", "asynchronous"])
@pytest.mark.parametrize("version", sorted(ENDS))
def test_explaining_leaves_nothing_behind(version: str, mode: str) -> None:
    with running(mode, "keep", python=INTERPRETERS[version]) as target:
        with visiting(target) as visit:
            visit.explain("KEPT")
        wait_for_threads(target, mode)
        before = target.state()
        with visiting(target) as visit:
            visit.explain("KEPT")
        wait_for_threads(target, mode)
        after = target.state()
        assert visit.left[-1].startswith("the probe used"), visit.left
        for name in SAME:
            assert after[name] == before[name], name
        kept = (after["done"] - before["done"]) * 4  # a key, a value and its buffer for each round of work
        assert after["blocks"] - before["blocks"] - kept < MOST_BLOCKS_A_VISIT


@pytest.mark.parametrize("version", sorted(ENDS))
def test_threads_that_start_during_an_explanation_go_on_without_the_probe(version: str) -> None:
    with running("jobs", "keep", python=INTERPRETERS[version]) as target:
        with visiting(target) as visit:
            visit.explain("KEPT")
        assert visit.left[-1].startswith("the probe used"), visit.left
        left = target.state()
        wait_until(lambda: target.state()["done"] > left["done"] + MANY_JOBS, PATIENCE_S)
        after = target.state()
        assert (after["failed"], after["new_threads"], after["profile"]) == ([], "None", "None")


def test_no_farewell_is_expected_of_a_program_that_was_replaced() -> None:
    with running("idle", python=INTERPRETERS[BY_GDB[-1]]) as target:
        with visiting(target) as visit:
            assert target.ask("exec") == "replaced\n"
        assert visit.left == ()
        assert target.lives
