"""The rules on workers: those that are replaced, those that die, and how many of them leak."""

from dataclasses import replace

import pytest

from leakgate.growth.decision import Shape
from leakgate.growth.roles import role_labels
from leakgate.growth.signals import RecycledRole
from leakgate.growth.sizes import block_scale
from leakgate.model.evidence import ProcessTrack, TrialOk
from leakgate.model.explanation import Explanation, Frame, GrowthSite, Holder, RootKind
from leakgate.model.metrics import Metric
from leakgate.model.units import format_change, format_size
from leakgate.model.verdict import Verdict
from leakgate.model.work_record import RouteCount, Turn, WorkRecord
from leakgate.verdict.case import Evidence
from leakgate.verdict.rules.death_rule import RECYCLED_STATUS, judge_dead_workers
from leakgate.verdict.rules.growth_rule import judge_leak
from leakgate.verdict.rules.recycled_rule import judge_unseen_workers, recycling_hides, short_jobs
from leakgate.verdict.rules.registry import apply_rules
from leakgate.verdict.rules.worker_words import short_command, workers_that_grow
from tests.helpers.judged import evidence_of
from tests.helpers.trials import (
    Curve,
    flat,
    linear,
    saturating,
    saw,
    trial_from,
    worker_track,
)

KB = 1_000.0
SITE = GrowthSite(
    frames=(Frame("/p/work.py", 6, "score"),), grew_bytes=100_000, grew_blocks=1_000, bytes_per_s=25_000, share=1.0
)


def recycled(*, pooled: bool = False, explanation: Explanation | None = None) -> TrialOk:
    children = tuple(worker_track(200 + n, linear(50 * KB), 1.0 + 3 * n, 3.0, pooled=pooled) for n in range(9))
    return trial_from(end_s=30.0, heap=flat(), children=children, explanation=explanation)


def explained(kind: RootKind) -> Explanation:
    holder = Holder(
        path="work.MEMO", root=kind.value, root_kind=kind, container_type="dict", length=100, grew_per_min=500.0
    )
    return Explanation(window_s=1.0, sites=(SITE,), holders=(holder,))


def test_workers_of_a_pool_that_grow_are_a_leak_that_recycling_hides() -> None:
    finding = judge_leak(evidence_of(recycled(pooled=True)))
    assert finding is not None
    assert finding.verdict is Verdict.LEAK
    assert finding.message.startswith("recycling hides a leak of ")
    assert "each of 9 workers (service.py)" in finding.message
    assert "the workers end too soon: let each live for 1 s or more" in finding.hint


def test_processes_of_one_job_each_may_collect_data() -> None:
    unknown = judge_leak(evidence_of(recycled()))
    local = judge_leak(evidence_of(recycled(explanation=explained(RootKind.FRAME))))
    assert unknown is not None
    assert local is not None
    assert (unknown.verdict, local.verdict) == (Verdict.INCONCLUSIVE, Verdict.INCONCLUSIVE)
    assert "local variable" in local.message


def test_what_a_module_keeps_is_a_leak_of_any_worker() -> None:
    finding = judge_leak(evidence_of(recycled(explanation=explained(RootKind.MODULE))))
    assert finding is not None
    assert finding.verdict is Verdict.LEAK


def test_workers_that_answer_many_requests_do_not_live_for_one_job() -> None:
    turns = (Turn(0.0, 30.0, (RouteCount(0, 9_000, 0),)),)
    trial = replace(recycled(), work=WorkRecord(routes=("/",), turns=turns))
    finding = judge_leak(evidence_of(trial))
    assert finding is not None
    assert finding.verdict is Verdict.LEAK


def test_lives_that_could_not_be_judged_are_no_quiet_pass() -> None:
    rare = tuple(
        replace(one, series=tuple(replace(s, t_s=s.t_s[::20], values=s.values[::20]) for s in one.series))
        for one in (worker_track(200 + n, flat(), 1.0 + 9 * n, 7.8) for n in range(2))
    )
    finding = judge_unseen_workers(evidence_of(trial_from(end_s=20.0, heap=flat(), children=rare)))
    assert finding is not None
    assert finding.verdict is Verdict.INCONCLUSIVE


