"""How scripts are spread over machines, and how the machines' reports are merged."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from leakgate.errors import SessionError, UsageError
from leakgate.model.baseline import BaselineState
from leakgate.model.entry import TestsEntry
from leakgate.model.report import GateReport, Shard, TargetResult
from leakgate.model.suppression import Suppression, SuppressionState, SuppressionSubject, SuppressionUse
from leakgate.model.target import TargetSpec
from leakgate.model.verdict import ExitCode, GateVerdict, Verdict
from leakgate.shards import assign, merge, parse_shard, recorded_durations
from leakgate.verdict.suppressions import notes_on
from tests.helpers.report_parts import target
from tests.helpers.reports import changed, crashed, gate, healthy, leaky_python


def targets_of(durations_s: dict[str, float]) -> tuple[TargetSpec, ...]:
    return tuple(target(name, duration_s=duration_s) for name, duration_s in durations_s.items())


def shard_reports(*parts: tuple[TargetResult, ...], names: tuple[str, ...] | None = None) -> list[GateReport]:
    everyone = names or tuple(result.target.name for part in parts for result in part)
    return [
        changed(
            gate(*part), shard=Shard(index=index, count=len(parts), names=everyone), command="leakgate run --shard 1/9"
        )
        for index, part in enumerate(parts, start=1)
    ]


@pytest.mark.parametrize("text", ["", "1", "0/2", "3/2", "1/0", "-1/2", "1/2/3", "a/b", "1/2\n", "1/99999"])
def test_nonsense_is_a_usage_error(text: str) -> None:
    with pytest.raises(UsageError, match="invalid shard"):
        parse_shard(text, targets_of({"a": 1, "b": 1}))


def test_more_shards_than_scripts_is_a_usage_error() -> None:
    with pytest.raises(UsageError, match="4 shards are too many for 3 scripts"):
        parse_shard("1/4", targets_of({"a": 1, "b": 1, "c": 1}))


@given(
    st.dictionaries(st.text(min_size=1, max_size=8), st.floats(min_value=0.1, max_value=600), min_size=1, max_size=30),
    st.data(),
)
def test_every_script_is_measured_once_and_the_order_of_the_config_does_not_matter(
    durations_s: dict[str, float], data: st.DataObject
) -> None:
    targets = targets_of(durations_s)
    count = data.draw(st.integers(1, len(targets)))
    parts = [assign(targets, parse_shard(f"{index}/{count}", targets)) for index in range(1, count + 1)]

    assert sorted(one.name for part in parts for one in part) == sorted(durations_s)
    assert all(parts), "no machine stands idle"
    shuffled = tuple(data.draw(st.permutations(targets)))
    again = [assign(shuffled, parse_shard(f"{index}/{count}", shuffled)) for index in range(1, count + 1)]
    assert [{one.name for one in part} for part in again] == [{one.name for one in part} for part in parts]
    # Nothing is better than an equal share, or than the longest script alone; the spread is at most a third off.
    loads = [sum(one.duration_s for one in part) for part in parts]
    ordered = sorted(durations_s.values(), reverse=True)
    best = max(sum(ordered) / count, ordered[0], sum(ordered[count - 1 : count + 1]) if len(ordered) > count else 0)
    assert max(loads) <= best * 4 / 3 + 1e-6


def suite(name: str) -> TargetSpec:
    return replace(target(name), entry=TestsEntry(words=("tests",)))


def test_each_shard_runs_a_part_of_each_suite_and_there_may_be_more_shards_than_scripts() -> None:
    targets = (suite("unit"), target("worker"))
    shards = [parse_shard(f"{index}/3", targets) for index in (1, 2, 3)]
    parts = [assign(targets, shard) for shard in shards]
    assert [[one.name for one in part] for part in parts] == [["unit", "worker"], ["unit"], ["unit"]]
    assert [part[0].test_shard for part in parts] == [(1, 3), (2, 3), (3, 3)]
    assert parts[0][1].test_shard == (1, 1)


def test_parts_of_a_suite_are_merged() -> None:
    part = replace(healthy("unit"), target=suite("unit"))
    merged = merge(shard_reports((part,), (part,), names=("unit",)))
    assert [result.target.name for result in merged.results] == ["unit"]
    assert merge(shard_reports((part,), (part,), (part,), names=("unit",))[:2]).exit_code is ExitCode.UNMEASURED


def test_scripts_are_spread_by_what_they_took() -> None:
    targets = targets_of({"a": 30, "b": 30, "c": 30, "d": 30})
    recorded = {"a": 120.0, "b": 20.0, "c": 20.0}
    first, second = (assign(targets, parse_shard(f"{index}/2", targets), recorded) for index in (1, 2))
    assert [one.name for one in first] == ["a"]
    assert [one.name for one in second] == ["b", "c", "d"]


def test_recorded_durations_are_those_of_the_run() -> None:
    durations_s = recorded_durations(gate(healthy(), crashed()))
    assert set(durations_s) == {"healthy-worker", "importer"}
    assert all(duration_s > 0 for duration_s in durations_s.values())


def test_merged_report_is_in_the_order_of_the_config() -> None:
    names = ("one", "two", "three")
    reports = shard_reports((healthy("three"), healthy("one")), (healthy("two"),), names=names)
    merged = merge(list(reversed(reports)))
    assert tuple(result.target.name for result in merged.results) == names
    assert (merged.verdict, merged.exit_code, merged.about.shard) == (GateVerdict.PASS, ExitCode.PASS, None)
    assert merged.about.command == "leakgate run"


def test_leak_in_one_shard_fails_the_whole() -> None:
    merged = merge(shard_reports((healthy("one"),), (leaky_python("two"),)))
    assert (merged.verdict, merged.exit_code) == (GateVerdict.FAIL, ExitCode.FAIL)


def test_missing_shard_is_named_and_never_passes() -> None:
    reports = shard_reports((healthy("one"),), (healthy("two"),), (healthy("three"),))
    merged = merge([reports[0], reports[2]])
    assert merged.exit_code is ExitCode.UNMEASURED
    assert merged.verdict is GateVerdict.ERROR
    assert "shard 2/3" in merged.about.notes[0]
    assert [result.verdict for result in merged.results] == [Verdict.OK, Verdict.ERROR, Verdict.OK]
    assert "2/3" in merged.results[1].reason


def test_missing_shard_whose_scripts_are_all_there_never_passes_either() -> None:
    shard = Shard(index=1, count=2, names=("one",))
    merged = merge([changed(gate(healthy("one")), shard=shard)])
    assert merged.exit_code is ExitCode.UNMEASURED


def test_missing_shard_does_not_hide_a_leak() -> None:
    reports = shard_reports((leaky_python("one"),), (healthy("two"),))
    assert merge(reports[:1]).exit_code is ExitCode.FAIL


def test_script_that_no_shard_measured_is_an_error() -> None:
    merged = merge(shard_reports((healthy("one"),), (healthy("two"),), names=("one", "forgotten", "two")))
    assert merged.exit_code is ExitCode.UNMEASURED
    assert "no shard has a result" in merged.results[1].reason


def test_shard_that_was_interrupted_interrupts_the_whole() -> None:
    first, second = shard_reports((), (healthy("two"),), names=("one", "two"))
    merged = merge([changed(first, interrupted=True, baseline_state=BaselineState("missing")), second])
    assert merged.about.interrupted
    assert merged.exit_code is ExitCode.INTERRUPTED
    assert merged.about.baseline_state == second.about.baseline_state


def test_notes_are_kept_once_each_and_every_state_of_the_baseline_is_seen() -> None:
    reports = [
        changed(report, notes=("the machine was busy",), baseline_state=BaselineState("other-environment"))
        for report in shard_reports((healthy("one"),), (healthy("two"),))
    ]
    merged = merge(reports)
    assert merged.about.notes == ("the machine was busy",)
    assert merged.about.baseline_state == "other-environment"


def test_reports_that_do_not_belong_together_are_refused() -> None:
    first, second = shard_reports((healthy("one"),), (healthy("two"),))
    renumbered = changed(second, shard=Shard(index=2, count=2, names=("other", "two")))
    strange = replace(second, results=(healthy("stranger"),))
    twice = replace(second, results=(healthy("one"),))
    for reports, message in (
        ([], "only reports of shards"),
        ([first, gate(healthy())], "only reports of shards"),
        ([first, renumbered], "different runs"),
        ([first, changed(second, fail_on=frozenset({Verdict.ERROR}))], "--fail-on"),
        ([first, first], "shard 1/2 appears more than once"),
        ([first, twice], "script one appears more than once"),
        ([first, strange], "'stranger' is not in the config"),
    ):
        with pytest.raises(SessionError, match=message):
            merge(reports)


@pytest.mark.parametrize(("index", "count"), [(0, 2), (3, 2), (0, 0), (1, 10**18)])
def test_shard_that_no_run_can_have_is_refused_at_once(index: int, count: int) -> None:
    report = changed(gate(healthy()), shard=Shard(index=index, count=count, names=(healthy().target.name,)))
    with pytest.raises(SessionError, match=f"invalid shard {index}/{count}"):
        merge([report])


def uses(leaks: int, state: SuppressionState) -> tuple[SuppressionUse, ...]:
    one = Suppression(subject=SuppressionSubject.SITE, pattern="a.py:*", reason="accepted")
    other = replace(one, pattern="b.py:*")
    nothing = SuppressionUse(suppression=other, leaks=0, state=SuppressionState.UNTRIED)
    return SuppressionUse(suppression=one, leaks=leaks, state=state), nothing


def test_uses_of_suppressions_are_added_up_and_only_the_whole_run_says_what_is_unused() -> None:
    first, second = shard_reports((healthy("a"),), (healthy("b"),))
    parts = (uses(1, SuppressionState.USED), uses(0, SuppressionState.UNTRIED))
    reports = [
        changed(report, suppressions=part, notes=("disk nearly full", *notes_on(part)))
        for report, part in zip((first, second), parts, strict=True)
    ]
    merged = merge(reports)
    assert [(use.leaks, use.state.value) for use in merged.suppressions] == [(1, "used"), (0, "unused")]
    assert merged.about.notes == ("disk nearly full", *notes_on(merged.suppressions))
    assert len(merged.about.notes) == 3
    incomplete = merge(reports[:1])
    assert [use.state.value for use in incomplete.suppressions] == ["used", "untried"]
    failed = merge([reports[0], replace(reports[1], results=(crashed("b"),))])
    assert failed.suppressions[1].state is SuppressionState.UNTRIED
