"""results.json: a written report is read back unchanged, and hostile files are refused with a path."""

import json
import math
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings

from leakgate.archive.forms.results_form import MOST_BYTES, dump_results, load_results
from leakgate.errors import SessionError
from leakgate.model.evidence import EndReason, ProcessRole, ProcessTrack, Series, TrialOk
from leakgate.model.metrics import Metric
from leakgate.model.report import GateReport, Shard, Trend
from leakgate.model.verdict import ExitCode, GateVerdict
from tests.helpers.model_strategies import values
from tests.helpers.report_parts import trial_ok
from tests.helpers.reports import FLAT, KINDS, changed, healthy, sample_report

STRICT = settings(max_examples=60, deadline=None, suppress_health_check=list(HealthCheck))


def document(kind: str = "leak") -> dict[str, Any]:
    loaded: dict[str, Any] = json.loads(dump_results(sample_report(kind)))
    return loaded


def report_of(*trends: Trend) -> GateReport:
    return GateReport(results=(healthy(trends=trends),), verdict=GateVerdict.PASS, exit_code=ExitCode.PASS)


@pytest.mark.parametrize("kind", KINDS)
def test_every_sample_reads_back(kind: str) -> None:
    report = sample_report(kind)
    text = dump_results(report)
    assert load_results(text) == report
    assert dump_results(load_results(text)) == text
    assert text.isascii()
    assert text.endswith("}\n")


@STRICT
@given(values(GateReport))
def test_every_report_reads_back(report: GateReport) -> None:
    assert load_results(dump_results(report)) == report


def test_the_keys_of_the_contract_are_there() -> None:
    results = document()
    leak = results["scripts"][1]
    assert {"schema", "leakgate_version", "verdict", "exit_code", "environment", "scripts"} <= results.keys()
    assert {
        "name",
        "verdict",
        "reason",
        "duration_s",
        "warmup_s",
        "expect",
        "rss",
        "heap",
        "native",
        "kind",
    } <= leak.keys()
    assert {"leaks", "baseline", "processes", "samples"} <= leak.keys()
    assert leak["rss"].keys() == {
        *("start_bytes", "end_bytes", "peak_bytes", "growth_bytes", "bytes_per_s", "low_bytes_per_s"),
        *("high_bytes_per_s", "noise_bytes", "budget", "bytes_per_iteration"),
    }
    assert {"signature", "file", "line", "function", "traceback", "growth_bytes", "growth_blocks"} <= leak["leaks"][
        0
    ].keys()
    assert {"file", "line", "function"} <= leak["leaks"][0]["traceback"][0].keys()
    assert leak["rss"]["budget"] == "20MB"
    assert results["environment"]["key"] == "cpython-3.11-linux-x86_64"


def test_lists_of_numbers_stay_on_one_line() -> None:
    text = dump_results(sample_report("leak"))
    assert max(map(len, text.splitlines())) > 1000
    assert '      "duration_s": 28,\n' in text


def test_open_intervals_are_null_and_what_is_no_number_is_zero() -> None:
    odd = Trend(
        metric=Metric.RSS,
        start=math.nan,
        end=math.inf,
        peak=1.0,
        growth=-math.inf,
        per_s=1.5,
        low_per_s=-math.inf,
        high_per_s=math.inf,
        noise=0.0,
    )
    text = dump_results(report_of(odd))
    rss = json.loads(text)["scripts"][0]["rss"]
    assert (rss["start_bytes"], rss["end_bytes"], rss["growth_bytes"]) == (0, 10**18, -(10**18))
    assert (rss["low_bytes_per_s"], rss["high_bytes_per_s"]) == (None, None)
    trend = load_results(text).results[0].trends[0]
    assert (trend.low_per_s, trend.high_per_s) == (-math.inf, math.inf)


def test_of_two_trends_or_series_of_one_metric_the_first_is_kept() -> None:
    first = healthy().trends[0]
    again = Series(Metric.RSS, (0.0,), (1.0,))
    trial = trial_ok(FLAT)
    doubled = replace(healthy().measurement, trial=replace(trial, tree=(*trial.tree, again)))
    report = report_of(first, replace(first, peak=0.0))
    report = replace(report, results=(replace(report.results[0], measurement=doubled),))
    loaded = load_results(dump_results(report)).results[0]
    assert loaded.trends == (first,)
    assert loaded.measurement.trial.tree == trial.tree


def test_of_many_processes_those_with_most_readings_keep_them() -> None:
    tracks = tuple(
        ProcessTrack(
            pid=pid,
            role=ProcessRole.CHILD,
            command="x",
            first_s=0.0,
            last_s=1.0,
            probed=False,
            series=(Series(Metric.RSS, tuple(map(float, range(pid))), (1.0,) * pid),),
        )
        for pid in range(40)
    )
    report = replace(
        report_of(), results=(healthy(measurement=replace(healthy().measurement, trial=trial_ok(FLAT, tracks))),)
    )
    trial = load_results(dump_results(report)).results[0].measurement.trial
    assert [track.pid for track in trial.processes] == list(range(40))
    assert [track.pid for track in trial.processes if track.series] == list(range(8, 40))
    assert dump_results(load_results(dump_results(report))) == dump_results(report)


