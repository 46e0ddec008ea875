"""A report format without an option could not be requested."""

import json
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from leakgate.archive.forms.results_form import dump_results
from leakgate.cli.app import COMMANDS, app, load_command
from leakgate.cli.report_options import option_of, with_reports
from leakgate.cli.wanted_reports import Wanted
from leakgate.model.verdict import ExitCode
from leakgate.report.formats import FILE_FORMATS, ReportFormat
from tests.helpers.reports import sample_report


def test_every_format_but_the_terminal_is_written_to_a_file() -> None:
    assert set(FILE_FORMATS) == set(ReportFormat) - {ReportFormat.TERMINAL}


@pytest.mark.parametrize("command", ["run", "monitor", "report", "merge"])
def test_every_command_that_reports_takes_every_format(command: str) -> None:
    made = load_command(command, COMMANDS[command])
    options = {name for one in made.params for name in one.opts}
    assert {option_of(report_format) for report_format in FILE_FORMATS} <= options


def test_what_was_asked_for_reaches_the_command() -> None:
    seen: list[Wanted] = []

    @with_reports
    def command(*, wanted: Wanted) -> ExitCode:
        seen.append(wanted)
        return ExitCode.PASS

    asked: dict[str, Any] = dict.fromkeys(FILE_FORMATS, None) | {"json": "a.json", "quiet": True, "verbose": False}
    command(**asked)
    assert seen == [Wanted(paths={ReportFormat.JSON: "a.json"}, quiet=True)]


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
