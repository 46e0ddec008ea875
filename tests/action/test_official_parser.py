"""The Action, its workflows and the recipes, checked with GitHub's own parser and expression engine. act accepts
mistakes that GitHub refuses: a context that is not available at a place, or a reference to a missing step.
"""

import json
import shutil
import subprocess
from pathlib import Path

import pytest

from tests.action.recipes import recipes
from tests.action.runner import ROOT
from tests.action.test_action_docs import WORKFLOWS

MODULES = ROOT / "node_modules"
IMPORTS_JSON = "import {createRequire as c} from 'node:module'; const require = c(import.meta.url);"


def problems(folder: Path, *paths: Path) -> list[str]:
    """Return the messages of GitHub's language service about the files, each under the name that GitHub uses."""
    node = shutil.which("node")
    if node is None or not (MODULES / "@actions" / "languageservice").is_dir():
        pytest.skip("GitHub's language service is not installed; .ci/run has npm install it")
    # Its modules import JSON in a way that only a bundler accepts.
    bundle = folder / "check.mjs"
    esbuild = [
        node,
        str(MODULES / "esbuild" / "bin" / "esbuild"),
        str(Path(__file__).parent / "official" / "check.mjs"),
    ]
    options = ["--bundle", "--platform=node", "--format=esm", "--log-level=error", f"--banner:js={IMPORTS_JSON}"]
    subprocess.run([*esbuild, *options, f"--outfile={bundle}"], check=True)
    done = subprocess.run([node, str(bundle), *map(str, paths)], capture_output=True, text=True, check=True)
    found: list[str] = json.loads(done.stdout)
    return found


def workflows_in(folder: Path, texts: dict[str, str]) -> list[Path]:
    workflows = folder / ".github" / "workflows"
    workflows.mkdir(parents=True)
    for name, text in texts.items():
        (workflows / f"{name}.yml").write_text(text, "utf-8")
    return sorted(workflows.iterdir())


def test_action_workflows_and_recipes_are_what_github_takes(tmp_path: Path) -> None:
    assert problems(tmp_path, ROOT / "action.yml", *WORKFLOWS, *workflows_in(tmp_path, recipes())) == []


def test_a_misspelt_context_step_or_key_would_be_seen(tmp_path: Path) -> None:
    """The check itself is tested."""
    recipe = recipes()["merge-base"]
    for right, wrong in (("runner.temp", "runer.temp"), ("steps.base.", "steps.bas."), ("runs-on:", "run-on:")):
        assert right in recipe
        recipe = recipe.replace(right, wrong)
    said = "\n".join(problems(tmp_path, *workflows_in(tmp_path, {"wrong": recipe})))
    for word in ("runer", "bas", "run-on"):
        assert word in said
