"""The table of commands: what the help says without loading a command is what the command says of itself."""

import subprocess
import sys

import pytest
import typer
from typer.testing import CliRunner

from leakgate.cli.app import COMMANDS, app, load_command

HEAVY = {"pydantic", "psutil", "yaml", "leakgate.gate", "leakgate.measure", "leakgate.archive", "leakgate.report.html"}
LOADED = """
import sys
from leakgate.__main__ import main
sys.argv = ["leakgate", {!r}]
try:
    main()
except SystemExit:
    print(*sys.modules)
"""


@pytest.mark.parametrize("name", COMMANDS)
def test_the_summary_is_the_first_line_of_the_command(name: str) -> None:
    command = load_command(name, COMMANDS[name])
    assert command.help.partition("\n")[0] == COMMANDS[name].summary


@pytest.mark.parametrize("option", ["--version", "--help"])
def test_a_start_without_a_command_loads_nothing_heavy(option: str) -> None:
    done = subprocess.run(
        [sys.executable, "-c", LOADED.format(option)], capture_output=True, text=True, check=True, timeout=600
    )
    assert not HEAVY & set(done.stdout.split())


def test_a_misspelt_command_is_answered_with_the_nearest() -> None:
    assert "'monitor'" in CliRunner().invoke(app, ["montor"]).output


def test_every_command_is_in_the_help() -> None:
    shown = CliRunner().invoke(app, ["--help"]).output
    assert [name for name in COMMANDS if f" {name} " not in shown] == []
    assert isinstance(app, typer.Typer)
