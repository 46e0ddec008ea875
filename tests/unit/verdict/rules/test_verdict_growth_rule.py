"""The rules on growth, the baseline's peak and missing evidence; known, new, suppressed and worse."""

import re
from dataclasses import replace
from datetime import date

import pytest

from leakgate.growth.assess import Growth
from leakgate.model.baseline import BaselineEntry
from leakgate.model.evidence import EndReason, FailureReason, TrialFailed, TrialOk
from leakgate.model.explanation import Explanation, Holder
from leakgate.model.metrics import Metric
from leakgate.model.report import Finding, Leak
from leakgate.model.suppression import Suppression, SuppressionSubject
from leakgate.model.verdict import SEVERITY, Verdict
from leakgate.verdict.known import is_known, mark_known, name_leaks, new_leaks, worse_than_known
from leakgate.verdict.rules.growth_rule import judge_leak
from leakgate.verdict.rules.registry import RULES, apply_rules, worst_first
from leakgate.verdict.rules.regression_rule import judge_regression
from leakgate.verdict.rules.unmeasured_rule import judge_failure, judge_unmeasured
from leakgate.verdict.suppressions import matches
from leakgate.verdict.untraced_rates import rated
from tests.helpers.judged import ROOT, SIGNATURE, entry, evidence_of, growth, leak, leaking, peak, resting, site
from tests.helpers.trials import KB, MB, Curve, flat, linear, sampled, saturating, series, stairs, trial_from

TODAY = date(2026, 3, 1)


def verdict_of(
    trial: TrialOk, leaks: tuple[Leak, ...] = (), baseline: BaselineEntry | None = None
) -> tuple[Verdict, str] | None:
    finding = judge_leak(evidence_of(trial, leaks=leaks, baseline=baseline))
    return (finding.verdict, finding.message) if finding else None


def test_memory_at_rest_is_no_finding() -> None:
    assert verdict_of(resting()) is None


def test_a_leak_says_how_fast_for_how_long_and_where() -> None:
    finding = judge_leak(evidence_of(leaking(), leaks=(leak(),)))
    assert finding is not None
    assert (finding.rule, finding.verdict, finding.metric, finding.hint) == (
        "growth",
        Verdict.LEAK,
        Metric.HEAP,
        "",
    )
    assert finding.message == "Python objects grow by about +100 KB/s, steadily for 29.0 s, at worker.py:12 in load"


def test_a_leak_without_a_place_says_how_to_get_one() -> None:
    finding = judge_leak(evidence_of(leaking()))
    assert finding is not None
    assert finding.message == "Python objects grow by about +100 KB/s, steadily for 29.0 s"
    assert "trace: always" not in finding.hint
    assert "with a longer `duration`" in finding.hint


@pytest.mark.parametrize(
    ("kept", "weak", "words"),
    [
        (60 * KB, False, ", kept by __main__.SEEN (list of Row)"),
        (40 * KB, False, ", kept in part by __main__.SEEN (list of Row)"),
        (4 * KB, False, ""),
        (60 * KB, True, ""),
    ],
)
def test_a_leak_without_a_place_names_what_keeps_it(*, kept: float, weak: bool, words: str) -> None:
    holder = Holder(
        path="__main__.SEEN", root="module __main__", container_type="list", length=9, grew_per_min=600.0,
        kept_bytes_per_s=kept, weak=weak, entry_type="Row",
    )  # fmt: skip
    finding = judge_leak(evidence_of(leaking(explanation=Explanation(window_s=0.0, holders=(holder,)))))
    assert finding is not None
    assert finding.message == f"Python objects grow by about +100 KB/s, steadily for 29.0 s{words}"


def test_a_place_without_a_function() -> None:
    found = verdict_of(leaking(), (leak(function=""),))
    assert found is not None
    assert found[1].endswith(", at worker.py:12")


@pytest.mark.parametrize(("threads", "setting"), [(2.0, "MALLOC_TRIM_THRESHOLD_"), (9.0, "MALLOC_ARENA_MAX")])
def test_pages_that_grow_while_nothing_in_use_does_may_be_holes(threads: float, setting: str) -> None:
    counted = series(Metric.THREADS, sampled(flat(threads), 30.0))
    trial = trial_from(heap=flat(), native=flat(), resident=linear(MB, level=30 * MB), tree=(counted,))
    finding = judge_leak(evidence_of(trial))
    assert finding is not None
    assert setting in finding.hint
    assert "jemalloc" in finding.hint


