"""One run of the gate over many programs, that many tests look at."""

import pytest

from tests.helpers.gate_project import GateRun, run_everything
from tests.helpers.real_runs import marked


@pytest.fixture(scope="session")
def gate_run(tmp_path_factory: pytest.TempPathFactory) -> GateRun:
    """The run; tests that use it carry ``xdist_group("gate-run")``, so that it happens once."""
    with marked() as mark:
        return run_everything(tmp_path_factory.mktemp("gate"), mark)