def test_an_hour_of_readings_is_thinned() -> None:
    readings = 36_000
    long = Series(Metric.RSS, tuple(i / 10 for i in range(readings)), tuple(float(i % 977) for i in range(readings)))
    measured = replace(healthy().measurement, trial=replace(trial_ok(FLAT), tree=(long,)))
    trial = (
        load_results(dump_results(replace(report_of(), results=(healthy(measurement=measured),))))
        .results[0]
        .measurement.trial
    )
    assert isinstance(trial, TrialOk)
    assert len(trial.tree[0]) <= 600
    assert trial.ending.reason is EndReason.DURATION


def test_shards_read_back() -> None:
    report = changed(sample_report("pass"), shard=Shard(index=1, count=2, names=("a", "b")))
    assert load_results(dump_results(report)) == report


def put(*path: str | int, value: object) -> Callable[[dict[str, Any]], None]:
    def change(results: dict[str, Any]) -> None:
        at: Any = results
        for step in path[:-1]:
            at = at[step]
        at[path[-1]] = value

    return change


def drop(*path: str | int) -> Callable[[dict[str, Any]], None]:
    def change(results: dict[str, Any]) -> None:
        at: Any = results
        for step in path[:-1]:
            at = at[step]
        del at[path[-1]]

    return change


LEAK = ("scripts", 1, "leaks", 0)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (put("schema", value="leakgate.results/2"), "$.schema: is of version 2; this leakgate reads version 1"),
        (put("schema", value="leakgate.results/x"), "$.schema: has a version that cannot be read"),
        (put("schema", value="leakgate.baseline/1"), "$.schema: is not a leakgate.results file"),
        (put("schema", value=1), "$.schema: is not a leakgate.results file: its schema is int"),
        (drop("schema"), "$.schema: is not a leakgate.results file: it has no `schema`"),
        (drop("verdict"), "$.verdict: is missing"),
        (put("extra", value=1), "$.extra: this version has no such field"),
        (put("verdict", value="great"), "$.verdict: should be 'pass', 'fail' or 'error'"),
        (put("scripts", value={}), "$.scripts: should be a valid list"),
        (put(*LEAK, "share", value=1.5), "$.scripts[1].leaks[0].share: should be less than or equal to 1"),
        (put(*LEAK, "share", value="1"), "$.scripts[1].leaks[0].share: should be a valid number"),
        (put(*LEAK, "line", value=True), "$.scripts[1].leaks[0].line: should be a valid integer"),
        (put(*LEAK, "line", value=-1), "$.scripts[1].leaks[0].line: should be greater than or equal to 0"),
        (put(*LEAK, "line", value=10**30), "$.scripts[1].leaks[0].line: should be less than or equal to"),
        (put(*LEAK, "signature", value=7), "$.scripts[1].leaks[0].signature: should be a string"),
        (put(*LEAK, "blame", value=99), "$.scripts[1].leaks[0]: blame is 99, but the traceback has"),
        (put(*LEAK, "traceback", value=[]), "$.scripts[1].leaks[0].traceback: List should have at least 1 item"),
        (put("scripts", 1, "samples", "rss", "t_s", value=[1]), "$.scripts[1].samples.rss: 1 times for"),
        (put("scripts", 1, "samples", "rss", value={"t_s": [2, 1], "values": [0, 0]}), "times are not in order"),
        (put("scripts", 1, "samples", "shoes", value={"t_s": [], "values": []}), "$.scripts[1].samples.shoes"),
        (put("scripts", 1, "ending", value=None), "$.scripts[1]: should have either an ending or a failure"),
        (put("scripts", 1, "name", value=["\ud800"]), "$.scripts[1].name: should be a string"),
        (put("scripts", 1, "\ud800" * 99, value=1), "$.scripts[1]: should be a valid string"),
        (put("scripts", 1, "x" * 99, value=1), "x...: this version has no such field"),
        (put("scripts", 1, "rss", "peak_bytes", value=1e300), "$.scripts[1].rss.peak_bytes: should be less than or"),
    ],
)
def test_a_wrong_field_is_named(change: Callable[[dict[str, Any]], None], message: str) -> None:
    results = document()
    change(results)
    with pytest.raises(SessionError) as caught:
        load_results(json.dumps(results), "some/results.json")
    assert caught.value.message.startswith("some/results.json: ")
    assert message in caught.value.message
    assert caught.value.message.isascii()


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "r.json:1:1: the text ends too early; the file is truncated"),
        ('{"a": [1,\n 2', "r.json:2:3: the text ends too early"),
        ('{"a": "b', "the text ends too early"),
        ("{]", "r.json:1:2: "),
        ("[]", "is not a leakgate.results file"),
        ('{"a": NaN}', "NaN is not a number that JSON knows"),
        ('{"a": -Infinity}', "-Infinity is not a number"),
        ('{"a": 1, "b": 2, "a": 3}', 'the key "a" appears twice'),
        ("[" * 200_000, "is nested too deeply"),
        ('{"a": ' + "1" * 5000 + "}", "contains a number with too many digits"),
        (" " * (MOST_BYTES + 1), "is larger than 32 MiB"),
    ],
)
def test_text_that_is_no_json_is_refused(text: str, message: str) -> None:
    with pytest.raises(SessionError) as caught:
        load_results(text, "r.json")
    assert message in caught.value.message
    assert caught.value.hint


def test_numbers_beyond_all_floats_are_refused() -> None:
    text = dump_results(sample_report("leak")).replace('"warmup_s": 2.6', '"warmup_s": 1e999', 1)
    with pytest.raises(SessionError, match=r"warmup_s: should be"):
        load_results(text)
