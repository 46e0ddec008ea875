"""The default interpreter for the tests, callables and modules of a project."""

import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

_PLACES: Final = ("bin/python", "Scripts/python.exe")
_FOLDERS: Final = (".venv", "venv")


@dataclass(frozen=True, slots=True)
class ChosenPython:
    """An interpreter and why it was chosen."""

    path: Path
    why: str
    """Text for the user, such as ``the active virtual environment``."""


def project_python(given: Path | None, folder: Path, env: Mapping[str, str]) -> ChosenPython:
    """Return the given interpreter; else that of the active environment, of ``.venv`` or ``venv``, else leakgate's."""
    if given is not None:
        return ChosenPython(given.absolute(), "--python")
    active = env.get("VIRTUAL_ENV", "")
    if active and (found := _python_in(Path(active))):
        return ChosenPython(found, "the active virtual environment")
    for name in _FOLDERS:
        if found := _python_in(folder / name):
            return ChosenPython(found, f"{name} of the project")
    return ChosenPython(Path(sys.executable), "the one that runs leakgate")


def _python_in(environment: Path) -> Path | None:
    return next((environment / place for place in _PLACES if (environment / place).is_file()), None)
