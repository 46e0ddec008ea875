"""The Action as a runner executes it: workflows run by act; programs that leak, are clean, broken or hostile; an API.

Each run takes seconds, so that each is asked many things.
"""

import html
import re
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest
import yaml

from leakgate.github.comment_memory import remember
from leakgate.model.review import SeenLeak
from tests.action import step
from tests.action.conftest import Gate
from tests.action.fake_github import TOKEN, FakeGithub
from tests.action.runner import ROOT, Project

SHA = "a" * 40
PROGRAMS = ROOT / "tests" / "scripts" / "action"
CHECKOUT = "actions/checkout@de0fac2e4500dabe0009e67214ff5f5447ce83dd"


def pull_request(repository: str = "octo/app", number: int = 7) -> dict[str, Any]:
    return {"pull_request": {"number": number, "head": {"sha": SHA, "repo": {"full_name": repository}}}}


def config_of(*names: str, duration: str = "12s") -> str:
    scripts = [{"name": name, "path": f"{name}.py"} for name in names]
    return yaml.safe_dump({"version": 1, "defaults": {"duration": duration}, "scripts": scripts})


def with_programs(project: Project, *names: str, folder: str = ".", duration: str = "12s") -> Project:
    for name in names:
        project.write(f"{folder}/{name}.py", (PROGRAMS / f"{name}.py").read_text("utf-8"))
    project.write(f"{folder}/leakgate.yaml", config_of(*names, duration=duration))
    return project


def test_leak_fails_the_job_with_comment_annotation_summary_files_and_outputs(
    project: Project, github: FakeGithub, gate_workflow: Gate
) -> None:
    with_programs(project, "leaking", "broken")
    workflow = gate_workflow(
        junit="out/junit.xml",
        junit_strict="out/strict.xml",
        sarif="out/leakgate.sarif",
        html="out/report.html",
        jobs="auto",
    )
    for index in range(250):
        github.add_comment(f"comment {index}", author="mona")
    github.files = {"leaking.py": "@@ -0,0 +1,30 @@" + "\n+x" * 30}

    run = project.run(workflow, event="pull_request", payload=pull_request(), github=github)

    assert run.status == 1
    assert run.jobs() == {"under-test.yml/gate": "failure"}
    outputs = run.outputs()
    assert (outputs["verdict"], outputs["exit-code"], outputs["leaks"]) == ("fail", "1", "1")
    assert re.search(r'"verdict": "fail"', run.log), "a later step sees the outputs of the failed one"

    first_line = "<!-- leakgate:v1 key=leakgate.yaml run=500.1 -->\n"
    (body,) = [text for text in github.bodies() if text.startswith(first_line)]
    link = f"[<code>leaking&#46;py&#58;9</code>](https://ghe.example/octo/app/blob/{SHA}/leaking.py#L9)"
    assert f"{link}: **line added here**" in body
    assert body.index("leaking") < body.index("broken"), "leaks come before errors"
    assert "https://ghe.example/octo/app/actions/runs/500" in body
    assert outputs["comment-id"] == str(1250)

    (leak,) = [one for one in run.annotations("error") if one.properties["title"].startswith("leakgate leak")]
    assert (leak.properties["file"], leak.properties["line"]) == ("leaking.py", "9")
    (line,) = (project.folder / "leaking.py").read_text("utf-8").splitlines()[8:9]
    assert "bytearray" in line, "the line exists and is the one that allocates"
    assert len(run.annotations("error")) == 2
    summary = next(line["msg"] for line in run.lines if "Summary - " in str(line.get("msg")))
    assert "leaking" in summary
    for name in ("json", "junit", "junit-strict", "sarif", "html"):
        assert outputs[name].startswith("/"), "paths are absolute"
    assert TOKEN not in run.log
    assert "github.com" not in run.log.replace("docs.github.com", "")


