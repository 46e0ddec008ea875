"""Workers that are replaced: the growth of each in its life is judged over all lives of a role."""

import random
from dataclasses import replace

import pytest

from leakgate.growth import thresholds
from leakgate.growth.assess import Growth, judge_growth
from leakgate.growth.decision import Shape, Window
from leakgate.growth.floors import Points
from leakgate.growth.life_shape import Life, shape_of_lives
from leakgate.growth.lives import lives_of
from leakgate.growth.noise import Noise
from leakgate.growth.roles import role_of, roles_of
from leakgate.growth.start_up import start_up_s
from leakgate.model.evidence import ProcessRole, ProcessTrack, TrialOk
from tests.helpers.trials import (
    MAIN_PID,
    MB,
    Collections,
    Curve,
    Garbage,
    counted,
    flat,
    linear,
    plus,
    sampled,
    saturating,
    track_from,
    trial_from,
    wobble,
)

HEAP = thresholds.IN_FORCE.noise.heap
KB = 1_000.0


def life(
    by_age: Curve, start_s: float, life_s: float, *, interval_s: float = 0.1, garbage: Garbage | None = None
) -> tuple[Points, Points]:
    """(ordinary readings, those after collections) of a worker whose memory is a curve of its age."""
    if garbage is None:
        plain = sampled(by_age, life_s, start_s=interval_s, interval_s=interval_s)
        after = Points((life_s * 0.8,), (by_age(life_s * 0.8),))
    else:
        plain, clean = counted(by_age, life_s, garbage=garbage, collections=Collections(life_s * 0.8))
        after = clean or Points((), ())
    return _later(plain, start_s), _later(after, start_s)


def _later(points: Points, by_s: float) -> Points:
    return Points(tuple(by_s + t_s for t_s in points.t_s), points.values)


def window_of(lives: list[Life], noise: Noise) -> Window | None:
    found = shape_of_lives(lives, noise)
    return found.window if found is not None else None


def worker(pid: int, readings: tuple[Points, Points], *, command: str = "python service.py") -> ProcessTrack:
    plain, after = readings
    track = track_from(
        heap=plain,
        settled_heap=after if len(after) else None,
        pid=pid,
        role=ProcessRole.CHILD,
        first_s=plain.t_s[0],
        last_s=plain.t_s[-1],
        parent=MAIN_PID,
    )
    return replace(track, command=command)


def recycled(by_age: Curve, *, life_s: float = 3.0, end_s: float = 30.0, interval_s: float = 0.1) -> TrialOk:
    """A healthy parent with two workers at any time, each replaced after ``life_s``."""
    starts = [1.0 + side * life_s / 2 + life_s * number for number in range(int(end_s / life_s) - 1) for side in (0, 1)]
    children = tuple(
        worker(200 + index, life(by_age, start_s, life_s, interval_s=interval_s))
        for index, start_s in enumerate(starts)
    )
    return trial_from(end_s=end_s, heap=flat(), children=children)


def test_workers_that_grow_until_they_are_replaced_are_a_leak() -> None:
    judgement = judge_growth(recycled(linear(50 * KB)))
    assert judgement.growth is Growth.GROWS
    assert judgement.leading is not None
    role = judgement.leading.signal.recycled
    assert role is not None
    assert role.parent == MAIN_PID
    assert role.lives == 18
    assert role.grew == pytest.approx(50 * KB * 2.8, rel=0.1)
    assert judgement.leading.slope.per_s == pytest.approx(2 * 50 * KB, rel=0.15), "of both workers that live at a time"


@pytest.mark.parametrize("life_s", [1.0, 3.0, 9.0])
def test_the_warm_up_of_each_life_is_no_leak(life_s: float) -> None:
    warm_up = saturating(300 * KB, life_s / 12)
    assert judge_growth(recycled(warm_up, life_s=life_s)).growth is Growth.STEADY


def test_a_warm_up_as_long_as_the_life_is_not_decided() -> None:
    assert judge_growth(recycled(saturating(300 * KB, 1.5))).growth is Growth.UNDECIDED


def test_a_leak_beside_a_warm_up_is_found() -> None:
    both = plus(linear(40 * KB), saturating(500 * KB, 0.2, level=0.0))
    assert judge_growth(recycled(both)).growth is Growth.GROWS


