"""Runs a program and its explanation in turn, in one process: the program takes a step whenever the probe waits.

The clock of the probe moves with the steps, so neither the speed of the machine nor a pause of it changes the answer.
`explained` starts a child for a program. The child imports this module and calls `run`.
"""

from __future__ import annotations

import _thread
import json
import subprocess
import sys
import time
import traceback
from collections.abc import Callable
from pathlib import Path
from typing import Any

HERE = Path(__file__).resolve()
PROBE = HERE.parents[3] / "leakgate" / "probe"
TRACE, NATIVE, HOLDERS, RESOURCES = 1, 2, 4, 8
STEP_S = 0.01
PATIENCE_S = 300.0


def explained(
    folder: Path,
    program: str,
    bits: int = HOLDERS,
    seconds: float = 1.0,
    *,
    blocks_per_s: int = 0,
    fails: bool = False,
) -> list[dict[str, Any]]:
    """Return the rows of the answer. `program` defines `step(number)`, which is called again and again.

    It may define `begin(probe)` too, which is called once when the modules of the probe are loaded; `probe` is their
    package. `blocks_per_s`: the growth of the heap that the probe is told. `fails`: whether the probe is made to fail,
    so that it reports an error.
    """
    script = folder / "program.py"
    script.write_text(
        f"begin = bool\n{program}\nimport sys\nsys.path.append({str(HERE.parent)!r})\n"
        f"import stepwise\nstepwise.run(step, begin, sys.argv[1], {bits}, {seconds}, {blocks_per_s})\n"
    )
    done = subprocess.run(
        [sys.executable, str(script), str(folder)],
        capture_output=True,
        text=True,
        timeout=PATIENCE_S,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert fails or [path.read_text() for path in folder.glob("error-*.txt")] == []
    (answer,) = folder.glob("explain-*-1.jsonl")
    return [json.loads(line) for line in answer.read_text("utf-8").splitlines()]


class Turns:
    """Whose turn it is: the program runs until the clock of the probe has reached `until_s`."""

    def __init__(self) -> None:
        self.now_s = self.until_s = 1_000.0
        self.over = self.closed = False
        self.failed = ""
        self.answer: Any = None

    def monotonic(self) -> float:
        """The clock of the probe."""
        return self.now_s


turns = Turns()


def hurry() -> None:
    """For a program that is about to end: let the answer be finished without further waits."""
    turns.answer.hurried = True


def close() -> None:
    """For a program that ends: close the explanation where it waits."""
    turns.closed = True


def jump(seconds: float) -> None:
    """For a machine that stops the process: move the clock of the probe."""
    turns.now_s += seconds


def run(
    step: Callable[[int], object],
    begin: Callable[[Any], object],
    channel: str,
    bits: int,
    seconds: float,
    blocks_per_s: int,
) -> None:
    """Explain this program, whose `step` is called whenever the probe waits. The answer is written into a folder."""
    package: Any = type(sys)("_leakgate_probe")  # its modules become its attributes
    package.__path__ = [str(PROBE)]
    sys.modules["_leakgate_probe"] = package
    from _leakgate_probe import answer, explain, gauges  # type: ignore[import-not-found]
    from _leakgate_probe.system import system  # type: ignore[import-not-found]

    gauges.Reader(_thread.get_ident())
    system.monotonic = turns.monotonic
    if "coverage" in sys.modules:
        _hide_coverage(package.census.Census)
    begin(package)
    turns.answer = answer.Answer(channel, 1)
    _thread.start_new_thread(_explain, (explain.explain(turns.answer, bits, seconds, blocks_per_s),))
    number = 0
    while not turns.over:
        if turns.now_s < turns.until_s:
            step(number)
            number += 1
            turns.now_s += STEP_S
        else:
            time.sleep(0.0002)
    if turns.failed:
        raise SystemExit(turns.failed)


def _hide_coverage(census: Any) -> None:
    """Leave out of the answer what coverage keeps: the lines of the probe that ran, which become more meanwhile."""
    collector = sys.modules["coverage"].Coverage.current()._collector
    note = census._note

    def note_others(self: Any, thing: object, measure: Any, before: int, now: int) -> None:
        if not any(thing is one for one in (collector.data, *collector.data.values())):
            note(self, thing, measure, before, now)

    census._note = note_others


def _explain(steps: Any) -> None:
    try:
        for wait_s in steps:
            turns.until_s = turns.now_s + wait_s
            while turns.now_s < turns.until_s:
                time.sleep(0.0002)
            if turns.closed:
                steps.close()
                break
    except BaseException:  # noqa: BLE001 - the main thread ends the program with it
        turns.failed = traceback.format_exc()
    turns.over = True