@pytest.mark.parametrize(
    "trial",
    [
        leaking(),
        trial_from(heap=flat(), native=linear(100 * KB), resident=linear(100 * KB)),
        trial_from(heap=flat(), native=None, resident=linear(MB, level=30 * MB)),
        trial_from(heap=linear(60 * KB), native=flat(), resident=linear(3 * MB, level=30 * MB)),
        trial_from(
            heap=flat(),
            native=flat(),
            resident=linear(MB, level=30 * MB),
            tree=(series(Metric.THREADS, sampled(linear(1.0), 30.0)),),
        ),
    ],
)
def test_what_is_in_use_and_grows_is_not_said_to_be_holes(trial: TrialOk) -> None:
    finding = judge_leak(evidence_of(trial))
    assert finding is not None
    assert "fragmented" not in finding.hint


def test_resident_memory_that_nothing_explains_is_native() -> None:
    found = verdict_of(trial_from(heap=flat(), native=flat(), resident=linear(MB, level=30 * MB)))
    assert found == (Verdict.LEAK, "native memory grows by +1.00 MB/s, steadily for 29.0 s")


@pytest.mark.parametrize(
    ("leaks", "baseline", "verdict"),
    [
        ((leak(known=True),), entry(100 * KB), Verdict.KNOWN),
        ((leak(known=True),), entry(85 * KB), Verdict.KNOWN),  # within the tolerance
        ((leak(known=True),), entry(60 * KB), Verdict.REGRESSION),
        ((leak(known=True, suppressed_by="upstream"),), None, Verdict.KNOWN),
        ((leak(known=True, suppressed_by="upstream"),), entry(), Verdict.KNOWN),  # the baseline is older than it
        ((leak(known=True, suppressed_by="upstream"),), entry(90 * KB), Verdict.KNOWN),
        ((leak(known=True, suppressed_by="upstream"),), entry(10 * KB), Verdict.REGRESSION),  # it has become worse
        # What the baseline names was all there was: the suppressed leak came later, and the other is as it was.
        (
            (leak(known=True, share=0.5), leak(signature="b" * 12, known=True, suppressed_by="upstream", share=0.5)),
            entry(50 * KB, leaks=("0123456789ab",)),
            Verdict.KNOWN,
        ),
        (
            (leak(known=True, share=0.8), leak(signature="b" * 12, known=True, suppressed_by="upstream", share=0.2)),
            entry(50 * KB, leaks=("0123456789ab",)),
            Verdict.REGRESSION,
        ),
        (
            (leak(share=0.5), leak(signature="b" * 12, known=True, suppressed_by="upstream", share=0.5)),
            entry(),
            Verdict.LEAK,
        ),
        ((leak(),), entry(100 * KB), Verdict.LEAK),
        ((leak(known=True, share=0.8), leak(share=0.2)), entry(100 * KB), Verdict.LEAK),
        ((leak(known=True, share=0.95), leak(share=0.05)), entry(100 * KB), Verdict.KNOWN),
        ((leak(share=0.05), leak(share=0.03)), entry(100 * KB), Verdict.LEAK),  # all are new
        ((), entry(100 * KB), Verdict.KNOWN),  # accepted as such, no place is known
        ((), entry(50 * KB), Verdict.REGRESSION),
        ((), entry(), Verdict.LEAK),
        ((), None, Verdict.LEAK),
    ],
)
def test_what_is_known_and_no_worse_is_accepted(
    leaks: tuple[Leak, ...], baseline: BaselineEntry | None, verdict: Verdict
) -> None:
    found = verdict_of(leaking(), leaks, baseline)
    assert found is not None
    assert found[0] is verdict


def test_a_regression_tells_both_rates() -> None:
    found = verdict_of(leaking(), (leak(known=True),), entry(50 * KB))
    assert found is not None
    assert found[1] == (
        "a known leak got worse: Python objects grow by about +100 KB/s, steadily for 29.0 s; "
        "the baseline records +50.0 KB/s"
    )


