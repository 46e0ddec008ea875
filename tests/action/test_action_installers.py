"""The recipes that install what the scripts need, with pip, uv and poetry, into an environment of the test."""

import os
import subprocess
import venv
from pathlib import Path
from typing import Final
from zipfile import ZipFile

import pytest

from tests.action.fake_github import FakeGithub
from tests.action.recipe_events import PULL_REQUEST
from tests.action.recipes import recipes
from tests.action.runner import PATIENT_PIP, Project

WHEEL: Final = "wheels/shop_lib-1.0-py3-none-any.whl"
"""The package that the scripts need: a wheel in the project, so that uv and poetry need no package index."""
PYPROJECT: Final = """\
[project]
name = "shop"
version = "1.0"
requires-python = ">=3.11"
"""
OWN: Final = {
    "pyproject": 'dependencies = ["shop-lib @ file://WHEEL"]\n[tool.setuptools]\npy-modules = ["one"]\n',
    "uv": f'dependencies = ["shop-lib"]\n[tool.uv.sources]\nshop-lib = {{ path = "{WHEEL}" }}\n',
    "poetry": f'[tool.poetry]\npackage-mode = false\n[tool.poetry.dependencies]\nshop-lib = {{ path = "{WHEEL}" }}\n',
}
"""The rest of each pyproject.toml. The copy of the Action in the project's folder is no part of its package."""
SCRIPT: Final = "import shop_lib\nraise SystemExit(shop_lib.WORDS)\n"
WORDS: Final = "the library was imported"


def write_wheel(path: Path) -> None:
    path.parent.mkdir()
    about = "shop_lib-1.0.dist-info"
    files = {
        "shop_lib.py": f"WORDS = {WORDS!r}\n",
        f"{about}/METADATA": "Metadata-Version: 2.1\nName: shop-lib\nVersion: 1.0\n",
        f"{about}/WHEEL": "Wheel-Version: 1.0\nGenerator: a test\nRoot-Is-Purelib: true\nTag: py3-none-any\n",
    }
    record = "".join(f"{name},,\n" for name in (*files, f"{about}/RECORD"))
    with ZipFile(path, "w") as wheel:
        for name, text in (*files.items(), (f"{about}/RECORD", record)):
            wheel.writestr(name, text)


@pytest.mark.installers
@pytest.mark.parametrize("name", OWN)
def test_recipe_installs_what_the_scripts_need(project: Project, github: FakeGithub, tmp_path: Path, name: str) -> None:
    runner = tmp_path / "runner"
    venv.create(runner, with_pip=True)
    project.path = f"{runner / 'bin'}{os.pathsep}{os.environ['PATH']}"
    write_wheel(project.folder / WHEEL)
    project.write("pyproject.toml", PYPROJECT + OWN[name].replace("file://WHEEL", (project.folder / WHEEL).as_uri()))
    project.write("one.py", SCRIPT)
    project.write("leakgate.yaml", "version: 1\nscripts: [{path: one.py}]\n")
    if name == "uv":
        subprocess.run(
            [runner / "bin" / "python", "-m", "pip", "install", "--quiet", "uv"],
            env=os.environ | PATIENT_PIP,
            check=True,
        )
        subprocess.run([runner / "bin" / "uv", "lock", "--quiet"], cwd=project.folder, check=True)
    run = project.run(recipes()[name], event="pull_request", payload=PULL_REQUEST, github=github)
    assert (run.status, run.outputs()["verdict"], run.outputs()["exit-code"]) == (1, "error", "3")
    (body,) = github.bodies()
    assert WORDS in body
