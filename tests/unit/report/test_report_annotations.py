"""Annotations: one command per line, worst first, within GitHub's limits; text of the program cannot add commands."""

import re
from dataclasses import replace

import pytest

from leakgate.model.report import Finding, GateReport
from leakgate.model.verdict import Verdict
from leakgate.report.annotations import MOST_OF_A_LEVEL, annotations
from tests.helpers.report_leaks import CACHE_LEAK, CACHE_SITE
from tests.helpers.report_parts import ROOT
from tests.helpers.reports import (
    KINDS,
    crashed,
    gate,
    inconclusive,
    known_leak,
    leaky_python,
    over_budget,
    sample_report,
)

COMMAND = re.compile(
    r"::(?P<level>error|warning|notice) file=(?P<file>[^,:]+),line=(?P<line>\d+),title=(?P<title>[^,:]+)::.+"
)


def places(report: GateReport, root: str = "") -> list[tuple[str, str, str]]:
    matches = [COMMAND.fullmatch(line) for line in annotations(report, root)]
    return [(match["level"], match["file"], match["line"]) for match in matches if match]


@pytest.mark.parametrize("kind", KINDS)
def test_every_line_is_one_command_within_the_caps(kind: str) -> None:
    lines = annotations(sample_report(kind), "")

    for line in lines:
        assert COMMAND.fullmatch(line) or line.startswith("::notice title=leakgate::")
        assert len(line.splitlines()) == 1
        assert len(line) <= 4_096
    for level in ("error", "warning"):
        assert sum(line.startswith(f"::{level} ") for line in lines) <= MOST_OF_A_LEVEL


def test_a_leak_is_an_error_on_its_line() -> None:
    first, second = annotations(sample_report("leak"), "")

    assert first.startswith("::error file=shop/sessions.py,line=51,title=leakgate leak%3A worker::+310 KB/s, 81 %25")
    assert "%0AAllocated at shop/sessions.py:48 in SessionStore.remember.%0AHeld by shop.sessions._SESSIONS" in first
    assert "(dict).%0AEntries are added" in first
    assert second.startswith("::error file=shop/audit.py,line=19,")


def test_the_worst_comes_first() -> None:
    assert places(sample_report("mixed")) == [
        ("error", "shop/images.py", "74"),
        ("error", "shop/sessions.py", "51"),
        ("error", "shop/pool.py", "63"),
        ("error", "shop/audit.py", "19"),
        ("error", "leakgate.yaml", "21"),
        ("error", "scripts/importer.py", "1"),
        ("warning", "scripts/batch.py", "1"),
    ]


@pytest.mark.parametrize("kind", ["pass", "known", "canary-caught", "empty"])
def test_nothing_to_see_is_not_annotated(kind: str) -> None:
    assert annotations(sample_report(kind), "") == ()


def test_a_missed_canary_is_an_error_at_its_script() -> None:
    assert places(sample_report("canary-missed")) == [("error", "examples/leaky_cache.py", "1")]


def test_what_is_beyond_the_caps_is_counted_in_one_line() -> None:
    lines = annotations(
        gate(*(crashed(f"s{at}") for at in range(14)), *(inconclusive(f"w{at}") for at in range(11))), ""
    )

    assert len(lines) == 21
    assert lines[-1] == "::notice title=leakgate::5 more results; the job summary lists them all"
    assert sum(line.startswith("::error ") for line in lines) == 10


def test_scripts_that_share_a_line_share_the_annotation() -> None:
    lines = annotations(gate(*(leaky_python(f"s{at}", leaks=(CACHE_LEAK,)) for at in range(5))), "")

    assert len(lines) == 1
    assert "title=leakgate leak%3A s0%2C s1%2C s2 and 2 more::" in lines[0]


def test_a_known_leak_leaves_the_line_to_what_is_new() -> None:
    both = replace(known_leak(), verdict=Verdict.OVER_BUDGET, findings=over_budget().findings)

    assert places(gate(both)) == [("error", "leakgate.yaml", "21")]


def test_a_verdict_without_a_finding_says_its_reason() -> None:
    [line] = annotations(gate(replace(crashed(), findings=())), "")

    assert line.endswith(
        "::the script ended with status 1 after 1.2 s%0Arun it by itself first: python scripts/importer.py"
    )
    finding = Finding(rule="unmeasured", verdict=Verdict.ERROR, message="gone")
    [bare] = annotations(gate(replace(crashed(), findings=(finding,), hint="")), "")
    assert bare.endswith("::gone")


def test_a_leak_without_holder_and_advice_is_one_sentence() -> None:
    leak = replace(CACHE_LEAK, holder=None, advice="", site=CACHE_SITE)

    assert annotations(gate(leaky_python(leaks=(leak,))), "")[0].endswith("is allocated here and not given back.")


def test_paths_are_relative_to_the_repository() -> None:
    assert places(sample_report("leak"), "/home/ada")[0][1] == "shop/shop/sessions.py"
    assert not any(ROOT in line for line in annotations(sample_report("mixed"), ""))


def test_what_is_wrong_in_the_config_stands_at_its_line() -> None:
    report = sample_report("failed")
    assert places(report, ROOT) == [("error", "leakgate.yaml", "4"), ("error", "leakgate.yaml", "1")]
    assert "did you mean 'path'?" in annotations(report, ROOT)[0]


def test_errors_never_push_a_leak_out() -> None:
    report = gate(*(crashed(f"c{at}") for at in range(20)), leaky_python("worker"))
    first, *others = annotations(report, "")
    assert "line=51" in first
    assert sum(line.startswith("::error") for line in others) == MOST_OF_A_LEVEL - 1


def test_a_regression_is_annotated_at_the_line_that_leaks() -> None:
    known = replace(CACHE_LEAK, known=True)
    worse = Finding(rule="growth", verdict=Verdict.REGRESSION, message="a known leak got worse")
    result = leaky_python(verdict=Verdict.REGRESSION, findings=(worse,), leaks=(known,))
    assert places(gate(result)) == [("error", "shop/sessions.py", "51")]


def test_a_place_with_little_of_the_growth_is_a_notice() -> None:
    small = replace(CACHE_LEAK, signature="py-small", site=replace(CACHE_SITE, share=0.04))
    lines = annotations(gate(leaky_python(leaks=(CACHE_LEAK, small))), "")
    assert [line.split()[0] for line in lines] == ["::error", "::notice"]
    assert annotations(gate(leaky_python(leaks=(small,))), "")[0].startswith("::error"), "the only place is no detail"
