"""What a measured script, or a step before the Action, could try: none of it steals the token or turns a job green.

act runs everything as one user, here often root, from whom nothing on the machine is safe. The tests show that these
ways are closed, not that there are no others. The default recipe has a second job for that reason.
"""

import secrets
import shutil
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
import yaml

from tests.action import step
from tests.action.conftest import Gate
from tests.action.fake_github import FakeGithub
from tests.action.runner import ROOT, Project
from tests.action.test_action_runs import pull_request

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="processes are found in /proc")


@pytest.fixture
def github() -> Iterator[FakeGithub]:
    """GitHub with a token that no other test has: tests run side by side, and an attack reads every process it can."""
    with FakeGithub(token=f"ghs_{secrets.token_hex(18)}") as server:
        yield server
        assert server.violations == []


def with_attack(project: Project, name: str, stolen: Path, token: str) -> None:
    project.write("evil.py", (ROOT / "tests" / "scripts" / "attacks" / f"{name}.py").read_text("utf-8"))
    env = {"STOLEN": str(stolen), "MINE": str(project.home), "MINE_TOKEN": token}
    script = {"name": "evil", "path": "evil.py", "duration": "120s", "env": env}
    project.write("leakgate.yaml", yaml.safe_dump({"version": 1, "scripts": [script]}))


@pytest.mark.parametrize("attack", ["edits_action", "plants_pth"])
def test_changed_files_are_not_run_with_the_token(
    project: Project, github: FakeGithub, gate_workflow: Gate, tmp_path: Path, attack: str
) -> None:
    stolen = tmp_path / "stolen"
    with_attack(project, attack, stolen, github.token)
    run = project.run(gate_workflow(), event="pull_request", payload=pull_request(), github=github)
    assert (run.status, run.outputs()["verdict"]) == (1, "error")
    assert any("changed leakgate's own files" in one.text for one in run.annotations("error"))
    assert not stolen.exists() or github.token not in stolen.read_text("utf-8")
    assert attack != "plants_pth" or stolen.with_name("stolen.tried").exists()
    assert github.requests == []


def test_command_files_and_a_daemon_forge_nothing(
    project: Project, github: FakeGithub, gate_workflow: Gate, tmp_path: Path
) -> None:
    stolen = tmp_path / "stolen"
    with_attack(project, "forges_and_stays", stolen, github.token)
    run = project.run(gate_workflow(), event="pull_request", payload=pull_request(), github=github)
    outputs = run.outputs()
    assert (run.status, outputs["verdict"], outputs["exit-code"]) == (1, "error", "3")
    assert "forged" not in outputs
    assert stolen.with_name("stolen.alive").exists(), "the daemon ran"
    assert not stolen.exists()
    assert len(github.bodies()) == 1


PLANTED = """\
      - run: |
          for home in "${RUNNER_TEMP}/leakgate" "${RUNNER_TEMP}/leakgate-1"; do
            mkdir -p "${home}/bin" && touch "${home}/complete"
            printf '#!/bin/sh\\ntouch %s\\nexit 0\\n' PLACE >"${home}/bin/python" && chmod +x "${home}/bin/python"
          done
          for wheel in "${STUB_CACHE}"/leakgate-2-*/*.whl; do : >"${wheel}"; done
"""


def test_planted_environment_and_wheels_are_refused(project: Project, gate_workflow: Gate, tmp_path: Path) -> None:
    """A step before the Action leaves an environment where one could be looked for, and spoils what is cached."""
    (wheels,) = project.cache.glob("leakgate-2-*")
    project.cache = tmp_path / "own-cache"
    shutil.copytree(wheels, project.cache / wheels.name)
    assert list(project.cache.glob("leakgate-2-*/*.whl"))
    project.write("broken.py", "raise SystemExit(5)\n")
    project.write("leakgate.yaml", "version: 1\nscripts: [{path: broken.py}]\n")
    place = tmp_path / "planted-was-run"
    plant = PLANTED.replace("PLACE", str(place))
    run = project.run(gate_workflow("push").replace("      - id: gate\n", f"{plant}      - id: gate\n"))
    assert not place.exists()
    assert (run.outputs()["fresh"], run.outputs()["exit-code"]) == ("true", "3")


@pytest.mark.parametrize("change", ["edit", "add", "remove", "link", "library"])
def test_every_change_of_what_is_run_is_seen(tmp_path: Path, change: str) -> None:
    """The step that reports, by itself: an environment, a standard library, and one thing that a script could do."""
    files = step.Files(folder=tmp_path)
    env = files.environment()
    home, stdlib = tmp_path / "home", tmp_path / "python" / "lib"
    for folder in (home / "site-packages" / "rich", stdlib / "json", stdlib / "__pycache__"):
        folder.mkdir(parents=True)
    (home / "a.py").write_text("a = 1\n", "utf-8")
    (stdlib / "json" / "__init__.py").write_text("", "utf-8")
    sealed = {"LEAKGATE_SEALED": f"{home}\n{stdlib}"}
    step.start("seal", files, env | sealed).communicate()
    digest = files.command_file("GITHUB_OUTPUT").read_text("utf-8").strip().removeprefix("digest=")

    def said() -> str:
        given = sealed | {"LEAKGATE_DIGEST": digest, "LEAKGATE_OWN_PYTHON": "/bin/echo"}
        return step.start("report", files, env | given).communicate()[0].decode()

    (stdlib / "__pycache__" / "json.pyc").write_bytes(b"")  # Python itself does that.
    assert "report.py" in said()
    match change:
        case "edit":
            (home / "a.py").write_text("a = 2\n", "utf-8")
        case "add":
            (home / "evil.pth").write_text("import evil\n", "utf-8")
        case "remove":
            (home / "a.py").unlink()
        case "link":
            (home / "evil.pth").symlink_to(tmp_path)
        case _:
            (stdlib / "json" / "__init__.py").write_text("import evil\n", "utf-8")
    told = said()
    assert "report.py" not in told
    assert "::error" in told
