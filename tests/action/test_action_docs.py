"""What the documentation says of the Action: its tables, and its recipes, which are linted and run."""

import re
import shutil
import subprocess
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import yaml

from leakgate import __version__
from leakgate.archive.forms.results_form import dump_results, load_results
from leakgate.github.starter_workflow import ACTION, Installer, starter_workflow
from leakgate.model.verdict import ExitCode
from leakgate.report.formats import ReportFormat
from tests.action.fake_github import FakeGithub
from tests.action.recipes import PAGES, recipes
from tests.action.runner import ROOT, Project
from tests.helpers.reports import crashed, gate

PAGE = ROOT / "docs" / "github-action.md"
OTHER_CI = ROOT / "docs" / "other-ci.md"
ACTION_YML: dict[str, Any] = yaml.safe_load((ROOT / "action.yml").read_text("utf-8"))
WORKFLOWS = sorted((ROOT / ".github" / "workflows").glob("*.yml"))
SHA = "c" * 40
MODULES = {"measure.py": ("measuring.py", "inputs.py")}
"""What a step's own script imports, where that reads the step's variables."""


def tool(name: str) -> str:
    found = shutil.which(name, path=str(Path(sys.executable).parent))
    assert found is not None, f"{name} is not installed: it is one of the development requirements"
    return found


def check(*command: str) -> None:
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr


def audit(*paths: Path) -> None:
    check(tool("zizmor"), "--offline", "--no-progress", "--persona=auditor", *map(str, paths))


def test_every_yaml_block_is_a_recipe_that_is_tested() -> None:
    pages = "".join(page.read_text("utf-8") for page in PAGES)
    assert pages.count("```yaml") + pages.count("```diff") == len(recipes())
    assert set(recipes()) == {*RUN, *RUN_ELSEWHERE, *ONLY_CHECKED}


def test_basic_recipe_is_what_init_writes() -> None:
    assert recipes()["basic"] == starter_workflow()
    for installer in (Installer.PYPROJECT, Installer.UV, Installer.POETRY):
        assert recipes()[installer.value] == starter_workflow(installer=installer)


def test_the_short_recipe_has_ten_lines() -> None:
    """The time limit of the job apart, which every workflow of these pages has."""
    assert len(recipes()["short"].replace("    timeout-minutes: 20\n", "").splitlines()) == 10


def test_page_names_the_version_of_this_release() -> None:
    assert ACTION.endswith(f"@v{__version__}")
    pages = "".join((*recipes().values(), OTHER_CI.read_text("utf-8")))
    used = re.findall(r"OWNER/leakgate(?:@|\n +rev: )([^\s\"]+)", pages)
    assert set(used) == {f"v{__version__}"}
    assert len(used) == pages.count("OWNER/leakgate"), "none goes without"


def test_every_input_and_step_that_is_used_is_there_and_every_input_is_used() -> None:
    """No engine notices a misspelt ``inputs.commment``: it is simply empty."""
    text = (ROOT / "action.yml").read_text("utf-8")
    assert set(re.findall(r"\binputs\.([a-z-]+)", text)) == set(ACTION_YML["inputs"])
    steps = ACTION_YML["runs"]["steps"]
    assert set(re.findall(r"\bsteps\.([a-z-]+)", text)) <= {step.get("id") for step in steps}
    assert all(isinstance(value["default"], str) for value in ACTION_YML["inputs"].values())


def test_every_variable_that_a_step_gives_is_read_and_every_one_that_is_read_is_given() -> None:
    for step in ACTION_YML["runs"]["steps"]:
        script = re.search(r"action/(\w+\.(?:py|sh))", step.get("run", ""))
        if script is None:
            continue
        modules = (script[1], *MODULES.get(script[1], ()))
        text = "".join((ROOT / "action" / name).read_text("utf-8") for name in modules) + step["run"]
        read = set(re.findall(r"LEAKGATE_[A-Z_]*[A-Z]", text)) - {"LEAKGATE_GITHUB", "LEAKGATE_"}
        assert read - {"LEAKGATE_OWN_PYTHON"} == set(step["env"]) - {"LEAKGATE_OWN_PYTHON"}, script[1]
        assert "${{" not in step["run"], "inputs reach a shell by the environment only"
        assert "INPUT_" not in text.replace('"INPUT_"', ""), "composite actions have none"


def test_the_two_digests_are_one_text() -> None:
    seal, report = (
        "".join(step["run"]) for step in ACTION_YML["runs"]["steps"] if step.get("id") in ("seal", "report")
    )
    computed = seal[: seal.index(')"\n') + 2]
    assert "sha256sum" in computed
    assert report.startswith(computed)


def test_outputs_come_from_steps_that_set_them() -> None:
    scripts = "".join(path.read_text("utf-8") for path in sorted((ROOT / "action").iterdir()) if path.is_file())
    for output in ACTION_YML["outputs"].values():
        for name in re.findall(r"outputs\.([a-z-]+)", output["value"]):
            of_a_report = name.replace("-", "_") in set(ReportFormat)
            assert of_a_report or re.search(rf"[\"']{name}[\"'=]|{name}=", scripts), name


def test_action_and_workflows_are_clean_for_the_strictest_auditor() -> None:
    check(
        tool("zizmor"),
        "--offline",
        "--no-progress",
        "--persona=auditor",
        str(ROOT / "action.yml"),
        str(ROOT / ".github"),
    )
    check(tool("check-jsonschema"), "--builtin-schema", "vendor.github-actions", str(ROOT / "action.yml"))


