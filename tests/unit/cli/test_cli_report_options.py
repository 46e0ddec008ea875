"""A report format that no option asks for could not be had."""

import dataclasses
from typing import Any

import pytest
import typer.main

from leakgate.cli.app import app
from leakgate.cli.reports import Wanted
from leakgate.report.registry import ReportFormat

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
