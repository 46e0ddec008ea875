"""pytest 7, 8 and 9 on every available interpreter: healthy tests are ok, planted leaks are found.

make bench-tests-matrix          all pairs of an interpreter and a major version of pytest
python -m bench.runs.tests_matrix --only 3.12

The tests are those of `tests/integration/test_repeated_tests.py`, and asynchronous ones. An empty test is repeated
10,000 times as well: from the 2,048th repetition on, blocks and native memory must be flat.
"""

import argparse
import json
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any, Final

import leakgate
from bench.inside import planted_calls
from bench.runs.arms import end_on_sigterm, listen_to_interrupts
from bench.runs.environments import MissingError, find_python
from bench.runs.table import Row, keep, publish, recorded
from tests.integration.test_repeated_tests import CONFTEST, HEALTHY, LEAKING

PYTHONS: Final = ("3.9", "3.10", "3.11", "3.12", "3.13")
PYTESTS: Final = ("7", "8", "9")
WARM: Final = 2_048
"""Repetitions after which the interpreter has made the caches of its instructions."""
FIRST_FOR_PYTEST_9: Final = (3, 10)
OPTIONS: Final = ("--doctest-modules", "-p", "no:cacheprovider")
CLEAN: Final = {"PYTHONDONTWRITEBYTECODE": "1", "PATH": "/usr/bin:/bin", "PYTHONPATH": str(Path(__file__).parents[2])}
PLUGINS: Final = ("pytest-asyncio", "anyio", "hypothesis", "pytest-xdist")
OLDER: Final = """

if not hasattr(pytest, "Subtests"):  # a fixture of pytest 9

    class _Subtests:
        @contextlib.contextmanager
        def test(self, **values):
            yield

    @pytest.fixture
    def subtests():
        return _Subtests()


@pytest.fixture
def anyio_backend():
    return "asyncio"
"""
ASYNC: Final = """\
import asyncio

import pytest

KEPT = []


@pytest.mark.asyncio
async def test_of_pytest_asyncio():
    await asyncio.sleep(0)


@pytest.mark.anyio
async def test_of_anyio(anyio_backend):
    await asyncio.sleep(0)


@pytest.mark.asyncio
async def test_keeps_in_a_coroutine():
    KEPT.append([1])
"""
LEAKS: Final = {
    "test_keeps_a_block",
    "test_a_cycle_with_the_collector_off",
    "test_keeps_in_a_coroutine",
    "test_keeps_in_its_parameter[registry0]",
}


