"""Two versions of the Action in one job, as with two pinned workflows, or in a job that tries the next release.

The steps are run one after the other with the same files of the runner, as in one job.
"""

import json
import shutil
import sys
from pathlib import Path

import pytest

from tests.action import step
from tests.action.runner import copy_action

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="the wheels are fetched with act, which runs on Linux")


def copy_of_version(folder: Path, version: str) -> Path:
    """A checkout of the Action with another version number and another lock."""
    copy_action(folder)
    package = folder / "leakgate" / "__init__.py"
    text = package.read_text("utf-8")
    start = text.index('__version__ = "')
    package.write_text(text[:start] + f'__version__ = "{version}"' + text[text.index("\n", start) :], "utf-8")
    lock = folder / "requirements" / "runtime.txt"
    lock.write_text(f"# of version {version}\n{lock.read_text('utf-8')}", "utf-8")
    return folder


def used(files: step.Files, action: Path, cached: Path) -> tuple[str, dict[str, str]]:
    """Use a version of the Action: set up, install from the cached wheels, measure. Return its version and outputs."""
    env = files.environment(GITHUB_ACTION_PATH=str(action))
    outputs = files.command_file("GITHUB_OUTPUT")

    def ran(name: str, **given: str) -> dict[str, str]:
        outputs.write_text("", "utf-8")
        step.run(name, files, env | given)
        return plain_outputs(outputs.read_text("utf-8"))

    found = ran("setup")
    assert "present" not in found, "the other version has other wheels"
    shutil.copytree(cached, found["wheels"])
    installed = ran("install", LEAKGATE_BASE_PYTHON=found["python"], LEAKGATE_WHEELS=found["wheels"])
    own = {"LEAKGATE_OWN_PYTHON": installed["python"], "LEAKGATE_COMPILED": installed["compiled"]}
    outputs.write_text("", "utf-8")
    step.run("measure", files, env | step.variables_of("measure", **own))
    measured = files.outputs()
    assert measured["exit-code"] == "3"
    results = json.loads(Path(measured["json"]).read_text("utf-8"))
    return results["leakgate_version"], installed | measured


def plain_outputs(text: str) -> dict[str, str]:
    return dict(line.split("=", 1) for line in text.splitlines() if "=" in line)


def test_two_versions_in_one_job_have_an_environment_and_results_each(tmp_path: Path, environment_cache: Path) -> None:
    files = step.Files(folder=tmp_path)
    files.environment()
    (files.workspace / "broken.py").write_text("raise SystemExit(7)\n", "utf-8")
    (files.workspace / "leakgate.yaml").write_text("version: 1\nscripts: [{path: broken.py}]\n", "utf-8")
    (cached,) = environment_cache.glob("leakgate-2-*")
    told = {}
    outputs = []
    for version in ("7.0.1", "8.0.2"):
        told[version], found = used(files, copy_of_version(tmp_path / version, version), cached)
        outputs.append(found)
    assert told == {"7.0.1": "7.0.1", "8.0.2": "8.0.2"}
    first, second = outputs
    for name in ("python", "home", "compiled", "json"):
        assert first[name] != second[name]
    assert Path(first["python"]).exists(), "the environment of the first version is still there"