def passing(by_age: Curve, life_s: float = 0.3, *, pooled: bool = True, asked: int = 0) -> TrialOk:
    """Twenty workers in 20 s, one after another, each of this age; ``asked``: requests that they answered."""
    children = tuple(worker_track(200 + n, by_age, 1.0 + n, life_s, pooled=pooled) for n in range(19))
    turns = (Turn(0.0, 20.0, (RouteCount(0, asked, 0),)),)
    work = WorkRecord(routes=("/",), turns=turns) if asked else None
    return replace(trial_from(end_s=20.0, heap=flat(), native=flat(), children=children), work=work)


def test_workers_whose_lives_hide_a_fast_leak_are_no_quiet_pass() -> None:
    """A worker that lives for a third of a second grows by 12 KB before it shows: by 53 KB/s."""
    finding = judge_unseen_workers(evidence_of(passing(flat())))
    assert finding is not None
    assert finding.verdict is Verdict.INCONCLUSIVE
    assert "only a leak above " in finding.message
    assert judge_unseen_workers(evidence_of(recycled_at_rest())) is None


def recycled_at_rest() -> TrialOk:
    children = tuple(worker_track(200 + n, flat(), 1.0 + 3 * n, 3.0, pooled=True) for n in range(9))
    return trial_from(end_s=30.0, heap=flat(), children=children)


def test_a_leak_that_is_small_for_each_request_may_hide_in_a_short_life() -> None:
    assert judge_unseen_workers(evidence_of(passing(flat(), asked=2_000))) is not None
    assert judge_unseen_workers(evidence_of(passing(flat(), asked=40_000))) is None


def test_processes_of_one_job_each_pass_and_the_report_says_what_was_not_judged() -> None:
    assert judge_unseen_workers(evidence_of(passing(flat(), pooled=False))) is None
    forks = tuple(replace(one, series=(), probed=False, last_s=one.first_s) for one in passing(flat()).processes[1:])
    alone = evidence_of(trial_from(end_s=20.0, heap=flat(), children=tuple(replace(f, pooled=False) for f in forks)))
    assert judge_unseen_workers(alone) is None
    said, hint = short_jobs(alone)
    assert "19 seen" in said
    assert "freed when its process ends" in said
    assert "`call`" in hint
    assert short_jobs(evidence_of(recycled_at_rest())) == ("", "")


def died(**how: object) -> ProcessTrack:
    return replace(worker_track(200, flat(), 1.0, 4.0), **how)  # type: ignore[arg-type]


def trial_with(*children: ProcessTrack) -> TrialOk:
    return trial_from(end_s=20.0, heap=flat(), children=children)


def test_a_worker_that_raised_and_was_not_replaced_is_an_error_with_its_last_words() -> None:
    dead = died(status=1, raised=True, last_words="Traceback ...\n  File ...\nValueError: no such order\n")
    findings = apply_rules(evidence_of(trial_with(dead)))
    assert findings[0].rule == "dead-worker"
    assert findings[0].verdict is Verdict.ERROR
    assert "worker 200 (service.py) raised an exception and ended with status 1" in findings[0].message
    assert findings[0].message.endswith(": ValueError: no such order")
    assert "Traceback ..." in findings[0].hint


def test_a_worker_that_was_killed_and_replaced_is_never_a_quiet_pass() -> None:
    heir = worker_track(201, flat(), 5.5, 14.4)
    finding = judge_dead_workers(evidence_of(trial_with(died(status=-9), heir)))
    assert finding is not None
    assert finding.verdict is Verdict.INCONCLUSIVE
    assert "was killed by SIGKILL" in finding.message
    assert "memory ran out" in finding.hint


def test_workers_that_die_again_and_again_are_an_error() -> None:
    dead = [replace(died(status=-11), pid=200 + n) for n in range(3)]
    finding = judge_dead_workers(evidence_of(trial_with(*dead, worker_track(300, flat(), 5.5, 14.4))))
    assert finding is not None
    assert finding.verdict is Verdict.ERROR
    assert "2 more died" in finding.message


