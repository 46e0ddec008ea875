"""Attacks by a measured script, or by a step before the Action: none of them steals the token or makes a job pass.

act runs everything as one user, here often root, who can read and change everything on the machine. The tests show that
these attacks fail, not that there are no others. The default recipe has a second job for that reason.
"""

import os
import secrets
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
import yaml

from action.unpack import copy_packages
from tests.action import step
from tests.action.conftest import Gate
from tests.action.fake_github import FakeGithub
from tests.action.runner import ROOT, Project
from tests.action.test_action_runs import pull_request

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="processes are found in /proc")


@pytest.fixture
def github() -> Iterator[FakeGithub]:
    """GitHub with a token that no other test has, because tests run at the same time, and an attack reads every process
    that it can.
    """
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
    """A step before the Action leaves an environment at a likely place, and damages the cache."""
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
    """Only the step that reports: an environment, a standard library, and one change that a script could make."""
    files = step.Files(folder=tmp_path)
    env = files.environment()
    home, stdlib = tmp_path / "home", tmp_path / "python" / "lib"
    for folder in (home / "site-packages" / "rich", stdlib / "json", stdlib / "__pycache__"):
        folder.mkdir(parents=True)
    (home / "a.py").write_text("a = 1\n", "utf-8")
    (stdlib / "json" / "__init__.py").write_text("", "utf-8")
    sealed = {"LEAKGATE_SEALED": f"99 {home}\n99 {stdlib}"}
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


OWN_PYTHON = (
    ("pybuilddir.txt", "CPython takes its library from elsewhere if this file lies beside it"),
    (f"{sys.platlibdir}/python3.11/os.py", "and looks for the library in this folder first"),
    (f"../{sys.platlibdir}/libc.so.6", "the loader may prefer this folder to the system's"),
    ("python3", "the environment's Python is a link to this link"),
)


def test_everything_that_decides_how_python_starts_is_sealed(tmp_path: Path) -> None:
    """A Python that a script may write to, like that of setup-python; leakgate's environment is made from it."""
    files = step.Files(folder=tmp_path)
    env = files.environment()
    base, home = tmp_path / "tool", tmp_path / "home"
    real = Path(sys.base_prefix)
    name = f"python{sys.version_info.major}.{sys.version_info.minor}"
    (base / "bin").mkdir(parents=True)
    (base / sys.platlibdir).mkdir()
    shutil.copy2(os.path.realpath(sys.executable), base / "bin" / name)
    (base / "bin" / "python3").symlink_to(name)
    (base / sys.platlibdir / name).symlink_to(real / sys.platlibdir / name)
    subprocess.run([base / "bin" / "python3", "-I", "-m", "venv", "--without-pip", home], check=True)
    event = tmp_path / "event.json"
    event.write_text("{}", "utf-8")
    listing = [str(home / "bin" / "python"), "-I", str(ROOT / "action" / "sealed.py"), str(event), ""]
    listed = subprocess.check_output(listing, text=True)
    # The library and the Action are left out here, because other tests change them, and each takes a second.
    lines = [line for line in listed.splitlines() if str(real) not in line and str(ROOT) not in line]
    sealed = {"LEAKGATE_SEALED": "\n".join(lines)}
    step.run("seal", files, env | sealed)
    digest = files.command_file("GITHUB_OUTPUT").read_text("utf-8").strip().removeprefix("digest=")
    given = env | sealed | {"LEAKGATE_DIGEST": digest, "LEAKGATE_OWN_PYTHON": "/bin/echo"}

    def reports() -> bool:
        return "report.py" in step.start("report", files, given).communicate()[0].decode()

    for planted, why in (*OWN_PYTHON, ("../../event.json", "it names the pull request that gets the comment")):
        path = base / "bin" / planted.replace("python3.11", name)
        kept = path.read_bytes() if path.exists() else None
        path.parent.mkdir(parents=True, exist_ok=True)
        path.unlink(missing_ok=True)
        path.write_text("evil", "utf-8")
        assert not reports(), why
        path.unlink()
        shutil.rmtree(base / "bin" / sys.platlibdir, ignore_errors=True)
        if planted == "python3":
            path.symlink_to(name)
        elif kept is not None:
            path.write_bytes(kept)
        assert reports()


@pytest.mark.parametrize("name", ["seal", "report", "verdict"])
def test_tools_and_settings_of_the_job_are_not_used_with_the_token(tmp_path: Path, name: str) -> None:
    """A script can write to folders of PATH and of LD_LIBRARY_PATH; a step before can set variables of the shell."""
    files = step.Files(folder=tmp_path)
    evil, ran = tmp_path / "evil", tmp_path / "ran"
    evil.mkdir()
    for tool in ("bash", "sh", "find", "sha256sum", "sort", "readlink", "env"):
        (evil / tool).write_text(f"#!/bin/sh\n/bin/touch '{ran}'\nexit 0\n", "utf-8")
        (evil / tool).chmod(0o755)
    for library in ("libc.so.6", "libtinfo.so.6", "libcrypto.so.3", "evil.so"):
        (evil / library).write_text("not a library", "utf-8")  # The loader ends every program that uses it.
    (evil / "settings").write_text(f"/bin/touch '{ran}'\n", "utf-8")
    hostile = {
        "PATH": f"{evil}{os.pathsep}{os.environ['PATH']}",
        "LD_LIBRARY_PATH": str(evil),
        "LD_PRELOAD": str(evil / "evil.so"),
        "BASH_ENV": str(evil / "settings"),
        "ENV": str(evil / "settings"),
        "BASH_FUNC_find%%": f"() {{ /bin/touch '{ran}'; }}",
        "SHELLOPTS": "xtrace",
        "PS4": f"$(/bin/touch '{ran}')",
    }
    (tmp_path / "sealed").write_text("x", "utf-8")
    env = files.environment(**hostile)
    own = {"LEAKGATE_SEALED": f"99 {tmp_path / 'sealed'}", "LEAKGATE_OWN_PYTHON": "/bin/echo"}
    variables = step.variables_of("seal", LEAKGATE_SEALED=own["LEAKGATE_SEALED"])
    step.run("seal", files, env | variables)
    digest = files.command_file("GITHUB_OUTPUT").read_text("utf-8").strip().removeprefix("digest=")
    if name == "report":
        log = step.run("report", files, env | step.variables_of("report", LEAKGATE_DIGEST=digest, **own))
        assert "report.py" in log
    if name == "verdict":
        process = step.start("verdict", files, env | step.variables_of("verdict", LEAKGATE_EXIT_CODE="3"))
        process.communicate()
        assert process.returncode == 3
    assert len(digest) == 64
    assert not ran.exists()


def test_no_module_beside_the_action_is_imported(tmp_path: Path) -> None:
    """A script can add files to the Action's checkout: a library would load a plugin that it finds there."""
    copy_packages(tmp_path)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["action", "leakgate"]
    assert (tmp_path / "leakgate" / "__init__.py").read_bytes() == (ROOT / "leakgate" / "__init__.py").read_bytes()
