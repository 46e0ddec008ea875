"""Memory that wanders without a trend: how often its floors rise by chance and look like a leak."""

import math
import random
from collections.abc import Callable

import pytest

from leakgate.growth import thresholds
from leakgate.growth.decision import Shape, find_window
from leakgate.growth.floors import Points
from leakgate.model.metrics import Metric
from tests.helpers.trials import KB, MB

READ_S = 0.1
COUNT = 300
HEAP = thresholds.IN_FORCE.noise.of(Metric.HEAP)
Walk = Callable[[random.Random], list[float]]


def wandering(time_constant_s: float, swing: float) -> Walk:
    """After one time constant, most of the memory is still in use. ``swing``: its standard deviation."""
    kept = math.exp(-READ_S / time_constant_s)

    def walk(chance: random.Random) -> list[float]:
        level, values = 0.0, []
        for _ in range(COUNT):
            level = kept * level + chance.gauss(0.0, swing * math.sqrt(1 - kept * kept))
            values.append(10 * swing + level)
        return values

    return walk


def shared_pages(chance: random.Random) -> list[float]:
    """Pages of 44 KB, at most 400; every half second or so half of them go at once."""
    pages, values = 0, []
    for _ in range(COUNT):
        for _ in range(8):
            pages = min(400, pages + 1)
            if chance.random() < 0.02:
                pages -= pages // 2
        values.append(44 * KB * pages)
    return values


def called_growth(walk: Walk, runs: int, leak_per_s: float = 0.0) -> int:
    """In how many runs the memory, with an added leak, is called growing."""
    times = tuple(READ_S * index for index in range(COUNT))
    found = 0
    for seed in range(runs):
        swings = walk(random.Random(seed))  # noqa: S311 - no secret
        values = tuple(value + leak_per_s * t for t, value in zip(times, swings, strict=True))
        found += find_window(Points(times, values), 1.0, 30.0, HEAP).shape is Shape.SUSTAINED
    return found


@pytest.mark.parametrize(
    ("walk", "most"),
    [
        (wandering(0.3, MB), 0),
        (wandering(1.0, MB), 0),
        (wandering(3.0, MB), 0),
        (wandering(10.0, MB), 2),
        (shared_pages, 0),
    ],
    ids=["0.3 s", "1 s", "3 s", "10 s", "shared"],
)
def test_memory_that_wanders_is_seldom_called_growing(walk: Walk, most: int) -> None:
    """`python -m bench.runs.decision --parts walks` tries 1,000 walks of each kind."""
    assert called_growth(walk, 200) <= most


def test_a_leak_that_swings_cannot_hide_is_found_beneath_them() -> None:
    assert called_growth(wandering(1.0, 40 * KB), 50, leak_per_s=40 * KB) == 50


def test_what_is_said_to_be_seen_is_not_missed() -> None:
    """An answer of "flat" names the rate that would have shown: a leak that is missed lies below it."""
    leak_per_s, missed, denied = 40.0 * KB, 0, 0
    times = tuple(READ_S * index for index in range(COUNT))
    for seed in range(100):
        swings = wandering(1.0, MB)(random.Random(seed))  # noqa: S311 - no secret
        values = tuple(value + leak_per_s * t for t, value in zip(times, swings, strict=True))
        window = find_window(Points(times, values), 1.0, 30.0, HEAP)
        if window.shape is Shape.FLAT:
            missed += 1
            denied += window.unseen_per_s < leak_per_s
    assert missed > 50
    assert denied <= 0.05 * missed
