"""The reports of a real run, read by the programs that they are made for."""

import json
import subprocess
import sys
import xml.etree.ElementTree as ET
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import cmarkgfm
import jsonschema
import pytest
import xmlschema
from junitparser import Error, Failure, JUnitXml
from sarif_pydantic import Sarif  # type: ignore[import-untyped]

from leakgate.archive.read_session import load_any
from leakgate.model.report import GateReport
from leakgate.report.junit import render as junit
from leakgate.report.style import Style
from tests.helpers.command_line import leakgate
from tests.helpers.gate_project import REPORTS, GateRun, leaking_line

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="the run needs signals, and the C library by ctypes")
FAILURES = {"python-leak", "native-leak", "child-leak", "hungry", "too-fast", "missed"}
ERRORS = {"crash", "status-7", "at-once", "os-exit", "killed"}
SCHEMAS = Path(__file__).parents[1] / "schemas"


def schema_of(name: str, folder: Path) -> dict[str, Any]:
    schema: dict[str, Any] = json.loads(leakgate(folder, "schema", name).stdout)
    return schema


def test_results_fit_their_schema(gate_run: GateRun, tmp_path: Path) -> None:
    schema = schema_of("results", tmp_path)
    jsonschema.Draft202012Validator.check_schema(schema)
    jsonschema.validate(gate_run.results, schema)
    del gate_run.results["scripts"][0]["verdict"], schema["title"]
    try:
        assert not jsonschema.Draft202012Validator(schema).is_valid(gate_run.results)
    finally:
        gate_run.results["scripts"][0]["verdict"] = "ok"


def test_check_jsonschema_takes_the_results(gate_run: GateRun) -> None:
    schema = gate_run.folder / "results.schema.json"
    schema.write_text(leakgate(gate_run.folder, "schema", "results").stdout, encoding="utf-8")
    check = [sys.executable, "-m", "check_jsonschema", "--schemafile", str(schema), "results.json"]
    done = subprocess.run(check, cwd=gate_run.folder, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, ""), done.stdout


def test_a_session_fits_its_schema(gate_run: GateRun, tmp_path: Path) -> None:
    schema = schema_of("session", tmp_path)
    for folder in gate_run.sessions.iterdir():
        jsonschema.validate(json.loads((folder / "session.json").read_text(encoding="utf-8")), schema)


def test_the_results_hold_what_the_contract_names(gate_run: GateRun) -> None:
    leak = gate_run.script("python-leak")
    figures = {"start_bytes", "end_bytes", "peak_bytes", "growth_bytes", "bytes_per_s", "low_bytes_per_s"}
    for metric in ("rss", "heap", "native"):
        assert figures | {"high_bytes_per_s", "budget"} <= leak[metric].keys()
    assert {"name", "verdict", "reason", "duration_s", "warmup_s", "expect", "kind", "baseline"} <= leak.keys()
    assert {"signature", "file", "line", "function", "traceback", "growth_bytes", "growth_blocks"} <= leak["leaks"][
        0
    ].keys()
    assert len(leak["samples"]["rss"]["t_s"]) == len(leak["samples"]["rss"]["values"]) > 20
    assert leak["processes"]


def test_junitparser_counts_what_failed(gate_run: GateRun) -> None:
    (suite,) = JUnitXml.fromstring(gate_run.text("junit.xml").encode())
    outcomes = {case.name: {type(one) for one in case.result} for case in suite}
    assert {name for name, kinds in outcomes.items() if Failure in kinds} == FAILURES
    assert {name for name, kinds in outcomes.items() if Error in kinds} == ERRORS
    assert (suite.tests, suite.failures, suite.errors) == (len(outcomes), len(FAILURES), len(ERRORS))
    assert suite.tests == len(gate_run.results["scripts"])


def test_junit_points_at_the_leaking_line(gate_run: GateRun) -> None:
    root = ET.fromstring(gate_run.text("junit.xml"))  # noqa: S314 - written by the code under test
    case = next(case for case in root.iter("testcase") if case.get("name") == "native-leak")
    assert (case.get("file"), case.get("line")) == ("app/gate_native_leak.py", str(leaking_line("gate_native_leak.py")))


