from pathlib import Path

import pytest

from tests.probe.probe_tools import find_interpreters

INTERPRETERS = find_interpreters()


def _minor(version: str) -> int:
    return int(version.split(".")[1])


VERSIONS: list[str] = sorted(INTERPRETERS, key=_minor)


@pytest.fixture(params=VERSIONS)
def python(request: pytest.FixtureRequest) -> str:
    """The path of each interpreter at hand, one after the other."""
    return INTERPRETERS[str(request.param)]


@pytest.fixture
def channel(tmp_path: Path) -> Path:
    return tmp_path / "channel"