@pytest.mark.parametrize(
    "how", [{"status": None}, {"status": 0}, {"status": -15}, {"status": RECYCLED_STATUS}, {"status": 1, "last_s": 2.0}]
)
def test_an_end_that_was_asked_for_is_no_death(how: dict[str, object]) -> None:
    assert judge_dead_workers(evidence_of(trial_with(died(**how)))) is None


@pytest.mark.parametrize("how", [{"status": 3}, {"status": 1, "raised": True, "last_s": 2.0}])
def test_either_an_exception_or_some_work_before_a_status_above_0_is_a_death(how: dict[str, object]) -> None:
    assert judge_dead_workers(evidence_of(trial_with(died(**how)))) is not None


def test_how_many_workers_leak_is_in_the_headline() -> None:
    alike = [worker_track(200 + n, linear(50 * KB) if n else flat(), 1.0, 29.0) for n in range(4)]
    children = tuple(replace(one, series=one.series[:1]) for one in alike)
    finding = judge_leak(evidence_of(trial_from(end_s=30.0, heap=flat(), children=children)))
    assert finding is not None
    assert finding.message.startswith("memory of 3 of 4 workers (service.py) grows by ")


@pytest.mark.parametrize(
    ("other", "said"),
    [
        (linear(50 * KB, until_s=20.0), "at least 1 of 2 workers"),
        (saturating(3_000 * KB, 15.0), "at least 1 of 2 workers"),
        (saw(6_000 * KB, 12.0), "at least 1 of 2 workers"),
        (flat(), "1 of 2 workers"),
    ],
    ids=["stopped late", "slows down", "swings", "at rest"],
)
def test_a_worker_that_was_not_seen_well_enough_may_leak_as_well(other: Curve, said: str) -> None:
    alike = [worker_track(200, linear(50 * KB), 1.0, 29.0), worker_track(201, other, 1.0, 29.0)]
    children = tuple(replace(one, series=one.series[:1]) for one in alike)
    finding = judge_leak(evidence_of(trial_from(end_s=30.0, heap=flat(), children=children)))
    assert finding is not None
    assert finding.message.startswith(f"memory of {said} (service.py) grows by ")


def test_a_worker_of_a_server_may_be_at_rest_because_it_got_no_requests() -> None:
    alike = [worker_track(200, linear(50 * KB), 1.0, 29.0), worker_track(201, flat(), 1.0, 29.0)]
    children = tuple(replace(one, series=one.series[:1]) for one in alike)
    trial = trial_from(end_s=30.0, heap=flat(), children=children)
    turns = (Turn(0.0, 30.0, (RouteCount(0, 9_000, 0),)),)
    finding = judge_leak(evidence_of(replace(trial, work=WorkRecord(routes=("/",), turns=turns))))
    assert finding is not None
    assert finding.message.startswith("memory of at least 1 of 2 workers (service.py) grows by ")


def test_reports_call_a_process_by_its_role() -> None:
    master = replace(worker_track(200, flat(), 1.0, 29.0), command="python master.py")
    workers = [replace(worker_track(300 + n, flat(), 1.0, 29.0), parent=200) for n in range(2)]
    main = trial_from(heap=flat()).processes[0]
    assert role_labels((main, master, *workers)) == ("main", "master", "worker", "worker")


@pytest.mark.parametrize(
    ("how", "is_death"),
    [
        ({"status": -9, "probed": False, "last_s": 4.0}, True),  # three seconds of work
        ({"status": -9, "probed": False, "last_s": 3.9}, False),  # a quick command that another one killed
        ({"status": -9, "probed": True, "last_s": 1.1}, True),
        ({"status": 3, "last_s": 4.0}, True),
        ({"status": 3, "last_s": 3.9}, False),
        ({"status": 3, "probed": False}, False),  # a command may say "no" with its status
        ({"status": 1, "raised": True, "probed": False}, False),
    ],
)
def test_a_child_without_a_probe_dies_only_by_a_signal_after_some_work(
    how: dict[str, object], *, is_death: bool
) -> None:
    assert (judge_dead_workers(evidence_of(trial_with(died(**how)))) is not None) is is_death


