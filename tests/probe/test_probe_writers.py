"""The line that inserts, in programs whose threads start and end all the time, under every available interpreter."""

import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

from tests.probe.probe_tools import HOLDERS, probed

SCRIPT = Path(__file__).parent.parent / "scripts" / "target_threads.py"
WINDOW_S = 2.0
OTHERS = ("tcp_server", "jobs", "contended", "pools")


def writer(python: str, channel: Path, mode: str) -> str:
    """The text of the line that was seen to insert into the container that grows."""
    with probed(python, SCRIPT, channel, mode) as run:
        run.wait_for_its_work()
        rows = run.explain_until(seen, HOLDERS, WINDOW_S)
        assert run.errors() == ""
    file, line, _ = seen(rows)[0]
    text: str = Path(file).read_text(encoding="utf-8").splitlines()[line - 1]
    return text


def seen(rows: list[dict[str, Any]]) -> list[list[Any]]:
    """The line that inserts and its callers; empty if it was not seen, or only guessed."""
    found: list[list[Any]] = next(
        (row["frames"] for row in rows if row.get("path") == "__main__.SESSIONS" and not row["guessed"]), []
    )
    return found


def test_the_handler_of_a_server_with_a_thread_for_each_request_is_named(python: str, channel: Path) -> None:
    assert "the line that inserts" in writer(python, channel, "http_server")


@pytest.fixture(scope="module")
def others(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """Programs that are explained at the same time, because each waits most of the time."""
    folders = [tmp_path_factory.mktemp(mode) / "channel" for mode in OTHERS]
    with ThreadPoolExecutor(len(OTHERS)) as pool:
        lines = pool.map(lambda mode, folder: writer(sys.executable, folder, mode), OTHERS, folders)
        return dict(zip(OTHERS, lines, strict=True))


@pytest.mark.parametrize("mode", OTHERS)
def test_threads_that_start_during_the_watch_are_followed(mode: str, others: dict[str, str]) -> None:
    assert "the line that inserts" in others[mode]
