"""Properties of every judgement, for any numbers."""

import dataclasses

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from leakgate.growth.assess import Growth, Judgement, judge_growth
from leakgate.growth.floors import Points
from leakgate.model.evidence import ProcessTrack, Series, TrialOk
from tests.helpers.trials import KB, MB, track_from, trial_of

slow = settings(max_examples=40, deadline=None)


def jitter(seed: int, count: int, size: float) -> list[float]:
    """Noise without a trend that is the same for the same seed."""
    state, values = seed * 2 + 1, []
    for _ in range(count):
        state = (state * 6364136223846793005 + 1442695040888963407) % 2**64
        values.append(size * (state >> 11) / 2**53)
    return values


def trial(seed: int, end_s: float, *, per_s: float, noise: float, level: float = 5 * MB) -> TrialOk:
    times = tuple(round(0.1 * n, 3) for n in range(1, int(end_s * 10)))
    heap = Points(
        times, tuple(level + per_s * t + j for t, j in zip(times, jitter(seed, len(times), noise), strict=True))
    )
    native = Points(times, tuple(3 * MB + j for j in jitter(seed + 1, len(times), noise)))
    resident = Points(times, tuple(30 * MB + per_s * t for t in times))
    return trial_of((track_from(heap=heap, native=native, resident=resident, last_s=end_s),), (), end_s)


def mapped(trial: TrialOk, *, shift_s: float = 0.0, add: float = 0.0) -> TrialOk:
    def moved(series: Series) -> Series:
        return Series(
            series.metric,
            tuple(t + shift_s for t in series.t_s),
            tuple(value + add for value in series.values),
            settled=series.settled,
        )

    def track(one: ProcessTrack) -> ProcessTrack:
        return dataclasses.replace(
            one, series=tuple(map(moved, one.series)), first_s=one.first_s + shift_s, last_s=one.last_s + shift_s
        )

    return dataclasses.replace(trial, processes=tuple(map(track, trial.processes)), watched_s=trial.watched_s + shift_s)


def answer(judgement: Judgement) -> tuple[Growth, object]:
    return judgement.growth, judgement.leading and judgement.leading.signal.metric


@pytest.mark.parametrize(("end_s", "by_chance"), [(8.0, 3), (12.0, 2), (20.0, 1), (30.0, 0)])
def test_noise_without_a_trend_hardly_ever_grows(end_s: float, by_chance: int) -> None:
    """Floors of noise can line up by chance: in a few of a thousand series of 8 to 12 s, and less after that."""
    series = [trial(seed, end_s, per_s=0.0, noise=10 ** (3.5 + seed % 300 / 100)) for seed in range(300)]
    assert sum(judge_growth(one).growth is Growth.GROWS for one in series) <= by_chance


@slow
@given(seed=st.integers(0, 10**9), level=st.floats(0.0, 500 * MB), falls_by=st.floats(0.0, MB))
def test_what_never_rises_never_grows(seed: int, level: float, falls_by: float) -> None:
    judgement = judge_growth(trial(seed, 20.0, per_s=-falls_by, noise=0.0, level=level + 20 * falls_by))
    assert judgement.growth is Growth.STEADY


@slow
@given(
    seed=st.integers(0, 10**9),
    end_s=st.floats(12.0, 60.0),
    per_s=st.floats(6 * KB, 20 * MB),
    noisiness=st.floats(0.0, 1.0),
)
def test_a_line_well_above_its_noise_grows_from_twelve_seconds_on(
    seed: int, end_s: float, per_s: float, noisiness: float
) -> None:
    judgement = judge_growth(trial(seed, end_s, per_s=per_s, noise=noisiness * per_s))
    assert judgement.growth is Growth.GROWS


@slow
@given(
    seed=st.integers(0, 10**9),
    per_s=st.floats(0.0, 200 * KB),
    noise=st.floats(0.0, MB),
    add_blocks=st.integers(0, 10**6),
)
def test_a_constant_changes_nothing(seed: int, per_s: float, noise: float, add_blocks: int) -> None:
    before = trial(seed, 20.0, per_s=per_s, noise=noise)
    assert answer(judge_growth(before)) == answer(judge_growth(mapped(before, add=float(add_blocks))))


@slow
@given(seed=st.integers(0, 10**9), per_s=st.floats(0.0, 200 * KB), noise=st.floats(0.0, 50 * KB))
def test_the_moment_of_the_start_changes_nothing(seed: int, per_s: float, noise: float) -> None:
    before = trial(seed, 20.0, per_s=per_s, noise=noise)
    warm = judge_growth(before, warmup_s=2.0)
    later = judge_growth(mapped(before, shift_s=64.0), warmup_s=66.0)
    if warm.growth is not Growth.UNDECIDED:
        assert later.growth in (warm.growth, Growth.UNDECIDED)


@slow
@given(seed=st.integers(0, 10**9), per_s=st.floats(10 * KB, MB), factor=st.floats(1.0, 1000.0))
def test_a_leak_that_is_larger_in_all_still_grows(seed: int, per_s: float, factor: float) -> None:
    assert judge_growth(trial(seed, 20.0, per_s=per_s * factor, noise=per_s * factor / 4)).growth is Growth.GROWS


@slow
@given(seed=st.integers(0, 10**9), per_s=st.floats(0.0, 200 * KB), order=st.permutations(range(3)))
def test_the_order_of_the_series_changes_nothing(seed: int, per_s: float, order: list[int]) -> None:
    before = trial(seed, 15.0, per_s=per_s, noise=20 * KB)
    (main,) = before.processes
    shuffled = dataclasses.replace(main, series=tuple(main.series[index] for index in order))
    after = dataclasses.replace(before, processes=(shuffled,))
    assert judge_growth(before) == judge_growth(after)


@slow
@given(seed=st.integers(0, 10**9), per_s=st.floats(0.0, 200 * KB), end_s=st.floats(0.0, 40.0))
def test_the_same_evidence_gives_the_same_judgement(seed: int, per_s: float, end_s: float) -> None:
    evidence = trial(seed, end_s, per_s=per_s, noise=20 * KB)
    assert judge_growth(evidence) == judge_growth(evidence)


@slow
@given(
    values=st.lists(st.floats(0, 1e12, allow_nan=False), max_size=80),
    interval_s=st.floats(0.01, 2.0),
    warmup_s=st.one_of(st.none(), st.floats(0, 100)),
)
def test_no_readings_break_it(values: list[float], interval_s: float, warmup_s: float | None) -> None:
    points = Points(tuple(interval_s * n for n in range(len(values))), tuple(values))
    end_s = interval_s * len(values)
    main = track_from(heap=points, native=points, resident=points, last_s=end_s)
    judgement = judge_growth(trial_of((main,), (), end_s), warmup_s=warmup_s)
    assert judgement.growth in Growth
    for one in judgement.assessments:
        assert 0.0 <= one.window.steadiness <= 1.0
        assert one.slope.low <= one.slope.per_s <= one.slope.high