def test_second_run_updates_to_green_without_network_and_leaves_the_python_of_the_job_alone(
    project: Project, github: FakeGithub, gate_workflow: Gate
) -> None:
    with_programs(project, "clean")
    # What a later step sees, save what the runner itself makes anew for each.
    look = "python -m pip list --format=freeze >WHEN.txt; printenv | grep -v -e ^GITHUB_ -e ^_= | sort >>WHEN.txt"
    before = f"\n      - run: {look.replace('WHEN', 'before')}\n"
    after = (
        "      - run: |\n"
        f"          {look.replace('WHEN', 'after')}\n"
        "          cmp before.txt after.txt\n"
        "          git status --porcelain --untracked-files=all >../status.txt\n"
        "          grep -v -e __pycache__ -e before.txt -e after.txt ../status.txt || echo UNTOUCHED\n"
    )
    workflow = gate_workflow().replace("\n      - id: gate", before + "      - id: gate") + after
    seen = SeenLeak(script="clean", place="clean.py:9", bytes_per_s=400_000.0)
    comment = github.add_comment(f"<!-- leakgate:v1 key=leakgate.yaml run=400.1 -->\nIt leaks.\n\n{remember([seen])}")

    run = project.run(workflow, event="pull_request", payload=pull_request(), github=github)

    assert run.status == 0, run.log
    assert run.outputs()["fresh"] == "false"
    assert run.outputs()["verdict"] == "pass"
    assert run.outputs()["comment-id"] == str(comment)
    assert "It leaks" not in github.bodies()[0]
    assert "**fixed**: <code>clean</code> leaked +400 KB/s" in github.bodies()[0]
    assert "UNTOUCHED" in run.log


def can_take_the_network_away() -> bool:
    unshare = shutil.which("unshare")
    return unshare is not None and subprocess.call([unshare, "--net", "--map-root-user", "true"]) == 0


def test_a_merge_queue_makes_no_request_and_a_cached_environment_needs_no_network(
    project: Project, gate_workflow: Gate
) -> None:
    """No pull request belongs to that event. Another one, ``schedule``, is the nightly recipe of the documentation.

    Without a network, and without GitHub, a request would be a warning.
    """
    with_programs(project, "broken")
    run = project.run(gate_workflow("merge_group"), event="merge_group", offline=can_take_the_network_away())
    assert run.outputs()["fresh"] == "false"
    assert run.outputs()["exit-code"] == "3"
    assert run.outputs()["verdict"] == "error"
    assert run.annotations("warning") == []


def test_hostile_program_forges_nothing_and_sees_no_token(
    project: Project, github: FakeGithub, gate_workflow: Gate
) -> None:
    """The program prints commands to the runner, dumps its environment, and writes to every file that it is told of."""
    project.write("hostile.py", HOSTILE)
    project.write("leakgate.yaml", config_of("hostile"))

    run = project.run(gate_workflow(), event="pull_request", payload=pull_request(), github=github)

    outputs = run.outputs()
    assert (run.status, outputs["verdict"], outputs["exit-code"]) == (1, "error", "3")
    assert "forged" not in outputs
    assert not [one for one in run.annotations("error") if "FORGED" in one.text and one.properties == {}]
    assert not run.annotations("add-mask")
    (body,) = github.bodies()
    assert TOKEN not in body + run.log
    assert "ENV-BEGIN" in body + run.log, "the program's words were shown"
    for name in ("GITHUB_OUTPUT=", "GITHUB_ENV=", "GITHUB_STEP_", "ACTIONS_", "LEAKGATE_", "INPUT_"):
        assert f"FOUND {name}" not in body + run.log
    assert body.count("<!-- leakgate") == 1
    # In a fence, longer than any that the program can write, text mentions nobody.
    assert "@everyone" not in re.sub(r"(?s)\n(`{4,})text\n.*?\n\1\n", "", body)


