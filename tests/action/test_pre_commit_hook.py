"""The pre-commit hook, installed and run by pre-commit itself."""

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.action.runner import GIT, PATIENT_PIP, ROOT

NO_INDEX = re.compile(
    "new connection|name resolution|timed out|max retries|connection (broken|reset|aborted)", re.IGNORECASE
)


def pre_commit(folder: Path, *arguments: str) -> tuple[int, str]:
    command = shutil.which("pre-commit", path=str(Path(sys.executable).parent))
    assert command is not None, "pre-commit is one of the development requirements"
    environment = os.environ | PATIENT_PIP | {"PRE_COMMIT_HOME": str(folder.parent / "pre-commit"), "NO_COLOR": "1"}
    done = subprocess.run(
        [command, *arguments], cwd=folder, env=environment, capture_output=True, text=True, check=False
    )
    return done.returncode, done.stdout + done.stderr


def repository(folder: Path) -> Path:
    """Make a git repository from the files of a folder."""
    environment = os.environ | {"GIT_CONFIG_GLOBAL": os.devnull}
    nobody = ("-c", "user.name=t", "-c", "user.email=t@example.invalid")
    for arguments in (("init", "--quiet"), ("add", "--all"), (*nobody, "commit", "--quiet", "--message=x")):
        subprocess.run([GIT, *arguments], cwd=folder, env=environment, check=True)
    return folder


def test_manifest_is_valid() -> None:
    status, said = pre_commit(ROOT, "validate-manifest", ".pre-commit-hooks.yaml")
    assert status == 0, said


def test_hook_is_installed_and_fails_the_push(tmp_path: Path) -> None:
    """In an environment of pre-commit, with only what pip installs from this repository."""
    hooks = tmp_path / "hooks"
    shutil.copytree(ROOT / "leakgate", hooks / "leakgate", ignore=shutil.ignore_patterns("__pycache__"))
    for name in ("pyproject.toml", "README.md", "LICENSE", ".pre-commit-hooks.yaml"):
        shutil.copy2(ROOT / name, hooks / name)
    project = tmp_path / "project"
    project.mkdir()
    (project / "leakgate.yaml").write_text("version: 1\nscripts: [{path: importer.py}]\n", "utf-8")
    (project / "importer.py").write_text("raise SystemExit('no database')\n", "utf-8")

    status, said = pre_commit(
        repository(project), "try-repo", str(repository(hooks)), "leakgate", "--all-files", "--hook-stage=pre-push"
    )

    if NO_INDEX.search(said):
        pytest.skip("no package index can be reached, and pre-commit installs the hook from one")
    assert status == 1, said
    assert "exit code: 3" in said
    assert "no database" in said
