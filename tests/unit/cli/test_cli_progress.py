"""The progress while scripts are measured: lines in a log, a picture on a terminal, rows of one script."""

import io
import re
import threading
from pathlib import Path

import pytest
from rich.console import Console, RenderableType

from leakgate.cli import live_table, monitor_command, progress
from leakgate.cli.progress import Board, LogLines, Track, progress_on_stderr
from leakgate.errors import UsageError
from leakgate.model.entry import CommandEntry, Entry, ModuleEntry, ScriptEntry, TestsEntry
from leakgate.model.target import TargetSpec
from leakgate.ports import NoProgress
from leakgate.report import live
from leakgate.report.style import Detail, Style
from tests.helpers.report_parts import target
from tests.helpers.reports import leaky_python

STYLE = Style(width=100)
WORKER: TargetSpec = target("worker")
RESULT = leaky_python("worker")


def drawn(picture: RenderableType) -> str:
    console = Console(file=io.StringIO(), width=100)
    with console.capture() as captured:
        console.print(picture)
    return captured.get()


def test_a_log_gets_a_line_at_the_start_and_one_at_the_end(capsys: pytest.CaptureFixture[str]) -> None:
    lines = LogLines(STYLE)
    lines.run_started((WORKER,))
    lines.target_started(WORKER)
    lines.phase(WORKER, "watching")
    lines.reading(WORKER, 1.0, 10, 20, 30)
    lines.target_finished(RESULT)
    lines.run_finished()
    said = capsys.readouterr().err.splitlines()
    assert len(said) == 2
    assert said[0].startswith("worker: watching for 30.0 s")
    assert "leak" in said[1]


def test_a_board_draws_what_runs_and_leaves_a_line_of_what_is_done(monkeypatch: pytest.MonkeyPatch) -> None:
    stream = io.StringIO()
    monkeypatch.setattr(progress, "console_for", lambda style: Console(file=stream, width=style.width))
    board = Board(2, STYLE)
    with board.shown():
        board.run_started((WORKER,))
        board.target_started(WORKER)
        board.phase(WORKER, "watching")
        board.reading(WORKER, 1.5, 12_000_000, None, None)
        text = drawn(board._picture())
        assert "worker" in text
        assert "12.0 MB" in text
        board.target_finished(RESULT)
        board.target_finished(RESULT)  # a script that never started has no line to take away
        board.run_finished()
        assert "worker" not in drawn(board._picture())
    assert stream.getvalue().count("worker") >= 2


def test_every_judged_line_stays_while_several_scripts_end_at_the_same_time(monkeypatch: pytest.MonkeyPatch) -> None:
    """rich erases a line too many if two threads draw at the same time and the number of live lines changes."""
    stream = io.StringIO()
    terminal = Console(file=stream, width=100, height=50, force_terminal=True, legacy_windows=False)
    monkeypatch.setattr(progress, "console_for", lambda _style: terminal)
    monkeypatch.setattr(progress, "FRAMES_PER_S", 500)
    parts = [[f"script-{part}-{number:02}" for number in range(16)] for part in range(3)]
    board = Board(48, STYLE)

    def run(names: list[str]) -> None:
        for name in names:
            board.target_started(target(name))
            board.target_finished(leaky_python(name))

    with board.shown():
        threads = [threading.Thread(target=run, args=(names,)) for names in parts]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    shown = on_screen(stream.getvalue())
    assert sorted(line.split()[2] for line in shown) == sorted(name for names in parts for name in names)


def on_screen(output: str) -> list[str]:
    """Return the lines that a terminal shows after this output, without empty ones. The screen does not scroll."""
    rows, at = [""], 0
    for text, line_feed, count, command in re.findall(r"([^\x1b\r\n]+)|\r?(\n)|\r|\x1b\[\??([\d;]*)([A-Za-z])", output):
        if line_feed:
            at += 1
            rows += [""] * (at + 1 - len(rows))
        elif command == "A":
            at = max(0, at - int(count or 1))
        elif command == "K":
            rows[at] = ""
        else:
            rows[at] += text
    return [row for row in rows if row.strip()]


def test_a_log_is_told_of_a_longer_watch(capsys: pytest.CaptureFixture[str]) -> None:
    LogLines(STYLE).phase(WORKER, "extended")
    table().phase(WORKER, "extended")
    table(silent=True).phase(WORKER, "extended")
    said = capsys.readouterr().err.splitlines()
    assert said == ["worker: undecided after 30.0 s, watching for up to 1 m 00 s"] * 2