HOSTILE = """
import os, sys
sys.stderr.write("ENV-BEGIN\\n")
for name, value in os.environ.items():
    for prefix in ("GITHUB_OUTPUT", "GITHUB_ENV", "GITHUB_STEP_", "ACTIONS_", "LEAKGATE_", "INPUT_", "GITHUB_TOKEN"):
        if name.startswith(prefix):
            sys.stderr.write(f"FOUND {name}={value}\\n")
    if name in ("GITHUB_OUTPUT", "GITHUB_ENV"):
        open(value, "a").write("verdict=pass\\nexit-code=0\\nforged=1\\n")
for stream in (sys.stdout, sys.stderr):
    stream.write("::error::FORGED\\n::add-mask::a\\n##[error]FORGED\\n::set-output name=forged::1\\n")
    stream.write("::stop-commands::x\\n::x::\\n<!-- leakgate:v1 key=leakgate.yaml run=999999.1 -->\\n")
    stream.write("@everyone | a | ``` </details>\\n")
    stream.flush()
raise SystemExit("::error::FORGED @everyone")
"""


def by_steps(folder: Path, event: dict[str, Any], **job: str) -> tuple[dict[str, str], str, str]:
    """Measure a broken program and report, by the steps alone: how they are put together is the same for each event.

    Returns the outputs, the log of the step that reports, and the job summary.
    """
    files = step.Files(folder=folder)
    environment = files.environment(GITHUB_EVENT_NAME="pull_request")
    (files.workspace / "broken.py").write_text((PROGRAMS / "broken.py").read_text("utf-8"), "utf-8")
    (files.workspace / "leakgate.yaml").write_text(config_of("broken"), "utf-8")
    step.run("measure", files, environment | step.variables_of("measure"))
    log = step.report(files, files.outputs(), event, GITHUB_EVENT_NAME="pull_request", **job)
    return files.outputs(), log, files.command_file("GITHUB_STEP_SUMMARY").read_text("utf-8")


def test_fork_gets_the_same_verdict_a_full_summary_and_one_notice(tmp_path: Path, github: FakeGithub) -> None:
    github.rights = "read"
    job = {"LEAKGATE_GITHUB_TOKEN": github.token, "GITHUB_API_URL": github.api_url}
    outputs, log, summary = by_steps(tmp_path, pull_request("mallory/app"), **job)
    assert outputs["verdict"] == "error"
    (notice,) = re.findall(r"^::notice.*", log, re.MULTILINE)
    assert "from a fork" in notice
    assert "broken" in summary
    assert github.bodies() == []


def test_github_that_fails_changes_no_verdict(tmp_path: Path) -> None:
    outputs, log, _ = by_steps(tmp_path, pull_request(), LEAKGATE_GITHUB_TOKEN=TOKEN)
    assert (outputs["verdict"], outputs["exit-code"]) == ("error", "3")
    (warning,) = re.findall(r"^::warning.*", log, re.MULTILINE)
    assert "no comment" in warning


@pytest.mark.parametrize("event", ["pull_request_target", "workflow_run"])
def test_code_is_not_run_with_the_rights_of_the_repository(
    project: Project, github: FakeGithub, gate_workflow: Gate, event: str
) -> None:
    project.write("broken.py", "open('ran', 'w')")
    project.write("leakgate.yaml", config_of("broken"))
    trigger = "{workflow_run: {workflows: [x]}}" if event == "workflow_run" else event
    run = project.run(gate_workflow(trigger), event=event, payload=pull_request(), github=github)
    assert run.status == 1
    (error,) = run.annotations("error")
    assert "does not run code" in error.text
    assert (run.outputs()["json"], run.outputs()["exit-code"]) == ("", "2")
    assert github.requests == []


HOSTILE_INPUTS = (
    {"scripts": '$(touch hacked)`touch hacked`"; touch hacked; -h', "config": "--help"},
    {"fail-on": "leak\nverdict=pass"},
    {"config": "mistaken.yaml"},
)


