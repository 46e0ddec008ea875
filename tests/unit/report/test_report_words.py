"""Words that all reports share: headline, commands to paste, figures, short paths, small pictures."""

import shlex
from dataclasses import replace
from pathlib import PurePosixPath

import pytest
from hypothesis import given
from hypothesis import strategies as st

from leakgate.model.entry import CallEntry, Entry, TestsEntry
from leakgate.model.metrics import Metric
from leakgate.model.report import GateReport
from leakgate.model.verdict import DEFAULT_FAIL_ON, ExitCode, GateVerdict, Kind, Verdict
from leakgate.report.formats import ReportFormat
from leakgate.report.next_commands import accept_command, reproduce_command
from leakgate.report.number_words import level, rate
from leakgate.report.places import Collapsed, Places, places_of
from leakgate.report.reporters import render
from leakgate.report.run_words import headline
from leakgate.report.script_order import blocks_gate, noteworthy
from leakgate.report.script_words import main_trend, memory, took
from leakgate.report.sparkline import bucket_means, sparkline
from leakgate.report.style import Detail, Style
from tests.helpers.report_leaks import CACHE_FRAMES
from tests.helpers.report_parts import ROOT, target
from tests.helpers.reports import (
    canary,
    changed,
    crashed,
    gate,
    healthy,
    inconclusive,
    known_leak,
    leaky_native,
    leaky_python,
    not_started,
    over_budget,
    sample_report,
)


@pytest.mark.parametrize(
    ("kind", "said"),
    [
        ("pass", "3 scripts, no leak, 1 planted leak caught"),
        ("leak", "1 leak in 2 scripts"),
        ("known", "1 script, 1 known leak"),
        ("inconclusive", "2 scripts, 1 inconclusive"),
        ("error", "2 errors in 3 scripts"),
        ("interrupted", "interrupted: 2 scripts, 1 leak"),
        ("canary-caught", "1 script, 1 planted leak caught"),
        ("canary-missed", "1 planted leak not caught in 2 scripts"),
        ("empty", "nothing was measured: no script was run"),
        ("many", "4 leaks, 2 errors in 40 scripts"),
    ],
)
def test_the_headline_counts_what_is_not_ok(kind: str, said: str) -> None:
    assert headline(sample_report(kind)) == said


@pytest.mark.parametrize(
    ("entry", "said"),
    [
        (TestsEntry(words=("tests",)), "1 test suite, no leak"),
        (CallEntry(path="shop.parser:parse"), "1 callable, no leak"),
    ],
)
def test_the_headline_names_what_was_measured(entry: Entry, said: str) -> None:
    assert headline(gate(healthy("unit", target=target("unit", entry=entry)))) == said


def test_two_missed_canaries_and_a_failure_without_a_reason_are_said_too() -> None:
    assert headline(gate(canary("a", caught=False), canary("b", caught=False))).startswith("2 planted leaks not caught")
    assert headline(gate(healthy(), verdict=GateVerdict.FAIL, exit_code=ExitCode.FAIL)) == "1 script"
    assert headline(gate(interrupted=True)) == "interrupted: nothing was measured"


def test_what_fails_follows_fail_on_and_expectation() -> None:
    report = gate(leaky_python(), inconclusive(), known_leak(), canary(), canary(caught=False), crashed())
    assert [blocks_gate(report, result) for result in report.results] == [True, False, False, False, True, True]
    strict = changed(report, fail_on=DEFAULT_FAIL_ON | {Verdict.INCONCLUSIVE, Verdict.KNOWN})
    assert [blocks_gate(strict, result) for result in strict.results] == [True, True, True, False, True, True]


def test_noteworthy_are_failures_first_then_whatever_has_something_to_say() -> None:
    inviting = healthy("inviting", invitations=("tighten",))
    report = gate(healthy(), inviting, known_leak("known"), leaky_python("leaky"), canary(), crashed("crashed"))
    assert [result.target.name for result in noteworthy(report)] == ["leaky", "crashed", "known", "inviting"]


