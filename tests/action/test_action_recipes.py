"""The recipes of the documentation, run as they stand. Those for forks, shards and the base have files of their own."""

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
    *("pyproject", "uv", "poetry"),
)
ONLY_CHECKED = ("container",)
"""What this machine cannot run: containers."""


def test_every_recipe_is_run_or_cannot_be() -> None:
    assert set(recipes()) == {*RUN, *TOGETHER, *RUN_ELSEWHERE, *ONLY_CHECKED}


@pytest.mark.parametrize("name", RUN)
def test_recipe_runs(project: Project, github: FakeGithub, name: str) -> None:
    with_broken_scripts(project)
    if name in ("short", "basic"):
        project.write("requirements.txt", "# nothing\n")
    one = ("--matrix", "service:api") if name == "monorepo" else ()  # one service of two: the other is the same again
    run = project.run(recipes()[name], event=RUN[name], payload=PULL_REQUEST, github=github, arguments=one)
    assert (run.status, run.outputs()["verdict"], run.outputs()["exit-code"]) == (1, "error", "3")
    # The stand-in for GitHub does not know permissions: on GitHub the token of `short` may not write a comment.
    assert len(github.bodies()) == (0 if name == "nightly" else 1)
    assert name != "monorepo" or "<!-- leakgate:v1 key=api " in github.bodies()[0]
    assert name != "nightly" or github.requests == []
    assert name != "basic" or list(project.artifacts.rglob("results.json"))


def test_recipes_that_change_a_line_run_together(project: Project, github: FakeGithub) -> None:
    with_broken_scripts(project)
    run = project.run(together(*TOGETHER), event="pull_request", payload=PULL_REQUEST, github=github)
    assert (run.status, run.outputs()["verdict"], run.outputs()["exit-code"]) == (1, "error", "3")
    assert len(github.bodies()) == 1
    assert run.outputs()["sarif"].endswith("/leakgate.sarif")
