"""The exports for other programs: each has the form that its reader requires, and no entry if nothing was read."""

import json
from typing import Any

import pytest

from leakgate.report.brief_report import MOST_SCRIPTS
from leakgate.report.formats import ReportFormat
from leakgate.report.reporters import render
from leakgate.report.style import Style
from tests.helpers.report_parts import ROOT
from tests.helpers.reports import KINDS, crashed, gate, healthy, known_leak, leaky_python, many, sample_report


def exported(report_format: ReportFormat, kind: str) -> Any:
    return json.loads(render(report_format, sample_report(kind), Style(source_root=ROOT)))


@pytest.mark.parametrize("kind", KINDS)
def test_bencher_takes_names_of_measures_with_numbers(kind: str) -> None:
    """https://bencher.dev/docs/reference/bencher-metric-format/"""
    for measures in exported(ReportFormat.BENCHER, kind).values():
        for slug, metric in measures.items():
            assert slug == slug.lower()
            assert " " not in slug
            assert metric.keys() <= {"value", "lower_value", "upper_value"}
            assert all(isinstance(number, int | float) for number in metric.values())


def test_figures_of_a_leak_are_rates_and_a_broken_script_has_none() -> None:
    report = gate(leaky_python("worker"), crashed("importer"))
    measures = json.loads(render(ReportFormat.BENCHER, report, Style()))
    assert set(measures) == {"worker"}
    growth = measures["worker"]["heap-growth"]
    assert growth["lower_value"] < growth["value"] < growth["upper_value"]
    assert growth["value"] > 100_000


@pytest.mark.parametrize("kind", KINDS)
def test_benchmark_action_takes_name_unit_and_value(kind: str) -> None:
    rows = exported(ReportFormat.BENCHMARK, kind)
    for row in rows:
        assert {"name", "unit", "value"} <= row.keys() <= {"name", "unit", "value", "range"}
        assert isinstance(row["value"], int | float)
    assert len({row["name"] for row in rows}) == len(rows)


@pytest.mark.parametrize("kind", KINDS)
def test_code_quality_has_what_gitlab_asks_for(kind: str) -> None:
    """https://docs.gitlab.com/ci/testing/code_quality/#code-quality-report-format"""
    found = exported(ReportFormat.CODE_QUALITY, kind)
    for one in found:
        assert one.keys() == {"description", "check_name", "fingerprint", "severity", "location"}
        assert one["severity"] in ("info", "minor", "major", "critical", "blocker")
        assert not one["location"]["path"].startswith(("/", "./"))
        assert one["location"]["lines"]["begin"] >= 1
    assert len({one["fingerprint"] for one in found}) == len(found)


def test_code_quality_names_the_leaking_line_and_is_silent_on_what_passes() -> None:
    (leak, *_) = exported(ReportFormat.CODE_QUALITY, "leak")
    assert leak["location"]["path"].endswith(".py")
    assert leak["severity"] == "critical"
    assert exported(ReportFormat.CODE_QUALITY, "pass") == []
    assert json.loads(render(ReportFormat.CODE_QUALITY, gate(known_leak()), Style())) == []


@pytest.mark.parametrize("kind", KINDS)
def test_brief_is_short_and_says_what_to_do(kind: str) -> None:
    report = sample_report(kind)
    text = render(ReportFormat.BRIEF, report, Style())
    value = json.loads(text)
    assert (value["verdict"], value["exit_code"]) == (report.verdict.value, int(report.exit_code))
    assert len(value["scripts"]) <= MOST_SCRIPTS
    assert len(text) < 60_000


def test_brief_of_a_leak_has_line_holder_and_commands() -> None:
    (script,) = json.loads(render(ReportFormat.BRIEF, gate(healthy(), leaky_python()), Style()))["scripts"]
    assert script["verdict"] == "leak"
    assert script["measure_again"].startswith("leakgate run")
    assert script["accept"].startswith("leakgate baseline update")
    assert script["leaks"][0]["held_by"]
    assert script["leaks"][0]["bytes_per_s"] > 0


def test_brief_of_a_thousand_scripts_counts_what_it_leaves_out() -> None:
    value = json.loads(render(ReportFormat.BRIEF, many(1000), Style()))
    assert len(value["scripts"]) == MOST_SCRIPTS
    assert value["left_out"] > 0


def test_strict_junit_has_neither_file_nor_line() -> None:
    text = render(ReportFormat.JUNIT_STRICT, sample_report("leak"), Style())
    assert " file=" not in text
    assert " line=" not in text
    assert " file=" in render(ReportFormat.JUNIT, sample_report("leak"), Style())