def test_how_long_a_dead_worker_lived_and_how_many_died_is_said() -> None:
    alone = judge_dead_workers(evidence_of(trial_with(died(status=-6))))
    assert alone is not None
    assert "was killed by SIGABRT after 4.0 s, while the script continued" in alone.message
    assert "more died" not in alone.message
    assert "PYTHONFAULTHANDLER" in alone.hint
    pair = judge_dead_workers(evidence_of(trial_with(died(status=-6), replace(died(status=-6), pid=201))))
    assert pair is not None
    assert "; 1 more died" in pair.message


@pytest.mark.parametrize(
    ("heir", "verdict"),
    [
        ({}, Verdict.INCONCLUSIVE),
        ({"status": 0}, Verdict.ERROR),  # it ended as well
        ({"last_s": 12.0}, Verdict.ERROR),  # it was not seen at the end
        ({"first_s": 1.0}, Verdict.ERROR),  # it worked beside the dead one
        ({"command": "python other.py"}, Verdict.ERROR),
    ],
)
def test_only_a_later_worker_of_the_same_kind_that_is_alive_replaces_a_dead_one(
    heir: dict[str, object], verdict: Verdict
) -> None:
    other = replace(worker_track(201, flat(), 5.5, 14.4), **heir)  # type: ignore[arg-type]
    finding = judge_dead_workers(evidence_of(trial_with(died(status=-9), other)))
    assert finding is not None
    assert finding.verdict is verdict


def test_two_that_died_and_were_replaced_are_inconclusive_and_three_an_error() -> None:
    for count, verdict in ((2, Verdict.INCONCLUSIVE), (3, Verdict.ERROR)):
        dead = [replace(died(status=-11), pid=200 + n) for n in range(count)]
        finding = judge_dead_workers(evidence_of(trial_with(*dead, worker_track(300, flat(), 5.5, 14.4))))
        assert finding is not None
        assert finding.verdict is verdict


def test_the_end_of_stderr_is_quoted_up_to_the_last_line_which_is_in_the_message() -> None:
    words = "one\ntwo\nthree\nfour\nfive\n"
    finding = judge_dead_workers(evidence_of(trial_with(died(status=3, last_words=words))))
    assert finding is not None
    assert finding.message.endswith(": five")
    assert finding.hint == "stderr ended with: two | three | four"
    quiet = judge_dead_workers(evidence_of(trial_with(died(status=3, last_words="five"))))
    assert quiet is not None
    assert quiet.hint == "see the log of stderr"


@pytest.mark.parametrize(
    ("command", "short"),
    [
        ("/usr/bin/python3 /srv/app/work.py --port 8000", "work.py --port 8000"),
        ("/usr/bin/python3 -m http.server", "python3 -m http.server"),
        ("/usr/bin/python3", "python3"),
        ("/usr/sbin/nginx /etc/nginx.conf", "nginx /etc/nginx.conf"),
        ("x" * 60, "x" * 60),
        ("x" * 61, "x" * 60 + " ..."),
    ],
)
def test_commands_are_shown_by_the_file_that_python_runs(command: str, short: str) -> None:
    assert short_command(command) == short


def crew(*curves: Curve) -> Evidence:
    """Workers that live for the whole watch, one for each curve; the first grows."""
    alike = [worker_track(200 + n, curve, 1.0, 29.0) for n, curve in enumerate(curves)]
    workers = tuple(replace(one, series=one.series[:1]) for one in alike)
    return evidence_of(trial_from(end_s=30.0, heap=flat(), children=workers))


