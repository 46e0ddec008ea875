"""A large rise that still continues never passes silently, and every hint can help."""

import math
from dataclasses import replace

import pytest

from leakgate.growth.assess import Growth, judge_growth
from leakgate.growth.floors import Points
from leakgate.model.evidence import Ending, EndReason, TrialOk
from leakgate.model.explanation import Explanation, Holder, RootKind
from leakgate.model.metrics import Metric
from leakgate.model.session_record import Session
from leakgate.model.target import TraceMode
from leakgate.model.verdict import ExitCode, Expectation, Kind, Verdict
from leakgate.model.work_record import RouteVerdict
from leakgate.verdict.case import Evidence
from leakgate.verdict.rules.growth_hints import longer_s, what_settles, where_to_look
from leakgate.verdict.rules.growth_rule import judge_leak
from leakgate.verdict.rules.large_rise import LARGE_BYTES, large_rise
from leakgate.verdict.rules.unmeasured_rule import judge_unmeasured
from leakgate.verdict.script import judge_session
from leakgate.verdict.whole_run import exit_code_of
from tests.helpers.judged import evidence_of, growth, leaking, measurement, resting, site, target
from tests.helpers.trials import MB, Curve, flat, plus, saturating, trial_from
from tests.helpers.works import kept, work_of


def session_of(trial: TrialOk) -> Session:
    return Session(target=target(), measurement=measurement(trial))


HOLDER = Holder(
    path="__main__.PROMPTS",
    root="module __main__",
    root_kind=RootKind.MODULE,
    container_type="dict",
    length=9_000,
    grew_per_min=600.0,
    kept_bytes_per_s=2 * MB,
)


def slowing(
    rise: float = 200 * MB, *, curve: Curve | None = None, holder: Holder | None = None, **fields: object
) -> TrialOk:
    """A heap that rises more and more slowly, to the end."""
    explanation = Explanation(window_s=4.0, holders=(holder,), sites=(site(),)) if holder is not None else None
    curve = curve or saturating(rise, 22.0)
    trial = trial_from(
        heap=curve, native=flat(), resident=plus(curve, flat(30 * MB)), end_s=60.0, explanation=explanation
    )
    return replace(trial, **fields)  # type: ignore[arg-type]


def test_a_large_rise_that_goes_on_and_that_nothing_explains_is_an_error() -> None:
    finding = judge_leak(evidence_of(slowing()))
    assert finding is not None
    assert finding.verdict is Verdict.ERROR
    assert "still grows when the watch ends" in finding.message
    result = judge_session(session_of(slowing()))
    assert exit_code_of((result,), frozenset({Verdict.LEAK}), interrupted=False) is not ExitCode.PASS


def test_a_container_without_limit_or_eviction_makes_it_a_leak() -> None:
    finding = judge_leak(evidence_of(slowing(holder=HOLDER)))
    assert finding is not None
    assert (finding.verdict, finding.metric) == (Verdict.LEAK, Metric.HEAP)
    assert "kept by __main__.PROMPTS" in finding.message
    result = judge_session(session_of(slowing(holder=HOLDER)))
    assert (result.verdict, result.kind) == (Verdict.LEAK, Kind.PYTHON)
    assert [one.holder for one in result.leaks] == [HOLDER]


@pytest.mark.parametrize(
    "holder",
    [
        replace(HOLDER, bound=10_000),
        replace(HOLDER, evicts=True),
        replace(HOLDER, weak=True),
        replace(HOLDER, grew_per_min=0.0),
        replace(HOLDER, kept_bytes_per_s=1.0),
    ],
)
def test_a_container_that_may_be_full_one_day_decides_nothing(holder: Holder) -> None:
    finding = judge_leak(evidence_of(slowing(holder=holder)))
    assert finding is not None
    assert finding.verdict is Verdict.ERROR


def test_the_route_is_named_where_only_the_holder_decided() -> None:
    """A list of 100 KB bodies on a server that makes room more and more slowly."""
    work = work_of(2, end_s=60.0)
    requested = kept(work, {0: 1.0}, level=0.0)

    def curve(t_s: float) -> float:
        return 4 * MB + 200 * MB * (1 - math.exp(-requested(t_s) / 8_000))

    result = judge_session(session_of(replace(slowing(holder=HOLDER, curve=curve), work=work)))
    assert result.verdict is Verdict.LEAK
    assert judge_growth(slowing(curve=curve)).growth is Growth.UNDECIDED
    assert [route.verdict for route in result.routes] == [RouteVerdict.LEAK, RouteVerdict.OK]

    open_answer = judge_session(session_of(replace(slowing(curve=curve), work=work)))
    assert [route.verdict for route in open_answer.routes] == [RouteVerdict.UNSURE, RouteVerdict.UNSURE]


def test_an_accepted_rise_is_known() -> None:
    finding = large_rise(evidence_of(slowing(holder=HOLDER)), known=True)
    assert finding is not None
    assert finding.verdict is Verdict.KNOWN


@pytest.mark.parametrize(
    "trial",
    [
        slowing(0.5 * LARGE_BYTES),
        trial_from(heap=saturating(200 * MB, 5.0), native=flat(), resident=saturating(230 * MB, 5.0), end_s=60.0),
        replace(
            slowing(60 * MB),
            tree=trial_from(heap=flat(), native=flat(), resident=flat(900 * MB), end_s=60.0).tree,
        ),
    ],
    ids=["small", "over", "of a large program"],
)
def test_a_small_rise_one_that_is_over_and_one_of_a_large_program_are_none(trial: TrialOk) -> None:
    assert large_rise(evidence_of(trial), known=False) is None


