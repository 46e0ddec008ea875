"""The terminal report: its look (golden files), its width, and that hostile text stays text."""

import re
from dataclasses import replace

import pytest
from rich.cells import cell_len

from leakgate.model.baseline import BaselineState
from leakgate.model.evidence import EndReason, TrialFailed, TrialOk
from leakgate.model.explanation import Frame
from leakgate.model.metrics import Metric
from leakgate.model.repeated import JudgedTest, TestAnswer
from leakgate.model.report import GateReport, Shard
from leakgate.model.verdict import GateVerdict, Verdict
from leakgate.report import junit, markdown
from leakgate.report.style import Detail, Style
from leakgate.report.terminal import MOST_SECTIONS, explanation_text, render
from tests.helpers.golden import check_golden
from tests.helpers.hostile import HOSTILE_TEXTS
from tests.helpers.report_leaks import CACHE_LEAK
from tests.helpers.reports import (
    KINDS,
    changed,
    crashed,
    gate,
    healthy,
    hostile,
    inconclusive,
    known_leak,
    leaky_child,
    leaky_python,
    many,
    over_budget,
    sample_report,
)

PLAIN_80 = Style(width=80)
LOOKS = {
    "80": PLAIN_80,
    "120": Style(width=120),
    "ascii": Style(width=80, unicode=False),
    "quiet": Style(width=80, detail=Detail.QUIET),
    "verbose": Style(width=100, detail=Detail.VERBOSE),
    "color": Style(width=80, color=True),
}


@pytest.mark.parametrize("look", LOOKS)
def test_the_mixed_report_looks_as_accepted(look: str) -> None:
    check_golden(f"terminal/mixed-{look}.txt", render(sample_report("mixed"), LOOKS[look]))


@pytest.mark.parametrize("kind", [kind for kind in KINDS if kind not in ("mixed", "many", "hostile")])
def test_each_situation_looks_as_accepted(kind: str) -> None:
    check_golden(f"terminal/{kind}.txt", render(sample_report(kind), PLAIN_80))


def test_a_report_of_suites_alone_counts_tests_in_place_of_growth_per_second() -> None:
    answers = (TestAnswer.OK, TestAnswer.LEAK, TestAnswer.TOO_SLOW)
    tests = tuple(
        JudgedTest(id=f"test_{answer}", answer=answer, message="", repetitions=400 * at)
        for at, answer in enumerate(answers, start=1)
    )
    text = render(gate(healthy("unit", tests=tests)), PLAIN_80)
    header, row = (line.split() for line in text.splitlines() if re.match(r"\s+script|\S unit", line))
    assert header == ["script", "verdict", "tests", "grow", "undecided", "calls", "time"]
    assert row[3:7] == ["3", "1", "1", "2,400"]
    assert "heap/s" in render(gate(healthy("unit", tests=tests), healthy()), PLAIN_80)


def test_the_headline_counts_each_cause_of_a_suite() -> None:
    tests = (JudgedTest(id="test_a", answer=TestAnswer.LEAK, message=""),)
    suite = leaky_python("unit", tests=tests, leaks=leaky_python().leaks[:1] * 3)
    assert "3 leaks in 1 script" in render(gate(suite), PLAIN_80)
    assert "4 leaks in 2 scripts" in render(gate(suite, leaky_python()), PLAIN_80)


@pytest.mark.parametrize("look", LOOKS)
@pytest.mark.parametrize("kind", KINDS)
def test_no_line_is_wider_than_the_terminal(kind: str, look: str) -> None:
    style = LOOKS[look]
    text = re.sub(r"\x1b\[[0-9;]*m", "", render(sample_report(kind), style))
    assert text.endswith("\n")
    for line in text.splitlines():
        broken_up = line.count("# #[") + line.lstrip().startswith(": :")
        assert cell_len(line) <= style.width + broken_up, line


@pytest.mark.parametrize("width", [20, 60, 80, 99, 100, 200])
def test_a_script_is_one_row_with_its_whole_verdict(width: int) -> None:
    report = gate(healthy("a" * 60), inconclusive("\u6f22\u5b57" * 20), leaky_python())
    rows = [line for line in render(report, Style(width=width)).splitlines() if re.match(r"^[\u2713\u2717?] ", line)]
    assert len(rows) == 3
    for row, verdict in zip(rows, ("ok", "inconclusive", "leak"), strict=True):
        assert f" {verdict} " in row


@pytest.mark.parametrize("detail", Detail)
def test_hostile_text_neither_colours_nor_commands(detail: Detail) -> None:
    text = render(sample_report("hostile"), Style(width=80, detail=detail))
    assert "\x1b" not in text
    assert "[bold red]" in text
    for line in text.splitlines():
        assert not line.lstrip().startswith("::")
        assert not re.search(r"##\w*\[", line)


