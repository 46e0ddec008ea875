"""The rule on counts with recorded repetitions of real test suites, unchanged and with added leaks."""

import gzip
import json
from collections import Counter
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest

from leakgate.growth import counts

DATA = Path(__file__).parents[2] / "data" / "repetitions"
SUITES = sorted(path.name.removesuffix(".json.gz") for path in DATA.glob("*.json.gz"))
LEAKING = {"click": 115, "h5py": 15}
"""Suites with a real leak, and how many of their tests show it at least."""
RISES_AT_FIRST = {"attrs": 1, "more_itertools": 1, "pandasio": 1, "pluggy": 1, "regex": 1, "toolz": 2}
"""Tests of the other suites that rise steadily at first: caches that fill, which a confirmation empties; one leak of
``toolz`` and its twin."""

Series = tuple[int, ...]


@cache
def recorded(suite: str) -> tuple[tuple[str, Series, Series], ...]:
    rows = json.loads(gzip.decompress((DATA / f"{suite}.json.gz").read_bytes()))
    return tuple((name, unpacked(blocks), unpacked(native)) for name, blocks, native in rows)


def unpacked(packed: list[int]) -> Series:
    values = [packed[0]]
    for step, times in zip(packed[1::2], packed[2::2], strict=True):
        for _ in range(times):
            values.append(values[-1] + step)
    return tuple(values)


def replayed(blocks: Series, native: Series, *, confirming: bool = False) -> counts.CountJudgement:
    """The answer of the runner: at the first look that decides, else at the end."""
    readings = {counts.BLOCKS: blocks, counts.NATIVE: native}
    for look in counts.RULE.looks():
        if look > len(blocks):
            break
        judged = counts.judge_counts(readings, look, final=False, confirming=confirming)
        if judged.answer != counts.GO_ON:
            return judged
    return counts.judge_counts(readings, len(blocks), final=True, confirming=confirming)


def healthy() -> Iterator[tuple[str, Series, Series]]:
    for suite in SUITES:
        for name, blocks, native in recorded(suite):
            if replayed(blocks, native).answer == counts.OK:
                yield f"{suite}: {name}", blocks, native


@pytest.mark.parametrize("suite", SUITES)
def test_only_what_leaks_or_fills_a_cache_is_under_suspicion(suite: str) -> None:
    rising = [name for name, blocks, native in recorded(suite) if replayed(blocks, native).rising]
    if suite in LEAKING:
        assert len(rising) >= LEAKING[suite]
    else:
        assert len(rising) <= RISES_AT_FIRST.get(suite, 0), rising


def test_nearly_all_healthy_tests_are_ok_after_36_repetitions() -> None:
    needed = Counter(replayed(blocks, native).repetitions for _, blocks, native in healthy())
    total = sum(needed.values())
    assert total > 1_800
    assert needed[21] + needed[36] > 0.97 * total


@pytest.mark.parametrize("period", [1, 2, 7, 8, 15, 16])
def test_a_leak_of_a_block_in_so_many_calls_is_never_ok(period: int) -> None:
    missed, total = [], 0
    for name, blocks, native in healthy():
        planted = tuple(value + at // period for at, value in enumerate(blocks))
        total += 1
        if replayed(planted, native).answer == counts.OK:
            missed.append(name)
    assert len(missed) <= 0.004 * total, missed


def test_a_leak_of_64_bytes_of_native_memory_in_each_call_is_never_ok() -> None:
    missed, total = [], 0
    for name, blocks, native in healthy():
        planted = tuple(value + 80 * at for at, value in enumerate(native))
        total += 1
        if replayed(blocks, planted).answer == counts.OK:
            missed.append(name)
    assert len(missed) <= 0.01 * total, missed
