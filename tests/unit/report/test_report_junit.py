"""JUnit XML: the schemas it must fit, the consumers that read it, and any text in it."""

import functools
import subprocess
import sys
import xml.etree.ElementTree as ET
from dataclasses import replace
from pathlib import Path
from typing import Final

import pytest
import xmlschema
from hypothesis import given, settings
from hypothesis import strategies as st
from junitparser import Error, Failure, JUnitXml, Skipped

from leakgate.model.evidence import TrialFailed
from leakgate.model.origin import Origin
from leakgate.model.repeated import JudgedTest, TestAnswer
from leakgate.model.verdict import DEFAULT_FAIL_ON, Verdict
from leakgate.report.junit import render
from leakgate.report.style import Style
from tests.helpers.golden import check_golden
from tests.helpers.hostile import HOSTILE_TEXTS
from tests.helpers.report_leaks import CACHE_LEAK
from tests.helpers.report_parts import ROOT, SITE_PACKAGES, target
from tests.helpers.reports import (
    KINDS,
    canary,
    changed,
    crashed,
    gate,
    healthy,
    inconclusive,
    leaky_native,
    leaky_python,
    many,
    not_started,
    sample_report,
)

STRICT: Final = Style(strict=True)
SCHEMAS: Final = Path(__file__).parents[2] / "schemas"


@functools.cache
def jenkins() -> xmlschema.XMLSchema:
    return xmlschema.XMLSchema(str(SCHEMAS / "junit-10.xsd"))


@functools.cache
def ant() -> xmlschema.XMLSchema:
    return xmlschema.XMLSchema(str(SCHEMAS / "ant-junit.xsd"))


def read(text: str) -> ET.Element:
    return ET.fromstring(text)  # noqa: S314 - written by the code under test


def cases(text: str) -> list[ET.Element]:
    return list(read(text).iter("testcase"))


@pytest.mark.parametrize("name", ["default", "strict"])
def test_the_mixed_report_reads_as_accepted(name: str) -> None:
    check_golden(f"junit/mixed-{name}.xml", render(sample_report("mixed"), Style(strict=name == "strict")))


@pytest.mark.parametrize("kind", KINDS)
def test_a_strict_report_fits_both_schemas(kind: str) -> None:
    text = render(sample_report(kind), STRICT)
    jenkins().validate(text)
    ant().validate(text)


def test_the_schemas_would_notice_what_the_package_gets_wrong() -> None:
    text = render(sample_report("leak"), STRICT)
    for wrong in (
        text.replace('hostname="localhost"', 'hostname="localhost" disabled="0"'),
        text.replace('time="60.000"', 'time="60.00000"'),
    ):
        assert wrong != text
        assert not jenkins().is_valid(wrong)
    for wrong in (text.replace(' package="leakgate"', ""), text.replace("<system-err />", "")):
        assert wrong != text
        assert not ant().is_valid(wrong)
    assert not jenkins().is_valid(render(sample_report("leak"), Style()))


def test_each_verdict_has_the_outcome_that_a_ci_understands() -> None:
    outcomes = {
        case.get("name"): [child.tag for child in case] for case in cases(render(sample_report("mixed"), Style()))
    }
    assert outcomes == {
        "healthy-worker": [],
        "worker": ["failure"],
        "thumbnails": ["failure"],
        "pool": ["failure"],
        "import-job": ["failure"],
        "batch": ["skipped"],
        "importer": ["error"],
        "billing": ["failure"],
        "legacy": ["system-out"],
        "canary": ["system-out"],
    }


def test_fail_on_and_planted_leaks_decide_what_fails() -> None:
    report = gate(inconclusive(), leaky_python(), canary(caught=False), canary("errs"))
    report = changed(report, fail_on=frozenset({Verdict.INCONCLUSIVE}))
    assert [[child.tag for child in case] for case in cases(render(report, Style()))] == [
        ["failure"],
        ["skipped"],
        ["failure"],
        ["system-out"],
    ]
    broken = replace(crashed(), target=canary().target)
    assert [child.tag for child in cases(render(gate(broken), Style()))[0]] == ["error"]


def test_the_case_of_a_test_that_is_ok_says_what_that_excludes() -> None:
    flat = JudgedTest(id="test_a.py::test", answer=TestAnswer.OK, message="flat: no leak above 1 block per call")
    (case,) = cases(render(gate(healthy(tests=(flat,))), Style()))
    assert case.findtext("system-out") == "ok: flat: no leak above 1 block per call"


def test_counts_times_and_properties_agree() -> None:
    root = read(render(sample_report("mixed"), Style()))
    (suite,) = root
    assert {key: suite.get(key) for key in ("tests", "failures", "errors", "skipped", "time")} == {
        "tests": "10",
        "failures": "5",
        "errors": "1",
        "skipped": "1",
        "time": "271.200",
    }
    assert [root.get(key) for key in ("tests", "failures", "errors", "time")] == ["10", "5", "1", "271.200"]
    assert sum(float(case.get("time", "")) for case in suite.iter("testcase")) == pytest.approx(271.2)
    assert suite.get("timestamp") == "2026-03-02T10:15:00"
    properties = {item.get("name"): item.get("value") for item in suite.iter("property")}
    assert properties["verdict"] == "fail"
    assert properties["exit_code"] == "1"
    assert properties["environment"] == "cpython-3.11-linux-x86_64"


def test_the_message_is_also_the_first_line_of_the_text() -> None:
    for kind in ("leak", "error", "inconclusive", "regression", "over-budget", "hostile"):
        for case in cases(render(sample_report(kind), Style())):
            for outcome in case:
                assert (outcome.text or "").split("\n")[0] == outcome.get("message")


