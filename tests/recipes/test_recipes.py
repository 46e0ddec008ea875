"""The recipes of the documentation, run for real with the frameworks: a leak is found in its line, and only a leak.

The frameworks are not among leakgate's requirements: `.ci/run` installs `requirements/recipes.txt` into the virtual
environment `.recipes`. Where it is missing, these tests are skipped.
"""

import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml

HERE = Path(__file__).parent
ROOT = HERE.parents[1]
PYTHON = Path(os.environ.get("LEAKGATE_RECIPES", ROOT / ".recipes")) / "bin" / "python"
PAGES = ("gate-a-server.md", "gate-a-worker.md")
BLOCKS = [
    block
    for page in PAGES
    for block in re.findall(r"```yaml\n(.*?)```", (ROOT / "docs" / page).read_text("utf-8"), re.DOTALL)
]
RECIPES = {re.findall(r"- name: (\w+)", block)[0]: block for block in BLOCKS}
FEW_REMEMBERED = {"CELERY_WORKER_SUCCESSFUL_MAX": "10"}
"""A worker of Celery remembers its last 1,000 tasks. A busy machine needs longer for so many than it is watched."""
RATE = 100
"""Requests a second: so few that a busy machine can answer them too, and memory grows steadily. Each keeps a list of
20 texts where the application leaks."""
PLACES = {
    "fastapi": "main.py",
    "django": "urls.py",
    "flask": "app.py",
    "aiohttp": "app.py",
    "grpc": "server.py",
    "celery": "mail.py",
    "rq": "jobs.py",
}


def test_every_recipe_has_an_application_and_at_most_ten_lines() -> None:
    assert set(RECIPES) == set(PLACES)
    assert all((HERE / name).is_dir() for name in RECIPES)
    assert all(len(block.splitlines()) <= 10 for block in BLOCKS)


def _both(name: str, project: Path) -> Path:
    """Write the recipe twice into one config: the application as it is, and the one that leaks."""
    text = RECIPES[name].replace(".venv/bin/python", str(PYTHON))
    # The load is held back, so that other tests beside it get their share of the processor.
    text = text.replace("load: {req", f"load: {{rate: {RATE}, req")
    config = yaml.safe_load(text)
    (script,) = config["scripts"]
    config["scripts"] = [{**script, "name": "healthy"}, {**script, "name": "leaking", "env": {"LEAK": "1"}}]
    place = project / "leakgate.yaml"
    place.write_text(yaml.safe_dump(config), encoding="utf-8")
    return place


def _run(name: str, folder: Path) -> tuple[dict[str, Any], dict[str, Any]]:
    """Measure both at the same time. Returns the results of the healthy and of the leaking application."""
    project = folder / name
    shutil.copytree(HERE / name, project)
    config = _both(name, project)
    done = subprocess.run(
        [sys.executable, "-m", "leakgate", "run", "-c", config, "--jobs", "2", "--json", "results.json"],
        cwd=project,
        env={**os.environ, "PYTHONPATH": "", **FEW_REMEMBERED},
        capture_output=True,
        text=True,
        timeout=900,
        check=False,
    )
    assert (project / "results.json").exists(), done.stdout + done.stderr
    healthy, leaking = json.loads((project / "results.json").read_text("utf-8"))["scripts"]
    return healthy, leaking


@pytest.mark.slow
@pytest.mark.skipif(not PYTHON.exists(), reason="no .recipes environment: see .ci/run")
@pytest.mark.parametrize("name", PLACES)
def test_a_leak_is_found_in_its_line_and_the_healthy_application_has_none(name: str, tmp_path: Path) -> None:
    """The caches of a framework fill with the requests: a busy machine may not fill them while it is watched."""
    if name in ("celery", "rq") and shutil.which("redis-server") is None:
        pytest.skip("no redis-server")
    healthy, leaking = _run(name, tmp_path)
    assert healthy["verdict"] in ("ok", "inconclusive"), healthy["reason"]
    if "requests" in RECIPES[name]:  # leakgate does not count the requests of a program of the user's
        assert healthy["iterations"] > 0
    assert leaking["verdict"] == "leak", leaking["reason"]
    # It is among the leaks, but not always the first: on a busy machine, few requests are answered while allocations
    # are traced.
    assert [leak for leak in leaking["leaks"] if str(leak["file"]).endswith(PLACES[name])], leaking["leaks"]