def test_workers_at_rest_are_healthy_and_say_what_would_have_shown() -> None:
    judgement = judge_growth(recycled(lambda age_s: 4 * MB + 2 * KB * wobble(age_s)))
    assert judgement.growth is Growth.STEADY
    roles = [one for one in judgement.assessments if one.signal.recycled is not None]
    assert [one.window.shape for one in roles] == [Shape.FLAT]
    assert 2 * KB < roles[0].window.unseen_per_s < 20 * KB


def test_very_short_lives_are_laid_over_each_other() -> None:
    leaking = recycled(linear(600 * KB), life_s=0.2, end_s=20.0, interval_s=0.04)
    assert judge_growth(leaking).growth is Growth.GROWS
    healthy = recycled(saturating(30 * KB, 0.02), life_s=0.2, end_s=20.0, interval_s=0.04)
    assert judge_growth(healthy).growth is Growth.STEADY


def test_a_short_life_is_cut_in_fewer_parts() -> None:
    short, long = (sampled(linear(KB), life_s) for life_s in (1.3, 4.0))
    assert [len(one.lows) for one in lives_of([short, long])] == [4, 8]


def test_one_life_is_no_answer() -> None:
    lives = lives_of([sampled(linear(100 * KB), 20.0)])
    assert len(lives) == 1
    assert window_of(lives, HEAP) is None


def test_few_steps_are_no_answer() -> None:
    lives = lives_of([sampled(linear(100 * KB), 1.3)] * 3)
    assert sum(len(one.steps()) for one in lives) < thresholds.IN_FORCE.lives.least_steps
    assert window_of(lives, HEAP) is None


def test_garbage_in_short_lives_is_no_leak() -> None:
    garbage = Garbage(per_s=200 * KB, collected_at=float("inf"))
    starts = [1.0 + 2.0 * number for number in range(12)]
    children = tuple(
        worker(200 + index, life(flat(), start_s, 1.5 + 0.04 * index, garbage=garbage))
        for index, start_s in enumerate(starts)
    )
    assert judge_growth(trial_from(heap=flat(), children=children)).growth is Growth.STEADY
    unsettled = tuple(
        replace(one, series=worker(1, life(linear(200 * KB), one.first_s, 1.5)).series[:1]) for one in children
    )
    assert judge_growth(trial_from(heap=flat(), children=unsettled)).growth is Growth.UNDECIDED


def test_memory_of_workers_that_wanders_is_seldom_called_growing() -> None:
    """At most 2 of 200 roles: the test's own error rate is below that."""
    alarms = sum(_wandering(seed) is Shape.SUSTAINED for seed in range(200))
    assert alarms <= 2


def _wandering(seed: int) -> Shape:
    chance = random.Random(seed)  # noqa: S311 - the same in every run
    readings = []
    for _ in range(10):
        level, values = 4 * MB, []
        for _ in range(40):
            level += chance.gauss(0, 8 * KB)
            values.append(level)
        times = tuple(0.1 * index for index in range(40))
        readings.append(Points(times, tuple(values), (False,) * 30 + (True,) + (False,) * 9))
    window = window_of(lives_of(readings), HEAP)
    assert window is not None
    return window.shape


def test_a_worker_that_is_never_replaced_is_judged_on_its_own() -> None:
    child = worker(200, (life(linear(50 * KB), 1.0, 29.0)[0], Points((), ())))
    judgement = judge_growth(trial_from(heap=flat(), children=(child,)))
    assert judgement.growth is Growth.GROWS
    assert judgement.leading is not None
    assert judgement.leading.signal.recycled is None


def test_workers_seen_most_of_the_time_without_an_answer_are_named() -> None:
    children = tuple(worker(200 + n, life(flat(), 1.0 + 9 * n, 7.8, interval_s=1.5)) for n in range(2))
    judgement = judge_growth(trial_from(end_s=20.0, heap=flat(), children=children))
    assert judgement.growth is Growth.STEADY
    assert [role.lives for role in judgement.unseen] == [2]


def test_helpers_that_ended_soon_are_not_missed() -> None:
    children = tuple(worker(200 + n, life(flat(), 1.0 + 2 * n, 1.2)) for n in range(2))
    judgement = judge_growth(trial_from(end_s=20.0, heap=flat(), children=children))
    assert not judgement.unseen