def test_the_strict_form_of_the_same_run_fits_the_schemas_of_jenkins_and_ant(gate_run: GateRun) -> None:
    report = load_any(gate_run.folder / "results.json")
    assert isinstance(report, GateReport)
    text = junit(report, Style(strict=True))
    for schema in ("junit-10.xsd", "ant-junit.xsd"):
        xmlschema.XMLSchema(str(SCHEMAS / schema)).validate(text)


def test_junit2html_makes_a_page_of_it(gate_run: GateRun) -> None:
    page = gate_run.folder / "junit.html"
    done = subprocess.run(
        [sys.executable, "-m", "junit2htmlreport", "junit.xml", str(page)],
        cwd=gate_run.folder,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    for name in FAILURES | ERRORS:
        assert name in page.read_text(encoding="utf-8")


def test_the_summary_leads_with_what_to_do_and_names_the_places(gate_run: GateRun) -> None:
    text = gate_run.text("summary.md")
    assert len(text) < 65_000
    page = cmarkgfm.github_flavored_markdown_to_html(text)
    assert page.count("<table>") >= 1
    for name in FAILURES | ERRORS:
        assert name in page
    assert f"gate_python_leak.py:{leaking_line('gate_python_leak.py')}" in text


def test_sarif_has_the_leaks_at_their_lines(gate_run: GateRun) -> None:
    log = Sarif.model_validate_json(gate_run.text("leakgate.sarif"))
    assert log.version == "2.1.0"
    places = set()
    for found in json.loads(gate_run.text("leakgate.sarif"))["runs"][0]["results"]:
        place = found["locations"][0]["physicalLocation"]
        places.add((place["artifactLocation"]["uri"], place["region"]["startLine"]))
    for program in ("gate_python_leak.py", "gate_native_leak.py"):
        assert (f"app/{program}", leaking_line(program)) in places


class Collector(HTMLParser):
    """The text of a page, and every address that it would load."""

    def __init__(self) -> None:
        super().__init__()
        self.words: list[str] = []
        self.foreign: list[str] = []

    def handle_data(self, data: str) -> None:
        self.words.append(data)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.foreign += [str(value) for name, value in attrs if name in ("src", "data") and value]


def test_the_page_names_every_script_and_loads_nothing(gate_run: GateRun) -> None:
    collector = Collector()
    collector.feed(gate_run.text("report.html"))
    text = " ".join(collector.words)
    assert [one["name"] for one in gate_run.results["scripts"] if one["name"] not in text] == []
    assert [one for one in collector.foreign if not one.startswith("data:")] == []


@pytest.mark.parametrize("form", ["json", "junit", "markdown", "sarif", "html"])
def test_a_report_on_stdout_is_that_report_alone(gate_run: GateRun, form: str) -> None:
    answer = leakgate(gate_run.folder, "report", "results.json", f"--{form}=-")
    assert answer.stdout == gate_run.text(REPORTS[form])
    assert "FAIL" in answer.stderr
    assert answer.status == 1


def test_colour_by_the_rules_of_no_color(gate_run: GateRun) -> None:
    plain = leakgate(gate_run.folder, "report", "results.json").stdout
    coloured = leakgate(gate_run.folder, "report", "results.json", FORCE_COLOR="1").stdout
    refused = leakgate(gate_run.folder, "report", "results.json", FORCE_COLOR="1", NO_COLOR="1").stdout
    assert "\x1b[" in coloured
    assert plain == refused
    narrow = leakgate(gate_run.folder, "report", "results.json", COLUMNS="80").stdout
    assert max(map(len, narrow.splitlines())) <= 80


def test_an_ascii_terminal_gets_ascii(gate_run: GateRun) -> None:
    answer = leakgate(gate_run.folder, "report", "results.json", PYTHONIOENCODING="ascii")
    assert answer.text.isascii()
    assert "gate_python_leak.py" in answer.stdout
