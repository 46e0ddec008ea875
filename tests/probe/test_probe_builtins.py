"""Builtins that a program has replaced: they are named if pytest fails because of them."""

import builtins
import json
import sys
from pathlib import Path

import pytest

from leakgate.probe.repeat.own_builtins import replaced_builtins, restore_builtins, with_reason
from tests.helpers.command_line import leakgate

CONFTEST = """\
import builtins

import pytest


@pytest.fixture(scope="session", autouse=True)
def of_session():
    builtins.isinstance = lambda *args: True
    yield
"""


def test_builtins_are_compared_with_those_at_the_start(monkeypatch: pytest.MonkeyPatch) -> None:
    before = replaced_builtins()
    monkeypatch.setattr(builtins, "len", lambda _: 0)

    found = replaced_builtins()
    monkeypatch.undo()

    assert found == "conftest.py, a plugin or a test has replaced the builtin len"
    assert replaced_builtins() == before == ""


def test_many_names_are_counted(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("chr", "hex", "oct", "ord", "pow", "abs", "bin"):
        monkeypatch.setattr(builtins, name, None)

    found = replaced_builtins()
    monkeypatch.undo()

    assert found.endswith(" and 2 more")


def test_the_builtins_can_be_restored(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(builtins, "ord", None)

    restore_builtins()

    assert builtins.ord("a") == 97


def test_the_reason_is_in_the_last_line_which_reports_show() -> None:
    assert with_reason("Traceback\nTypeError: x\n", "len is replaced") == "Traceback\nTypeError: x (len is replaced)"
    assert with_reason("TypeError: x\n", "") == "TypeError: x\n"


def test_a_suite_that_breaks_pytest_in_this_way_says_what_happened(tmp_path: Path) -> None:
    (tmp_path / "conftest.py").write_text(CONFTEST, encoding="utf-8")
    (tmp_path / "test_one.py").write_text("def test_one():\n    assert 1 == 1\n", encoding="utf-8")

    done = leakgate(tmp_path, "pytest", "--python", sys.executable, "--json", "r.json", "--", "-p", "no:cacheprovider")

    assert done.status == 3, done.text
    reason = json.loads((tmp_path / "r.json").read_text(encoding="utf-8"))["scripts"][0]["reason"]
    assert "has replaced the builtin isinstance" in reason