def test_a_role_is_one_parent_and_one_command_whatever_its_numbers() -> None:
    readings = life(flat(), 0.0, 3.0)
    spawned = [worker(200 + n, readings, command=f"python -c 'main(pipe={n})'") for n in range(3)]
    other = worker(300, readings, command="python tracker.py")
    stranger = replace(worker(400, readings), parent=0)
    roles = roles_of((*spawned, other, stranger))
    assert [role.pids for role in roles] == [{200, 201, 202}, {300}]
    assert role_of(201, roles) is roles[0]
    assert role_of(400, roles) is None


def test_a_worker_that_ended_before_it_was_found_joins_the_only_role_of_its_parent() -> None:
    readings = life(flat(), 0.0, 3.0)
    known, unknown = worker(200, readings), worker(201, readings, command="")
    assert [role.pids for role in roles_of((known, unknown))] == [{200, 201}]
    tracker = worker(300, readings, command="python tracker.py")
    assert [role.pids for role in roles_of((known, unknown, tracker))] == [{200}, {201}, {300}]


def test_a_worker_that_was_not_forked_is_named_by_the_program_that_started_it() -> None:
    readings = life(flat(), 0.0, 3.0)
    main = replace(trial_from(heap=flat()).processes[0], command="uvicorn main:app --workers 2")
    spawned = worker(200, readings, command="python -B -c from multiprocessing.spawn import spawn_main; spawn_main(5)")
    server = worker(300, readings, command="python -B -c from multiprocessing.forkserver import main; main(3, 4)")
    below = replace(spawned, pid=301, parent=300, command=server.command)
    roles = {min(role.pids): role.command for role in roles_of((main, spawned, server, below))}
    assert roles == {200: main.command, 300: main.command, 301: main.command}
    assert roles_of((spawned,))[0].command == spawned.command


def lives_that_grow(*grown: float) -> list[Life]:
    """Lives of 8 s, each with a warm-up of two parts and then this growth, evenly."""
    return [
        Life(8.0 * at, 8.0 * at + 8.0, (0.0, 0.0, *(total * part / 5 for part in range(6))))
        for at, total in enumerate(grown)
    ]


def test_lives_that_could_hide_a_leak_are_not_at_rest() -> None:
    uneven = window_of(lives_that_grow(0.0, 400 * KB, -300 * KB), HEAP)
    even = window_of(lives_that_grow(0.0, 4 * KB, -3 * KB), HEAP)
    assert uneven is not None
    assert even is not None
    assert (uneven.shape, even.shape) == (Shape.UNSTEADY, Shape.FLAT)
    assert even.unseen_per_s == pytest.approx(HEAP.allowed(5.0) / 5.0)


def test_few_lives_that_freed_what_they_inherited_do_not_make_the_others_uncertain() -> None:
    window = window_of(lives_that_grow(*[0.0] * 6, -900 * KB, -800 * KB, 1 * KB), HEAP)
    assert window is not None
    assert window.shape is Shape.FLAT
    assert window.unseen_per_s == pytest.approx(HEAP.allowed(5.0) / 5.0)


def test_a_late_half_that_could_hide_a_leak_is_not_at_rest_after_a_long_warm_up() -> None:
    def lives(*late: float) -> list[Life]:
        starts = [(0.0, 0.0, 0.0, 3 * MB, 6 * MB, *(6 * MB + part * one for part in (1, 2, 3))) for one in late]
        return [Life(8.0 * at, 8.0 * at + 8.0, lows) for at, lows in enumerate(starts)]

    warmed, leaking = window_of(lives(0.0, 0.0), HEAP), window_of(lives(60 * KB, 160 * KB, 90 * KB), HEAP)
    assert warmed is not None
    assert leaking is not None
    assert warmed.shape is Shape.FLAT
    assert leaking.shape is not Shape.FLAT


