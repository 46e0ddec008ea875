"""The rule on counts: the five answers and their conditions."""

import ast
import random
import sys
from pathlib import Path

import pytest

from leakgate.growth import counts
from leakgate.growth.counts import (
    BLOCKS,
    CONTAINERS,
    DESCRIPTORS,
    GO_ON,
    INCONCLUSIVE,
    LEAK,
    NATIVE,
    OK,
    RESIDENT,
    RULE,
    TASKS,
    THREADS,
    TOO_SLOW,
    judge_counts,
)

FLAT = (100_000,) * 1_028


def judged(
    blocks: tuple[int, ...], repetitions: int | None = None, *, final: bool = False, confirming: bool = False
) -> counts.CountJudgement:
    count = repetitions or len(blocks)
    return judge_counts({BLOCKS: blocks, NATIVE: FLAT}, count, final=final, confirming=confirming)


def rising(per_call: float, count: int = 1_028) -> tuple[int, ...]:
    return tuple(100_000 + int(per_call * at) for at in range(count))


def filling(entries: int, count: int = 1_028) -> tuple[int, ...]:
    return tuple(100_000 + 3 * min(at, entries) for at in range(count))


def test_a_flat_series_is_ok_after_21_repetitions_and_says_what_that_excludes() -> None:
    found = judged(FLAT, 21)
    assert found.answer == OK
    blocks = found.counter(BLOCKS)
    assert blocks is not None
    assert blocks.excludes == 1 / 16


@pytest.mark.parametrize(("repetitions", "answer"), [(67, INCONCLUSIVE), (68, LEAK), (200, LEAK)])
def test_the_last_answer_needs_64_judged_repetitions_for_a_leak(repetitions: int, answer: str) -> None:
    assert judged(rising(1.0), repetitions, final=True, confirming=True).answer == answer
    assert judged(rising(1.0), repetitions, confirming=True).answer == GO_ON


