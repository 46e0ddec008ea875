"""From measurements to the report of the gate: verdicts, their precedence, and exit codes."""

import re
from dataclasses import replace
from datetime import date

import pytest

from leakgate.model.baseline import Baseline, BaselineEntry, BaselineState, EntryName
from leakgate.model.evidence import EndReason, FailureReason, TrialFailed, TrialOk
from leakgate.model.explanation import Explanation, TypeGrowth
from leakgate.model.metrics import Metric
from leakgate.model.report import Circumstances, TargetResult
from leakgate.model.session_record import Session
from leakgate.model.suppression import Suppression, SuppressionSubject
from leakgate.model.target import TargetSpec
from leakgate.model.verdict import DEFAULT_FAIL_ON, ExitCode, Expectation, GateVerdict, Kind, Verdict
from leakgate.verdict.policy import Policy
from leakgate.verdict.script import judge_session
from leakgate.verdict.whole_run import conclude, exit_code_of, joint_state, rejudged
from tests.helpers.judged import ROOT, entry, growth, leaking, measurement, peak, resting, site, target
from tests.helpers.trials import KB, MB, flat, linear, sampled, saturating, saw, series, trial_from

HERE = "cpython-3.11-linux-x86_64"
FAILED = TrialFailed(reason=FailureReason.CRASHED, message="it ended with status 3", hint="run it by hand")
EXPLANATION = Explanation(
    window_s=4.0,
    sites=(site(),),
    types=(TypeGrowth(name="Order", grew_count=9, count_per_min=90.0, bytes_each=48.0),),
)
UNDECIDED = trial_from(heap=saturating(20 * MB, 9.0), native=flat(), resident=flat(30 * MB))


def policy(
    baseline: BaselineEntry | None = None, suppressions: tuple[Suppression, ...] = (), *, key: str = HERE
) -> Policy:
    known = Baseline({key: {"worker": baseline}}) if baseline else Baseline()
    return Policy(baseline=known, baseline_path="leakgate-baseline.json", suppressions=suppressions, root=ROOT)


def judged(trial: TrialOk | TrialFailed, about: Policy | None = None, spec: TargetSpec | None = None) -> TargetResult:
    return judge_session((about or policy()).session(spec or target(), measurement(trial)))


def test_a_program_at_rest_is_ok_and_says_what_would_have_shown() -> None:
    result = judged(resting())
    assert (result.verdict, result.kind, result.leaks, result.findings) == (Verdict.OK, Kind.NONE, (), ())
    assert result.reason == "flat for 29.0 s: no leak above 2.00 KB/s (Python objects: 25/s)"
    assert result.warmup_s == 1.0
    assert [trend.metric for trend in result.trends] == [Metric.RSS, Metric.HEAP, Metric.NATIVE]


def test_a_swing_that_hides_leaks_is_owned_up_to() -> None:
    result = judged(trial_from(heap=saw(10 * MB, 7.0), native=flat(), resident=flat(30 * MB)))
    assert result.verdict is Verdict.OK
    rate, _, why = result.reason.split("no leak above ")[1].partition(" KB/s ")
    assert float(rate) > 20
    assert "swings" in why
    assert "`duration`" in why


def test_without_counters_the_sensitivity_is_that_of_pages() -> None:
    result = judged(trial_from(resident=flat(30 * MB), resident_metric=Metric.RSS))
    assert result.reason == "flat for 29.0 s: no leak above 18.4 KB/s"


def test_a_leak_has_its_kind_places_and_types() -> None:
    result = judged(leaking(explanation=EXPLANATION))
    assert (result.verdict, result.kind) == (Verdict.LEAK, Kind.PYTHON)
    assert [one.site.frames[0].function for one in result.leaks] == ["load"]
    assert result.leaks[0].site.bytes_per_s == pytest.approx(100 * KB, rel=0.02)
    assert [one.name for one in result.types] == ["Order"]
    assert result.reason == result.findings[0].message
    assert not result.passed


