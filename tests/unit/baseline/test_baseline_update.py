"""Entries that an update records, keeps, refuses and removes."""

from dataclasses import replace
from typing import Any

import pytest

from leakgate.archive.forms.baseline_form import dump_baseline, parse_baseline
from leakgate.baseline.differences import diff_summary
from leakgate.baseline.entries import entry_of
from leakgate.baseline.update import updated
from leakgate.model.baseline import AcceptedLeak, Baseline, BaselineEntry
from leakgate.model.metrics import Metric
from leakgate.model.report import Finding, TargetResult
from leakgate.model.verdict import Expectation, Verdict
from tests.helpers.report_leaks import CACHE_LEAK, LOGGER_LEAK
from tests.helpers.reports import KINDS, healthy, leaky_python, leaky_server, sample_report

KEY = "cpython-3.11-linux-x86_64"
OTHER = "cpython-3.12-linux-x86_64"
OLD = BaselineEntry(verdict=Verdict.OK, peak_bytes=1_000_000, growth_bytes_per_s=0.0)


def accepted(signature: str, per_s: float, where: str, **more: Any) -> AcceptedLeak:
    """A leak of the baseline."""
    return AcceptedLeak(signature=signature, bytes_per_s=per_s, where=where, **more)


def stored(baseline: Baseline) -> Baseline:
    """Return the baseline after it was written to a file and read back."""
    return parse_baseline(dump_baseline(baseline), "b.json")


def scaled(result: TargetResult, factor: float) -> TargetResult:
    """The same behaviour, measured again on another day."""
    trends = tuple(
        replace(trend, peak=trend.peak * factor, per_s=trend.per_s * factor, growth=trend.growth * factor)
        for trend in result.trends
    )
    return replace(result, trends=trends)


def test_a_leak_is_recorded_with_its_share_of_the_growth() -> None:
    entry = entry_of(leaky_python())
    assert entry.verdict is Verdict.KNOWN
    assert entry.growth_bytes_per_s == 385_000 + 21_000
    assert entry.peak_bytes == round(leaky_python().trends[0].peak)
    assert [(one.signature, one.bytes_per_s, one.where) for one in entry.leaks] == [
        (CACHE_LEAK.signature, CACHE_LEAK.site.share * 406_000, "shop/sessions.py:SessionStore.remember"),
        (LOGGER_LEAK.signature, LOGGER_LEAK.site.share * 406_000, "shop/audit.py:audit_log"),
    ]


def test_growth_that_was_not_judged_to_be_sustained_is_not_recorded() -> None:
    quiet = healthy(leaks=(CACHE_LEAK,), trends=leaky_python().trends)
    assert entry_of(quiet).growth_bytes_per_s == 0.0
    assert entry_of(quiet).leaks == ()
    assert entry_of(quiet).verdict is Verdict.OK


def test_where_resident_memory_led_its_slope_is_recorded() -> None:
    finding = Finding(rule="growth", verdict=Verdict.LEAK, message="grows", metric=Metric.ANON)
    assert entry_of(leaky_python(findings=(finding,), leaks=())).growth_bytes_per_s == 430_000.0


def test_a_script_whose_memory_was_not_seen_has_no_peak() -> None:
    assert entry_of(healthy(trends=())).peak_bytes == 0


def test_suppressed_leaks_and_small_new_ones_are_left_out() -> None:
    small = replace(LOGGER_LEAK, site=replace(LOGGER_LEAK.site, share=0.01))
    silenced = replace(CACHE_LEAK, suppressed_by="upstream")

    def signatures(*leaks: object) -> list[str]:
        return [leak.signature for leak in entry_of(leaky_python(leaks=leaks)).leaks]

    assert signatures(CACHE_LEAK, small) == [CACHE_LEAK.signature]
    assert signatures(CACHE_LEAK, replace(small, known=True)) == sorted([CACHE_LEAK.signature, LOGGER_LEAK.signature])
    assert signatures(silenced, small) == [LOGGER_LEAK.signature]


def test_places_are_relative_to_the_project() -> None:
    entry = entry_of(leaky_python(), root="/home/ada")
    assert entry.leaks[0].where == "shop/shop/sessions.py:SessionStore.remember"


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("factor", [1.0, 1.1, 0.9])
def test_recording_the_same_behaviour_again_changes_nothing(kind: str, factor: float) -> None:
    results = sample_report(kind).results
    once = stored(updated(Baseline(), results).baseline)
    again = updated(once, tuple(scaled(result, factor) for result in results)).baseline
    assert dump_baseline(again) == dump_baseline(once)
    assert diff_summary(once, again) == ()