def main() -> None:
    """Run all pairs, print a line for each, and write the results."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--only", default="", help="one minor version of Python")
    parser.add_argument("--pytest", default="", help="one major version of pytest")
    options = parser.parse_args()
    end_on_sigterm()
    listen_to_interrupts()
    rows = _earlier(options.only, options.pytest)
    for minor in (one for one in PYTHONS if options.only in ("", one)):
        with tempfile.TemporaryDirectory(prefix="matrix-") as folder:
            rows += _of_one_interpreter(minor, Path(folder), options.pytest)
        keep("tests_matrix", summary(rows), rows)
    publish("tests_matrix", "pytest and Python", summary(rows), rows)
    if any(row["wrong"] for row in rows):
        raise SystemExit(1)


def _earlier(only: str, major: str) -> list[dict[str, Any]]:
    """Return what an earlier run recorded of the other pairs; nothing if all are run."""
    if not (only or major):
        return []
    return [
        row for row in recorded("tests_matrix") if not (only in ("", row["python"]) and row["pytest"].startswith(major))
    ]


def summary(rows: list[dict[str, Any]]) -> list[Row]:
    """A line for each pair of an interpreter and a pytest."""
    return [
        Row(
            f"Python {row['python']}, pytest {row['pytest']}",
            f"{row['leaks']} leaks in {row['tests']} tests"
            + (f"; wrong: {row['wrong']}" if row["wrong"] else "; nothing wrong")
            + (f"; left: {row['left_in_the_project']}" if row["left_in_the_project"] else "")
            + (f"; {_flat_text(row['empty'])}" if "empty" in row else ""),
            "all planted leaks, nothing left, flat",
        )
        for row in sorted(rows, key=lambda row: (int(row["python"].partition(".")[2]), row["pytest"]))
    ]


def _flat_text(empty: dict[str, Any]) -> str:
    rises = f"{empty['blocks']} blocks, {empty['native']} B"
    return f"rise over {empty['repetitions']:,} repetitions of an empty test: {rises}"


def _of_one_interpreter(minor: str, folder: Path, only: str) -> list[dict[str, Any]]:
    try:
        interpreter = find_python(minor)
    except MissingError as missing:
        print(f"{minor}: {missing}")
        return []
    subprocess.run([interpreter, "-m", "venv", folder / "venv"], check=True)
    python = folder / "venv" / "bin" / "python"
    rows = []
    for major in (one for one in PYTESTS if only in ("", one)):
        if major == "9" and tuple(map(int, minor.split("."))) < FIRST_FOR_PYTEST_9:
            continue
        install = [
            str(python),
            "-m",
            "pip",
            "install",
            "-q",
            "--disable-pip-version-check",
            f"pytest=={major}.*",
            *PLUGINS,
        ]
        if subprocess.run(install, check=False, capture_output=True).returncode:
            print(f"{minor} pytest {major}: cannot be installed here")
            continue
        rows.append(
            {**_run(minor, python, folder / f"project{major}"), "empty": _empty(python, folder / f"empty{major}")}
        )
        print(json.dumps(rows[-1]), flush=True)
    return rows


def _run(minor: str, python: Path, project: Path) -> dict[str, Any]:
    project.mkdir()
    conftest = CONFTEST.replace("import gc\n", "import contextlib\nimport gc\n", 1) + OLDER
    for name, text in (
        ("conftest", conftest),
        ("test_healthy", HEALTHY),
        ("test_leaking", LEAKING),
        ("test_async", ASYNC),
    ):
        (project / f"{name}.py").write_text(text, encoding="utf-8")
    before = sorted(project.rglob("*"))
    plainly = _left_by_plain_pytest(python, project)
    out = project.parent / "results.json"
    command = [sys.executable, "-m", "leakgate", "pytest", "--python", str(python), "--time", "10s", "--quiet"]
    started = time.monotonic()
    subprocess.run(
        [*command, "--json", str(out), "--", *OPTIONS], cwd=project, env=CLEAN, capture_output=True, check=False
    )
    script = json.loads(out.read_text(encoding="utf-8"))["scripts"][0]
    answers = {test["id"].rpartition("::")[2]: test["answer"] for test in script["tests"]}
    wrong = {name: answer for name, answer in answers.items() if (name in LEAKS) is not (answer == "leak")}
    wrong = {name: answer for name, answer in wrong.items() if answer not in ("ok", "not-repeated") or name in LEAKS}
    left = {path.relative_to(project).parts[0] for path in project.rglob("*") if path not in before}
    return {
        "python": minor,
        "pytest": _version(python),
        "tests": len(answers),
        "leaks": sum(answer == "leak" for answer in answers.values()),
        "wrong": wrong or script["reason"] if wrong or not answers else {},
        "left_in_the_project": sorted(left - plainly),
        "left_by_plain_pytest": sorted(plainly),
        "seconds": round(time.monotonic() - started, 1),
    }


def _left_by_plain_pytest(python: Path, project: Path) -> set[str]:
    """Return what pytest and its plugins leave in a copy of the project; Hypothesis makes a folder, for example."""
    copy = project.with_name(f"{project.name}-plain")
    shutil.copytree(project, copy)
    before = set(copy.rglob("*"))
    command = [str(python), "-m", "pytest", *OPTIONS, "-n0"]
    subprocess.run(command, cwd=copy, env=CLEAN, capture_output=True, check=False)
    return {path.relative_to(copy).parts[0] for path in copy.rglob("*") if path not in before}


def _empty(python: Path, project: Path) -> dict[str, Any]:
    """Repeat an empty test 10,000 times, and return how much the floor rises after the first `WARM` repetitions."""
    project.mkdir()
    (project / "test_empty.py").write_text("def test_empty():\n    pass\n", encoding="utf-8")
    readings = project / "readings.json"
    env = {
        "PATH": "/usr/bin:/bin",
        "PYTHONPATH": str(Path(planted_calls.__file__).parent),
        "LEAKGATE_FOLDER": str(Path(leakgate.__file__).parent),
        "READINGS": str(readings),
    }
    command = [str(python), "-m", "pytest", "-q", "-p", "empty_repetitions", "-p", "no:cacheprovider", "-n0"]
    subprocess.run(command, cwd=project, env=env, capture_output=True, check=False)
    found = json.loads(readings.read_text(encoding="utf-8"))
    rises = {name: min(found[name][-WARM:]) - min(found[name][WARM : 2 * WARM]) for name in ("blocks", "native")}
    return {"repetitions": len(found["blocks"]), "failure": found["failure"], **rises}


def _version(python: Path) -> str:
    shown = subprocess.run(
        [str(python), "-c", "import pytest; print(pytest.__version__)"], capture_output=True, text=True, check=True
    )
    return shown.stdout.strip()


if __name__ == "__main__":
    main()
