"""The recipe with two workflows, for pull requests from forks: the second one writes the comment."""

from pathlib import Path

from tests.action import step
from tests.action.fake_github import FakeGithub
from tests.action.recipe_events import PULL_REQUEST, SHA, with_broken_scripts
from tests.action.recipes import recipes
from tests.action.runner import Project

FINISHED = {
    "workflow_run": {
        "id": 321,
        "run_attempt": 1,
        "event": "pull_request",
        "head_sha": SHA,
        "head_branch": "patch-1",
        "head_repository": {"full_name": "mallory/app", "owner": {"login": "mallory"}},
    }
}


def test_recipe_for_forks_posts_from_the_second_workflow(project: Project, github: FakeGithub) -> None:
    with_broken_scripts(project)
    first = project.run(recipes()["fork-measure"], event="pull_request", payload=PULL_REQUEST, github=github)
    assert first.outputs()["verdict"] == "error"
    assert set(github.methods()) <= {"GET"}, "it reads what the pull request changes, and writes nothing"

    github.add_pull(7, head="mallory:patch-1", head_sha=SHA)
    second = project.run(recipes()["fork-comment"], event="workflow_run", payload=FINISHED, github=github)
    assert second.status == 0, "the verdict belongs to the first workflow"
    (body,) = github.bodies(7)
    assert body.startswith("<!-- leakgate:v1 key=leakgate.yaml run=321.1 -->\n")


def test_second_workflow_is_green_where_the_first_left_nothing(
    project: Project, github: FakeGithub, tmp_path: Path
) -> None:
    """The first workflow was cancelled at once. No new comment is written; the comment of an earlier run is updated."""
    github.add_pull(7, head="mallory:patch-1", head_sha=SHA)
    files = step.Files(folder=tmp_path / "without-comment")
    files.folder.mkdir()
    given = step.variables_of("measure", LEAKGATE_RESULTS="nothing-there")
    step.run("measure", files, files.environment() | given)
    job = {"GITHUB_EVENT_NAME": "workflow_run", "GITHUB_API_URL": github.api_url}
    step.report(files, files.outputs(), FINISHED, LEAKGATE_GITHUB_TOKEN=github.token, **job)
    assert github.bodies(7) == []

    github.add_comment("<!-- leakgate:v1 key=leakgate.yaml run=300.1 -->\nAll green.")
    run = project.run(recipes()["fork-comment"], event="workflow_run", payload=FINISHED, github=github)
    assert run.status == 0
    (body,) = github.bodies(7)
    assert "All green" not in body
    assert "nothing was measured" in body


def test_hostile_artifact_is_refused(github: FakeGithub, tmp_path: Path) -> None:
    """Tested with the steps of the second workflow, after it has downloaded the artifact."""
    github.add_pull(7, head="mallory:patch-1", head_sha=SHA)
    files = step.Files(folder=tmp_path / "job")
    files.folder.mkdir()
    environment = files.environment(GITHUB_EVENT_NAME="workflow_run")
    (files.workspace / "results").mkdir()
    (files.workspace / "results" / "results.json").write_text("__import__('os').system('touch hacked')", "utf-8")
    step.run("measure", files, environment | step.variables_of("measure", LEAKGATE_RESULTS="results"))
    job = {"GITHUB_EVENT_NAME": "workflow_run", "GITHUB_API_URL": github.api_url}
    step.report(files, files.outputs(), FINISHED, LEAKGATE_GITHUB_TOKEN=github.token, **job)
    assert files.outputs()["exit-code"] == "2"
    assert not list(tmp_path.rglob("hacked"))
    (body,) = github.bodies(7)
    assert "nothing was measured" in body