@pytest.mark.parametrize("width", range(60, 140, 7))
def test_wrapping_never_moves_a_command_to_the_start_of_a_line(width: int) -> None:
    report = gate(leaky_python(reason="x " * 17 + "::error::forged " * 12, hint="##[error]x ##vso[task.complete]"))
    for color in (False, True):
        text = re.sub(r"\x1b\[[0-9;]*m", "", render(report, Style(width=width, color=color)))
        assert not re.search(r"(?m)^\s*::", text)
        assert not re.search(r"##\w*\[", text)


def test_ascii_output_is_ascii_and_keeps_its_columns() -> None:
    report = gate(healthy("\u6f22\u5b57"), leaky_python("b\u00e9"), healthy("n" * 70))
    text = render(report, Style(width=80, unicode=False))
    assert text.isascii()
    rows = [line for line in text.splitlines() if re.match(r"^[+x] ", line)]
    assert len({row.index(word) for row, word in zip(rows, ("ok", "leak", "ok"), strict=True)}) == 1


def test_without_colour_every_meaning_has_a_word() -> None:
    text = render(sample_report("mixed"), PLAIN_80)
    of_tests_only = {Verdict.TOO_SLOW, Verdict.NOT_REPEATABLE}
    for verdict in (*(set(Verdict) - of_tests_only), "caught"):
        assert re.search(rf"(?m)^[\u2713\u2717?] \S+ +{verdict}\b", text), verdict


def test_quiet_is_one_line_for_each_failing_script_and_the_headline() -> None:
    lines = render(sample_report("leak"), LOOKS["quiet"]).splitlines()
    assert len(lines) == 2
    assert lines[0].startswith("\u2717 worker  leak  shop/sessions.py:51  live Python")
    assert lines[1] == "FAIL  1 leak in 2 scripts"


def test_quiet_and_passing_is_the_headline_alone() -> None:
    assert render(sample_report("pass"), LOOKS["quiet"]) == "PASS  3 scripts, no leak, 1 planted leak caught\n"


@pytest.mark.parametrize(
    ("state", "said"),
    [
        ("found", "compared with the baseline"),
        ("missing", "no baseline yet"),
        ("other-environment", "the baseline has no entry for this environment"),
        ("disabled", "baseline not used"),
    ],
)
def test_the_state_of_the_baseline_is_said(state: str, said: str) -> None:
    assert said in render(gate(healthy(), baseline_state=BaselineState(state)), PLAIN_80)


def test_a_report_of_a_shard_says_which() -> None:
    assert "shard 2/4" in render(gate(healthy(), shard=Shard(index=2, count=4)), PLAIN_80)


def test_an_empty_baseline_state_leaves_no_empty_line() -> None:
    report = GateReport(results=(), verdict=GateVerdict.ERROR, exit_code=gate().exit_code)
    assert render(report, PLAIN_80) == "ERROR  nothing was measured: no script was run\n"


def test_many_leaks_are_cut_to_the_largest_unless_asked_for_all() -> None:
    leaks = tuple(replace(CACHE_LEAK, signature=f"py-{at}") for at in range(8))
    report = gate(leaky_python(leaks=leaks))
    assert "3 smaller ones, 243 % of the growth" in render(report, PLAIN_80)
    verbose = render(report, LOOKS["verbose"])
    assert "smaller ones" not in verbose
    assert all(leak.signature in verbose for leak in leaks)


def test_leaks_that_hardly_matter_are_only_counted() -> None:
    small = replace(CACHE_LEAK, site=replace(CACHE_LEAK.site, share=0.02))
    assert "1 smaller one, 2 % of the growth" in render(gate(leaky_python(leaks=(CACHE_LEAK, small))), PLAIN_80)
    assert "smaller" not in render(gate(leaky_python(leaks=(small,))), PLAIN_80)


def test_monitor_is_compared_with_nothing() -> None:
    assert "baseline" not in render(gate(healthy(), config_path="", baseline_state=BaselineState("disabled")), PLAIN_80)


def test_of_a_long_stderr_the_end_is_shown() -> None:
    crash = crashed()
    failed = crash.measurement.trial
    assert isinstance(failed, TrialFailed)
    long = replace(failed, stderr_tail="noise\n" * 5_000 + "ValueError: the reason\n")
    text = render(gate(replace(crash, measurement=replace(crash.measurement, trial=long))), PLAIN_80)
    assert "stderr, last 12 lines" in text
    assert "ValueError: the reason" in text