def test_growth_within_its_budget_is_ok_and_said() -> None:
    spec = target(budgets=(growth(Metric.RSS, 20 * MB),))
    result = judged(leaking(explanation=EXPLANATION), spec=spec)
    assert (result.verdict, result.reason) == (Verdict.OK, "grows by +100 KB/s, within its budget")
    assert (result.kind, result.leaks, result.types) == (Kind.NONE, (), ())
    assert judged(UNDECIDED, spec=target(budgets=(growth(Metric.HEAP, 90 * MB),))).reason == "rose within its budget"


def test_a_ceiling_on_a_program_at_rest_has_no_kind() -> None:
    result = judged(resting(), spec=target(budgets=(peak(MB),)))
    assert (result.verdict, result.kind) == (Verdict.OVER_BUDGET, Kind.NONE)


def test_a_script_that_failed_is_an_error() -> None:
    result = judged(FAILED, policy(entry(peak_bytes=MB)))
    assert (result.verdict, result.reason, result.hint) == (Verdict.ERROR, FAILED.message, FAILED.hint)
    assert result.baseline == entry(peak_bytes=MB)
    assert (result.trends, result.leaks) == ((), ())


def test_too_little_is_an_error() -> None:
    assert judged(trial_from(end_s=0.4, heap=flat(), native=flat())).verdict is Verdict.ERROR


def test_a_leak_that_the_baseline_records_is_known_until_it_grows_faster() -> None:
    signature = judged(leaking(explanation=EXPLANATION)).leaks[0].signature
    accepted = policy(entry(100 * KB, leaks=(signature,)))
    result = judged(leaking(explanation=EXPLANATION), accepted)
    assert (result.verdict, result.passed, result.leaks[0].known) == (Verdict.KNOWN, True, True)
    faster = judged(leaking(300 * KB, explanation=EXPLANATION), accepted)
    assert faster.verdict is Verdict.REGRESSION


def test_another_environment_keeps_a_known_leak_known_and_says_nothing_of_peaks() -> None:
    other = "cpython-3.12-linux-x86_64"
    signature = judged(leaking(explanation=EXPLANATION)).leaks[0].signature
    known = judged(
        leaking(explanation=EXPLANATION), policy(entry(100 * KB, peak_bytes=MB, leaks=(signature,)), key=other)
    )
    assert known.verdict is Verdict.KNOWN
    assert known.baseline is not None
    assert (known.baseline.taken_from, known.baseline.peak_bytes) == (EntryName(other, "worker"), 0)
    assert f"the entry for {other} is used" in known.invitations[0]
    assert judged(leaking(explanation=EXPLANATION), policy(entry(100 * KB), key=other)).verdict is Verdict.LEAK
    healthy = judged(leaking(explanation=EXPLANATION), policy(entry(peak_bytes=MB), key=other))
    assert (healthy.verdict, healthy.baseline) == (Verdict.LEAK, None)


@pytest.mark.parametrize(("started_at", "verdict"), [("2026-03-31", Verdict.KNOWN), ("2026-04-01", Verdict.LEAK)])
def test_a_suppression_counts_by_the_day_of_the_measurement(started_at: str, verdict: Verdict) -> None:
    until = Suppression(
        subject=SuppressionSubject.SITE, pattern="worker.py:load", reason="upstream", expires=date(2026, 3, 31)
    )
    trial = leaking(explanation=EXPLANATION)
    session = policy(suppressions=(until,)).session(target(), measurement(trial, started_at=f"{started_at}T09:00:00Z"))
    assert judge_session(session).verdict is verdict


def test_the_same_session_gives_the_same_result() -> None:
    session = policy().session(target(), measurement(leaking(explanation=EXPLANATION)))
    assert judge_session(session) == judge_session(session)


def test_what_became_better_is_an_invitation_to_tighten() -> None:
    result = judged(resting(), policy(entry(50 * KB, peak_bytes=90 * MB)))
    assert result.verdict is Verdict.OK
    assert list(result.invitations) == [
        "the baseline records a leak of +50.0 KB/s that is gone",
        "the peak fell from 90.0 MB to 30.0 MB",
    ]


