"""The recipes that share the scripts among jobs."""

import shutil
from dataclasses import replace
from pathlib import Path

from leakgate.archive.forms.results_form import dump_results, load_results
from tests.action import step
from tests.action.fake_github import FakeGithub
from tests.action.recipe_events import PULL_REQUEST, with_broken_scripts
from tests.action.recipes import recipes
from tests.action.runner import Project
from tests.helpers.reports import crashed, gate


def test_shards_are_merged_and_a_missing_one_is_named(project: Project, github: FakeGithub, tmp_path: Path) -> None:
    """A matrix of jobs measures, and a last job merges. Then the steps of the last job run with a missing shard."""
    with_broken_scripts(project)
    whole = project.run(recipes()["sharded"], event="pull_request", payload=PULL_REQUEST, github=github)
    assert (whole.status, whole.outputs()["verdict"], whole.outputs()["exit-code"]) == (1, "error", "3")
    (body,) = github.bodies()
    assert "one" in body
    assert "two" in body
    assert "shard" not in body

    shutil.rmtree(project.artifacts / "shard-2")
    files = step.Files(folder=tmp_path / "last-job")
    files.folder.mkdir()
    given = step.variables_of("measure", LEAKGATE_RESULTS=str(project.artifacts))
    step.run("measure", files, files.environment() | given)
    job = {"GITHUB_EVENT_NAME": "pull_request", "GITHUB_API_URL": github.api_url}
    step.report(files, files.outputs(), PULL_REQUEST, LEAKGATE_GITHUB_TOKEN=github.token, **job)
    again = files.outputs()
    assert (again["verdict"], again["exit-code"]) == ("error", "3")
    assert "2/2" in github.bodies()[0].replace("&#47;", "/")
    assert whole.outputs()["comment-id"] == again["comment-id"]


def names_in(results: Path) -> list[str]:
    return [result.target.name for result in load_results(results.read_text("utf-8")).results]


def test_shards_are_spread_by_what_an_earlier_run_took_and_the_next_one_is_told(project: Project) -> None:
    """Without durations, scripts of equal duration are dealt to the shards in turn.

    In the earlier run the first took longer.
    """
    earlier = []
    for name, took_s in (("one", 60.0), ("three", 1.0), ("two", 1.0)):
        project.write(f"{name}.py", "raise SystemExit('no database')\n")
        result = crashed(name)
        trial = replace(result.measurement.trial, at_s=took_s)  # type: ignore[arg-type]  # of one that crashed
        earlier.append(replace(result, measurement=replace(result.measurement, trial=trial)))
    project.write("leakgate.yaml", "version: 1\nscripts: [{path: one.py}, {path: two.py}, {path: three.py}]\n")
    cached = project.cache / "leakgate-durations-499"
    cached.write_text(dump_results(gate(*earlier)), "utf-8")

    run = project.run(recipes()["durations"], event="push")

    assert run.outputs()["exit-code"] == "3"
    assert names_in(project.artifacts / "shard-1" / "results.json") == ["one"]
    assert names_in(project.artifacts / "shard-2" / "results.json") == ["two", "three"]
    assert names_in(project.cache / "leakgate-durations-500") == ["one", "two", "three"]