def test_a_frame_without_function_or_line_is_its_file() -> None:
    site = replace(CACHE_LEAK.site, frames=(Frame("/elsewhere/x.so", 0, ""),), blame=0)
    report = gate(leaky_python(leaks=(replace(CACHE_LEAK, site=site, holder=None, advice=""),)))
    assert "/elsewhere/x.so\n" in render(report, PLAIN_80)


def test_a_holder_without_writer_is_shown_and_a_bound_is_named() -> None:
    assert CACHE_LEAK.holder is not None
    holder = replace(CACHE_LEAK.holder, writer=None, bound=20_000, entry_type="")
    text = render(gate(leaky_python(leaks=(replace(CACHE_LEAK, holder=holder),))), Style(width=120))
    assert "dict, 18,312 entries of at most 20,000, +1,240/min, from module shop.sessions" in text
    assert "written at" not in text


def test_verbose_says_what_was_watched_and_given_up() -> None:
    text = render(gate(inconclusive(), leaky_child()), Style(width=140, detail=Detail.VERBOSE))
    assert "longer because the answer was not clear" in text
    assert "watched for twice as long" in text
    assert "process 4251 is not Python: seen from outside only" in text
    assert "4251 /usr/bin/convert - png:-, RSS 38.1 MB to 52.1 MB, seen from outside only" in text


def test_verbose_shows_a_process_without_readings_and_a_script_that_ended_by_itself() -> None:
    result = healthy()
    trial = result.measurement.trial
    assert isinstance(trial, TrialOk)
    bare = replace(
        trial,
        processes=(replace(trial.processes[0], series=()),),
        ending=replace(trial.ending, reason=EndReason.EXITED, exit_code=0),
    )
    report = gate(replace(result, measurement=replace(result.measurement, trial=bare, stdout_path="")))
    text = render(report, LOOKS["verbose"])
    assert re.search(r"main +4242 python scripts/worker.py\n", text)
    assert "ended: exited" in text


def test_a_counted_metric_is_not_said_in_bytes() -> None:
    result = leaky_python()
    trend = replace(result.trends[0], metric=Metric.FDS, start=10, end=36, growth=26, per_s=1, noise=1, peak=40)
    text = render(gate(replace(result, trends=(trend,))), LOOKS["verbose"])
    assert re.search(r"file descriptors +10 to 36, \+60\.0/min", text)


def test_a_leak_that_is_only_suppressed_shows_its_reason() -> None:
    text = render(gate(known_leak()), PLAIN_80)
    assert "because  fixed in logging-extras 2.1" in text
    assert "held by" not in text


def test_a_budget_that_is_exceeded_beside_a_leak_is_said_too() -> None:
    leaky, [budget] = leaky_python(), over_budget().findings
    both = gate(replace(leaky, findings=(*leaky.findings, budget)))
    said = f"also over-budget {budget.message}"
    assert said in " ".join(render(both, Style(width=140)).split())
    assert said in " ".join(explanation_text(both, both.results[0], 140).split())
    assert "Also over-budget: " in markdown.render(both, Style())
    assert "also over-budget" not in render(changed(both, fail_on=frozenset({Verdict.LEAK})), PLAIN_80)


def test_in_a_regression_the_accepted_leaks_are_told_in_full() -> None:
    worse = replace(known_leak(), verdict=Verdict.REGRESSION)
    text = render(gate(worse), PLAIN_80)
    assert "known" in text
    assert text.count("held by") == sum(leak.holder is not None for leak in worse.leaks) > 0
    assert text.count("called from") == len(worse.leaks)


def test_the_explanation_for_other_reports_is_plain_text_without_heading() -> None:
    report = sample_report("leak")
    text = explanation_text(report, report.results[1], 80)
    assert text.startswith("where it grows\n")
    assert not text.endswith("\n")
    assert explanation_text(report, report.results[0], 80) == ""


def test_names_that_cannot_be_pasted_are_not_offered_for_pasting() -> None:
    text = render(gate(hostile()), PLAIN_80)
    assert re.search(r"run it again +leakgate run\n", text)
    assert "leakgate baseline update" not in text.replace(" ".join(HOSTILE_TEXTS), "")


def test_a_large_run_has_one_row_for_each_script() -> None:
    text = render(many(200), Style(width=80, detail=Detail.NORMAL))
    assert sum(bool(re.match(r"^[\u2713\u2717] service-\d{4} ", line)) for line in text.splitlines()) == 200


def test_very_many_failing_scripts_are_explained_up_to_a_limit() -> None:
    report = gate(*(leaky_python(f"w{at}") for at in range(MOST_SECTIONS + 5)))
    text = render(report, Style())
    assert text.count("where it grows") == MOST_SECTIONS
    assert "details of 5 more scripts in the HTML report" in text
    document = junit.render(report, Style())
    assert document.count("where it grows") == junit.MOST_EXPLAINED
