"""One run of the gate over many programs, which many tests examine."""

import os
import sys
from pathlib import Path

import pytest

from tests.helpers.gate_project import GateRun, read_run, run_everything
from tests.helpers.real_runs import marked


@pytest.fixture(scope="session")
def gate_run(tmp_path_factory: pytest.TempPathFactory) -> GateRun:
    """The run. The first worker of pytest-xdist that needs it starts it, and the others wait."""
    base = tmp_path_factory.getbasetemp()
    if "PYTEST_XDIST_WORKER" not in os.environ or sys.platform == "win32":
        return _run(base / "gate-run")
    import fcntl  # noqa: PLC0415 - there is none on Windows

    folder = base.parent / "gate-run"
    with (base.parent / "gate-run.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        return read_run(folder) if folder.exists() else _run(folder)


def _run(folder: Path) -> GateRun:
    with marked() as mark:
        return run_everything(folder, mark)