def test_what_is_undecided_says_what_would_settle_it() -> None:
    finding = judge_leak(evidence_of(trial_from(heap=saturating(20 * MB, 9.0), native=flat(), resident=flat(MB))))
    assert finding is not None
    assert finding.verdict is Verdict.INCONCLUSIVE
    assert re.fullmatch(
        r"heap grew by \+\d+\.\d MB, more and more slowly; 30.0 s is too short to tell a leak from a filling cache",
        finding.message,
    )
    assert finding.hint.startswith("set a `duration` of 1 m 20 s to get an answer")


def test_an_interrupted_watch_is_not_told_to_have_another_duration() -> None:
    trial = trial_from(heap=saturating(20 * MB, 9.0), native=flat(), resident=flat(MB))
    stopped = judge_leak(evidence_of(replace(trial, ending=replace(trial.ending, reason=EndReason.INTERRUPTED))))
    assert stopped is not None
    assert stopped.hint == "the run was interrupted; a longer watch may give an answer"


def test_bursts_are_undecided_for_a_while() -> None:
    finding = judge_leak(evidence_of(trial_from(end_s=18.0, heap=stairs(MB, 8.0), native=flat())))
    assert finding is not None
    assert finding.verdict is Verdict.INCONCLUSIVE
    assert finding.message.startswith("heap grew by ")


def test_what_did_not_grow_in_all_is_not_said_to_have_grown() -> None:
    evidence = evidence_of(trial_from(end_s=18.0, heap=stairs(MB, 8.0), native=flat()))
    leading = evidence.judgement.leading
    assert leading is not None
    level = replace(leading, window=replace(leading.window, growth=0.0))
    finding = judge_leak(replace(evidence, judgement=replace(evidence.judgement, leading=level)))
    assert finding is not None
    assert finding.message == "heap rose and fell; 18.0 s is too short to tell a leak from a filling cache"


def test_an_undecided_answer_that_no_signal_leads() -> None:
    evidence = evidence_of(resting())
    open_one = replace(evidence, judgement=replace(evidence.judgement, growth=Growth.UNDECIDED))
    finding = judge_leak(open_one)
    assert finding is not None
    assert (finding.metric, finding.message) == (None, "the readings do not show clearly whether memory grows")


def test_too_little_to_judge_is_an_error_that_says_so() -> None:
    evidence = evidence_of(trial_from(end_s=0.5, heap=flat()))
    assert judge_leak(evidence) is None
    finding = judge_unmeasured(evidence)
    assert finding is not None
    assert (finding.verdict, finding.rule) == (Verdict.ERROR, "unmeasured")
    assert "500 ms" in finding.message
    assert "`duration`" in finding.hint
    ended = replace(evidence.trial, ending=replace(evidence.trial.ending, reason=EndReason.EXITED))
    finding = judge_unmeasured(replace(evidence, trial=ended))
    assert finding is not None
    assert "`repeat: true`" in finding.hint
    ending = replace(evidence.trial.ending, reason=EndReason.INTERRUPTED)
    stopped = judge_unmeasured(replace(evidence, trial=replace(evidence.trial, ending=ending)))
    assert stopped is not None
    assert stopped.message == "not measured: the run was interrupted 500 ms after its start"
    assert judge_unmeasured(evidence_of(resting())) is None


def test_a_failed_trial_is_an_error() -> None:
    failed = TrialFailed(reason=FailureReason.CRASHED, message="it ended with status 3", hint="run it by hand")
    finding = judge_failure(failed)
    assert (finding.verdict, finding.message, finding.hint) == (
        Verdict.ERROR,
        "it ended with status 3",
        "run it by hand",
    )


@pytest.mark.parametrize(
    ("peak_bytes", "is_worse"), [(0, False), (30 * MB, False), (17.7 * MB, False), (17.4 * MB, True), (10 * MB, True)]
)
def test_a_peak_above_the_baseline_is_a_regression(peak_bytes: float, *, is_worse: bool) -> None:
    finding = judge_regression(evidence_of(resting(), baseline=entry(peak_bytes=peak_bytes)))
    assert (finding is not None) is is_worse
    if finding is not None:
        assert finding.verdict is Verdict.REGRESSION
        assert finding.message.startswith("RSS peaked at 30.0 MB; the baseline records 1")


def test_without_a_baseline_or_resident_memory_nothing_regressed() -> None:
    assert judge_regression(evidence_of(resting())) is None
    assert judge_regression(evidence_of(trial_from(heap=flat()), baseline=entry(peak_bytes=1))) is None