@pytest.mark.parametrize(
    ("trial", "about"),
    [
        (resting(), policy()),
        (resting(), policy(entry(peak_bytes=31 * MB))),
        (trial_from(heap=flat(), native=flat()), policy(entry(peak_bytes=90 * MB))),
        (leaking(), policy(entry(1.0, peak_bytes=90 * MB))),
    ],
)
def test_there_is_no_invitation_without_a_reason(trial: TrialOk, about: Policy) -> None:
    assert judged(trial, about).invitations == ()


def result(verdict: Verdict, expect: Expectation = Expectation.OK) -> TargetResult:
    return replace(judged(FAILED, spec=target(expect=expect)), verdict=verdict)


@pytest.mark.parametrize(
    ("verdicts", "code"),
    [
        ([Verdict.OK], ExitCode.PASS),
        ([Verdict.OK, Verdict.KNOWN], ExitCode.PASS),
        ([Verdict.INCONCLUSIVE], ExitCode.PASS),
        ([Verdict.LEAK], ExitCode.FAIL),
        ([Verdict.OK, Verdict.OVER_BUDGET], ExitCode.FAIL),
        ([Verdict.REGRESSION, Verdict.OK], ExitCode.FAIL),
        ([Verdict.ERROR], ExitCode.UNMEASURED),
        ([Verdict.OK, Verdict.ERROR], ExitCode.UNMEASURED),
        ([Verdict.ERROR, Verdict.LEAK], ExitCode.FAIL),
        ([], ExitCode.UNMEASURED),
    ],
)
def test_the_exit_code_follows_from_the_verdicts(verdicts: list[Verdict], code: ExitCode) -> None:
    results = tuple(map(result, verdicts))
    assert exit_code_of(results, DEFAULT_FAIL_ON, interrupted=False) is code
    assert exit_code_of(results, DEFAULT_FAIL_ON, interrupted=True) is ExitCode.INTERRUPTED


@pytest.mark.parametrize("verdict", Verdict)
def test_fail_on_chooses_what_fails_but_never_makes_an_error_pass(verdict: Verdict) -> None:
    for fail_on in (frozenset(set(Verdict) - {verdict}), frozenset({verdict}), frozenset(Verdict)):
        code = exit_code_of((result(verdict),), fail_on, interrupted=False)
        if verdict is Verdict.ERROR:
            assert code is ExitCode.UNMEASURED
        else:
            assert code is (ExitCode.FAIL if verdict in fail_on else ExitCode.PASS)


@pytest.mark.parametrize("verdict", Verdict)
def test_a_canary_passes_with_a_leak_and_with_nothing_else(verdict: Verdict) -> None:
    canary = result(verdict, Expectation.LEAK)
    code = exit_code_of((canary, result(Verdict.OK)), frozenset({Verdict.REGRESSION}), interrupted=False)
    match verdict:
        case Verdict.LEAK:
            assert code is ExitCode.PASS
        case Verdict.ERROR:
            assert code is ExitCode.UNMEASURED
        case _:
            assert code is ExitCode.FAIL


@pytest.mark.parametrize("verdict", Verdict)
@pytest.mark.parametrize("expect", Expectation)
def test_advisory_fails_for_no_verdict_on_memory_and_says_so(verdict: Verdict, expect: Expectation) -> None:
    report = conclude((result(verdict, expect),), Circumstances(fail_on=frozenset()))
    missed = expect is Expectation.LEAK and verdict is not Verdict.LEAK
    blind = ExitCode.UNMEASURED if verdict is Verdict.ERROR else ExitCode.FAIL if missed else ExitCode.PASS
    assert report.exit_code is blind
    assert (report.verdict is GateVerdict.PASS) == (blind is ExitCode.PASS)
    assert report.about.notes[-1].startswith("advisory: ")
    assert conclude((), Circumstances(fail_on=frozenset())).exit_code is ExitCode.UNMEASURED


