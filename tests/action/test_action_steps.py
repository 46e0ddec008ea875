"""The scripts of the Action without a workflow, which would show nothing more."""

import hashlib
import os
import shutil
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

from action.inputs import NAMED_OPTIONS, interpreter, options
from action.other_results import join
from action.unpack import locked_digests, unpack
from leakgate.archive.forms.baseline_form import dump_baseline
from leakgate.archive.forms.results_form import dump_results
from leakgate.errors import LeakgateError, SessionError
from leakgate.model.baseline import Baseline, BaselineEntry
from leakgate.model.verdict import Verdict
from tests.action.runner import ROOT
from tests.helpers.reports import gate, healthy

BASH = shutil.which("bash")


def set_up(tmp_path: Path, **env: str) -> tuple[int, str, dict[str, str]]:
    """Run ``setup.sh``, and return its status, its log and its outputs."""
    if BASH is None or sys.platform == "win32":
        pytest.skip("no bash of the same paths as this Python; selftest.yml runs the Action on Windows")
    output = tmp_path / "output"
    environment = {
        "PATH": os.environ["PATH"],
        "GITHUB_ACTION_PATH": str(ROOT),
        "GITHUB_EVENT_NAME": "push",
        "GITHUB_OUTPUT": str(output),
        "RUNNER_TEMP": str(tmp_path),
    }
    command = [BASH, str(ROOT / "action" / "setup.sh")]
    done = subprocess.run(command, env=environment | env, capture_output=True, text=True, check=False)
    lines = output.read_text("utf-8").splitlines() if output.exists() else []
    return done.returncode, done.stdout, dict(line.split("=", 1) for line in lines)


def test_key_of_the_cache_depends_on_machine_and_lock_only(tmp_path: Path) -> None:
    status, said, outputs = set_up(tmp_path, RUNNER_OS="Linux", RUNNER_ARCH="X64")
    assert (status, said) == (0, "")
    assert outputs["wheels"].startswith(f"{tmp_path}/leakgate-wheels-")
    assert outputs["cache-key"].startswith("leakgate-2-Linux-X64-")
    (tmp_path / "again").mkdir()
    assert set_up(tmp_path / "again", RUNNER_OS="Linux", RUNNER_ARCH="X64")[2]["cache-key"] == outputs["cache-key"]
    assert set_up(tmp_path / "again", RUNNER_OS="macOS", RUNNER_ARCH="ARM64")[2]["cache-key"] != outputs["cache-key"]


def test_wheels_of_an_earlier_step_are_not_fetched_again(tmp_path: Path) -> None:
    Path(set_up(tmp_path)[2]["wheels"]).mkdir()
    assert set_up(tmp_path)[2]["present"] == "true"


def test_debugging_a_run_shows_what_was_found(tmp_path: Path) -> None:
    assert "::debug::leakgate's own Python is " in set_up(tmp_path, RUNNER_DEBUG="1")[1]


@pytest.mark.parametrize(
    ("env", "status"),
    [
        ({"GITHUB_EVENT_NAME": "pull_request_target"}, 2),
        ({"GITHUB_EVENT_NAME": "workflow_run"}, 2),
        ({"GITHUB_EVENT_NAME": "pull_request_target", "LEAKGATE_ALLOW_UNSAFE_EVENT": "yes"}, 2),
        ({"GITHUB_EVENT_NAME": "pull_request_target", "LEAKGATE_ALLOW_UNSAFE_EVENT": "true"}, 0),
        ({"GITHUB_EVENT_NAME": "workflow_run", "LEAKGATE_RESULTS": "results"}, 0),
    ],
)
def test_unsafe_events_need_a_word(tmp_path: Path, env: dict[str, str], status: int) -> None:
    assert set_up(tmp_path, **env)[0] == status


def test_interpreter_is_the_one_of_the_job_a_command_or_a_path_of_the_project(tmp_path: Path) -> None:
    env = {"GITHUB_WORKSPACE": str(tmp_path), "LEAKGATE_WORKING_DIRECTORY": "app"}
    assert interpreter(env | {"LEAKGATE_PYTHON": ""}) == (shutil.which("python") or shutil.which("python3"))
    assert interpreter(env | {"LEAKGATE_PYTHON": ".venv/bin/python"}) == str(tmp_path / "app" / ".venv/bin/python")
    assert interpreter(env | {"LEAKGATE_PYTHON": sys.executable}) == sys.executable
    assert interpreter(env | {"LEAKGATE_PYTHON": "no-such-python"}) == "no-such-python"


