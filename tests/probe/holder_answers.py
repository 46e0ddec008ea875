"""Asks the probes in programs which holders keep the memory."""

import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from tests.helpers.answer_rows import Rows, holders
from tests.probe.probe_tools import HOLDERS, probed

WINDOW_S = 2.0


def explained(python: str, script: Path, channel: Path, name: str, path: str, times: int = 1) -> Rows:
    """Ask several times, and return the answer that names the path, or the last one."""
    rows: Rows = []
    with probed(python, script, channel, name) as run:
        run.wait_for_its_work()
        for _ in range(times):
            rows = run.explain_until(lambda rows: path in holders(rows), HOLDERS, WINDOW_S)
        assert run.errors() == ""
    return rows


def explained_together(script: Path, paths: dict[str, str], folder: pytest.TempPathFactory) -> dict[str, Rows]:
    """The answers of several programs.

    They are asked at the same time, because each waits most of the time. ``paths``: by program.
    """
    channels = [folder.mktemp(name) / "channel" for name in paths]
    with ThreadPoolExecutor(len(paths)) as pool:
        rows = pool.map(
            lambda name, channel: explained(sys.executable, script, channel, name, paths[name]), paths, channels
        )
        return dict(zip(paths, rows, strict=True))
