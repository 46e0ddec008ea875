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

import pytest

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
HEALTHY = ("fastapi", "django", "celery")
"""A server with one process, one with workers, and workers without a server."""
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


def _run(name: str, folder: Path, env: dict[str, str]) -> dict[str, object]:
    project = folder / name
    shutil.copytree(HERE / name, project)
    # The load is held back, so that other tests beside it get their share of the processor.
    text = RECIPES[name].replace(".venv/bin/python", str(PYTHON)).replace("load: {req", f"load: {{rate: {RATE}, req")
    (project / "leakgate.yaml").write_text(text, encoding="utf-8")
    done = subprocess.run(
        [sys.executable, "-m", "leakgate", "run", "--json", "results.json"],
        cwd=project,
        env={**os.environ, "PYTHONPATH": "", **FEW_REMEMBERED, **env},
        capture_output=True,
        text=True,
        timeout=900,
        check=False,
    )
    assert (project / "results.json").exists(), done.stdout + done.stderr
    (script,) = json.loads((project / "results.json").read_text("utf-8"))["scripts"]
    found: dict[str, object] = script
    return found


@pytest.mark.slow
@pytest.mark.skipif(not PYTHON.exists(), reason="no .recipes environment: see .ci/run")
@pytest.mark.parametrize("name", HEALTHY)
def test_a_healthy_application_is_neither_a_leak_nor_an_error(name: str, tmp_path: Path) -> None:
    """The caches of a framework fill with the requests: a busy machine may not fill them while it is watched."""
    if name in ("celery", "rq") and shutil.which("redis-server") is None:
        pytest.skip("no redis-server")
    script = _run(name, tmp_path, {})
    assert script["verdict"] in ("ok", "inconclusive"), script["reason"]
    if name != "celery":  # its load is a program of the user, whose tasks leakgate does not count
        requests = script["iterations"]
        assert isinstance(requests, int)
        assert requests > 100


@pytest.mark.slow
@pytest.mark.skipif(not PYTHON.exists(), reason="no .recipes environment: see .ci/run")
@pytest.mark.parametrize("name", PLACES)
def test_a_leaking_application_is_found_in_its_line(name: str, tmp_path: Path) -> None:
    if name in ("celery", "rq") and shutil.which("redis-server") is None:
        pytest.skip("no redis-server")
    script = _run(name, tmp_path, {"LEAK": "1"})
    assert script["verdict"] == "leak", script["reason"]
    leaks = script["leaks"]
    assert isinstance(leaks, list)
    # Among the leaks, not always the first: while allocations are traced on a busy machine, few requests are answered.
    assert [leak for leak in leaks if str(leak["file"]).endswith(PLACES[name])], leaks