def test_the_worst_finding_comes_first() -> None:
    evidence = evidence_of(
        leaking(), leaks=(leak(known=True),), baseline=entry(10 * KB, peak_bytes=MB), budgets=(peak(MB),)
    )
    findings = apply_rules(evidence)
    assert [one.verdict for one in findings] == [Verdict.OVER_BUDGET, Verdict.REGRESSION, Verdict.REGRESSION]
    assert [one.rule for one in findings] == ["peak", "growth", "regression"]


def test_equals_keep_the_order_of_the_rules() -> None:
    findings = tuple(Finding(rule=str(n), verdict=verdict, message="") for n, verdict in enumerate(SEVERITY * 2))
    ordered = worst_first(findings)
    assert [one.verdict for one in ordered] == [verdict for verdict in reversed(SEVERITY) for _ in range(2)]
    assert all(int(first.rule) < int(second.rule) for first, second in zip(ordered[::2], ordered[1::2], strict=True))


def test_every_rule_is_quiet_on_a_program_at_rest() -> None:
    evidence = evidence_of(resting(), budgets=(peak(90 * MB), growth(Metric.HEAP, MB)), baseline=entry(peak_bytes=30e6))
    assert {name: rule(evidence) for name, rule in RULES.items()} == dict.fromkeys(RULES)


@pytest.mark.parametrize("trial", [leaking(), leaking(3 * KB), leaking(9 * MB), trial_from(end_s=0.3, heap=flat())])
@pytest.mark.parametrize("baseline", [None, entry(KB, peak_bytes=MB)])
def test_messages_are_sentences_for_people(trial: TrialOk, baseline: BaselineEntry | None) -> None:
    budgets = (peak(MB), growth(Metric.HEAP, KB))
    for finding in apply_rules(evidence_of(trial, leaks=(leak(),), baseline=baseline, budgets=budgets)):
        text = f"{finding.message} {finding.hint}"
        assert not re.search(r"\bnan\b|\binf\b|None|\+-|--|\{|e\+\d|<|Metric|Verdict", text), text
        assert finding.message == finding.message.strip() != ""


def test_leaks_are_named_and_those_with_one_name_put_together() -> None:
    holder = Holder(path="worker._CACHE", root="module worker", container_type="dict", length=9, grew_per_min=9.0)
    explanation = Explanation(
        window_s=4.0,
        sites=(
            site("load", share=0.4, grew_bytes=40_000),
            replace(site("load", share=0.7, grew_bytes=70_000), pid=9),
            site("store", share=0.3, grew_bytes=90_000),
        ),
        holders=(holder,),
    )
    first, second = name_leaks(explanation, ROOT)
    assert (first.site.frames[0].function, first.site.grew_bytes, first.site.share) == ("load", 110_000, 1.0)
    assert first.holder == holder
    assert (second.site.frames[0].function, second.holder) == ("store", holder)  # it may hold what two places make
    assert first.signature != second.signature


def test_nothing_explained_is_nothing_named() -> None:
    assert name_leaks(None, ROOT) == ()
    assert name_leaks(Explanation(window_s=4.0), ROOT) == ()


def suppress(subject: SuppressionSubject, pattern: str, expires: date | None = None) -> Suppression:
    return Suppression(subject=subject, pattern=pattern, reason="upstream", expires=expires)


HELD = leak(
    holder=Holder(path="worker._CACHE", root="module worker", container_type="dict", length=9, grew_per_min=9.0)
)
IN_LIBRARY = leak(file="/home/ada/shop/.venv/lib/python3.12/site-packages/requests/sessions.py", function="Session.get")
IN_SINGLE_FILE = leak(file="C:\\venv\\Lib\\site-packages\\six.py", function="wraps")


@pytest.mark.parametrize(
    ("subject", "pattern", "subjected", "matching"),
    [
        (SuppressionSubject.SIGNATURE, SIGNATURE, HELD, True),
        (SuppressionSubject.SIGNATURE, "0123*", HELD, True),
        (SuppressionSubject.SIGNATURE, "0123", HELD, False),
        (SuppressionSubject.SITE, "worker.py:load", HELD, True),
        (SuppressionSubject.SITE, "*/worker.py:load", HELD, False),
        (SuppressionSubject.SITE, "requests/*:Session.*", IN_LIBRARY, True),
        (SuppressionSubject.SITE, "worker.py:Load", HELD, False),
        (SuppressionSubject.HOLDER, "worker._*", HELD, True),
        (SuppressionSubject.HOLDER, "*", IN_LIBRARY, False),
        (SuppressionSubject.LIBRARY, "requests", IN_LIBRARY, True),
        (SuppressionSubject.LIBRARY, "six", IN_SINGLE_FILE, True),
        (SuppressionSubject.LIBRARY, "*", HELD, False),
    ],
)
def test_what_a_suppression_matches(
    subject: SuppressionSubject, pattern: str, subjected: Leak, *, matching: bool
) -> None:
    assert matches(suppress(subject, pattern), subjected, ROOT) is matching