def test_file_and_line_are_of_the_blamed_frame_or_else_of_the_script() -> None:
    library = replace(CACHE_LEAK.site, blame=0)
    elsewhere = replace(CACHE_LEAK.site, frames=(replace(CACHE_LEAK.site.blamed, file="/opt/x.py"),), blame=0)
    unknown = replace(CACHE_LEAK.site, frames=(replace(CACHE_LEAK.site.blamed, line=0),), blame=0)
    leaks = tuple(replace(CACHE_LEAK, site=site, holder=None) for site in (library, elsewhere, unknown))
    text = render(gate(leaky_python(), leaky_python("b", leaks=leaks), healthy(), leaky_native()), Style())
    assert [(case.get("file"), case.get("line")) for case in cases(text)] == [
        ("shop/sessions.py", "51"),
        ("scripts/b.py", "1"),
        ("scripts/healthy-worker.py", "1"),
        ("shop/images.py", "74"),
    ]
    strict = render(gate(leaky_python()), STRICT)
    assert cases(strict)[0].get("file") is None
    assert cases(strict)[0].get("line") is None


def test_names_are_unique_and_never_empty() -> None:
    names = ("a", "a\u200b", " a ", "\x00", "", "a\tb")
    report = gate(*(healthy(target=target(name, script=f"{ROOT}/x.py")) for name in names))
    found = [case.get("name") for case in cases(render(report, STRICT))]
    assert found == ["a", "a (2)", "a (3)", "(unnamed)", "(unnamed) (2)", "a b"]
    ant().validate(render(report, STRICT))


def test_classnames_are_identifiers_of_the_script() -> None:
    report = gate(canary(), healthy(target=target("x", script="\u6f22\u5b57.py")))
    assert [case.get("classname") for case in cases(render(report, Style()))] == [
        "leakgate.leaky_cache",
        "leakgate.script",
    ]


def test_a_run_of_nothing_is_a_suite_with_an_error() -> None:
    for style in (Style(), STRICT):
        (suite,) = read(render(gate(), style))
        assert (suite.get("name"), suite.get("tests"), suite.get("errors")) == ("leakgate", "1", "1")


def test_a_run_whose_times_are_unreadable_has_some_time() -> None:
    result = not_started()
    report = gate(replace(result, measurement=replace(result.measurement, started_at="yesterday")))
    (suite,) = read(render(report, STRICT))
    assert suite.get("timestamp") == "1970-01-01T00:00:00"
    ant().validate(render(report, STRICT))


@settings(max_examples=60)
@given(st.text(st.characters(exclude_categories=())) | st.sampled_from(HOSTILE_TEXTS))
def test_any_text_gives_a_document_that_fits(text: str) -> None:
    result = leaky_python(target=target(text), reason=text, hint=text)
    report = gate(result, crashed(text), command=text, notes=(text,))
    written = render(report, STRICT)
    written.encode("utf-8")
    ant().validate(written)
    jenkins().validate(written)


def test_attachments_cannot_be_forged() -> None:
    text = render(gate(leaky_python(reason="[[ATTACHMENT|/etc/passwd]]")), Style())
    assert "[[ATTACHMENT" not in (cases(text)[0][0].text or "")


def test_the_size_is_bounded_for_any_number_of_scripts() -> None:
    huge = "x" * 1_000_000
    model = crashed()
    failed = model.measurement.trial
    assert isinstance(failed, TrialFailed)
    failed = replace(failed, stderr_tail=huge)
    noisy = replace(model, measurement=replace(model.measurement, trial=failed), reason=huge, hint=huge)
    assert len(render(gate(noisy), Style())) < 20_000
    assert len(render(many(5_000), Style())) < 20_000_000


def test_junitparser_reads_the_same(tmp_path: Path) -> None:
    path = tmp_path / "leakgate.xml"
    report = changed(sample_report("mixed"), fail_on=DEFAULT_FAIL_ON)
    path.write_text(render(report, Style()), encoding="utf-8")
    parsed = JUnitXml.fromfile(str(path))
    (suite,) = parsed
    assert (suite.name, suite.tests, suite.failures, suite.errors, suite.skipped) == ("leakgate", 10, 5, 1, 1)
    results: dict[str, list[type]] = {case.name: [type(item) for item in case.result] for case in suite}
    assert results["worker"] == [Failure]
    assert results["importer"] == [Error]
    assert results["batch"] == [Skipped]
    assert results["legacy"] == []


@pytest.mark.parametrize("kind", ["mixed", "hostile", "empty"])
def test_junit2html_reads_it(kind: str, tmp_path: Path) -> None:
    path = tmp_path / "leakgate.xml"
    path.write_text(render(sample_report(kind), Style()), encoding="utf-8")
    page = tmp_path / "leakgate.html"
    subprocess.run([sys.executable, "-m", "junit2htmlreport", path, page], check=True, capture_output=True)
    text = page.read_text(encoding="utf-8")
    assert "leakgate" in text
    assert "<script>alert(1)" not in text


def test_library_frames_are_not_annotated() -> None:
    site = replace(
        CACHE_LEAK.site,
        frames=(replace(CACHE_LEAK.site.blamed, file=f"{SITE_PACKAGES}/x.py", origin=Origin.PACKAGE),),
        blame=0,
    )
    text = render(gate(leaky_python(leaks=(replace(CACHE_LEAK, site=site, holder=None),))), Style())
    assert cases(text)[0].get("file") == "scripts/worker.py"
