"""The holder of a leak that grows in bursts, with a container beside it that grows a little all the time."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.helpers.answer_rows import Found, holders
from tests.unit.probe.stepwise import HOLDERS, STEP_S, TRACE, explained

BURSTS = """
ROWS, TOOK = [], []

def take(batch):
    for row in batch:
        ROWS.append(row)

def step(number):
    if number % 5 == 0:
        TOOK.append(number + 0.5)
    if number % EVERY == EVERY - 1:
        take([[number, at] for at in range(2_000)])
"""
STEADY = """
ROWS = []

def step(number):
    ROWS.append([number])
"""


def first_of(found: Found) -> str:
    """The path of the holder that keeps most."""
    return max(
        found, key=lambda path: (found[path]["lengths"][-1] - found[path]["lengths"][0]) * found[path]["entry_bytes"]
    )


@pytest.mark.parametrize("rest_s", [1.0, 2.0, 3.0, 5.0])
@pytest.mark.parametrize(("bits", "least_s"), [(HOLDERS, 2.0), (HOLDERS | TRACE, 9.0)])
def test_a_leak_in_bursts_is_named_before_what_grows_beside_it(
    bits: int, least_s: float, rest_s: float, tmp_path: Path
) -> None:
    program = BURSTS.replace("EVERY", str(round(rest_s / STEP_S)))
    window_s = max(least_s, 1.3 * rest_s)
    found = holders(explained(tmp_path, program, bits, window_s, blocks_per_s=round(2_000 / rest_s)))
    assert first_of(found) == "__main__.ROWS"
    row = found["__main__.ROWS"]
    assert row["lengths"][-1] - row["lengths"][1] >= 2_000
    assert [frame[2] for frame in row["frames"][:2]] == ["take", "step"]


def test_a_leak_that_is_steady_is_not_waited_for(tmp_path: Path) -> None:
    row = holders(explained(tmp_path, STEADY, HOLDERS, 2.0, blocks_per_s=110))["__main__.ROWS"]
    apart_s = [later - earlier for earlier, later in zip(row["marks"], row["marks"][1:])]
    assert sum(apart_s[1:]) < 1.4, "it has grown again after 0.3 s, and the lists of the search itself do not count"