def test_a_budget_that_allows_the_rise_is_kept() -> None:
    assert judge_leak(evidence_of(slowing(), budgets=(growth(Metric.HEAP, 900 * MB),))) is None


def test_a_look_that_was_cut_short_is_an_error() -> None:
    small = slowing(4 * MB, unexplained="process 100 did not say where its memory grows")
    finding = judge_unmeasured(evidence_of(small))
    assert finding is not None
    assert (finding.verdict, "cut short" in finding.message) == (Verdict.ERROR, True)
    assert judge_unmeasured(evidence_of(slowing(4 * MB))) is None
    assert judge_unmeasured(evidence_of(replace(leaking(), unexplained="process 100 did not say"))) is None


def test_hints_say_what_can_help() -> None:
    untraced = evidence_of(leaking())
    assert "longer `duration`" in where_to_look(untraced)
    assert "`trace: auto`" in where_to_look(replace(untraced, target=target(trace=TraceMode.NEVER)))
    blind = leaking()
    blind = replace(blind, processes=tuple(replace(track, probed=False) for track in blind.processes))
    assert "no probe runs in" in where_to_look(replace(untraced, trial=blind))
    assert "no traced line" in where_to_look(replace(untraced, trial=leaking(explanation=Explanation(window_s=4.0))))


def test_no_hint_names_a_duration_that_is_shorter_than_the_one_given() -> None:
    ended = slowing(4 * MB, ending=Ending(reason=EndReason.EXITED, exit_code=0, at_s=3.1), watched_s=3.1)
    evidence = evidence_of(ended, duration_s=20.0)
    assert "ended by itself after 3.1 s" in what_settles(evidence)
    assert longer_s(evidence) >= 20.0
    assert longer_s(evidence_of(slowing(4 * MB), duration_s=60.0)) >= 120.0


def test_a_planted_leak_that_was_not_found_has_its_own_sentence_and_hint() -> None:
    session = session_of(resting())
    result = judge_session(replace(session, target=replace(session.target, expect=Expectation.LEAK)))
    assert result.reason.startswith("the planted leak was not found: flat for")
    assert "does the script reach the line that leaks?" in result.hint


def test_without_readings_of_resident_memory_no_rise_is_large() -> None:
    assert large_rise(evidence_of(replace(slowing(), tree=())), known=False) is None


def test_a_rise_of_the_heap_is_counted_by_the_measured_size_of_a_block() -> None:
    usual = slowing(0.7 * LARGE_BYTES)
    heavy = replace(usual, explanation=Explanation(window_s=4.0, traced_blocks=1_000, traced_bytes=160_000))
    assert large_rise(evidence_of(usual), known=False) is None
    assert large_rise(evidence_of(heavy), known=False) is not None


def of_one_window(*, growth: float, start_s: float, end_s: float, resident: float, late_per_s: float) -> Evidence:
    """A window that grew by so many bytes, and at this rate in its last quarter."""
    evidence = evidence_of(slowing())
    from_s = end_s - 0.25 * (end_s - start_s)
    times = tuple(from_s + 0.5 * step for step in range(int(2 * (end_s - from_s)) + 1))
    risen = evidence.judgement.assessments[0]
    risen = replace(
        risen,
        signal=replace(risen.signal, points=Points(times, tuple(late_per_s * (t_s - from_s) for t_s in times))),
        window=replace(risen.window, growth=growth, start_s=start_s, end_s=end_s),
    )
    trends = tuple(replace(one, end=resident) if one.metric is Metric.RSS else one for one in evidence.trends)
    return replace(evidence, judgement=replace(evidence.judgement, assessments=(risen,)), trends=trends)


@pytest.mark.parametrize(
    ("values", "is_large"),
    [
        ({}, True),
        ({"growth": 49 * MB}, False),
        ({"growth": LARGE_BYTES, "late_per_s": MB}, True),  # 50 MB are large
        ({"resident": 193 * MB}, False),  # less than a third of it
        ({"resident": 192 * MB}, True),
        ({"late_per_s": 0.19 * MB}, False),  # less than a tenth of 64 MB in 32 s
        ({"late_per_s": 0.2 * MB}, True),
        ({"start_s": 40.0}, False),  # no time has passed
    ],
)
def test_a_rise_is_large_from_50_mb_a_third_of_the_memory_and_a_tenth_of_its_mean_rate_at_the_end(
    values: dict[str, float], *, is_large: bool
) -> None:
    usual = {"growth": 64 * MB, "start_s": 8.0, "end_s": 40.0, "resident": 100 * MB, "late_per_s": MB}
    finding = large_rise(of_one_window(**{**usual, **values}), known=False)
    assert (finding is not None) is is_large
    assert finding is None or "grew by +" in finding.message


def test_the_time_of_the_rise_is_that_of_its_window() -> None:
    evidence = of_one_window(growth=64 * MB, start_s=8.0, end_s=40.0, resident=100 * MB, late_per_s=MB)
    finding = large_rise(evidence, known=False)
    assert finding is not None
    assert "grew by +64.0 MB in 32.0 s and still grows" in finding.message


def test_the_holder_must_keep_a_quarter_of_the_rate_at_the_end() -> None:
    evidence = of_one_window(growth=64 * MB, start_s=8.0, end_s=40.0, resident=100 * MB, late_per_s=MB)
    for rate, verdict in ((0.25 * MB, Verdict.LEAK), (0.24 * MB, Verdict.ERROR)):
        holder = replace(HOLDER, kept_bytes_per_s=rate)
        trial = replace(evidence.trial, explanation=Explanation(window_s=4.0, holders=(holder,)))
        finding = large_rise(replace(evidence, trial=trial), known=False)
        assert finding is not None
        assert finding.verdict is verdict