def test_workflows_and_recipes_are_valid_bounded_and_clean(tmp_path: Path) -> None:
    folder = tmp_path / ".github" / "workflows"
    folder.mkdir(parents=True)
    for name, text in recipes().items():
        if name == "short":  # It leaves out what this auditor asks for, and the page says so.
            continue
        # The one thing that a page cannot know is the commit that it is part of.
        (folder / f"{name}.yml").write_text(text.replace(ACTION, f"OWNER/leakgate@{SHA} # v{__version__}"), "utf-8")
    files = [str(path) for path in (*sorted(folder.iterdir()), *WORKFLOWS)]
    check(tool("check-jsonschema"), "--builtin-schema", "vendor.github-workflows", *files)
    check(tool("check-jsonschema"), "--builtin-schema", "custom.github-workflows-require-timeout", *files)
    audit(folder)


def test_gitlab_recipe_is_valid(tmp_path: Path) -> None:
    path = tmp_path / ".gitlab-ci.yml"
    path.write_text(recipes(OTHER_CI)["gitlab"], "utf-8")
    check(tool("check-jsonschema"), "--builtin-schema", "vendor.gitlab-ci", str(path))


def test_page_for_other_ci_lists_every_exit_code() -> None:
    page = OTHER_CI.read_text("utf-8")
    assert [int(code) for code in re.findall(r"^\| (\d+) \|", page, re.MULTILINE)] == sorted(ExitCode)


def test_shell_of_the_action_is_clean() -> None:
    shellcheck = shutil.which("shellcheck")
    if shellcheck is None:
        pytest.skip("shellcheck is not installed (apt-get install shellcheck)")
    check(shellcheck, *map(str, sorted((ROOT / "action").glob("*.sh"))))


RUN = {
    "short": "pull_request",
    "basic": "pull_request",
    "one-job": "pull_request",
    "advisory": "pull_request",
    "fork-measure": "pull_request",
    "sharded": "pull_request",
    "monorepo": "pull_request",
    "sarif": "pull_request",
    "nightly": "schedule",
    "merge-queue": "merge_group",
    "enterprise": "pull_request",
}
"""Recipes that run scripts, and the event that starts each; ``fork-comment`` follows ``fork-measure``."""
RUN_ELSEWHERE = ("fork-comment", "merge-base", "durations")
ONLY_CHECKED = ("pyproject", "uv", "poetry", "container", "update-baseline", "accept-comment")
"""What this machine cannot run: package indexes, containers, GitHub's own command line."""

PULL_REQUEST = {"pull_request": {"number": 7, "head": {"sha": SHA, "repo": {"full_name": "mallory/app"}}}}
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


def with_broken_scripts(project: Project) -> None:
    project.write("requirements.txt", "# nothing\n")
    for folder in (".", "services/api", "services/worker"):
        for name in ("one", "two"):
            project.write(f"{folder}/{name}.py", "raise SystemExit('no database')\n")
        project.write(f"{folder}/leakgate.yaml", "version: 1\nscripts: [{path: one.py}, {path: two.py}]\n")


@pytest.mark.parametrize("name", sorted(set(RUN) - {"fork-measure"}))
def test_recipe_runs(project: Project, github: FakeGithub, name: str) -> None:
    with_broken_scripts(project)
    run = project.run(recipes()[name], event=RUN[name], payload=PULL_REQUEST, github=github)
    assert (run.status, run.outputs()["verdict"], run.outputs()["exit-code"]) == (1, "error", "3")
    # The stand-in for GitHub does not know permissions: on GitHub the token of `short` may not write a comment.
    comments = {"nightly": 0, "merge-queue": 0, "monorepo": 2}
    assert len(github.bodies()) == comments.get(name, 1)
    if name in ("basic", "sharded"):
        assert list(project.artifacts.rglob("results.json"))
    if name == "sharded":
        (body,) = github.bodies()
        assert "one" in body
        assert "two" in body


def names_in(results: Path) -> set[str]:
    return {result.target.name for result in load_results(results.read_text("utf-8")).results}


def test_shards_are_spread_by_what_an_earlier_run_took_and_the_next_one_is_told(project: Project) -> None:
    """By the config, scripts of equal duration go to the shards by turns; in the earlier run the first took longer."""
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
    assert names_in(project.artifacts / "shard-1" / "results.json") == {"one"}
    assert names_in(project.artifacts / "shard-2" / "results.json") == {"three", "two"}
    assert names_in(project.cache / "leakgate-durations-500") == {"one", "three", "two"}


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


def test_second_workflow_is_green_where_the_first_left_nothing(project: Project, github: FakeGithub) -> None:
    """The first one was cancelled at once. A comment of an earlier run is brought up to date; none is written."""
    github.add_pull(7, head="mallory:patch-1", head_sha=SHA)
    run = project.run(recipes()["fork-comment"], event="workflow_run", payload=FINISHED, github=github)
    assert run.status == 0
    assert github.bodies(7) == []
    github.add_comment("<!-- leakgate:v1 key=leakgate.yaml run=300.1 -->\nAll green.")
    project.run(recipes()["fork-comment"], event="workflow_run", payload=FINISHED, github=github)
    (body,) = github.bodies(7)
    assert "All green" not in body
    assert "nothing was measured" in body


def test_hostile_artifact_is_refused(project: Project, github: FakeGithub) -> None:
    github.add_pull(7, head="mallory:patch-1", head_sha=SHA)
    (project.artifacts / "leakgate").mkdir()
    (project.artifacts / "leakgate" / "results.json").write_text("__import__('os').system('touch hacked')")
    run = project.run(recipes()["fork-comment"], event="workflow_run", payload=FINISHED, github=github)
    assert run.outputs()["exit-code"] == "2"
    assert "hacked" not in "".join(path.name for path in project.folder.iterdir())
    (body,) = github.bodies(7)
    assert "nothing was measured" in body
