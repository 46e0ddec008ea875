"""What the release workflow publishes: built here as there, and the check of it judged itself."""

import importlib.util
import re
import subprocess
import sys
import zipfile
from pathlib import Path
from types import ModuleType

import pytest

from leakgate import __version__

ROOT = Path(__file__).parents[2]
NO_INDEX = re.compile(
    "new connection|name resolution|timed out|max retries|connection (broken|reset|aborted)|no matching distribution",
    re.IGNORECASE,
)


def _loaded() -> ModuleType:
    spec = importlib.util.spec_from_file_location("check_dist", ROOT / ".ci" / "check_dist.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


CHECK = _loaded()


@pytest.fixture(scope="module")
def dist(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("dist")
    command = [sys.executable, "-m", "hatchling", "build", "-d", str(folder)]
    subprocess.run(command, cwd=ROOT, check=True, capture_output=True)
    return folder


def test_wheel_and_sdist_hold_what_they_should_and_nothing_else(dist: Path) -> None:
    (wheel,), (sdist,) = dist.glob("*.whl"), dist.glob("*.tar.gz")
    assert list(CHECK.problems_of_wheel(wheel, __version__)) == []
    assert list(CHECK.problems_of_sdist(sdist, __version__)) == []


def test_wrong_version_and_a_missing_file_are_seen(dist: Path, tmp_path: Path) -> None:
    (wheel,) = dist.glob("*.whl")
    poor = tmp_path / wheel.name
    with zipfile.ZipFile(wheel) as whole, zipfile.ZipFile(poor, "w") as copy:
        for name in whole.namelist():
            if name != "leakgate/py.typed":
                copy.writestr(name, whole.read(name))
        copy.writestr("tests/conftest.py", "")
    found = list(CHECK.problems_of_wheel(poor, __version__))
    assert any("leakgate/py.typed is missing" in one for one in found)
    assert any("tests/conftest.py does not belong there" in one for one in found)
    with zipfile.ZipFile(wheel) as whole:
        metadata = whole.read(f"leakgate_ci-{__version__}.dist-info/METADATA").decode("utf-8")
    assert list(CHECK._problems_of_metadata(metadata, "METADATA", "9.9.9"))


def test_wheel_installs_into_a_bare_environment(dist: Path) -> None:
    (wheel,) = dist.glob("*.whl")
    found = list(CHECK.problems_of_installation(wheel, __version__))
    if any(NO_INDEX.search(one) for one in found):
        pytest.skip("no package index can be reached")
    assert found == []


def test_the_name_of_the_distribution_is_its_own() -> None:
    assert CHECK.NAME == "leakgate-ci"
    assert "pip install leakgate-ci" in (ROOT / "README.md").read_text("utf-8")
