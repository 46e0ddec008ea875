"""The recipes that accept leaks: by a comment on the pull request, and by a pull request with the new baseline.

The workflows, their shell, git and leakgate are real. Stand-ins: GitHub, its command line (``stubs/github-cli``), and
the installation from GitHub, which needs a package index. The results are those of recorded readings.
"""

import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any, Final

import pytest
import yaml

from tests.action.conftest import needs_act
from tests.action.fake_github import FakeGithub
from tests.action.recipes import recipes
from tests.action.runner import GIT, STUBS, Project, Run
from tests.helpers.recorded_gate import Behaviour, Leaky, RecordedGate, result_of, verdicts

ROOT_ON_RUNNER: Final = "/home/runner/work/app/app"
LEAKS: Final = Behaviour((Leaky("store.py:remember", 100),))
INSTALLS: Final = """\
          python -m venv "${RUNNER_TEMP}/accept"
          "${RUNNER_TEMP}/accept/bin/pip" install --quiet "git+https://github.com/OWNER/leakgate@v0.1.0"
"""
STANDS_IN: Final = """\
          mkdir -p "${RUNNER_TEMP}/accept/bin"
          printf '#!/bin/sh\\nexec %s -P -m leakgate "$@"\\n' "${STUB_PYTHON}" >"${RUNNER_TEMP}/accept/bin/leakgate"
          chmod +x "${RUNNER_TEMP}/accept/bin/leakgate"
"""


def asked(text: str, *, by: str = "MEMBER") -> dict[str, Any]:
    """The event of a comment on pull request 7."""
    comment = {"body": text, "author_association": by, "user": {"login": "ada"}}
    return {"issue": {"number": 7, "pull_request": {"url": "x"}}, "comment": comment}


class PullRequest:
    """A pull request of the repository itself, on a branch of a remote, whose gate found a leak."""

    def __init__(self, project: Project, github: FakeGithub, folder: Path) -> None:
        self.project, self.github, self.remote = project, github, folder / "remote.git"
        self.gate = RecordedGate(folder / "laptop", inside="")
        self.gate.write_config("worker", "api")
        project.write("README", "main\n")
        project.commit()
        project.git("checkout", "--quiet", "-b", "sessions")
        for name in ("leakgate.yaml", "worker.py", "api.py"):
            project.write(name, (self.gate.project / name).read_text("utf-8"))
        project.commit()
        project.git("clone", "--quiet", "--bare", str(project.folder), str(self.remote))
        project.git("checkout", "--quiet", "main")
        self.head = self.git("rev-parse", "sessions")
        github.add_pull(7, head="octo:sessions", head_sha=self.head)
        settings = f'[url "file://{self.remote}"]\n\tinsteadOf = https://github.com/octo/app\n'
        (project.home / ".gitconfig").write_text(settings, "utf-8")

    def git(self, *words: str) -> str:
        """Return the output of a git command on the remote."""
        done = subprocess.run([GIT, *words], cwd=self.remote, check=True, capture_output=True, text=True)
        return done.stdout.strip()

    def measured(self, **scripts: Behaviour) -> dict[str, str]:
        """Run the gate on the head; its results are the artifact of run 321. Returns script -> verdict."""
        report = self.gate.run("3.11.7", ROOT_ON_RUNNER, **scripts)
        kept = self.project.artifacts / "leakgate"
        kept.mkdir(exist_ok=True)
        (kept / "results.json").write_bytes(self.gate.results.read_bytes())
        self.github.runs[self.head] = 321
        return dict(verdicts(report))

    def comment(self, text: str, *, by: str = "MEMBER") -> Run:
        """Write a comment; the recipe reacts."""
        workflow = recipes()["accept-comment"]
        assert INSTALLS in workflow
        return self.project.run(
            workflow.replace(INSTALLS, STANDS_IN),
            event="issue_comment",
            payload=asked(text, by=by),
            github=self.github,
            env=self.environment(),
        )

    def environment(self) -> dict[str, str]:
        """Return the environment in which the stand-ins replace GitHub, its command line and the installation."""
        return {
            "HOME": str(self.project.home),
            "PATH": f"{STUBS / 'github-cli'}{os.pathsep}{self.project.path}",
            "STUB_PYTHON": sys.executable,
        }


@pytest.fixture
def pull(github: FakeGithub, tmp_path: Path) -> PullRequest:
    needs_act()
    return PullRequest(Project(tmp_path, cache=tmp_path / "unused"), github, tmp_path)