@pytest.mark.parametrize(
    ("results", "verdict"),
    [
        ((result(Verdict.OK),), GateVerdict.PASS),
        ((result(Verdict.LEAK),), GateVerdict.FAIL),
        ((result(Verdict.ERROR),), GateVerdict.ERROR),
        ((), GateVerdict.ERROR),
    ],
)
def test_the_report_of_the_gate(results: tuple[TargetResult, ...], verdict: GateVerdict) -> None:
    about = Circumstances(config_path="leakgate.yaml", notes=("a note",), command="leakgate run")
    report = conclude(results, about)
    assert (report.verdict, report.results, report.about.notes) == (verdict, results, ("a note",))
    assert report.about.fail_on == DEFAULT_FAIL_ON
    assert conclude(results, replace(about, interrupted=True)).verdict is GateVerdict.ERROR


@pytest.mark.parametrize("results", [(), (result(Verdict.OK), result(Verdict.LEAK)), (result(Verdict.ERROR),)])
def test_a_report_that_was_read_back_is_not_believed_to_pass(results: tuple[TargetResult, ...]) -> None:
    honest = conclude(results, Circumstances())
    claimed = replace(honest, exit_code=ExitCode.PASS, verdict=GateVerdict.PASS)
    assert rejudged(claimed) == honest == rejudged(honest)
    assert rejudged(replace(honest, verdict=GateVerdict.PASS)) == honest


def test_what_is_wrong_beside_the_scripts_stays_unless_other_verdicts_are_to_fail() -> None:
    incomplete = replace(
        conclude((result(Verdict.INCONCLUSIVE),), Circumstances()),
        exit_code=ExitCode.UNMEASURED,
        verdict=GateVerdict.ERROR,
    )
    assert rejudged(incomplete) == incomplete
    judged_again = rejudged(incomplete, frozenset({Verdict.INCONCLUSIVE}))
    assert (judged_again.exit_code, judged_again.verdict) == (ExitCode.FAIL, GateVerdict.FAIL)


def test_a_session_says_what_the_baseline_had_to_say() -> None:
    def state(about: Policy) -> BaselineState | None:
        return about.session(target(), measurement(resting())).baseline_state

    assert state(policy()) == "missing"
    assert state(policy(entry(1.0))) == "found"
    assert state(policy(entry(1.0), key="elsewhere")) == "other-environment"
    assert state(Policy(root=ROOT)) == "disabled"
    base_run = policy(entry(2.0)).baseline
    assert state(replace(policy(), base_run=base_run)) == "base-run"
    assert state(Policy(root=ROOT, base_run=base_run)) == "base-run", "asked for: no baseline, but another run"


def test_another_run_stands_in_only_where_the_baseline_has_nothing() -> None:
    base_run = policy(entry(2.0)).baseline
    measured = measurement(resting())
    assert replace(policy(entry(1.0)), base_run=base_run).session(target(), measured).baseline == entry(1.0)
    gone = replace(policy(), base_run=base_run).session(target(), measured)
    assert gone.baseline == entry(2.0)
    assert judge_session(replace(gone, baseline_state=BaselineState.FOUND)).invitations
    assert judge_session(gone).invitations == (), "there is no baseline to be tightened"


@pytest.mark.parametrize(
    ("states", "joint"),
    [
        ([], None),
        (["missing"], "missing"),
        (["other-environment", "found"], "found"),
        (["other-environment", "missing"], "missing"),
        (["found", "base-run", "missing"], "base-run"),
    ],
)
def test_the_state_of_a_run_is_found_where_any_script_was(states: list[str], joint: str | None) -> None:
    known = [BaselineState(state) for state in states]
    sessions = [Session(target=target(), measurement=measurement(FAILED), baseline_state=state) for state in known]
    assert joint_state(sessions) == joint


