"""`leakgate init` in a project: the files that it writes or keeps, and its output."""

from importlib import metadata
from pathlib import Path

import pytest
from typer.testing import CliRunner

from leakgate.cli import init_command
from leakgate.cli.app import app
from leakgate.github.starter_workflow import starter_workflow

COMMIT = "0123456789abcdef0123456789abcdef01234567"
WORKFLOW = Path(".github/workflows/leakgate.yml")


@pytest.fixture(autouse=True)
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


def test_the_distribution_is_the_one_that_is_installed() -> None:
    assert metadata.distribution(init_command.DISTRIBUTION).version


def test_a_leakgate_from_github_needs_no_word_on_its_owner(monkeypatch: pytest.MonkeyPatch) -> None:
    recorded = f'{{"url": "https://github.com/acme/leakgate", "vcs_info": {{"commit_id": "{COMMIT}"}}}}'
    monkeypatch.setattr(init_command, "installed_from", lambda: recorded)
    done = CliRunner().invoke(app, ["init"])
    assert done.exit_code == 0
    assert f"uses: acme/leakgate@{COMMIT}" in WORKFLOW.read_text("utf-8")
    assert "OWNER" not in done.output + WORKFLOW.read_text("utf-8")


@pytest.mark.parametrize("name", ["leakgate-ci", "no-such-distribution"])
def test_any_other_says_what_is_to_be_filled_in(monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    """This installation is editable; pip does not know an installation that was only copied."""
    monkeypatch.setattr(init_command, "DISTRIBUTION", name)
    done = CliRunner().invoke(app, ["init"])
    assert WORKFLOW.read_text("utf-8") == starter_workflow()
    assert "OWNER" in done.output
    assert "next: review leakgate.yaml" in done.output


def test_without_a_workflow_there_is_nothing_to_fill_in() -> None:
    done = CliRunner().invoke(app, ["init", "--no-workflow"])
    assert not WORKFLOW.exists()
    assert "OWNER" not in done.output


def test_what_is_there_is_kept_unless_it_may_be_overwritten() -> None:
    WORKFLOW.parent.mkdir(parents=True)
    WORKFLOW.write_text("mine\n", "utf-8")
    assert "kept" in CliRunner().invoke(app, ["init"], input="n\n").output
    assert WORKFLOW.read_text("utf-8") == "mine\n"
    CliRunner().invoke(app, ["init", "--force"])
    assert WORKFLOW.read_text("utf-8") == starter_workflow()