def test_a_web_worker_that_warms_up_for_half_of_its_life_is_at_rest() -> None:
    """Readings of gunicorn's gthread workers with --max-requests 1000, in KB above the first, and lives in seconds."""
    seen = (
        (5.8, 0, 1733, 1733, 1698, 1925, 1933, 1935, 1932),
        (4.5, 0, 1177, 3060, 4092, 4229, 4285, 4298, 4296),
        (4.3, 0, 3943, 3943, 4120, 4102, 4135, 4138, 4143),
        (5.1, 0, 1489, 3385, 3978, 4165, 4193, 4182, 4186),
        (3.8, 0, 1087, 2739, 3769, 3868, 3961, 3954, 3970),
        (4.1, 0, 2976, 4092, 4295, 4296, 4310, 4301, 4322),
        (4.3, 0, 3089, 4153, 4153, 4336, 4350, 4324, 4354),
        (3.2, 0, 1331, 2851, 4243, 4468, 4445, 4453, 4452),
        (3.4, 0, 3272, 4094, 4284, 4301, 4261, 4271, 4305),
        (2.8, 0, 3886, 4016, 4079, 4095, 4112, 4097, 4091),
        (3.9, 0, 958, 2648, 3822, 4114, 4162, 4159, 4165),
        (3.4, 0, 637, 4244, 4406, 4441, 4442, 4468, 4469),
    )
    lives = [Life(3.0 * at, 3.0 * at + one[0], tuple(KB * low for low in one[1:])) for at, one in enumerate(seen)]
    window = window_of(lives, HEAP)
    assert window is not None
    assert window.shape is Shape.FLAT
    assert window.unseen_per_s < 20 * KB
    leaking = [
        Life(one.begin_s, one.end_s, tuple(low + 40 * KB * part * one.part_s for part, low in enumerate(one.lows)))
        for one in lives
    ]
    window = window_of(leaking, HEAP)
    assert window is not None
    assert window.shape is not Shape.FLAT


def test_a_worker_that_has_just_started_is_left_out() -> None:
    ended = [worker(200 + at, life(saturating(3 * MB, 0.4), 1.0 + 6.0 * at, 6.0)) for at in range(4)]
    newborn = worker(300, life(saturating(3 * MB, 0.4), 27.0, 2.9))
    judgement = judge_growth(trial_from(end_s=30.0, heap=flat(), children=(*ended, newborn)))
    assert judgement.growth is Growth.STEADY
    (role,) = {one.signal.recycled for one in judgement.assessments if one.signal.recycled is not None}
    assert role.lives == len(ended)


def started_up(share: float, seed: int, *, leak_per_s: float, life_s: float = 3.0) -> list[Points]:
    """Ten lives whose start-up takes this share of them, with garbage on top, and perhaps a leak after it.

    The start-up takes 3 MB, half of it in uneven steps. A full collection finds each worker at another age.
    """
    chance = random.Random(seed)  # noqa: S311 - the same in every run
    found = []
    for number in range(10):
        span_s = chance.uniform(0.85, 1.15) * life_s
        steps = [chance.random() for _ in range(12)]
        count = int(span_s / 0.1) + 1
        asked = int(count * chance.uniform(0.2, 0.9))
        rows = []
        for index in range(count):
            age_s = index * span_s / (count - 1)
            done = min(1.0, age_s / (share * span_s))
            start_up = 3 * MB * (done + sum(step <= done for step in steps) / 12) / 2
            live = 4 * MB + start_up + leak_per_s * max(0.0, age_s - share * span_s)
            garbage = max(0.0, 30 * KB * (3 * age_s % 1.0) + chance.gauss(0, KB))
            rows.append((number * life_s + age_s, live + garbage, False))
            rows += [(number * life_s + age_s, live, True)] if index == asked else []
        found.append(Points(*zip(*rows, strict=True)))
    return found


@pytest.mark.parametrize("share", [0.1, 0.3, 0.5, 0.7, 0.75, 0.8, 0.85, 0.9])
def test_a_start_up_that_takes_most_of_a_life_is_no_leak(share: float) -> None:
    """For 3 s and for 1 s. With 0.75 and more, all were called a leak before the end of a life was looked at."""
    for seed in range(5):
        for life_s in (3.0, 1.0):
            readings = started_up(share, seed, leak_per_s=0.0, life_s=life_s)
            for start_ups_s in ([], [start_up_s(points, HEAP) for points in readings]):
                window = window_of(lives_of(readings, start_ups_s), HEAP)
                assert window is None or window.shape is not Shape.SUSTAINED


@pytest.mark.parametrize("share", [0.1, 0.3, 0.5])
def test_a_leak_after_a_start_up_is_found(share: float) -> None:
    found = [
        window.shape
        for seed in range(5)
        if (window := window_of(lives_of(started_up(share, seed, leak_per_s=200 * KB)), HEAP)) is not None
    ]
    assert found == [Shape.SUSTAINED] * 5


