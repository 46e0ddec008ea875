"""What a branch changes, from a real repository."""

import os
import shutil
import subprocess
from pathlib import Path

import pytest

from leakgate.cli.local_change import local_review
from leakgate.model.review import CodePlace, Review, Touch

GIT = shutil.which("git")
pytestmark = pytest.mark.skipif(GIT is None, reason="git is not installed")
ORIGIN = {"GITHUB_BASE_REF": "main"}


def git(folder: Path, *words: str) -> None:
    assert GIT is not None
    env = {name: value for name, value in os.environ.items() if not name.startswith("GIT_")}
    env |= {"GIT_CONFIG_GLOBAL": os.devnull, "GIT_CONFIG_SYSTEM": os.devnull}
    who = ("-c", "user.name=t", "-c", "user.email=t@example.invalid")
    subprocess.run([GIT, *who, *words], cwd=folder, env=env, check=True, capture_output=True)


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    """A clone with a branch that adds line 2 of `api.py` and leaves `db.py` alone."""
    upstream, clone = tmp_path / "upstream", tmp_path / "clone"
    upstream.mkdir()
    git(upstream, "init", "--quiet", "--initial-branch=main")
    (upstream / "api.py").write_text("a\nc\n", "utf-8")
    (upstream / "db.py").write_text("x\n", "utf-8")
    git(upstream, "add", ".")
    git(upstream, "commit", "--quiet", "-m", "base")
    git(tmp_path, "clone", "--quiet", str(upstream), str(clone))
    git(clone, "checkout", "--quiet", "-b", "topic")
    (clone / "api.py").write_text("a\nb\nc\n", "utf-8")
    git(clone, "commit", "--quiet", "-am", "topic")
    return clone


def touches(repository: Path, *places: tuple[str, int], env: dict[str, str] | None = None) -> list[Touch | None]:
    wanted = [CodePlace(path=path, line=line) for path, line in places]
    review = local_review(repository, wanted, ORIGIN if env is None else env)
    return [review.touch(place) for place in wanted]


@pytest.mark.parametrize("env", [ORIGIN, {}])
def test_lines_are_told_apart(repository: Path, env: dict[str, str]) -> None:
    found = touches(repository, ("api.py", 2), ("api.py", 3), ("db.py", 1), env=env)
    assert found == [Touch.LINE, Touch.FILE, Touch.NONE]


def test_what_is_not_committed_is_no_untouched_file(repository: Path) -> None:
    (repository / "db.py").write_text("x\ny\n", "utf-8")
    (repository / "new.py").write_text("n\n", "utf-8")
    assert touches(repository, ("db.py", 2), ("new.py", 1)) == [Touch.FILE, Touch.LINE]


def test_without_a_base_or_a_repository_nothing_is_known(repository: Path, tmp_path: Path) -> None:
    git(repository, "checkout", "--quiet", "main")
    place = CodePlace(path="db.py", line=1)
    assert local_review(repository, [place], ORIGIN) == Review(), "on the base itself"
    assert local_review(tmp_path, [place], ORIGIN) == Review()
    assert local_review(repository, [place], {"GITHUB_BASE_REF": "--output=x"}) == Review()


def test_no_program_of_the_repository_is_run(repository: Path, tmp_path: Path) -> None:
    ran = tmp_path / "ran"
    (repository / ".gitattributes").write_text("*.py filter=evil diff=evil\n", "utf-8")
    for key in ("filter.evil.clean", "filter.evil.smudge", "diff.evil.textconv", "diff.evil.command", "diff.external"):
        git(repository, "config", key, f"touch {ran}; cat")
    git(repository, "config", "core.fsmonitor", f"touch {ran}")
    assert touches(repository, ("api.py", 2)) == [Touch.LINE]
    assert not ran.exists()
