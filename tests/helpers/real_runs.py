"""Runs real scripts under the real probe, and finds every process that a test has started."""

import os
import sys
import time
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from types import MappingProxyType
from typing import Final

import psutil

from leakgate.measure.surroundings import Surroundings
from leakgate.measure.trial import run_trial
from leakgate.model.entry import ScriptEntry
from leakgate.model.evidence import Trial
from leakgate.model.target import TargetSpec
from leakgate.ports import Pacer
from tests.helpers.outside import KeepingExplainer, PatientPacer

SCRIPTS: Final = Path(__file__).parent.parent / "scripts"
MARK: Final = "TEST_FAMILY"
GONE_S: Final = 60.0
PATIENCE_S: Final = 180.0
"""How long a test waits for an event that must happen, also on a busy machine."""


def spec_of(
    script: str, cwd: Path, *args: str, python: Path | None = None, env: dict[str, str] | None = None
) -> TargetSpec:
    """A target for one of ``tests/scripts``, with frequent readings, so that short runs have enough of them."""
    return TargetSpec(
        name=script,
        entry=ScriptEntry(path=SCRIPTS / script),
        python=python or Path(sys.executable),
        cwd=cwd,
        args=args,
        interval_s=0.02,
        env=MappingProxyType({"COVERAGE_PROCESS_CONFIG": "", **(env or {})}),  # it would be measured too
    )


def try_script(
    spec: TargetSpec,
    logs: Path,
    *,
    pacer: Pacer | None = None,
    explainer: KeepingExplainer | None = None,
    surroundings: Surroundings | None = None,
) -> Trial:
    """The trial of a script, watched until it can be judged unless the pacer says otherwise.

    No process may be left after it.
    """
    with marked() as mark:
        marked_spec = replace(spec, env=MappingProxyType({**spec.env, MARK: mark}))
        return run_trial(
            marked_spec,
            pacer=pacer or PatientPacer(),
            explainer=explainer or KeepingExplainer(),
            logs=logs,
            surroundings=surroundings or Surroundings(),
        )


@contextmanager
def marked() -> Iterator[str]:
    """A value of an environment variable by which a family of processes is found.

    At the end, no process may have it.
    """
    mark = uuid.uuid4().hex
    yield mark
    assert living_with(mark) == []


def living_with(mark: str) -> list[int]:
    """Return the processes with the mark, without zombies and this one."""
    found = []
    for process in psutil.process_iter():
        try:
            carries = process.pid != os.getpid() and process.environ().get(MARK) == mark
            if carries and process.status() != psutil.STATUS_ZOMBIE:
                found.append(process.pid)
        except psutil.Error:
            continue
    return found


def wait_until_gone(mark: str) -> list[int]:
    """Wait until no process has the mark, and return those that still have it at the deadline."""
    deadline = time.monotonic() + GONE_S
    while living_with(mark) and time.monotonic() < deadline:
        time.sleep(0.05)
    return living_with(mark)


def wait_until(happened: Callable[[], object], patience_s: float = PATIENCE_S) -> None:
    """Wait for an event that must happen; fail if it has not happened after a long time."""
    until_s = time.monotonic() + patience_s
    while not happened():
        assert time.monotonic() < until_s, "it did not happen"
        time.sleep(0.02)
