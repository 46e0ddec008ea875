"""Virtual environments of the cases: one for each pinned requirements file, made once, kept in `.bench/venvs`."""

import hashlib
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Final

from bench.runs.known_cases import BENCH, Case

STORE: Final = BENCH.parent / ".bench"
MADE: Final = ".made"


class MissingError(Exception):
    """An interpreter or a package is not available here; the case is left out, and the result names it."""


def find_python(minor: str) -> Path:
    """Return an interpreter of this minor version, from PATH or pyenv. Raises MissingError."""
    if not minor or sys.version.startswith(f"{minor}."):
        return Path(sys.executable)
    found = [*sorted((Path.home() / ".pyenv" / "versions").glob(f"{minor}.*/bin/python"))]
    on_path = shutil.which(f"python{minor}")
    for candidate in [*found, *([Path(on_path)] if on_path else [])]:
        asked = subprocess.run([candidate, "--version"], capture_output=True, check=False, timeout=30)
        if asked.returncode == 0:
            return candidate
    raise MissingError(f"no Python {minor} here")


def python_for(case: Case) -> Path:
    """Return the interpreter for a case, with the requirements of the case installed. Raises MissingError."""
    base = case.interpreter or find_python(case.python)
    if case.requirements is None:
        return base
    return environment(case.name, case.requirements, base, case.python)


def environment(name: str, requirements: Path, base: Path, python: str = "") -> Path:
    """Return the interpreter of an environment with these requirements installed. Raises MissingError."""
    digest = hashlib.sha256(requirements.read_bytes() + python.encode()).hexdigest()[:12]
    place = STORE / "venvs" / f"{name}-{digest}"
    if not (place / MADE).exists():
        _make(base, place, requirements)
    return place / ("Scripts/python.exe" if sys.platform == "win32" else "bin/python")


def _make(base: Path, place: Path, requirements: Path) -> None:
    shutil.rmtree(place, ignore_errors=True)
    subprocess.run([base, "-m", "venv", place], check=True)
    binary = place / ("Scripts/python.exe" if sys.platform == "win32" else "bin/python")
    command = [str(binary), "-m", "pip", "install", "--quiet", "--disable-pip-version-check", "-r", str(requirements)]
    installed = subprocess.run(command, capture_output=True, text=True, check=False)
    if installed.returncode != 0:
        raise MissingError(f"cannot install {requirements.name}: {installed.stderr.strip().splitlines()[-1:]}")
    (place / MADE).touch()
