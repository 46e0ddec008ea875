"""The default interpreter for the tests, callables and modules of a project."""

import re
import shutil
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import Final

from leakgate.targets.repository import checkout_of

_PLACES: Final = ("bin/python", "Scripts/python.exe", "python.exe")
"""Where an environment has its interpreter: on POSIX, on Windows, and in an environment of conda on Windows."""
_USUAL: Final = (".venv", "venv", "env", ".env")
"""Usual names of the folder of a virtual environment, the most usual first."""
_MADE: Final = "pyvenv.cfg"
_PLAIN: Final = re.compile(r"[A-Za-z0-9._-]+")
"""Names of other folders that are considered: `leakgate init` writes the name into YAML and into a shell command."""
_BASE: Final = "base"
"""The environment of conda that its shell set-up activates everywhere. It is rarely the one of a project."""
_TOOLS: Final = (
    ("uv.lock", "uv", "run `uv sync`, which makes .venv"),
    ("poetry.lock", "poetry", '--python "$(poetry env info --executable)"'),
    ("Pipfile", "pipenv", '--python "$(pipenv --py)"'),
    ("pdm.lock", "pdm", '--python "$(pdm info --python)"'),
    ("hatch.toml", "hatch", '--python "$(hatch env find)/bin/python"'),
)
"""File, tool, and what names its interpreter: these tools can keep their environments outside of the project."""
_TEST_TOOLS: Final = (".tox", ".nox")


@dataclass(frozen=True, slots=True)
class ChosenPython:
    """An interpreter and why it was chosen."""

    path: Path
    why: str
    """Text for the user, such as ``the active virtual environment``."""
    hint: str = ""
    """What to type to use a better interpreter, if the project seems to have one; else empty."""


def project_python(given: Path | None, folder: Path, env: Mapping[str, str], *, needs: str = "") -> ChosenPython:
    """Return the interpreter of a project.

    It is the first of: ``given``; that of the active virtual or conda environment; that of a virtual environment in
    ``folder`` or in a folder above it, up to the root of the repository; the base environment of conda; the one
    that runs leakgate. If that one lacks the module ``needs``, a ``python`` on ``PATH`` is used.
    """
    if given is not None:
        return ChosenPython(given.absolute(), "--python")
    if found := _active(env):
        return found
    for place in _up_to_repository(folder):
        name = virtual_environment(place)
        if name and (python := _python_in(place / name)):
            return ChosenPython(python, f"{name} of the project")
    hint = _hint(folder)
    if python := _python_of_conda(env):
        return ChosenPython(python, "the base environment of conda", hint)
    running = Path(sys.executable)
    if needs and find_spec(needs) is None and (python := _on_path(env, running)):
        return ChosenPython(python, f"`python` on PATH, because {needs} is not installed for leakgate's own", hint)
    return ChosenPython(running, "the one that runs leakgate", hint)


def virtual_environment(folder: Path) -> str:
    """Return the name of the virtual environment in a folder, or an empty text.

    Usual names go first. Another name counts only if it is the only one.
    """
    for name in _USUAL:
        if _python_in(folder / name):
            return name
    others = _environments(folder)
    return others[0] if len(others) == 1 else ""


def _active(env: Mapping[str, str]) -> ChosenPython | None:
    """Return the environment that the user activated; None for the base environment, which conda itself activates."""
    active = env.get("VIRTUAL_ENV", "")
    if active and (python := _python_in(Path(active))):
        return ChosenPython(python, "the active virtual environment")
    if env.get("CONDA_DEFAULT_ENV", "") != _BASE and (python := _python_of_conda(env)):
        return ChosenPython(python, "the active conda environment")
    return None


def _python_of_conda(env: Mapping[str, str]) -> Path | None:
    """Return the interpreter of the conda environment that is active, whatever its name."""
    prefix = env.get("CONDA_PREFIX", "")
    return _python_in(Path(prefix)) if prefix else None


def _up_to_repository(folder: Path) -> tuple[Path, ...]:
    """Return the folder, and those above it up to the root of its repository. Without a repository, only itself."""
    above, root = (folder, *folder.parents), checkout_of(folder)
    return above[: above.index(root) + 1] if root is not None else (folder,)


def _environments(folder: Path) -> list[str]:
    try:
        named = [one for one in folder.iterdir() if _PLAIN.fullmatch(one.name)]
        return sorted(one.name for one in named if (one / _MADE).is_file() and _python_in(one))
    except OSError:
        return []


def _hint(folder: Path) -> str:
    """Return what to type to use an interpreter that the project has elsewhere; empty if there is no sign of one."""
    several = _environments(folder)
    if several:
        return f"{' and '.join(several)} are virtual environments: name one, such as --python {several[0]}/bin/python"
    for place in _up_to_repository(folder):
        for file, tool, advice in _TOOLS:
            if (place / file).is_file():
                return f"the project uses {tool}: {advice}"
    for name in _TEST_TOOLS:
        found = _environments(folder / name)
        if found:
            return f"{name[1:]} has made environments: --python {name}/{found[0]}/bin/python"
    return ""


def _on_path(env: Mapping[str, str], running: Path) -> Path | None:
    for name in ("python", "python3"):
        found = shutil.which(name, path=env.get("PATH"))
        if found is not None and Path(found).absolute() != running:
            return Path(found).absolute()
    return None


def _python_in(environment: Path) -> Path | None:
    return next((environment / place for place in _PLACES if (environment / place).is_file()), None)