def suppressions() -> tuple[Suppression, ...]:
    texts = (("site", "worker.py:*", None), ("holder", "nobody.*", None), ("library", "old", date(2026, 2, 1)))
    return tuple(
        Suppression(subject=SuppressionSubject(subject), pattern=pattern, reason="accepted", expires=expires)
        for subject, pattern, expires in texts
    )


def test_a_report_says_what_each_suppression_did() -> None:
    about = policy(suppressions=suppressions())
    result = judged(leaking(explanation=EXPLANATION), about)
    assert result.verdict is Verdict.KNOWN
    report = conclude((result,), Circumstances(root=ROOT, notes=("x",)), about.suppressions, partial=False)
    assert [(use.leaks, use.state.value) for use in report.suppressions] == [(1, "used"), (0, "unused"), (0, "expired")]
    assert [note.split(" ")[0] for note in report.about.notes] == ["x", "the", "unused", "expired"]


@pytest.mark.parametrize("trial", [FAILED, UNDECIDED])
def test_of_a_run_that_decides_not_all_nothing_is_said_to_be_unused(trial: TrialOk | TrialFailed) -> None:
    results = (judged(trial),)
    about = Circumstances(root=ROOT)

    def states_of(results: tuple[TargetResult, ...], about: Circumstances, *, partial: bool = False) -> list[str]:
        return [use.state.value for use in conclude(results, about, suppressions(), partial=partial).suppressions]

    states = states_of(results, about)
    assert states == ["untried", "untried", "expired"]
    assert states_of((judged(resting()),), about, partial=True) == states
    assert states_of((judged(resting()),), replace(about, interrupted=True)) == states


def test_a_run_without_results_has_no_day_by_which_anything_expires() -> None:
    report = conclude((), Circumstances(root=ROOT), suppressions())
    assert [use.state.value for use in report.suppressions] == ["untried"] * 3


def test_what_piles_up_is_told_of_a_healthy_script() -> None:
    descriptors = series(Metric.FDS, sampled(linear(1.0, level=5.0), 30.0))
    result = judged(trial_from(heap=flat(), native=flat(), tree=(descriptors,)))
    assert result.verdict is Verdict.OK
    assert [(one.metric, round(one.per_min)) for one in result.resources] == [(Metric.FDS, 60)]


@pytest.mark.parametrize(
    ("watched_s", "duration_s", "verdict"),
    [
        (20.0, 60.0, Verdict.INCONCLUSIVE),
        (59.9, 60.0, Verdict.INCONCLUSIVE),
        (60.0, 60.0, Verdict.OK),
        (20.0, 0.0, Verdict.INCONCLUSIVE),
        (30.0, 0.0, Verdict.OK),
    ],
)
def test_a_watch_that_the_user_ended_too_early_is_never_ok(
    watched_s: float, duration_s: float, verdict: Verdict
) -> None:
    trial = trial_from(end_s=watched_s, heap=flat(), native=flat(), resident=flat(30 * MB))
    trial = replace(trial, ending=replace(trial.ending, reason=EndReason.INTERRUPTED))
    result = judged(trial, spec=target(duration_s=duration_s))
    assert result.verdict is verdict
    if verdict is Verdict.INCONCLUSIVE:
        wanted = "1 m" if duration_s else "30.0 s"
        assert re.match(rf"interrupted after [0-9.]+ s of {wanted}", result.reason)
        assert f"let it run for {wanted}" in result.hint


def test_a_leak_of_a_watch_that_the_user_ended_early_stands_and_growth_within_its_budget_does_not_pass() -> None:
    trial = leaking()
    trial = replace(trial, ending=replace(trial.ending, reason=EndReason.INTERRUPTED))
    spec = target(duration_s=600.0)
    assert judged(trial, spec=spec).verdict is Verdict.LEAK
    allowed = replace(spec, budgets=(growth(Metric.HEAP, 1_000 * MB),))
    assert judged(leaking(), spec=allowed).verdict is Verdict.OK
    assert judged(trial, spec=allowed).verdict is Verdict.INCONCLUSIVE
