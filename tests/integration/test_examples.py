"""The example programs run without leakgate on every Python that leakgate measures, until they are stopped."""

import ast
import subprocess
import sys
import time
from pathlib import Path

import pytest

EXAMPLES = Path(__file__).parents[2] / "examples"
PROGRAMS = sorted(EXAMPLES.glob("*.py"))
ALIVE_S = 2.0


@pytest.mark.parametrize("program", PROGRAMS, ids=lambda program: program.stem)
def test_an_example_has_the_grammar_of_python_3_9(program: Path) -> None:
    tree = ast.parse(program.read_text(encoding="utf-8"), feature_version=(3, 9))
    assert ast.get_docstring(tree)


def test_the_examples_run_until_they_are_stopped() -> None:
    running = [
        subprocess.Popen([sys.executable, str(program)], stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)
        for program in PROGRAMS
    ]
    time.sleep(ALIVE_S)
    alive = [process.poll() is None for process in running]
    for process in running:
        process.terminate()
    complaints = [process.communicate(timeout=300)[1] for process in running]

    assert alive == [True] * len(PROGRAMS)
    assert complaints == [""] * len(PROGRAMS)