@pytest.mark.parametrize(
    ("config", "name", "typed"),
    [
        (f"{ROOT}/leakgate.yaml", "worker", "leakgate run worker"),
        ("leakgate.yaml", "worker", "leakgate run worker"),
        ("services/a/leakgate.yaml", "worker", "leakgate run -c services/a/leakgate.yaml worker"),
        (f"{ROOT}/other.yaml", "worker", f"leakgate run -c {ROOT}/other.yaml worker"),
        ("leakgate.yaml", "my worker; rm -rf /", "leakgate run 'my worker; rm -rf /'"),
        ("leakgate.yaml", "--html=x", "leakgate run -- --html=x"),
        ("leakgate.yaml", "a\nb", "leakgate run"),
        ("leakgate.yaml", "a\u202eb", "leakgate run"),
        ("x\x1b[31m.yaml", "worker", "leakgate run worker"),
    ],
)
def test_the_command_to_reproduce_can_be_pasted(config: str, name: str, typed: str) -> None:
    result = leaky_python(target=target(name))
    report = gate(result, config_path=config)
    assert reproduce_command(report, result) == typed
    accepted = accept_command(report, result)
    assert accepted == ("" if name in ("a\nb", "a\u202eb") else typed.replace("run", "baseline update", 1))


@given(st.text(min_size=1), st.text(min_size=1))
def test_a_command_to_paste_has_only_the_words_it_should(config: str, name: str) -> None:
    result = leaky_python(target=target(name))
    words = shlex.split(reproduce_command(gate(result, config_path=config), result))
    assert words[:2] == ["leakgate", "run"]
    assert set(words[2:]) <= {"-c", config, "--", name}


def test_monitor_offers_its_own_command_and_nothing_to_accept() -> None:
    report = gate(leaky_python(), config_path="", command="leakgate monitor leaky.py")
    assert reproduce_command(report, report.results[0]) == "leakgate monitor leaky.py"
    assert accept_command(report, report.results[0]) == ""


@pytest.mark.parametrize("result", [over_budget(), inconclusive(), crashed(), canary(caught=False), canary()])
def test_what_a_baseline_cannot_accept_is_not_offered(result: object) -> None:
    report = sample_report("pass")
    assert accept_command(report, result) == ""  # type: ignore[arg-type]  # parametrized


def test_an_invitation_may_be_accepted() -> None:
    report = gate(healthy("w", invitations=("tighten",)))
    assert accept_command(report, report.results[0]) == "leakgate baseline update w"


def test_all_rates_have_one_unit_and_none_rounds_to_zero() -> None:
    assert [rate(one) for one in (1_000.0, 12.0, 9.0, 0.4, -9.0, 0.0)] == [
        *("+1.00 KB/s", "+12 B/s", "+9.0 B/s", "+0.4 B/s", "-9.0 B/s", "0 B/s")
    ]


def test_the_main_figure_is_of_the_metric_that_was_judged() -> None:
    assert memory(leaky_python()) == "+385 KB/s heap"
    assert memory(leaky_native()) == "+1.53 MB/s native"
    assert memory(healthy()) == "heap about 18.0 MB, flat"
    assert memory(over_budget()) == "RSS peak 52.6 MB"
    assert memory(not_started()) == "\u2013"
    large_objects = leaky_python(findings=(replace(leaky_python().findings[0], metric=Metric.NATIVE),))
    assert memory(large_objects) == "+385 KB/s heap", "objects that the C allocator counts are said as heap"
    without_findings = leaky_python(findings=(), kind=Kind.NONE)
    assert main_trend(without_findings) == without_findings.trend(Metric.RSS)
    tasks = replace(healthy().trends[0], metric=Metric.TASKS, growth=300, per_s=10.0, noise=1)
    assert memory(healthy(trends=(tasks,), findings=())) == "\u2013"
    counted = leaky_python(trends=(tasks,), findings=(replace(leaky_python().findings[0], metric=Metric.TASKS),))
    assert memory(counted) == "+600.0/min asyncio tasks"