def test_what_changed_beyond_tolerance_is_recorded() -> None:
    before = stored(updated(Baseline(), [leaky_python()]).baseline)
    after = stored(updated(before, [scaled(leaky_python(), 0.5)]).baseline)
    entry = after.entry(KEY, "worker")
    assert entry is not None
    assert entry.peak_bytes == 32_000_000
    assert entry.growth_bytes_per_s < 0.6 * 406_000


def test_a_known_leak_and_the_same_one_called_a_leak_are_recorded_alike() -> None:
    leak = leaky_python()
    growth = replace(leak.findings[0], verdict=Verdict.KNOWN)
    known = replace(
        leak, verdict=Verdict.KNOWN, findings=(growth,), leaks=(replace(CACHE_LEAK, known=True), LOGGER_LEAK)
    )
    assert dump_baseline(updated(Baseline(), [known]).baseline) == dump_baseline(updated(Baseline(), [leak]).baseline)


def test_other_environments_and_scripts_that_were_not_run_stay() -> None:
    before = Baseline({KEY: {"api": OLD, "worker": OLD}, OTHER: {"worker": OLD, "gone": OLD}})
    update = updated(before, [leaky_python()], configured={"api", "worker"})
    assert update.recorded == ("worker",)
    assert update.removed == ()
    assert update.baseline.entry(KEY, "api") == OLD
    assert update.baseline.entry(KEY, "worker") != OLD
    assert update.baseline.environments[OTHER] == before.environments[OTHER]
    assert before.entry(KEY, "worker") == OLD


def test_scripts_that_left_the_config_are_removed_from_the_environments_that_ran() -> None:
    before = Baseline({KEY: {"gone": OLD}, OTHER: {"gone": OLD}})
    update = updated(before, [healthy("api")], configured=["api"])
    assert update.removed == ((KEY, "gone"),)
    assert update.baseline.entry(KEY, "gone") is None
    assert update.baseline.entry(OTHER, "gone") == OLD
    assert updated(before, [healthy("api")]).removed == ()


def test_canaries_are_never_recorded_and_an_old_entry_goes_with_its_environment() -> None:
    canary = leaky_python()
    canary = replace(canary, target=replace(canary.target, expect=Expectation.LEAK))
    update = updated(Baseline({KEY: {"worker": OLD}}), [canary], configured=["worker"])
    assert update.recorded == ()
    assert update.removed == ((KEY, "worker"),)
    assert update.baseline == Baseline({})
    assert updated(Baseline(), [canary]).removed == ()


@pytest.mark.parametrize("verdict", [Verdict.ERROR, Verdict.INCONCLUSIVE])
def test_what_was_not_measured_is_refused_and_the_rest_recorded(verdict: Verdict) -> None:
    bad = healthy("bad", verdict=verdict, reason="it crashed")
    update = updated(Baseline({KEY: {"bad": OLD}}), [bad, healthy("good")], configured=["bad", "good"])
    assert update.refused == (("bad", f"{verdict}: it crashed"),)
    assert update.recorded == ("good",)
    assert update.baseline.entry(KEY, "bad") == OLD


def test_differences_in_words() -> None:
    leaks = (accepted("aaaa", 1000.0, "a.py:f"), accepted("bbbb", 1000.0, "b.py:g"))
    known = BaselineEntry(verdict=Verdict.KNOWN, peak_bytes=1_000_000, growth_bytes_per_s=2000.0, leaks=leaks)
    worse = replace(known, peak_bytes=2_000_000, leaks=(leaks[0], accepted("cccc", 500.0, "c.py:h")))
    before = Baseline({KEY: {"api": known, "gone": OLD}})
    after = Baseline({KEY: {"api": worse}, OTHER: {"api": OLD}})
    assert diff_summary(before, after) == (
        f"{KEY} api: peak 1 MB -> 2 MB",
        f"{KEY} api: new leak cccc at c.py:h, 500 B/s",
        f"{KEY} api: leak bbbb at b.py:g is gone (was 1 KB/s)",
        f"{KEY} gone: removed",
        f"{OTHER} api: new: verdict ok, peak 1 MB, growth 0 B/s",
    )


def test_growth_with_every_request_is_recorded_and_kept_when_only_the_pace_changes() -> None:
    slow, fast = leaky_server(), scaled(leaky_server(), 3.0)
    name, key = slow.target.name, slow.measurement.environment.key
    first = updated(Baseline(), [slow]).baseline
    recorded = stored(first).entry(key, name)
    assert recorded is not None
    assert recorded.growth_bytes_per_iteration == 810.0
    assert '"growth_per_iteration": "810 B/iteration"' in dump_baseline(first)

    assert dump_baseline(updated(stored(first), [fast]).baseline).count("810 B/iteration") == 1
    again = updated(stored(first), [fast]).baseline.entry(key, name)
    assert again is not None
    assert again.growth_bytes_per_s == recorded.growth_bytes_per_s
    assert "growth with every iteration" in diff_summary(Baseline(), first)[0]
