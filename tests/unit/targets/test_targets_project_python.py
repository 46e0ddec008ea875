"""The interpreter of a project: which one is chosen, and what hints at another one."""

import sys
from pathlib import Path

import pytest

from leakgate.targets.project_python import project_python, virtual_environment

OWN = Path(sys.executable)


def environment(folder: Path, *, python: str = "bin/python") -> Path:
    """Make the files of a virtual environment, and return its interpreter."""
    file = folder / python
    file.parent.mkdir(parents=True)
    file.touch(mode=0o755)
    (folder / "pyvenv.cfg").touch()
    return file


def chosen(folder: Path, *, needs: str = "", **env: str) -> tuple[Path, str]:
    found = project_python(None, folder, env, needs=needs)
    return found.path, found.why


def test_a_given_interpreter_goes_before_all_others(tmp_path: Path) -> None:
    environment(tmp_path / ".venv")
    given = tmp_path / "python3"

    found = project_python(given, tmp_path, {"VIRTUAL_ENV": str(tmp_path / ".venv")})

    assert (found.path, found.why) == (given, "--python")


@pytest.mark.parametrize(("name", "why"), [("VIRTUAL_ENV", "virtual"), ("CONDA_PREFIX", "conda")])
def test_an_active_environment_goes_before_that_of_the_project(tmp_path: Path, name: str, why: str) -> None:
    environment(tmp_path / ".venv")
    active = environment(tmp_path / "elsewhere" / "env")

    assert chosen(tmp_path, **{name: str(active.parent.parent)}) == (active, f"the active {why} environment")


def test_the_base_environment_of_conda_is_active_everywhere_so_that_of_the_project_goes_before_it(
    tmp_path: Path,
) -> None:
    base = environment(tmp_path / "conda", python="python.exe")
    project = tmp_path / "shop"
    project.mkdir()
    env = {"CONDA_PREFIX": str(base.parent), "CONDA_DEFAULT_ENV": "base"}

    assert chosen(project, **env) == (base, "the base environment of conda")

    own = environment(project / "venv")
    assert chosen(project, **env) == (own, "venv of the project")


def test_an_active_environment_that_is_gone_is_passed_over(tmp_path: Path) -> None:
    own = environment(tmp_path / ".venv")

    assert chosen(tmp_path, VIRTUAL_ENV=str(tmp_path / "gone")) == (own, ".venv of the project")


@pytest.mark.parametrize("name", [".venv", "venv", "env", ".env", "py312"])
def test_a_virtual_environment_of_the_project_is_found_by_any_name(tmp_path: Path, name: str) -> None:
    own = environment(tmp_path / name)

    assert chosen(tmp_path) == (own, f"{name} of the project")


def test_usual_names_go_first(tmp_path: Path) -> None:
    for name in ("a", "env", "venv"):
        environment(tmp_path / name)

    assert virtual_environment(tmp_path) == "venv"


def test_of_several_with_other_names_none_is_chosen_and_the_hint_names_them(tmp_path: Path) -> None:
    for name in ("py311", "py312"):
        environment(tmp_path / name)

    found = project_python(None, tmp_path, {})

    assert found.path == OWN
    assert found.hint == "py311 and py312 are virtual environments: name one, such as --python py311/bin/python"


def test_a_name_that_a_shell_could_misread_is_passed_over(tmp_path: Path) -> None:
    environment(tmp_path / "a; rm b")

    assert virtual_environment(tmp_path) == ""


def test_environments_above_are_found_up_to_the_root_of_the_repository(tmp_path: Path) -> None:
    outside = environment(tmp_path / ".venv")
    inside = tmp_path / "repository" / "packages" / "shop"
    inside.mkdir(parents=True)

    assert chosen(inside) == (OWN, "the one that runs leakgate")

    (tmp_path / "repository" / ".git").touch()  # a file in a worktree or a submodule
    assert chosen(inside) == (OWN, "the one that runs leakgate")

    root = environment(tmp_path / "repository" / ".venv")
    assert chosen(inside) == (root, ".venv of the project")
    assert outside != root


@pytest.mark.parametrize(
    ("file", "advice"),
    [
        ("uv.lock", "uv sync"),
        ("poetry.lock", "poetry env info --executable"),
        ("Pipfile", "pipenv --py"),
        ("pdm.lock", "pdm info --python"),
        ("hatch.toml", "hatch env find"),
    ],
)
def test_a_tool_that_keeps_its_environment_elsewhere_is_named(tmp_path: Path, file: str, advice: str) -> None:
    (tmp_path / file).touch()

    found = project_python(None, tmp_path, {})

    assert found.path == OWN
    assert advice in found.hint


def test_environments_of_tox_are_named(tmp_path: Path) -> None:
    environment(tmp_path / ".tox" / "py312")

    assert "--python .tox/py312/bin/python" in project_python(None, tmp_path, {}).hint


def test_without_a_sign_of_another_interpreter_there_is_no_hint(tmp_path: Path) -> None:
    assert project_python(None, tmp_path, {}).hint == ""


def test_if_leakgates_own_lacks_pytest_the_one_on_path_is_used(tmp_path: Path) -> None:
    on_path = environment(tmp_path / "usr").parent
    (tmp_path / "shop").mkdir()

    assert chosen(tmp_path / "shop", needs="sys", PATH=str(on_path)) == (OWN, "the one that runs leakgate")
    path, why = chosen(tmp_path / "shop", needs="no_such_module_here", PATH=str(on_path))
    assert path == on_path / "python"
    assert "no_such_module_here is not installed" in why