def test_progress_says_which_tests_are_repeated_again(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """The estimate of the remaining time starts again, because most tests of a suite are not suspects."""
    suite = target("unit", entry=TestsEntry(words=("tests",)))
    clock = [1_000.0]
    monkeypatch.setattr("leakgate.cli.progress.time.monotonic", lambda: clock[0])
    lines, track = LogLines(STYLE), Track(10.0, began_s=1_000.0)
    lines.target_started(suite)
    for at_s, done, total, phase in ((0, 0, 0, ""), (100, 50, 100, ""), (200, 0, 2, "confirming"), (240, 1, 2, "")):
        clock[0] = 1_000.0 + at_s
        if phase:
            lines.phase(suite, phase)
            track.enter(phase)
        lines.tests(suite, done, total)
        track.count(done, total)
    assert capsys.readouterr().err.splitlines() == [
        "unit: repeating tests",
        "unit: 50 of 100 tests, about 1 m 40 s left",
        "unit: repeating the tests that grew again, each alone and for longer",
        "unit: 1 of 2 tests that grew, about 40.0 s left",
    ]
    assert (track.phase, track.elapsed_s, track.duration_s) == ("confirmed 1 of 2", 240.0, 280.0)


def test_a_log_of_one_script_says_once_that_it_is_looked_at(capsys: pytest.CaptureFixture[str]) -> None:
    shown = table()
    for phase in ("watching", "explaining", "watching", "explaining", "stopping"):
        shown.phase(WORKER, phase)
    assert capsys.readouterr().err.splitlines() == ["worker: looking closer at what grows"]


def test_the_picture_of_a_longer_watch_has_its_longer_time() -> None:
    track = Track(10.0)
    track.enter("watching")
    track.enter("extended")
    assert track.running("x").duration_s == 20.0
    shown = table(silent=True)
    shown.phase(WORKER, "extended")
    for at in range(1, 5):
        shown.reading(WORKER, float(at), 1_000_000 * at, None, None)
    assert "+1.00 MB" in drawn(shown.picture())


def test_a_picture_is_thinned_out() -> None:
    track = Track(10.0)
    for at in range(1000):
        track.add(at / 100, at)
    assert len(track.rss_bytes) <= progress.MOST_READINGS
    assert track.rss_bytes[0] == 0
    assert track.running("x").elapsed_s == 9.99


@pytest.mark.parametrize(("detail", "kind"), [(Detail.QUIET, NoProgress), (Detail.NORMAL, LogLines)])
def test_progress_where_there_is_no_terminal(detail: Detail, kind: type) -> None:
    with progress_on_stderr((WORKER,), detail) as shown:
        assert isinstance(shown, kind)


def table(*, silent: bool = False, interval_s: float = 1.0) -> live_table.LiveTable:
    made = live_table.LiveTable(WORKER, interval_s, live.AlertLevels(rss_bytes=1_000_000, heap_bytes=None), STYLE)
    made.silent = silent
    return made


def test_rows_of_a_script_come_once_an_interval(capsys: pytest.CaptureFixture[str]) -> None:
    rows = table()
    rows.run_started((WORKER,))
    rows.target_started(WORKER)
    rows.phase(WORKER, "watching")
    for at in range(40):
        rows.reading(WORKER, at / 10, 10_000_000 + at * 100_000, 1_000, None)
    rows.phase(WORKER, "explaining")
    rows.reading(WORKER, 9.0, 99_000_000, 1_000, None)
    rows.target_finished(RESULT)
    rows.run_finished()
    said = capsys.readouterr().err.splitlines()
    assert said[0].startswith("worker: watching for 30.0 s")
    assert 2 <= len([line for line in said if " RSS " in line]) <= 3
    assert not any("99.0 MB" in line for line in said)
    picture = drawn(rows.picture())
    assert "explaining" in picture
    assert "change" in picture


def test_a_table_on_a_terminal_says_nothing_line_by_line(capsys: pytest.CaptureFixture[str]) -> None:
    rows = table(silent=True)
    rows.target_started(WORKER)
    for at in range(40):
        rows.reading(WORKER, at / 10, 10_000_000, 1_000, 5)
    assert capsys.readouterr().err == ""


def test_monitor_quiet_shows_nothing() -> None:
    thresholds = live.AlertLevels(rss_bytes=None, heap_bytes=None)
    with live_table.live_table(WORKER, 1.0, thresholds, Detail.QUIET) as shown:
        assert isinstance(shown, NoProgress)


def test_the_scripts_folder_is_the_users(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "x.py").touch()
    spec = monitor_command.monitored(("x.py", "a"), module=None, python=None, duration_s=5.0, trace=WORKER.trace)
    assert (spec.name, spec.entry, spec.cwd, spec.args) == ("x", ScriptEntry(path=tmp_path / "x.py"), tmp_path, ("a",))


def test_monitor_takes_modules_and_commands(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)

    def seen(*line: str, words: tuple[str, ...] = (), module: str | None = None) -> tuple[Entry, tuple[str, ...]]:
        monkeypatch.setattr("sys.argv", ["leakgate", "monitor", *line])
        spec = monitor_command.monitored(words, module=module, python=None, duration_s=5.0, trace=WORKER.trace)
        return spec.entry, spec.args

    command = ("env", "-i", "A=b")
    assert seen("--", *command, words=command) == (CommandEntry(words=command), ())
    asked = seen("-m", "shop.cli", "--", "--fast", words=("--fast",), module="shop.cli")
    assert asked == (ModuleEntry(module="shop.cli"), ("--fast",))
    with pytest.raises(UsageError, match="is not the name of a module"):
        seen("-m", "a b", module="a b")
    with pytest.raises(UsageError, match="needs something to run"):
        seen()
    with pytest.raises(UsageError, match="there is no file") as refused:
        seen("env", words=("env",))
    assert refused.value.hint == "to watch a command: leakgate monitor -- env ..."
    with pytest.raises(UsageError, match="nor on PATH"):
        seen("--", "nowhere-at-all", words=("nowhere-at-all",))