def test_a_comment_commits_the_baseline_to_the_branch(pull: PullRequest, github: FakeGithub) -> None:
    assert pull.measured(worker=LEAKS, api=LEAKS) == {"worker": "leak", "api": "leak"}

    run = pull.comment("/leakgate accept worker : bounded by $(tenants) `x`\r\nThanks!")

    assert run.status == 0
    assert pull.git("rev-parse", "sessions^") == pull.head
    assert pull.git("diff", "--name-only", "sessions^", "sessions") == "leakgate-baseline.json"
    accepted = pull.git("show", "sessions:leakgate-baseline.json")
    (pull.gate.project / "leakgate-baseline.json").write_text(accepted, "utf-8")
    assert pull.measured(worker=LEAKS, api=LEAKS) == {"worker": "known", "api": "leak"}, "only what was named"
    reason = result_of(pull.gate.run(root=ROOT_ON_RUNNER, worker=LEAKS), "worker").reason
    assert reason.endswith("accepted: bounded by $(tenants) `x` (ada)")
    (answer,) = github.bodies()
    assert pull.git("rev-parse", "sessions") in answer


def test_what_cannot_be_accepted_is_answered_and_pushes_nothing(pull: PullRequest, github: FakeGithub) -> None:
    """A comment of a stranger is ignored.

    Then, one job after the other: a fork, a head without results, and no request.
    """
    assert pull.comment("/leakgate accept", by="NONE").jobs() == {}
    assert github.requests == []

    (pulled,) = github.pulls
    for where, said in (("mallory/app", "comes from a fork"), ("octo/app", "is finished")):
        pulled["head"]["repo"]["full_name"] = where
        (error,) = pull.comment("/leakgate accept").annotations("error")
        assert said in error.text
    pull.measured(worker=LEAKS)
    run = pull.comment("/leakgate accept --config=x")

    assert run.status == 1
    assert "the text is not a request to accept a leak" in run.log
    assert len(github.bodies()) == 3
    assert all(body.startswith("Nothing was accepted.") for body in github.bodies())
    assert pull.git("rev-parse", "sessions") == pull.head


MEASURES: Final = """\
          comment: never
"""


def test_a_pull_request_with_the_new_baseline_is_opened_once(
    project: Project, github: FakeGithub, tmp_path: Path
) -> None:
    """The Action uses recorded results, because a script of the repository would have to be watched for long."""
    pull = PullRequest(project, github, tmp_path)
    project.git("checkout", "--quiet", "sessions")
    project.git("branch", "--quiet", "--force", "main", "sessions")
    project.git("checkout", "--quiet", "main")
    pull.measured(worker=LEAKS)
    workflow = recipes()["update-baseline"].replace(INSTALLS, STANDS_IN)
    assert MEASURES in workflow
    given = MEASURES + f"          results: {project.artifacts / 'leakgate'}\n"

    run = project.run(
        workflow.replace(MEASURES, given), event="workflow_dispatch", github=github, env=pull.environment()
    )

    assert run.status == 0
    assert run.outputs()["exit-code"] == "1", "the gate failed, and the job went on"
    changed = pull.git("diff", "--name-only", "leakgate-baseline^", "leakgate-baseline")
    assert changed == "leakgate-baseline.json"
    assert "worker" in pull.git("show", "leakgate-baseline:leakgate-baseline.json")
    (opened,) = github.opened
    assert (opened["head"], opened["base"]) == ("leakgate-baseline", "main")

    # The next run, while the pull request is open: only the last step, with another leak in the baseline.
    pull.measured(worker=LEAKS, api=LEAKS)
    accept = [sys.executable, "-m", "leakgate", "baseline", "update", "--from"]
    subprocess.run([*accept, str(project.artifacts / "leakgate" / "results.json")], cwd=project.folder, check=True)
    step = yaml.safe_load(workflow)["jobs"]["accept"]["steps"][-1]["run"]
    job = {"GITHUB_API_URL": github.api_url, "GH_TOKEN": github.token, "REPOSITORY": "octo/app", "BASE": "main"}
    subprocess.run(
        [shutil.which("bash") or "bash", "-e", "-c", step], cwd=project.folder, env=pull.environment() | job, check=True
    )
    assert "api" in pull.git("show", "leakgate-baseline:leakgate-baseline.json")
    assert len(github.opened) == 1
