"""Inputs that are wrong or hostile: each is a usage error that names it, before anything runs."""

import json
import sys
from pathlib import Path

import pytest

from action.inputs import problems_of
from tests.action import step

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="no bash of the same paths as this Python")


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"LEAKGATE_ANNOTATIONS": "yes"}, "input annotations: 'yes' is neither true nor false"),
        ({"LEAKGATE_SUMMARY": ""}, "input summary: '' is neither true nor false"),
        ({"LEAKGATE_ALLOW_UNSAFE_EVENT": "1"}, "input allow-unsafe-event"),
        ({"LEAKGATE_COMMENT": "sometimes"}, "input comment: 'sometimes' is none of auto, always, on-leak, never"),
        ({"LEAKGATE_COMMENT_KEY": "a b"}, "input comment-key"),
        ({"LEAKGATE_DURATION": "5 parsecs"}, "input duration"),
        ({"LEAKGATE_TIME_LIMIT": "0s"}, "input time-limit"),
        ({"LEAKGATE_FAIL_ON": "leek"}, "input fail-on"),
        ({"LEAKGATE_FAIL_ON": "leak\nverdict=pass"}, "input fail-on"),
        ({"LEAKGATE_JOBS": "0"}, "input jobs"),
        ({"LEAKGATE_SHARD": "1 of 2"}, "input shard"),
        ({"LEAKGATE_WORKING_DIRECTORY": "no such folder"}, "input working-directory"),
    ],
)
def test_wrong_input_is_named(tmp_path: Path, given: dict[str, str], said: str) -> None:
    env = step.Files(folder=tmp_path).environment(**step.variables_of("measure", **given))
    (problem,) = problems_of(env)
    assert problem.message.startswith(said)


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"LEAKGATE_SHARD": "3/2"}, "3/2"),
        ({"LEAKGATE_CONFIG": "missing.yaml"}, "missing.yaml"),
        ({"LEAKGATE_CONFIG": "--help"}, "--help"),
        ({"LEAKGATE_SCRIPTS": "nosuch"}, "nosuch"),
        ({"LEAKGATE_SCRIPTS": "--help"}, "--help"),
        ({"LEAKGATE_PYTHON": "nosuch-python"}, "nosuch-python"),
        ({"LEAKGATE_BASELINE": "missing.json"}, "missing.json"),
        ({"LEAKGATE_COMPARE_WITH": "missing.json"}, "missing.json"),
        ({"LEAKGATE_RESULTS": "missing.json"}, "missing.json"),
    ],
)
def test_wrong_input_is_told_before_anything_runs(tmp_path: Path, given: dict[str, str], said: str) -> None:
    files = step.Files(folder=tmp_path)
    env = files.environment(**step.variables_of("measure", **given))
    (files.workspace / "marker.py").write_text("open('was-run', 'w').close()\n", "utf-8")
    (files.workspace / "leakgate.yaml").write_text("version: 1\nscripts: [{path: marker.py}]\n", "utf-8")
    process = step.start("measure", files, env)
    log, _ = process.communicate()
    assert process.returncode == 0, log.decode()
    outputs = files.outputs()
    results = json.loads(Path(outputs["json"]).read_text("utf-8"))
    assert outputs["exit-code"] == ("3" if "LEAKGATE_RESULTS" in given else "2")
    assert said in " ".join(problem["message"] for problem in results["problems"])
    assert not (files.workspace / "was-run").exists()


def test_every_wrong_input_is_told_at_once(tmp_path: Path) -> None:
    files = step.Files(folder=tmp_path)
    given = step.variables_of("measure", LEAKGATE_JOBS="many", LEAKGATE_COMMENT="no", LEAKGATE_SUMMARY="on")
    process = step.start("measure", files, files.environment(**given))
    process.communicate()
    outputs = files.outputs()
    results = json.loads(Path(outputs["json"]).read_text("utf-8"))
    assert (outputs["exit-code"], len(results["problems"])) == ("2", 3)
