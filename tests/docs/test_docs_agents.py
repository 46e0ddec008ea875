"""The page for coding agents: its example has the form of the real thing, its table every exit code."""

import json
import re
from pathlib import Path

from leakgate.model.verdict import ExitCode
from leakgate.report.formats import ReportFormat
from leakgate.report.reporters import render
from leakgate.report.style import Style
from tests.helpers.reports import gate, healthy, leaky_python

PAGE = (Path(__file__).parents[2] / "docs" / "agents.md").read_text("utf-8")


def test_example_has_the_keys_of_a_real_report() -> None:
    match = re.search(r"```json\n(.*?)```", PAGE, re.DOTALL)
    assert match is not None
    shown = json.loads(match[1])
    real = json.loads(render(ReportFormat.BRIEF, gate(healthy(), leaky_python()), Style()))
    assert list(shown) == list(real)
    assert shown["headline"] == real["headline"]
    (shown_script,), (real_script,) = shown["scripts"], real["scripts"]
    assert shown_script.keys() <= real_script.keys() | {"hint"}
    assert shown_script["leaks"][0].keys() <= real_script["leaks"][0].keys() | {"inserted_at"}


def test_table_lists_every_exit_code() -> None:
    assert [int(code) for code in re.findall(r"^\| (\d+) \|", PAGE, re.MULTILINE)] == sorted(ExitCode)