@pytest.mark.parametrize("content", [b"[]", b'{"schema": "leakgate.results/1"}', b"[" * 100_000, b"\xff", b""])
def test_results_that_are_none_are_refused(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "results.json").write_bytes(content)
    with pytest.raises(LeakgateError):
        join(tmp_path)


def test_results_of_a_whole_run_are_taken_as_they_are(tmp_path: Path) -> None:
    (tmp_path / "results.json").write_text(dump_results(gate(healthy())), "utf-8")
    assert join(tmp_path).results[0].target.name == "healthy-worker"
    assert join(tmp_path / "results.json") == join(tmp_path)


def test_whole_runs_are_not_merged(tmp_path: Path) -> None:
    for name in ("a", "b"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "results.json").write_text(dump_results(gate(healthy())), "utf-8")
    with pytest.raises(SessionError, match="only reports of shards"):
        join(tmp_path)


def test_inputs_that_are_given_are_options_and_durations_once_there_are_any(tmp_path: Path) -> None:
    given = {"LEAKGATE_SHARD": "1/2", "LEAKGATE_DURATIONS": "earlier.json", "LEAKGATE_CONFIG": "ci/gate.yaml"}
    env = dict.fromkeys(NAMED_OPTIONS, "") | given
    always = ["--shard=1/2", f"--config={tmp_path / 'ci/gate.yaml'}"]
    assert options(env, tmp_path) == always
    (tmp_path / "earlier.json").touch()
    assert options(env, tmp_path) == [*always, "--durations=earlier.json"]
    assert options(env | {"LEAKGATE_DURATIONS": ""}, tmp_path) == always


RUN_AFTER_IMPORTS = """
import sys
from importlib import import_module
from action.unpack import NEEDED
from leakgate.__main__ import main
for module in NEEDED:
    import_module(module)
before = set(sys.modules)
sys.argv = ["leakgate", "run", "--json=results.json"]
try:
    main()
except SystemExit as end:
    print(end.code, *sorted(name for name in set(sys.modules) - before if name.startswith("leakgate")))
"""


def test_a_run_with_a_baseline_imports_only_what_was_compiled_before(tmp_path: Path) -> None:
    """A module that the installing step does not import is compiled again in every step: no step may store it."""
    (tmp_path / "broken.py").write_text("raise SystemExit(1)\n", "utf-8")
    (tmp_path / "leakgate.yaml").write_text("version: 1\nscripts: [{path: broken.py}]\n", "utf-8")
    entry = BaselineEntry(verdict=Verdict.OK, peak_bytes=1_000_000, growth_bytes_per_s=0.0)
    baseline = dump_baseline(Baseline({"cpython-3.11-linux-x86_64": {"another": entry}}))
    (tmp_path / "leakgate-baseline.json").write_text(baseline, "utf-8")
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    command = [sys.executable, "-c", RUN_AFTER_IMPORTS]
    done = subprocess.run(command, cwd=tmp_path, env=environment, capture_output=True, text=True, check=True)
    assert done.stdout.splitlines()[-1] == "3"


class TestUnpack:
    """Wheels become an environment without pip."""

    def test_a_locked_wheel_is_unpacked_and_another_file_is_refused(self, tmp_path: Path) -> None:
        wheel = tmp_path / "wheels" / "one-1-py3-none-any.whl"
        wheel.parent.mkdir()
        with zipfile.ZipFile(wheel, "w") as made:
            made.writestr("one/__init__.py", "a = 1\n")
        lock = f"one==1 \\\n    --hash=sha256:{hashlib.sha256(wheel.read_bytes()).hexdigest()}\n"
        unpack(wheel.parent, tmp_path / "into", locked_digests(lock))
        assert (tmp_path / "into" / "one" / "__init__.py").read_text("utf-8") == "a = 1\n"
        wheel.write_bytes(wheel.read_bytes() + b"\0")
        with pytest.raises(SystemExit, match="is not the locked file"):
            unpack(wheel.parent, tmp_path / "other", locked_digests(lock))
        assert not (tmp_path / "other").exists()

    def test_a_missing_wheel_is_noticed(self, tmp_path: Path) -> None:
        subprocess.run([sys.executable, "-m", "venv", "--without-pip", str(tmp_path / "venv")], check=True)
        python = tmp_path / "venv" / ("Scripts/python.exe" if sys.platform == "win32" else "bin/python")
        command = [str(python), "-I", str(ROOT / "action" / "unpack.py"), str(tmp_path)]
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        assert done.returncode == 1
        assert "the wheels are not complete" in done.stderr
