"""The test suites of released packages, from their source distributions, in one environment with all the packages.

`bench/suites.json` lists the suites; `bench/requirements-suites.txt` pins the packages and what their tests need.
Everything that is downloaded or made is kept in `.bench/`.
"""

import json
import shutil
import subprocess
import tarfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from bench.runs.environments import STORE, MissingError, environment, find_python
from bench.runs.known_cases import BENCH

LIST: Final = BENCH / "suites.json"
PINS: Final = BENCH / "requirements-suites.txt"
COMMON: Final = ("--rootdir=.", "-o", "asyncio_default_fixture_loop_scope=function", "--continue-on-collection-errors")
"""Ids of tests begin at the folder of the suite. Without `-o`, pytest-asyncio warns, which is an error in suites that
turn warnings into errors. A module that needs a package that is not pinned here costs no other module its tests."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Suite:
    """The tests of one released package."""

    name: str
    version: str
    tests: tuple[str, ...]
    """Arguments of pytest that name the tests."""
    hide: tuple[str, ...]
    """Folders to remove from the unpacked source, so that the installed (compiled) package is imported."""
    options: tuple[str, ...]
    """Further options of pytest."""
    installed: bool = False
    """Whether the tests are part of the installed package. Then ``tests`` are names of modules for ``--pyargs``."""

    @property
    def title(self) -> str:
        """Name and version."""
        return f"{self.name} {self.version}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Prepared:
    """A suite that can be run."""

    title: str
    folder: Path
    python: Path
    tests: tuple[str, ...]
    options: tuple[str, ...] = ()


def all_suites() -> tuple[Suite, ...]:
    """Return the suites of the list."""
    pins = dict(line.split("==") for line in PINS.read_text(encoding="utf-8").splitlines() if "==" in line)
    entries: list[dict[str, Any]] = json.loads(LIST.read_text(encoding="utf-8"))
    return tuple(
        Suite(
            name=entry["name"],
            version=pins[entry["name"]],
            tests=tuple(entry.get("tests", ["tests"])),
            hide=tuple(entry.get("hide", [])),
            options=(*entry.get("options", []), *(["--pyargs"] if entry.get("installed") else [])),
            installed=bool(entry.get("installed")),
        )
        for entry in entries
    )


def prepare(suite: Suite, minor: str) -> Prepared:
    """Download, unpack and install what is missing. Raises MissingError."""
    python = environment("suites", PINS, find_python(minor), minor)
    folder = STORE / "suites" / f"{suite.name}-{suite.version}"
    if suite.installed:
        folder.mkdir(parents=True, exist_ok=True)
    elif not folder.is_dir():
        fetch(suite, python, folder)
    return Prepared(
        title=suite.title, folder=folder, python=python, tests=suite.tests, options=(*COMMON, *suite.options)
    )


def fetch(suite: Suite, python: Path, folder: Path) -> None:
    """Download the source distribution and unpack it; its only folder becomes ``folder``."""
    fetched = folder.with_name(f"{folder.name}.fetched")
    shutil.rmtree(fetched, ignore_errors=True)
    command = [str(python), "-m", "pip", "download", "--quiet", "--disable-pip-version-check", "--no-deps"]
    command += ["--no-binary", suite.name, "--dest", str(fetched), f"{suite.name}=={suite.version}"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode != 0:
        raise MissingError(f"its source cannot be fetched: {done.stderr.strip().splitlines()[-1:]}")
    with tarfile.open(next(fetched.glob("*.tar.gz"))) as archive:
        archive.extractall(fetched / "source", filter="data")
    source = next((fetched / "source").iterdir())
    for name in suite.hide:
        shutil.rmtree(source / name)
    source.rename(folder)
    shutil.rmtree(fetched)
