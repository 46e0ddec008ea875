"""A report format that no option asks for could not be had."""

import dataclasses
import json
from pathlib import Path
from typing import Any

import pytest
import typer.main
from typer.testing import CliRunner

from leakgate.archive.forms.results_form import dump_results
from leakgate.cli.app import app
from leakgate.cli.reports import Wanted
from leakgate.report.reporters import ReportFormat
from tests.helpers.reports import sample_report

ASKED = [report_format for report_format in ReportFormat if report_format is not ReportFormat.TERMINAL]


def test_every_format_can_be_asked_for() -> None:
    names = [report_format.value for report_format in ASKED]
    assert {field.name for field in dataclasses.fields(Wanted)} == {*names, "quiet", "verbose"}
    for report_format in ASKED:
        asked: dict[str, Any] = {report_format.value: "a file"}
        assert Wanted(**asked).paths() == ((report_format, "a file"),)


@pytest.mark.parametrize("command", ["run", "monitor", "report", "merge"])
def test_every_command_that_reports_takes_every_format(command: str) -> None:
    group = typer.main.get_command(app)
    options = {name for one in group.commands[command].params for name in one.opts}  # type: ignore[attr-defined]
    assert {f"--{report_format.value}" for report_format in ASKED} <= options


@pytest.mark.parametrize("variable", ["GITHUB_WORKSPACE", "CI_PROJECT_DIR"])
def test_a_project_below_the_checkout_of_a_ci_is_named_from_its_root(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, variable: str
) -> None:
    """The config of these results lies in /home/ada/shop."""
    results = tmp_path / "results.json"
    results.write_text(dump_results(sample_report("leak")), "utf-8")
    monkeypatch.delenv("GITHUB_WORKSPACE", raising=False)
    monkeypatch.setenv(variable, "/home/ada")
    command = ["report", str(results), f"--sarif={tmp_path / 'sarif'}", f"--junit={tmp_path / 'junit'}", "--quiet"]
    assert CliRunner().invoke(app, command).exit_code == 1
    (first, *_) = json.loads((tmp_path / "sarif").read_text("utf-8"))["runs"][0]["results"]
    location = first["locations"][0]["physicalLocation"]
    assert location["artifactLocation"]["uri"] == "shop/shop/sessions.py"
    assert 'file="shop/shop/sessions.py"' in (tmp_path / "junit").read_text("utf-8")