def test_a_script_that_never_ran_took_no_time() -> None:
    assert took(healthy()) == "30.0 s"
    assert took(not_started()) == ""


@pytest.mark.parametrize(
    ("file", "short"),
    [
        (f"{ROOT}/shop/api.py", "shop/api.py"),
        (f"{ROOT}/.venv/lib/python3.11/site-packages/aiohttp/web.py", "aiohttp/web.py"),
        ("/usr/lib/python3/dist-packages/yaml/loader.py", "yaml/loader.py"),
        ("/usr/lib/python3.13t/json/decoder.py", "json/decoder.py"),
        ("C:\\Python311\\Lib\\asyncio\\events.py", "asyncio/events.py"),
        ("C:\\shop\\api\\x.py", "api/x.py"),
        (f"{ROOT}-other/x.py", f"{ROOT}-other/x.py"),
        ("<string>", "<string>"),
        ("", ""),
    ],
)
def test_paths_are_short(file: str, short: str) -> None:
    assert Places((ROOT, "C:\\shop", "")).path(file) == short


def test_places_start_at_the_config_or_else_at_the_working_directory() -> None:
    result = leaky_python(target=target("w", cwd=PurePosixPath("/srv")))
    assert places_of(gate(result), result).roots == (ROOT, "/srv")
    assert places_of(gate(result, config_path="leakgate.yaml"), result).roots == ("/srv",)


def test_tracebacks_keep_own_frames_and_collapse_the_rest() -> None:
    steps = list(Places((ROOT,)).fold(CACHE_FRAMES))
    assert [step if isinstance(step, Collapsed) else step.line for step in steps] == [
        Collapsed(3, ("json",)),
        48,
        112,
        Collapsed(6, ("aiohttp", "asyncio")),
        31,
        36,
    ]


def test_a_sparkline_shows_the_shape_and_not_the_noise() -> None:
    assert sparkline([0, 1, 2, 3, 4, 5, 6, 7], 8) == "\u2581\u2582\u2583\u2584\u2585\u2586\u2587\u2588"
    assert sparkline([100, 100.5, 100.2], 3) == "\u2581\u2581\u2581"
    assert sparkline([], 8) == ""
    assert sparkline([1, 2], 0) == ""
    assert sparkline([0, 0], 2) == "\u2581\u2581"
    assert sparkline([0, 5, 10], 3, unicode=False) == "_=#"


@given(st.lists(st.floats(0, 1e12), max_size=200), st.integers(0, 80))
def test_buckets_cover_every_value_once(values: list[float], count: int) -> None:
    means = bucket_means(values, count)
    assert len(means) == min(count, len(values))
    if means:
        assert min(values) <= min(means) * (1 + 1e-9)
        assert max(means) <= max(values) * (1 + 1e-9)
        assert len(sparkline(values, count)) == len(means)


def test_an_empty_report_value_is_enough() -> None:
    report = GateReport(results=(), verdict=GateVerdict.ERROR, exit_code=ExitCode.UNMEASURED)
    assert noteworthy(report) == ()


def test_the_level_of_live_python_memory_is_an_estimate_in_every_report() -> None:
    """It is a number of blocks times the size of one, which is not measured for the blocks that were there before."""
    assert level(Metric.RSS, 91.9e6) == "91.9 MB"
    assert level(Metric.THREADS, 12) == "12"
    report = gate(leaky_python())
    peak = level(Metric.HEAP, next(one for one in report.results[0].trends if one.metric is Metric.HEAP).peak)
    assert peak == "about 28.1 MB"
    for form in (ReportFormat.TERMINAL, ReportFormat.MARKDOWN, ReportFormat.HTML, ReportFormat.JUNIT):
        text = render(form, report, Style(detail=Detail.VERBOSE)).replace("&nbsp;", " ").replace("&#46;", ".")
        text = " ".join(text.split())  # a terminal is narrow
        assert text.count("28.1 MB") == text.count(peak), form
        assert peak in text or form is ReportFormat.JUNIT