def test_a_rise_that_is_not_steady_tells_its_mean_over_the_floors() -> None:
    levels = (0, 40, 20, 90, 60, 61, 130)
    uneven = tuple(100_000 + levels[min(6, at // 16)] + at % 2 for at in range(100))
    blocks = judged(uneven, 84, final=True).counter(BLOCKS)
    assert blocks is not None
    assert (blocks.state, blocks.per_call) == ("open", 0.9375)


def test_the_first_four_repetitions_never_count() -> None:
    assert judged((1, 500, 900, 990, *FLAT), 21).answer == OK


@pytest.mark.parametrize("repetitions", [0, 5, 19])
def test_fewer_than_20_repetitions_are_too_slow(repetitions: int) -> None:
    assert judged(FLAT, repetitions or 1, final=True).answer == TOO_SLOW
    assert judged(FLAT, repetitions or 1).answer == GO_ON


@pytest.mark.parametrize("per_call", [1, 1 / 7, 1 / 16, 18, 0.9])
def test_a_steady_rise_is_a_suspicion_at_first_and_a_leak_when_it_is_confirmed(per_call: float) -> None:
    series = rising(per_call)
    assert judged(series, 36).answer == GO_ON
    assert judged(series, 260).answer == INCONCLUSIVE
    assert judged(series, 516, confirming=True).answer == GO_ON
    found = judged(series, 1_028, confirming=True)
    assert found.answer == LEAK
    assert found.rising[0].per_call == pytest.approx(per_call, rel=0.1)


@pytest.mark.parametrize("entries", [30, 128, 512])
def test_a_cache_that_is_full_by_the_end_is_no_leak(entries: int) -> None:
    assert judged(filling(entries), 1_028, confirming=True).answer == OK


def test_what_comes_to_rest_after_a_fall_is_ok() -> None:
    series = (*(100_000 + at for at in range(40)), *(99_990,) * 200)
    assert judged(series, 68).answer == OK


def test_a_rise_that_fades_is_not_decided() -> None:
    generator = random.Random(3)  # noqa: S311
    seen: set[int] = set()
    series = []
    for _ in range(1_028):
        seen.add(generator.randrange(300))
        series.append(100_000 + len(seen))
    assert judged(tuple(series), 1_028, confirming=True, final=True).answer in (OK, INCONCLUSIVE)


def test_a_slow_test_needs_64_judged_repetitions_to_leak_when_its_time_is_over() -> None:
    series = rising(3)
    assert judged(series, 60, final=True, confirming=True).answer == INCONCLUSIVE
    assert judged(series, 68, final=True, confirming=True).answer == LEAK


def test_noise_that_hides_a_block_a_call_takes_more_repetitions() -> None:
    generator = random.Random(5)  # noqa: S311
    series = tuple(100_000 + generator.randrange(60, 120) for _ in range(1_028))
    looks = {look: judged(series, look).answer for look in RULE.looks()}
    assert OK in looks.values()
    found = next(judged(series, look) for look, answer in looks.items() if answer == OK)
    blocks = found.counter(BLOCKS)
    assert blocks is not None
    assert blocks.excludes <= RULE.wanted_blocks_per_call or found.repetitions > RULE.wanted_until


def test_noise_that_hides_less_than_a_block_a_call_is_ok_at_once() -> None:
    """The floors are equal, so an ``ok`` excludes a leak of one block in 16 calls: no further repetition is needed."""
    blocks = judged(tuple(100_000 + at % 2 for at in range(36)), 36).counter(BLOCKS)
    assert blocks is not None
    assert (blocks.state, blocks.excludes) == ("rest", 1 / 16)


def test_a_leak_below_noise_is_found_with_more_repetitions() -> None:
    generator = random.Random(7)  # noqa: S311
    series = tuple(100_000 + at + generator.randrange(0, 90) for at in range(1_028))
    assert judged(series, 1_028, confirming=True).answer == LEAK


def coarse(values: tuple[int, ...], repetitions: int, name: str = DESCRIPTORS, **how: bool) -> counts.CountJudgement:
    readings = {BLOCKS: FLAT, NATIVE: FLAT, name: values}
    return judge_counts(readings, repetitions, final=how.get("final", False), confirming=how.get("confirming", False))


def test_a_descriptor_in_each_call_is_a_leak_after_132_repetitions() -> None:
    assert coarse((14, 31), 21).answer == GO_ON
    assert coarse((14, 31, 46, 78, 142), 132).answer == INCONCLUSIVE
    found = coarse((14, 31, 46, 78, 142), 132, confirming=True)
    assert found.answer == LEAK
    assert found.rising[0].counter == DESCRIPTORS
    assert found.rising[0].per_call == 1.0


def test_tasks_that_end_by_a_timeout_of_200_calls_are_no_leak() -> None:
    waiting = tuple(min(200, look) for look in (4, *RULE.looks()))
    assert coarse(waiting[:5], 132, TASKS, confirming=True).answer == GO_ON
    assert coarse(waiting[:7], 516, TASKS, confirming=True).answer == OK
    endless = (4, *RULE.looks())
    assert coarse(endless, 1_028, TASKS, confirming=True).answer == LEAK


def test_threads_of_a_pool_that_fills_come_to_rest() -> None:
    assert coarse((3, 8, 8), 36, THREADS).answer == OK


def test_resident_memory_that_only_python_took_in_one_piece_is_at_rest() -> None:
    assert coarse((50_000_000, 51_048_576, 51_048_576), 36, RESIDENT).answer == OK


def test_resident_memory_that_rises_in_each_call_is_a_leak() -> None:
    looks = (4, *RULE.looks())
    values = tuple(50_000_000 + 100_000 * look for look in looks)
    assert coarse(values, 1_028, RESIDENT, confirming=True).answer == LEAK


def references(calls: int) -> int:
    """Bytes of a list after so many calls that append to it: it grows by an eighth at a time."""
    kept: list[None] = []
    for _ in range(calls):
        kept += [None]
    return sys.getsizeof(kept)


def test_a_list_that_collects_references_is_a_leak() -> None:
    looks = (RULE.warm, *RULE.looks())
    values = tuple(900_000 + references(look) for look in looks)
    assert coarse(values, 1_028, CONTAINERS, confirming=True).answer == LEAK
    assert coarse(values[:2], 21, CONTAINERS).answer == GO_ON


def test_containers_that_fell_when_caches_were_emptied_are_judged_from_there() -> None:
    looks = (RULE.warm, *RULE.looks())
    emptied = (900_900, 900_950, *(900_000 + references(look) for look in looks[2:]))
    assert coarse(emptied, 1_028, CONTAINERS, confirming=True).answer == LEAK
    assert coarse((900_000, 900_060), 21, CONTAINERS).answer == OK


def test_a_counter_that_cannot_be_read_is_absent_and_decides_nothing() -> None:
    found = judge_counts({BLOCKS: FLAT, NATIVE: (-1,) * 36}, 21, final=False, confirming=False)
    assert found.answer == OK
    native = found.counter(NATIVE)
    assert native is not None
    assert native.state == counts.ABSENT


def test_without_any_counter_of_memory_nothing_is_ok() -> None:
    readings = {BLOCKS: (-1,) * 36, NATIVE: (-1,) * 36, THREADS: (1, 1)}
    assert judge_counts(readings, 21, final=False, confirming=False).answer == INCONCLUSIVE


def test_the_rule_is_one_file_of_python_39_that_needs_the_standard_library_only() -> None:
    source = Path(counts.__file__).read_text(encoding="utf-8")
    tree = ast.parse(source, feature_version=(3, 9))
    modules = {node.module for node in ast.walk(tree) if isinstance(node, ast.ImportFrom)}
    assert modules == {"__future__", "dataclasses", "typing"}
    assert not any(isinstance(node, ast.Import | ast.Match) for node in ast.walk(tree))


def test_a_rise_in_bursts_is_no_leak() -> None:
    steps = (0, 62, 99, 151, 168, 198, 200, 258)
    series = tuple(100_000 + steps[min(7, at * 8 // 1_028)] + at % 2 for at in range(1_028))
    assert judged(series, 1_028, confirming=True, final=True).answer == INCONCLUSIVE


@pytest.mark.parametrize(
    ("counter", "fall", "state"), [(BLOCKS, 2, "rest"), (BLOCKS, 3, "open"), (NATIVE, 64, "rest"), (NATIVE, 65, "open")]
)
def test_a_floor_may_fall_by_the_slack_of_its_counter_without_a_restart(counter: str, fall: int, state: str) -> None:
    floors = (100_000, 100_000 - fall, 100_000)
    scattered = tuple(floors[max(0, at - 4) // 16] + 9 * (at % 2) for at in range(52))
    found = judge_counts({BLOCKS: FLAT, NATIVE: FLAT} | {counter: scattered}, 52, final=True, confirming=False)
    one = found.counter(counter)
    assert one is not None
    assert one.state == state


@pytest.mark.parametrize(
    ("count", "repetitions", "moments"),
    [
        (2, 300, (4, 300)),
        (3, 100, (4, 21, 100)),
        (4, 100, (4, 21, 36, 100)),
        (9, 40, (4, 21, 36, 40)),
        (9, 36, (4, 21, 36)),
    ],
)
def test_the_moments_of_readings_at_each_look(count: int, repetitions: int, moments: tuple[int, ...]) -> None:
    assert counts.coarse_moments(count, repetitions) == moments


@pytest.mark.parametrize(
    ("readings", "state", "per_call"),
    [
        ((10, 27, 42, 74, 138), "rises", 1.0),
        ((10, 10, 42, 74, 138), "open", 1.0),
        ((10, 90, 130, 134, 138), "open", 1.0),
        ((10, 11, 12, 14, 17), "open", 7 / 128),
        ((10, 11, 12, 14, 18), "rises", 8 / 128),
    ],
    ids=["steady", "a look without a rise", "fading", "slower than one in 16 calls", "one in 16 calls"],
)
def test_descriptors_rise_when_each_look_finds_more(readings: tuple[int, ...], state: str, per_call: float) -> None:
    found = judge_counts({BLOCKS: FLAT, NATIVE: FLAT, DESCRIPTORS: readings}, 132, final=True, confirming=True)
    one = found.counter(DESCRIPTORS)
    assert one is not None
    assert one.state == state
    assert one.per_call == pytest.approx(per_call)


def counter_of(counter: str, values: tuple[int, ...], count: int, *, final: bool = False) -> counts.CounterJudgement:
    found = judge_counts({BLOCKS: FLAT, NATIVE: FLAT} | {counter: values}, count, final=final, confirming=False)
    one = found.counter(counter)
    assert one is not None
    return one


def swinging(height: int, windows: int) -> tuple[int, ...]:
    """Readings whose floor, over 16 of them, is higher by ``height`` in the last window but one."""
    return tuple(100_000 + (height if (at - 4) // 16 == windows - 2 else 0) + at % 2 for at in range(4 + 16 * windows))


@pytest.mark.parametrize(
    ("counter", "height", "state"),
    [(BLOCKS, 32, "rest"), (BLOCKS, 33, "open"), (NATIVE, 2_048, "rest"), (NATIVE, 2_049, "open")],
)
def test_an_answer_on_readings_that_scatter_must_exclude_a_block_or_64_bytes_a_call(
    counter: str, height: int, state: str
) -> None:
    values = swinging(height, 4)  # at rest for the 32 repetitions before the last two windows, which are one
    assert counter_of(counter, values, 68).state == state
    assert counter_of(counter, values, 68).excludes == pytest.approx(height / 32)
    assert counter_of(counter, values, 68, final=True).state == "rest", "there is no more time"
    longer = swinging(99 * height, 8)
    assert counter_of(counter, longer, len(longer)).state == "rest", "enough repetitions were spent"


@pytest.mark.parametrize(("late", "state"), [(RULE.kept_share + 0.01, "rises"), (RULE.kept_share - 0.01, "open")])
def test_a_rise_must_keep_its_pace_in_the_late_half(late: float, state: str) -> None:
    # seven windows of 16 readings: six steps, three early ones and three late ones
    half = [100.0, 100.0, 100.0, 100.0 * late, 100.0 * late, 100.0 * late]
    floors = [100_000.0]
    for step in half:
        floors.append(floors[-1] + step)
    values = tuple(int(floors[max(0, at - 4) // 16]) + at % 2 for at in range(4 + 16 * 7))
    assert counter_of(BLOCKS, values, len(values)).state == state


@pytest.mark.parametrize(("step", "state"), [(0, "rest"), (1, "rises")])
def test_each_window_must_rise(step: int, state: str) -> None:
    values = tuple(100_000 + step * ((at - 4) // 16) + at % 2 for at in range(4 + 16 * 4))
    assert counter_of(BLOCKS, values, len(values)).state == state


def test_what_a_coarse_counter_at_rest_excludes_is_one_in_the_calls_since_then() -> None:
    assert counter_of(DESCRIPTORS, (10, 12, 12, 12), 68).excludes == pytest.approx(1 / (68 - 21))
    assert counter_of(DESCRIPTORS, (12, 12, 12, 12), 68).excludes == pytest.approx(1 / (68 - 4))
    assert counter_of(RESIDENT, (5_000_000,) * 4, 68).excludes == pytest.approx(262_144 / 64)


def test_seventeen_equal_readings_are_flat_and_sixteen_are_not() -> None:
    values = (*(100_000 + at for at in range(4)), *(100_004 for _ in range(17)))
    assert counter_of(BLOCKS, values, 21).state == "rest"
    late = (*(100_000 + at for at in range(5)), *(100_009 for _ in range(16)))
    assert counter_of(BLOCKS, late, 21).state == "open"


def test_the_late_half_of_five_steps_is_the_last_two() -> None:
    steps = [100.0, 100.0, 40.0, 100.0, 100.0]
    floors = [100_000.0]
    for step in steps:
        floors.append(floors[-1] + step)
    values = tuple(int(floors[max(0, at - 4) // 16]) + at % 2 for at in range(4 + 16 * 6))
    assert counter_of(BLOCKS, values, len(values)).state == "rises"


def test_twenty_repetitions_are_enough_to_be_judged() -> None:
    assert judged(FLAT, RULE.least - 1, final=True).answer == TOO_SLOW
    assert judged(FLAT, RULE.least, final=True).answer != TOO_SLOW


def after_rests(*levels: int, final: bool = True, calls: int = 256) -> counts.CountJudgement:
    """The judgement of a suspect that grew in its repetitions, with these levels of blocks after rests."""
    readings = {
        BLOCKS: rising(12.0),
        NATIVE: FLAT,
        counts.RESTED + BLOCKS: levels,
        counts.RESTED + NATIVE: FLAT[: len(levels)],
        counts.RESTED_CALLS: tuple(calls * at for at in range(len(levels))),
    }
    assert counts.fit_together(readings, len(FLAT))
    return judge_counts(readings, len(FLAT), final=final, confirming=True)


def test_a_level_that_is_the_same_after_a_rest_is_ok_however_much_grew_before_it() -> None:
    assert after_rests(100_000, 100_002, final=False).answer == OK
    assert after_rests(100_000, 100_003, final=False).answer == GO_ON
    assert after_rests(100_000, 100_300, 100_301, final=False).answer == OK
    found = after_rests(100_000, 100_000)
    assert (found.repetitions, found.rested) == (256, True)


def test_levels_that_rise_from_rest_to_rest_are_a_leak_of_what_stays() -> None:
    found = after_rests(*(100_000 + 256 * at for at in range(5)))
    assert found.answer == LEAK
    assert [(one.counter, one.per_call) for one in found.rising] == [(BLOCKS, 1.0)]
    assert after_rests(*(100_000 + 16 * at for at in range(5))).answer == LEAK  # one in every 16th call
    assert after_rests(100_000, 100_256, 100_512).answer == INCONCLUSIVE
    assert after_rests(100_000, 100_400, 100_500, 100_520, 100_530).answer == INCONCLUSIVE  # it fades


@pytest.mark.parametrize(
    "readings",
    [
        {counts.RESTED_CALLS: (0, 5), counts.RESTED + BLOCKS: (1, 2, 3)},
        {counts.RESTED_CALLS: (0, 5, 5)},
        {counts.RESTED_CALLS: (-1, 5)},
        {counts.RESTED + BLOCKS: (1, 2)},
        {BLOCKS: FLAT[:5]},
    ],
)
def test_series_of_lengths_that_do_not_fit(readings: dict[str, tuple[int, ...]]) -> None:
    assert counts.fit_together({BLOCKS: FLAT, NATIVE: FLAT}, len(FLAT))
    assert not counts.fit_together({BLOCKS: FLAT, NATIVE: FLAT, **readings}, len(FLAT))
