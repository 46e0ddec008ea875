"""Runs the parts of the probe that wait for the program, which are generators, in the process of the tests."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Generator
from pathlib import Path
from typing import Any

from leakgate.probe.answer import Answer
from leakgate.probe.system import system
from tests.helpers.answer_rows import read_rows

MOST_STEPS = 100_000


def drive(job: Generator[float, None, Any], work: Callable[[], object] = bool) -> Any:
    """Run a job to its end and return its result. `work` is what the program does while the job waits."""
    for _ in range(MOST_STEPS):
        try:
            wait_s = next(job)
        except StopIteration as end:
            return end.value
        work()
        time.sleep(min(wait_s, 0.01))
    raise AssertionError("the job does not end")


def lines_of(answer: Answer, kind: str) -> list[dict[str, Any]]:
    """Return the lines of one kind that an answer has so far."""
    return [line for line in map(json.loads, answer._lines) if line["kind"] == kind]


def notes_of(answer: Answer) -> list[str]:
    """Return the notes of an answer."""
    return [line["text"] for line in lines_of(answer, "note")]


def lines_in(folder: Path, seq: int = 1) -> list[dict[str, Any]]:
    """Return the lines of an answer that was written."""
    path = folder / f"explain-{system.getpid()}-{seq}.jsonl"
    return read_rows(path)
