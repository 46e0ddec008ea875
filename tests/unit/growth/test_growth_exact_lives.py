"""From the readings of workers to their lives: the end of a life, collections, and short lives together."""

import math
from dataclasses import replace

import pytest

from leakgate.growth import thresholds
from leakgate.growth.decision import Shape, Window
from leakgate.growth.floors import Points
from leakgate.growth.life_shape import Life, LivesShape
from leakgate.growth.lives import _course, judge_roles, lives_of, recycled_roles
from leakgate.model.evidence import ProcessTrack
from tests.helpers.trials import KB, flat, linear, trial_from, worker_track

FIGURES = thresholds.IN_FORCE.lives


def readings(per_s: float, life_s: float, *, begin_s: float = 5.0, end_per_s: float | None = None) -> Points:
    """A hundred readings of a life, with another rate in its last tenth."""
    step = life_s / 100
    late = per_s if end_per_s is None else end_per_s
    times = [step * at for at in range(101)]
    turn = 0.89 * life_s  # the last reading before the last tenth counts too
    values = [per_s * min(t_s, turn) + late * max(0.0, t_s - turn) for t_s in times]
    return Points(tuple(begin_s + t_s for t_s in times), tuple(values), (False,) * 101)


def test_a_life_is_cut_into_equal_parts_with_the_growth_at_its_end() -> None:
    (one,) = lives_of([readings(100.0, 10.0, end_per_s=30.0)])
    parts = FIGURES.parts[0][0]
    assert (one.begin_s, one.end_s, len(one.lows)) == (5.0, 15.0, parts)
    assert one.lows == pytest.approx([100.0 * 10.0 / parts * at for at in range(parts)], abs=11.0)
    assert one.end_per_s == pytest.approx(30.0)


def test_collections_are_told_by_their_share_of_the_life_and_what_was_before_them() -> None:
    points = readings(100.0, 10.0)
    clean = tuple(at in (40, 80) for at in range(101))
    values = tuple(value - 50.0 if is_clean else value for value, is_clean in zip(points.values, clean, strict=True))
    (one,) = lives_of([replace(points, values=values, settled=clean)])
    assert one.collected[0] == pytest.approx((0.4, 390.0, 350.0))
    assert one.collected[1] == pytest.approx((0.8, 790.0, 750.0))


def brief(per_s: float, begin_s: float, level: float) -> Points:
    """Six readings of a life of half a second, of which the last comes right after a collection."""
    times = tuple(0.1 * at for at in range(6))
    values = tuple(level + per_s * t_s for t_s in times)
    return Points(tuple(begin_s + t_s for t_s in times), values, (False,) * 5 + (True,))


def test_very_short_lives_are_combined_by_age_from_their_first_reading_on() -> None:
    lives = lives_of([brief(1_000.0, 1.0 + number, 9_000.0 * number) for number in range(4)])
    (one,) = lives
    assert (one.count, one.begin_s) == (4, 1.0)
    assert one.end_s == pytest.approx(1.5)
    parts = FIGURES.parts[-1][0]
    assert len(one.lows) == parts
    assert one.lows[0] < one.lows[1] < one.lows[-1] <= 500.0
    assert len(one.collected) == 4
    for _, before, after in one.collected:
        assert (before, after) == pytest.approx((400.0, 500.0))


def test_the_course_of_a_role_adds_the_growth_of_each_life_evenly() -> None:
    first = Life(0.0, 16.0, (0.0, 0.0, 0.0, 1.0, 2.0, 3.0))
    second = replace(first, begin_s=16.0, end_s=32.0, count=2)
    shape = LivesShape(Window(Shape.SUSTAINED, 0.0, 32.0))
    course = _course([first, second], shape)
    grew = first.grew()
    assert (len(course), course.t_s[0], course.t_s[15], course.t_s[-1]) == (32, 1.0, 16.0, 32.0)
    assert course.values[15] == pytest.approx(grew)
    assert course.values[-1] == pytest.approx(3 * grew)
    assert course.values[0] == pytest.approx(grew / 16)


def worker(pid: int, start_s: float, life_s: float, **fields: object) -> ProcessTrack:
    track = worker_track(pid, linear(50 * KB), start_s, life_s)
    return replace(track, **fields)  # type: ignore[arg-type]


def test_only_probed_workers_that_do_not_live_for_most_of_the_watch_are_replaced_ones() -> None:
    replaced = [worker(200 + at, 1.0 + 3 * at, 3.0) for at in range(4)]
    blind = [replace(one, probed=False, pid=one.pid + 100) for one in replaced]
    lasting = worker(400, 1.0, 29.0)
    trial = trial_from(end_s=30.0, heap=flat(), children=(*replaced, *blind, lasting))
    (role,) = recycled_roles(trial)
    assert {track.pid for track in role.tracks} == {one.pid for one in replaced}
    assert recycled_roles(trial_from(end_s=30.0, heap=flat(), children=(replaced[0], *blind, lasting))) == ()


def test_a_role_is_of_a_pool_if_all_workers_that_lived_as_long_as_usual_are() -> None:
    def pooled(*tracks: ProcessTrack) -> bool:
        (answer,) = judge_roles(trial_from(end_s=30.0, heap=flat(), children=tracks))
        assert answer.signal.recycled is not None
        return answer.signal.recycled.pooled

    usual = [worker(200 + at, 1.0 + 4 * at, 4.0, pooled=True) for at in range(6)]
    assert pooled(*usual)
    assert pooled(*usual, worker(300, 20.0, 2.0, pooled=False)), "a short life may have ended before it was known"
    assert not pooled(*usual[1:], replace(usual[0], pooled=False))


def test_readings_of_one_moment_are_no_life() -> None:
    usual = [worker(200 + at, 1.0 + 4 * at, 4.0) for at in range(6)]
    frozen = worker(300, 8.0, 4.0)
    frozen = replace(frozen, series=tuple(replace(one, t_s=(9.0,) * len(one.t_s)) for one in frozen.series))
    (answer,) = judge_roles(trial_from(end_s=30.0, heap=flat(), children=(*usual, frozen)))
    assert answer.signal.recycled is not None
    assert answer.signal.recycled.lives == 6
    assert math.isfinite(answer.window.growth)
