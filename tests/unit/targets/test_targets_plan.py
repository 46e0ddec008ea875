"""From a target to a command line."""

from pathlib import Path
from types import MappingProxyType

import pytest

from leakgate.model.entry import ScriptEntry
from leakgate.model.target import TargetSpec
from leakgate.targets.plan import PROBE_DIR, plan

SPEC = TargetSpec(
    name="worker",
    entry=ScriptEntry(path=Path("/home/me/app/worker.py")),
    python=Path("/home/me/app/.venv/bin/python"),
    cwd=Path("/home/me/app"),
    args=("--queue", "demo"),
    env=MappingProxyType({"MODE": "demo", "GITHUB_TOKEN": "on purpose"}),
    interval_s=0.25,
)


def test_the_probe_is_started_by_path_and_the_interpreter_stays_as_it_is_written() -> None:
    launch = plan(SPEC, Path("/run/channel"), Path("/pkg/probe"), {})
    assert launch.argv == (
        "/home/me/app/.venv/bin/python",
        "/pkg/probe/__main__.py",
        "/run/channel",
        "0.25",
        "/home/me/app/worker.py",
        "--queue",
        "demo",
    )
    assert launch.cwd == SPEC.cwd


def test_the_target_s_own_variables_win_and_secrets_do_not_pass() -> None:
    launch = plan(SPEC, Path("/run/channel"), parent_env={"MODE": "ci", "HOME": "/home/me", "GH_TOKEN": "x"})
    assert dict(launch.env) == {"MODE": "demo", "HOME": "/home/me", "GITHUB_TOKEN": "on purpose"}


def test_without_another_environment_it_is_that_of_this_process(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SOME_SETTING", "yes")
    assert plan(SPEC, Path("/run/channel")).env["SOME_SETTING"] == "yes"


def test_the_probe_is_there() -> None:
    assert (PROBE_DIR / "__main__.py").is_file()