@pytest.mark.parametrize("share", [0.6, 0.7, 0.8, 0.9])
def test_a_leak_after_a_start_up_of_most_of_a_life_is_never_at_rest(share: float) -> None:
    for seed in range(5):
        readings = started_up(share, seed, leak_per_s=200 * KB)
        for start_ups_s in ([], [start_up_s(points, HEAP) for points in readings]):
            window = window_of(lives_of(readings, start_ups_s), HEAP)
            assert window is not None
            assert window.shape is not Shape.FLAT


def test_garbage_after_a_start_up_in_short_lives_is_no_leak() -> None:
    """The memory that the start-up took remains after every collection, and says nothing about the garbage."""
    garbage = Garbage(per_s=200 * KB, collected_at=float("inf"))
    curve = saturating(3 * MB, 0.05)
    children = tuple(
        worker(200 + index, life(curve, 1.0 + 2.0 * index, 1.5 + 0.04 * index, garbage=garbage)) for index in range(12)
    )
    assert judge_growth(trial_from(heap=flat(), children=children)).growth is Growth.STEADY


def forks(count: int, *, every_s: float = 0.5, pooled: bool = False, probed: bool = False) -> tuple[ProcessTrack, ...]:
    """Forks that were seen once each."""
    return tuple(
        replace(
            worker(200 + n, life(flat(), 1.0 + every_s * n, 0.15, interval_s=0.05)),
            probed=probed,
            pooled=pooled,
            series=(),
            first_s=1.0 + every_s * n,
            last_s=1.0 + every_s * n,
        )
        for n in range(count)
    )


def test_processes_for_one_short_job_each_are_named_but_leave_the_answer() -> None:
    judgement = judge_growth(trial_from(end_s=20.0, heap=flat(), children=forks(30)))
    assert judgement.growth is Growth.STEADY
    (role,) = judgement.unseen
    assert (role.lives, role.does_many_jobs) == (30, False)
    assert role.busy == pytest.approx(0.75)


def test_workers_of_a_pool_that_live_too_short_are_not_judged() -> None:
    judgement = judge_growth(trial_from(end_s=20.0, heap=flat(), children=forks(30, pooled=True, probed=True)))
    assert [role.does_many_jobs for role in judgement.unseen] == [True]


def test_very_many_processes_count_as_busy_all_the_time() -> None:
    judgement = judge_growth(trial_from(end_s=300.0, heap=flat(), children=forks(100)))
    assert [role.busy for role in judgement.unseen] == [1.0]


def test_a_program_that_is_not_python_is_no_short_job() -> None:
    others = tuple(replace(one, command="git status") for one in forks(30))
    assert not judge_growth(trial_from(end_s=20.0, heap=flat(), children=others)).unseen


IMPORTS = linear(8 * MB, until_s=1.0)
"""A worker imports its program in the first third of its life."""


@pytest.mark.parametrize(
    ("later", "growth"),
    [(flat(0.0), Growth.STEADY), (linear(50 * KB, level=0.0), Growth.GROWS), (saturating(MB, 2.0), Growth.UNDECIDED)],
)
def test_imports_that_take_a_third_of_a_life_are_left_out(later: Curve, growth: Growth) -> None:
    judgement = judge_growth(recycled(plus(IMPORTS, later), life_s=3.0))
    assert judgement.growth is growth
    (role,) = (one.signal.recycled for one in judgement.assessments if one.signal.recycled is not None)
    assert role.life_s == pytest.approx(3.0, rel=0.1)
    if growth is not Growth.UNDECIDED:
        assert role.start_up_s == pytest.approx(1.0, abs=0.2)


def test_what_a_worker_grows_by_is_counted_after_its_start_up() -> None:
    judgement = judge_growth(recycled(plus(IMPORTS, linear(50 * KB, since_s=1.0, level=0.0)), life_s=3.0))
    assert judgement.leading is not None
    assert judgement.leading.signal.recycled is not None
    assert judgement.leading.signal.recycled.grew == pytest.approx(100 * KB, rel=0.1)


def test_a_warm_up_of_each_life_is_no_growth_of_a_role_at_rest() -> None:
    """The figures of a report agree with its answer: memory that grows only in the early half of each life is no
    growth.
    """
    judgement = judge_growth(recycled(linear(100 * KB, until_s=1.2), life_s=3.0))
    (one,) = (one for one in judgement.assessments if one.signal.recycled is not None)
    assert one.window.shape is Shape.FLAT
    assert abs(one.slope.per_s) < HEAP.per_s