def test_a_worker_in_which_this_growth_would_not_have_shown_may_grow_too() -> None:
    evidence = crew(linear(50 * KB), flat())
    first, second = evidence.judgement.assessments[1:]
    assert second.window.shape is Shape.FLAT

    def with_other(**fields: object) -> str:
        other = replace(second, window=replace(second.window, **fields))  # type: ignore[arg-type]
        judgement = replace(evidence.judgement, assessments=(first, other))
        return workers_that_grow(replace(evidence, judgement=judgement))

    assert not with_other(unseen_per_s=first.slope.per_s).startswith("at least")
    assert with_other(unseen_per_s=first.slope.per_s * 1.01).startswith("at least")
    native = replace(second, signal=replace(second.signal, metric=Metric.NATIVE))
    judgement = replace(evidence.judgement, assessments=(first, native))
    assert workers_that_grow(replace(evidence, judgement=judgement)).startswith("at least")
    assert workers_that_grow(crew(linear(50 * KB))) == ""


def role_of_workers(evidence: Evidence) -> RecycledRole:
    leading = evidence.judgement.leading
    assert leading is not None
    assert leading.signal.recycled is not None
    return leading.signal.recycled


def test_what_a_worker_keeps_in_its_life_is_said_with_the_measured_size_of_its_blocks() -> None:
    usual = evidence_of(recycled(pooled=True))
    heavy = evidence_of(
        recycled(pooled=True, explanation=Explanation(window_s=4.0, traced_blocks=1_000, traced_bytes=160_000))
    )
    role = replace(role_of_workers(usual), grew=100_000.0, life_s=3.0)
    assert "grows by +100 KB in the 3.0 s that it lives" in recycling_hides(usual, role, "+9 KB/s")
    scale = block_scale(heavy.trial.explanation)
    assert scale > 1.2
    assert f"grows by {format_change(scale * 100_000)} in" in recycling_hides(heavy, role, "+9 KB/s")
    leading = heavy.judgement.leading
    assert leading is not None
    native = replace(leading, signal=replace(leading.signal, metric=Metric.NATIVE))
    other = replace(heavy, judgement=replace(heavy.judgement, leading=native))
    assert "grows by +100 KB in" in recycling_hides(other, role, "+9 KB/s")


@pytest.mark.parametrize(("asked", "verdict"), [(45, Verdict.INCONCLUSIVE), (46, Verdict.LEAK)])
def test_workers_with_more_than_five_requests_each_are_not_for_one_job(asked: int, verdict: Verdict) -> None:
    turns = (Turn(0.0, 30.0, (RouteCount(0, asked, 0),)),)
    finding = judge_leak(evidence_of(replace(recycled(), work=WorkRecord(routes=("/",), turns=turns))))
    assert finding is not None
    assert finding.verdict is verdict


@pytest.mark.parametrize(
    ("explanation", "words"),
    [
        (Explanation(window_s=1.0), "they end before leakgate can find the holder"),
        (Explanation(window_s=1.0, holders=explained(RootKind.FRAME).holders), "a local variable holds it"),
    ],
)
def test_memory_of_a_job_is_said_to_be_local_only_if_a_look_showed_it(explanation: Explanation, words: str) -> None:
    finding = judge_leak(evidence_of(recycled(explanation=explanation)))
    assert finding is not None
    assert (finding.verdict, words in finding.message) == (Verdict.INCONCLUSIVE, True)


def test_a_place_without_a_local_holder_is_no_memory_of_a_job() -> None:
    finding = judge_leak(evidence_of(recycled(explanation=Explanation(window_s=1.0, sites=(SITE,)))))
    assert finding is not None
    assert finding.verdict is Verdict.LEAK
    module = Explanation(window_s=1.0, holders=explained(RootKind.MODULE).holders)
    finding = judge_leak(evidence_of(recycled(explanation=module)))
    assert finding is not None
    assert finding.verdict is Verdict.LEAK


def test_what_would_have_shown_in_a_life_is_the_rate_times_its_length() -> None:
    evidence = evidence_of(passing(flat()))
    finding = judge_unseen_workers(evidence)
    assert finding is not None
    coarse = max(evidence.judgement.assessments, key=lambda one: one.window.unseen_per_s)
    role = coarse.signal.recycled
    assert role is not None
    assert f"{format_size(coarse.window.unseen_per_s * role.life_s)} in its life" in finding.message