def test_a_suppression_marks_with_its_reason_until_it_expires() -> None:
    (marked,) = mark_known((leak(),), None, (suppress(SuppressionSubject.SITE, "worker.py:*", TODAY),), ROOT, TODAY)
    assert (marked.known, marked.suppressed_by) == (True, "upstream")
    yesterday = suppress(SuppressionSubject.SITE, "worker.py:*", date(2026, 2, 28))
    (expired,) = mark_known((leak(),), None, (yesterday,), ROOT, TODAY)
    assert (expired.known, expired.suppressed_by) == (False, "")


def test_the_baseline_marks_by_signature() -> None:
    first, second = mark_known((leak(), leak(signature="f" * 12)), entry(9.0, leaks=(SIGNATURE,)), (), ROOT, TODAY)
    assert (first.known, second.known) == (True, False)
    assert new_leaks((first, second)) == (second,)


def test_known_needs_growth_no_faster_than_recorded() -> None:
    known = (leak(known=True),)
    assert is_known(evidence_of(leaking(), leaks=known, baseline=entry(100 * KB)))
    assert not is_known(evidence_of(leaking(), leaks=known, baseline=entry(20 * KB)))
    assert not is_known(evidence_of(leaking(), leaks=(leak(),), baseline=entry(100 * KB)))
    assert not worse_than_known(evidence_of(resting(), leaks=known, baseline=entry(1.0)))


def test_rates_of_leaks_are_shares_of_what_grew_untraced() -> None:
    evidence = evidence_of(leaking(), leaks=(leak(share=0.75),))
    assert rated(evidence).leaks[0].site.bytes_per_s == pytest.approx(75 * KB, rel=0.01)
    still = evidence_of(resting(), leaks=(leak(),))
    assert rated(still) is still


def test_the_rate_of_what_only_pages_show_is_that_of_the_pages() -> None:
    trial = trial_from(heap=flat(), native=flat(), resident=linear(MB, level=30 * MB))
    assert evidence_of(trial).live_bytes_per_s == pytest.approx(MB, rel=0.01)


@pytest.mark.parametrize(
    ("resident", "growth_kb", "more"),
    [
        (flat(level=30 * MB), 1.0, 5 * KB),
        (linear(MB, level=30 * MB), 1.0, 0.0),
        (linear(MB, level=30 * MB), 9.0, 5 * KB),
    ],
)
def test_beside_pages_a_counter_adds_its_growth_where_that_is_beyond_noise(
    resident: Curve, growth_kb: float, more: float
) -> None:
    evidence = evidence_of(trial_from(heap=flat(), native=flat(), resident=resident))
    (heap,) = (one for one in evidence.trends if one.metric is Metric.HEAP)
    heap = replace(heap, per_s=5 * KB, growth=growth_kb * KB, noise=2 * KB)
    alone = replace(evidence, trends=()).live_bytes_per_s
    assert replace(evidence, trends=(heap,)).live_bytes_per_s == alone + more


@pytest.mark.parametrize(
    ("owns", "said"), [("", "native memory grows"), ("pyarrow.Table", "native memory of pyarrow grows")]
)
def test_a_native_leak_names_the_extension_that_owns_the_memory(owns: str, said: str) -> None:
    kept = Holder(
        path="worker.SEEN", root="module worker", container_type="list", length=9, grew_per_min=9.0, owns=owns
    )
    trial = trial_from(heap=flat(), native=linear(100 * KB), resident=linear(100 * KB))
    verdict, message = verdict_of(trial, (leak(holder=kept),)) or (None, "")
    assert (verdict, message.startswith(said)) == (Verdict.LEAK, True)
    verdict, message = verdict_of(trial) or (None, "")
    assert (verdict, message.startswith("native memory grows")) == (Verdict.LEAK, True)
