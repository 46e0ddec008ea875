"""The documentation of the Action: its tables, and its recipes, which are linted and run."""

import re
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml

from leakgate import __version__
from leakgate.github.starter_workflow import ACTION, Installer, starter_workflow
from leakgate.model.verdict import ExitCode
from leakgate.report.formats import ReportFormat
from tests.action.recipes import PAGES, recipes
from tests.action.runner import ROOT

PAGE = ROOT / "docs" / "github-action.md"
OTHER_CI = ROOT / "docs" / "other-ci.md"
ACTION_YML: dict[str, Any] = yaml.safe_load((ROOT / "action.yml").read_text("utf-8"))
WORKFLOWS = sorted((ROOT / ".github" / "workflows").glob("*.yml"))
SHA = "c" * 40
MODULES = {"measure.py": ("measuring.py", "inputs.py")}
"""The modules that a step's own script imports, if they read variables of the step."""


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


def test_basic_recipe_is_what_init_writes() -> None:
    assert recipes()["basic"] == starter_workflow()
    for installer in (Installer.PYPROJECT, Installer.UV, Installer.POETRY):
        assert recipes()[installer.value] == starter_workflow(installer=installer)


def test_the_short_recipe_has_ten_lines() -> None:
    """Except for the time limit of the job, which every workflow of these pages has."""
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
        given = {name for name in step["env"] if name.startswith("LEAKGATE_")}
        assert read - {"LEAKGATE_OWN_PYTHON"} == given - {"LEAKGATE_OWN_PYTHON"}, script[1]
        assert "${{" not in step["run"], "inputs reach a shell by the environment only"
        assert "INPUT_" not in text.replace('"INPUT_"', ""), "composite actions have none"


def test_the_two_digests_are_one_text() -> None:
    seal, report = (
        "".join(step["run"]) for step in ACTION_YML["runs"]["steps"] if step.get("id") in ("seal", "report")
    )
    computed = seal[: seal.index(')"\n') + 2]
    assert "sha256sum" in computed
    assert report.count(computed) == 1


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
        if name == "short":  # It does not meet all demands of this auditor, and the page says so.
            continue
        # A page cannot contain the commit that it is part of.
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