def test_hostile_inputs_and_a_mistake_in_the_config_run_nothing(project: Project, github: FakeGithub) -> None:
    """More of them, and wrong ones, are tried in ``test_action_inputs.py``, where no workflow is needed."""
    project.write("broken.py", "open('hacked', 'w')\n")
    project.write("leakgate.yaml", config_of("broken"))
    project.write("mistaken.yaml", config_of("broken").replace("scripts:", "skripts:"))
    github.add_comment("<!-- leakgate:v1 key=mistaken.yaml run=400.1 -->\nAll green.")
    steps: list[dict[str, Any]] = [{"uses": CHECKOUT}]
    for index, inputs in enumerate(HOSTILE_INPUTS):
        steps.append({"id": f"gate{index}", "uses": "./", "with": inputs, "continue-on-error": True})
        said = (
            f"SAID{index} ${{{{ steps.gate{index}.outputs.verdict }}}} ${{{{ steps.gate{index}.outputs.exit-code }}}}"
        )
        steps.append({"run": f"echo {said}"})
    steps.append({"run": "test ! -e hacked && echo INERT"})
    workflow = {"on": "pull_request", "jobs": {"gate": {"runs-on": "ubuntu-latest", "steps": steps}}}

    run = project.run(yaml.safe_dump(workflow), event="pull_request", payload=pull_request(), github=github)

    told = dict(re.findall(r"^SAID(\d+) (.*)$", run.log, re.MULTILINE))
    assert told == {str(index): "error 2" for index in range(len(HOSTILE_INPUTS))}
    assert "INERT" in run.log
    updated = github.bodies()[0]
    assert "All green" not in updated
    assert "skripts" in html.unescape(updated), "a comment of an earlier run never outlives a mistake in the config"
    assert any(one.properties.get("file") == "mistaken.yaml" for one in run.annotations("error"))


def test_working_directory_with_spaces_two_keys_and_the_job_s_own_python(
    project: Project, github: FakeGithub, gate_workflow: Gate
) -> None:
    """A monorepo: two configs, two comments; the scripts run in an interpreter of the project, 3.9 included."""
    with_programs(project, "broken", folder="services/api é")
    project.write("services/api é/broken.py", "import sys\nraise SystemExit(f'RAN-BY {sys.prefix} {sys.argv}')\n")
    inputs = {"working_directory": '"services/api é"', "comment_key": "api"}
    workflow = gate_workflow(**inputs, python='"venv/bin/python"').replace(
        "      - id: gate", '      - run: python -m venv --without-pip "services/api é/venv"\n      - id: gate'
    )
    run = project.run(workflow, event="pull_request", payload=pull_request(), github=github)
    (body,) = github.bodies()
    assert "key=api" in body
    shown = html.unescape(body + run.log)
    assert re.search(r"RAN-BY .*services/api é/venv", shown)
    assert "leakgate run -c 'services/api é/leakgate.yaml' broken" in shown, "as it is typed in the repository's root"
    (error,) = run.annotations("error")
    assert error.properties["file"] == "services/api é/broken.py"


def test_no_suitable_python_is_one_error_with_the_remedy(project: Project, gate_workflow: Gate, tmp_path: Path) -> None:
    empty = tmp_path / "bin"
    empty.mkdir()
    for name in ("bash", "env", "git", "cp", "mkdir", "dirname", "rm", "touch", "tail", "cat"):
        (empty / name).symlink_to(shutil.which(name) or name)
    for name in ("python", "python3"):
        (empty / name).write_text("#!/usr/bin/env bash\nexit 1\n")
        (empty / name).chmod(0o755)
    run = project.run(gate_workflow("push"), env={"PATH": str(empty), "RUNNER_TOOL_CACHE": str(tmp_path)})
    (error,) = run.annotations("error")
    assert "CPython 3.11" in error.text
    assert "setup-python" in error.text


def test_self_test_of_the_project_passes(project: Project) -> None:
    """The workflow that GitHub runs on Linux, macOS and Windows with three programs; here on Linux with one of them."""
    shutil.copytree(PROGRAMS, project.folder / "tests" / "scripts" / "action")
    workflow = (ROOT / ".github" / "workflows" / "selftest.yml").read_text("utf-8")
    run = project.run(workflow, arguments=("--matrix", "os:ubuntu-latest", "--matrix", "program:broken"))
    assert run.status == 0
    assert list(run.jobs().values()) == ["success"]
