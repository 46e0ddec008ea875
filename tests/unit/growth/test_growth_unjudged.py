"""Processes that live too short to be judged: how many, how long, and for how much of the watch."""

from dataclasses import replace

import pytest

from leakgate.growth.roles import WorkerRole
from leakgate.growth.unjudged import UnjudgedRole, unjudged_roles, workers_at_once
from leakgate.model.evidence import ProcessRole, ProcessTrack, TrialOk
from tests.helpers.trials import MAIN_PID, flat, track_from, trial_from


def passing(pid: int, first_s: float, last_s: float, **fields: object) -> ProcessTrack:
    track = track_from(pid=pid, role=ProcessRole.CHILD, first_s=first_s, last_s=last_s, parent=MAIN_PID)
    return replace(track, **({"probed": True, "command": "python job.py"} | fields))  # type: ignore[arg-type]


def role(*spans: tuple[float, float]) -> WorkerRole:
    tracks = tuple(passing(200 + at, *span) for at, span in enumerate(spans))
    return WorkerRole(parent=MAIN_PID, command="python job.py", tracks=tracks)


@pytest.mark.parametrize(
    ("spans", "at_once"),
    [
        (((1.0, 5.0),), 1.0),
        (((1.0, 5.0), (5.0, 9.0)), 1.0),
        (((1.0, 5.0), (7.0, 9.0)), 1.0),  # a pause between them does not count
        (((1.0, 5.0), (1.0, 5.0)), 2.0),
        (((1.0, 5.0), (3.0, 7.0)), 8 / 6),
        (((1.0, 9.0), (2.0, 4.0)), 10 / 8),
        (((2.0, 2.0),), 1.0),  # seen once
    ],
)
def test_how_many_workers_of_a_role_are_alive_at_once(spans: tuple[tuple[float, float], ...], at_once: float) -> None:
    assert workers_at_once(role(*spans)) == pytest.approx(at_once)


def unjudged(*tracks: ProcessTrack, watched_s: float = 20.0) -> tuple[UnjudgedRole, ...]:
    return unjudged_roles(trial_from(end_s=watched_s, heap=flat(), children=tracks), ())


def jobs(count: int, life_s: float, **fields: object) -> list[ProcessTrack]:
    return [passing(200 + at, 1.0 + at, 1.0 + at + life_s, **fields) for at in range(count)]


def test_a_role_is_described_by_its_lives() -> None:
    (one,) = unjudged(*jobs(9, 0.3), passing(300, 15.0, 15.9))
    assert (one.command, one.lives, one.pooled, one.does_many_jobs) == ("python job.py", 10, False, False)
    assert one.life_s == pytest.approx(0.3)
    # each is seen in one step of half a second, and the last one in two
    assert one.busy == pytest.approx(11 * 0.5 / 20.0)


@pytest.mark.parametrize(("life_s", "many"), [(0.99, False), (1.0, True)])
def test_a_process_of_a_second_does_more_than_one_short_job(life_s: float, *, many: bool) -> None:
    one = UnjudgedRole(command="", lives=9, life_s=life_s, pooled=False, busy=1.0)
    assert one.does_many_jobs is many
    assert replace(one, pooled=True, life_s=0.1).does_many_jobs


def test_a_few_short_helpers_are_left_out() -> None:
    assert unjudged(*jobs(5, 0.3)) != ()
    assert unjudged(*jobs(4, 0.3)) == ()
    assert unjudged(*jobs(5, 0.3), watched_s=26.0) == (), "they ran for less than a tenth of the watch"


def test_workers_of_a_pool_that_ran_for_much_of_the_watch_count_from_two_on() -> None:
    long = [passing(200, 1.0, 5.4, pooled=True), passing(201, 5.6, 9.4, pooled=True)]
    assert [one.lives for one in unjudged(*long)] == [2]
    assert unjudged(long[0]) == ()
    assert unjudged(*long, watched_s=24.0) == (), "they ran for less than two fifths of the watch"


def test_very_many_processes_count_as_busy_all_the_time() -> None:
    brief = [passing(200 + at, 1.0, 1.1) for at in range(64)]
    assert [one.busy for one in unjudged(*brief)] == [1.0]
    assert unjudged(*brief[:63]) == ()


def test_a_role_that_has_an_answer_and_programs_that_are_not_python_are_left_out() -> None:
    trial = trial_from(end_s=20.0, heap=flat(), children=tuple(jobs(9, 0.3)))
    assert unjudged_roles(trial, ()) != ()
    assert unjudged_roles(trial, {(MAIN_PID, "python job.py")}) == ()
    blind = {"probed": False}
    assert unjudged(*jobs(9, 0.3, **blind, command="git status")) == ()
    assert unjudged(*jobs(9, 0.3, **blind, command="python service.py")) != (), "a fork has the command of its parent"
    assert unjudged(*jobs(9, 0.3, **blind, command="/usr/bin/python3 python service.py")) != ()


def test_a_fork_of_a_parent_without_a_command_is_not_known_to_be_python() -> None:
    trial = trial_from(end_s=20.0, heap=flat(), children=tuple(jobs(9, 0.3, probed=False, command="")))
    nameless: TrialOk = replace(trial, processes=(replace(trial.processes[0], command=""), *trial.processes[1:]))
    assert unjudged_roles(nameless, ()) == ()
