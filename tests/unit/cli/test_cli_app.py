"""The table of commands: the help that is shown without loading a command is the same as the command's own."""

import subprocess
import sys

import pytest
import typer
from typer.testing import CliRunner

from leakgate.cli.app import COMMANDS, app, load_command

HEAVY = {"pydantic", "psutil", "yaml", "leakgate.gate", "leakgate.measure", "leakgate.archive", "leakgate.report.html"}
RARELY_NEEDED = {
    "ssl",
    "junit_xml",
    "leakgate.archive.forms.results_form",
    "leakgate.archive.forms.session_form",
    "leakgate.baseline.git_history",
    "leakgate.cli.report_files",
    "leakgate.measure.repeating",
    "leakgate.report.html",
    "leakgate.report.markdown",
    "leakgate.report.sarif",
}
LOADED = """
import gc, sys
from leakgate.__main__ import main
sys.argv[0] = "leakgate"
try:
    main()
except SystemExit:
    print()
    print(*sys.modules)
    print(gc.isenabled(), gc.get_freeze_count() > 0)
"""


def _started(*arguments: str) -> list[str]:
    """Start leakgate; return the lines of its output, then the loaded modules, then the state of the collector."""
    command = [sys.executable, "-c", LOADED, *arguments]
    done = subprocess.run(command, capture_output=True, text=True, check=True, timeout=600)
    return done.stdout.splitlines()


@pytest.mark.parametrize("name", COMMANDS)
def test_the_summary_is_the_first_line_of_the_command(name: str) -> None:
    command = load_command(name, COMMANDS[name])
    assert command.help.partition("\n")[0] == COMMANDS[name].summary


@pytest.mark.parametrize("option", ["--version", "--help"])
def test_a_start_without_a_command_loads_nothing_heavy(option: str) -> None:
    *_, modules, _ = _started(option)
    assert not HEAVY & set(modules.split())


def test_a_run_loads_neither_reports_for_files_nor_what_few_runs_need() -> None:
    """Each of them takes a tenth of the time in which `leakgate run` starts, or more."""
    *_, modules, _ = _started("run", "--help")
    assert {"leakgate.gate", "leakgate.report.terminal"} <= set(modules.split())
    assert not RARELY_NEEDED & set(modules.split())


def test_the_collector_is_off_only_while_modules_are_loading() -> None:
    assert _started("schema", "config")[-1] == "True True"


def test_a_misspelt_command_is_answered_with_the_nearest() -> None:
    assert "'monitor'" in CliRunner().invoke(app, ["montor"]).output


def test_every_command_is_in_the_help() -> None:
    shown = CliRunner().invoke(app, ["--help"]).output
    assert [name for name in COMMANDS if f" {name} " not in shown] == []
    assert isinstance(app, typer.Typer)
