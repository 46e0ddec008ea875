"""Entries that come from another run, and scripts of it that are left out."""

from dataclasses import replace

import pytest

from leakgate.baseline.base_run import base_run_of
from leakgate.baseline.entries import entry_of
from leakgate.model.explanation import Frame
from leakgate.model.origin import Origin
from leakgate.model.report import GateReport
from tests.helpers.report_leaks import CACHE_LEAK
from tests.helpers.reports import canary, changed, crashed, gate, healthy, leaky_python

ROOT = "/ci/head"
BASE = "/ci/base"


def base_run(file: str, *, root: str = BASE, origin: Origin = Origin.PROJECT, written: str = "") -> GateReport:
    """A run of the base in which one script leaks in a file; its holder may be filled in another file."""
    site = replace(CACHE_LEAK.site, frames=(Frame(file, 9, "open", origin=origin),), blame=0)
    writer = Frame(written, 3, "put") if written else None
    assert CACHE_LEAK.holder is not None
    leak = replace(CACHE_LEAK, site=site, holder=replace(CACHE_LEAK.holder, writer=writer))
    return gate(leaky_python(leaks=(leak,)), healthy(), config_path=f"{root}/leakgate.yaml")


def names(report: GateReport) -> set[str]:
    return {name for _, name, _ in base_run_of(report, ROOT).baseline.rows()}


def test_each_script_stands_for_itself_as_it_would_be_recorded() -> None:
    found = base_run_of(gate(leaky_python(), healthy()), ROOT)
    assert {name: entry for _, name, entry in found.baseline.rows()} == {
        "worker": entry_of(leaky_python()),
        "healthy-worker": entry_of(healthy()),
    }
    assert found.notes == ()


def test_what_the_other_run_could_not_say_is_told_and_a_planted_leak_is_not() -> None:
    found = base_run_of(gate(crashed(), canary()), ROOT)
    assert found.baseline.rows() == ()
    (note,) = found.notes
    assert note.startswith("importer is not compared with the other run, which could not say: error: ")


def typed_in(root: str, report: GateReport) -> GateReport:
    """The same run with its config named relative to its folder."""
    return changed(report, config_path="leakgate.yaml", root=root)


@pytest.mark.parametrize(
    "report",
    [
        typed_in(ROOT, base_run(f"{ROOT}/app.py")),
        typed_in(f"{ROOT}/base", base_run(f"{ROOT}/base/app.py")),
        base_run(f"{BASE}/app.py"),
        base_run(f"{BASE}/app.py", written=f"{BASE}/cache.py"),
        base_run(f"{ROOT}-old/app.py", root=f"{ROOT}-old"),
        base_run(f"{ROOT}/base/app.py", root=f"{ROOT}/base"),
        base_run(f"{ROOT}/app.py", root=ROOT),
        base_run(f"{ROOT}/.venv/lib/python3.13/site-packages/lib.py", origin=Origin.PACKAGE),
    ],
)
def test_a_run_of_other_code_is_compared_with(report: GateReport) -> None:
    assert names(report) == {"worker", "healthy-worker"}


@pytest.mark.parametrize(
    "report",
    [
        base_run(f"{ROOT}/src/app.py"),
        base_run(f"{BASE}/app.py", written=f"{ROOT}/src/app.py"),
        base_run(f"{ROOT}/src/app.py", root=f"{ROOT}/base"),
        typed_in(f"{ROOT}/base", base_run(f"{ROOT}/src/app.py")),
    ],
)
def test_a_run_that_was_led_to_the_code_that_is_judged_makes_no_leak_known(report: GateReport) -> None:
    assert names(report) == {"healthy-worker"}
    (note,) = base_run_of(report, ROOT).notes
    assert note.startswith("worker is not compared")
    assert "src/app.py" in note
