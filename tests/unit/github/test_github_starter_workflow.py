"""Which Action the starter workflow names."""

import json
from pathlib import Path

import pytest
import yaml

from leakgate import __version__
from leakgate.github.starter_workflow import ACTION, Installer, action_of, installer_of, starter_workflow

COMMIT = "0123456789abcdef0123456789abcdef01234567"


def origin(url: object, commit: object = COMMIT) -> str:
    return json.dumps({"url": url, "vcs_info": {"vcs": "git", "commit_id": commit}})


@pytest.mark.parametrize(
    "url",
    [
        "https://github.com/acme-inc/leakgate",
        "https://github.com/acme-inc/leakgate.git",
        "https://github.acme.example:8443/acme-inc/leakgate/",
        "ssh://git@github.com/acme-inc/leakgate.git",
    ],
)
def test_installed_from_github_it_is_the_very_commit(url: str) -> None:
    assert action_of(origin(url)) == f"acme-inc/leakgate@{COMMIT} # v{__version__}"
    assert f"        uses: acme-inc/leakgate@{COMMIT} # v{__version__}\n" in starter_workflow(
        "", action_of(origin(url))
    )


@pytest.mark.parametrize(
    "recorded",
    [
        "",
        "no JSON",
        "[]",
        '{"url": "https://github.com/acme/leakgate"}',
        '{"url": "https://github.com/acme/leakgate", "vcs_info": null}',
        '{"url": "file:///home/me/leakgate", "dir_info": {"editable": true}}',
        origin("https://git.example/acme/leakgate"),
        origin("https://example.com/github.com/acme/leakgate"),
        origin("https://github.com/acme/leakgate\n      - run: touch hacked"),
        origin("https://github.com/acme/deep/leakgate"),
        origin("https://github.com/acme/leakgate", "main"),
        origin(["https://github.com/acme/leakgate"]),
        origin("https://github.com/acme/leakgate", None),
    ],
)
def test_else_it_is_not_guessed(recorded: str) -> None:
    assert action_of(recorded) == ""


def test_the_placeholder_stays_where_nothing_is_known() -> None:
    assert f"uses: {ACTION}\n" in starter_workflow()


@pytest.mark.parametrize(
    ("files", "installer"),
    [
        ((), Installer.UNKNOWN),
        (("requirements.txt", "pyproject.toml"), Installer.REQUIREMENTS),
        (("pyproject.toml",), Installer.PYPROJECT),
        (("pyproject.toml", "uv.lock"), Installer.UV),
        (("pyproject.toml", "poetry.lock", "requirements.txt"), Installer.POETRY),
    ],
)
def test_project_is_installed_as_it_says_itself(tmp_path: Path, files: tuple[str, ...], installer: Installer) -> None:
    for name in files:
        (tmp_path / name).touch()
    assert installer_of(tmp_path) is installer


@pytest.mark.parametrize("installer", Installer)
@pytest.mark.parametrize("venv", ["", ".venv"])
def test_every_workflow_is_yaml_and_installs_before_it_measures(installer: Installer, venv: str) -> None:
    steps = yaml.safe_load(starter_workflow(venv, installer=installer))["jobs"]["measure"]["steps"]
    gate = next(index for index, step in enumerate(steps) if step.get("id") == "gate")
    installs = [index for index, step in enumerate(steps) if " install" in step.get("run", "")]
    assert installs
    assert max(installs) < gate
    makes_own = installer in (Installer.UV, Installer.POETRY)
    assert steps[gate]["with"].get("python", "") == (".venv/bin/python" if makes_own and not venv else "")
