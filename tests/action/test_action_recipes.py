"""The recipes of the documentation, run unchanged. Those for forks, shards and the base have files of their own."""

import os
import re
import shutil
from pathlib import Path

import pytest

from tests.action.fake_github import FakeGithub
from tests.action.recipe_events import PULL_REQUEST, with_broken_scripts
from tests.action.recipes import recipes, together
from tests.action.runner import Project

RUN = {
    "short": "pull_request",
    "basic": "pull_request",
    "one-job": "pull_request",
    "monorepo": "pull_request",
    "nightly": "schedule",
}
"""Recipes that run scripts by themselves, and the event that starts each."""
TOGETHER = ("advisory", "merge-queue", "sarif", "enterprise")
"""Small differences from the basic recipe that touch other places of it: one run shows all of them."""
RUN_ELSEWHERE = (
    *("fork-measure", "fork-comment", "sharded", "merge-base", "durations", "accept-comment", "update-baseline"),
    "container",
    *("pyproject", "uv", "poetry"),
)

OF_AN_IMAGE = (
    *("bash", "sh", "env", "cat", "cp", "dirname", "find", "head", "ls", "mkdir", "mktemp"),
    *("mv", "readlink", "rm", "sha256sum", "sort", "tail", "touch"),
)
"""Programs of bash, coreutils and findutils, which are in each image of Debian, Ubuntu and Red Hat."""


def test_every_recipe_is_run_or_cannot_be() -> None:
    assert set(recipes()) == {*RUN, *TOGETHER, *RUN_ELSEWHERE}


@pytest.mark.parametrize("name", RUN)
def test_recipe_runs(project: Project, github: FakeGithub, name: str) -> None:
    with_broken_scripts(project)
    if name in ("short", "basic"):
        project.write("requirements.txt", "# nothing\n")
    one = ("--matrix", "service:api") if name == "monorepo" else ()  # one of two services, because the other is equal
    run = project.run(recipes()[name], event=RUN[name], payload=PULL_REQUEST, github=github, arguments=one)
    assert (run.status, run.outputs()["verdict"], run.outputs()["exit-code"]) == (1, "error", "3")
    # The stand-in for GitHub does not know permissions: on GitHub the token of `short` may not write a comment.
    assert len(github.bodies()) == (0 if name == "nightly" else 1)
    assert name != "monorepo" or "<!-- leakgate:v1 key=api " in github.bodies()[0]
    assert name != "nightly" or github.requests == []
    assert name != "basic" or list(project.artifacts.rglob("results.json"))


def test_recipe_for_a_container_runs_with_the_programs_of_a_bare_image(
    project: Project, github: FakeGithub, tmp_path: Path
) -> None:
    """Tests have no engine for containers, so the steps run here, with nothing on PATH but Python and those programs.

    There is no git, so that the sources have no history, and no sudo.
    """
    with_broken_scripts(project)
    bare = tmp_path / "bin"
    bare.mkdir()
    for name in OF_AN_IMAGE:
        found = shutil.which(name)
        assert found is not None
        (bare / name).symlink_to(found)
    project.path = f"{project.path.partition(os.pathsep)[0]}{os.pathsep}{bare}"
    workflow, count = re.subn(r"    container: python:3\.13 .*\n", "", recipes()["container"])
    assert count == 1
    assert "setup-python" not in workflow
    run = project.run(workflow, event="pull_request", payload=PULL_REQUEST, github=github)
    assert (run.status, run.outputs()["verdict"], run.outputs()["exit-code"]) == (1, "error", "3")
    assert len(github.bodies()) == 1


def test_recipes_that_change_a_line_run_together(project: Project, github: FakeGithub) -> None:
    with_broken_scripts(project)
    run = project.run(together(*TOGETHER), event="pull_request", payload=PULL_REQUEST, github=github)
    assert (run.status, run.outputs()["verdict"], run.outputs()["exit-code"]) == (1, "error", "3")
    assert len(github.bodies()) == 1
    assert run.outputs()["sarif"].endswith("/leakgate.sarif")
