"""Pictures of a running run: their content, their width, and hostile names."""

from dataclasses import replace
from io import StringIO

import pytest
from rich.cells import cell_len
from rich.console import Console, RenderableType

from leakgate.report.live import (
    AlertLevels,
    Interval,
    Reading,
    Running,
    extended_line,
    finished,
    finished_line,
    interval_line,
    intervals,
    monitor,
    progress,
    started_line,
)
from leakgate.report.style import Style
from tests.helpers.hostile import HOSTILE_TEXTS
from tests.helpers.reports import canary, crashed, healthy, inconclusive, leaky_python, not_started

MB = 1_000_000
STYLE = Style(width=80)
RSS = tuple(50.0 * MB + at * MB for at in range(20))
WORKER = Running(name="worker", phase="watching", elapsed_s=7.5, duration_s=30.0, rss_bytes=RSS)


def drawn(picture: RenderableType, width: int = 80) -> list[str]:
    out = StringIO()
    Console(file=out, width=width, color_system=None, _environ={}).print(picture)
    return [line.rstrip() for line in out.getvalue().splitlines()]


def test_a_running_script_has_a_line_with_all_that_is_known() -> None:
    line, total = drawn(progress([WORKER], finished=2, total=10, style=STYLE))
    bar = "\u2501" * 3 + "\u2500" * 9
    assert f"worker {bar} 7.5 s / 30.0 s watching 69.0 MB " in line
    assert total == "2 of 10 judged"
    late = replace(WORKER, phase="explaining", elapsed_s=34.5)
    assert " 34.5 s explaining " in drawn(progress([late], finished=0, total=1, style=STYLE))[0]


def test_the_spinner_turns_with_time_and_a_run_without_end_has_an_empty_bar() -> None:
    pictures = {
        drawn(
            progress([Running(name="m", phase="", elapsed_s=at / 8, duration_s=0)], finished=0, total=1, style=STYLE)
        )[0]
        for at in range(10)
    }
    assert len({picture[0] for picture in pictures}) == 10
    assert all("\u2500" * 12 in picture and "\u2501" not in picture and "/" not in picture for picture in pictures)


def test_more_time_than_planned_does_not_break_the_bar() -> None:
    late = Running(name="late", phase="extended", elapsed_s=90.0, duration_s=30.0)
    assert "\u2501" * 12 in drawn(progress([late], finished=0, total=1, style=STYLE))[0]


@pytest.mark.parametrize("width", [80, 120])
def test_hostile_names_and_phases_keep_their_line(width: int) -> None:
    scripts = [
        Running(name=text, phase="watching", elapsed_s=1, duration_s=30, rss_bytes=RSS) for text in HOSTILE_TEXTS
    ]
    lines = drawn(progress(scripts, finished=0, total=99, style=Style(width=width)), width)
    assert len(lines) == len(scripts) + 1
    assert all(cell_len(line) <= width and "\x1b" not in line for line in lines)


@pytest.mark.parametrize(
    ("result", "start"),
    [
        (healthy(), "\u2713 ok  healthy-worker  30.0 s  no sustained growth"),
        (leaky_python(), "\u2717 leak  worker  30.0 s  live Python memory"),
        (crashed(), "\u2717 error  importer  1.2 s  the script ended"),
        (not_started(), "\u2717 error  typo    the interpreter"),
        (inconclusive(), "? inconclusive  batch  30.0 s  memory rises"),
        (canary(), "\u2713 caught  canary  30.0 s  live"),
        (canary(caught=False), "\u2717 not caught  canary  30.0 s  a leak was expected"),
    ],
)
def test_a_judged_script_leaves_one_line(result: object, start: str) -> None:
    (line,) = drawn(finished(result, STYLE))  # type: ignore[arg-type]  # parametrized
    assert line.startswith(start)
    assert finished_line(result, STYLE).startswith(start)  # type: ignore[arg-type]


def test_lines_for_a_log_cannot_command_it() -> None:
    assert (
        started_line("::error::x\n::y", 30) == ": :error::x\u23ce::y: watching for 30.0 s, or twice that if undecided"
    )
    assert started_line("worker", 0) == "worker: watching until interrupted"
    assert extended_line("worker", 15, 30) == "worker: undecided after 15.0 s, watching for up to 30.0 s"
    assert "##[" not in finished_line(leaky_python(reason="##[error]x"), STYLE)


def readings(count: int = 101) -> list[Reading]:
    return [
        Reading(at_s=at / 10, rss_bytes=50 * MB + at * 100_000, heap_bytes=20 * MB + at * 20_000) for at in range(count)
    ]


def test_a_row_comes_with_each_interval_that_is_over() -> None:
    rows = intervals(readings(), 5.0, AlertLevels())
    assert [(row.reading.at_s, row.rss_change, row.heap_change) for row in rows] == [
        (5.0, 5 * MB, 1 * MB),
        (10.0, 5 * MB, 1 * MB),
    ]
    assert intervals([], 5.0, AlertLevels()) == ()
    assert intervals(readings(49), 5.0, AlertLevels()) == ()
    assert len(intervals(readings(101), 0.1, AlertLevels())) == 100


def test_alerts_are_raised_at_the_threshold_and_not_below() -> None:
    (first, second) = intervals(readings(), 5.0, AlertLevels(rss_bytes=5 * MB, heap_bytes=MB + 1))
    assert first.alerts == second.alerts == ("RSS rose by 5.00 MB, the threshold is 5.00 MB",)
    (row, _) = intervals(readings(), 5.0, AlertLevels(heap_bytes=MB))
    assert row.alerts == ("heap rose by 1.00 MB, the threshold is 1.00 MB",)


def test_without_a_heap_there_is_no_heap_to_alert_about() -> None:
    blind = [Reading(at_s=float(at), rss_bytes=MB * at) for at in range(3)]
    rows = intervals(blind, 1.0, AlertLevels(heap_bytes=0))
    assert all(row.heap_change is None and not row.alerts for row in rows)
    half = [Reading(at_s=0.0, rss_bytes=1), Reading(at_s=1.0, rss_bytes=1, heap_bytes=5)]
    assert intervals(half, 1.0, AlertLevels())[0].heap_change is None


def test_the_monitor_shows_the_newest_rows_the_picture_and_the_alerts() -> None:
    rows = intervals(readings(), 1.0, AlertLevels(rss_bytes=MB))
    lines = drawn(monitor(WORKER, rows, most_rows=3, style=STYLE))
    assert lines[0] == "worker  7.5 s / 30.0 s  watching"
    assert lines[1].startswith("RSS 69.0 MB  \u2581")
    assert lines[3].split() == ["time", "RSS", "change", "rate", "heap", "change"]
    assert lines[4].split() == [
        "8.0",
        "s",
        "58.0",
        "MB",
        "+1.00",
        "MB",
        "+1.00",
        "MB/s",
        "21.6",
        "MB",
        "+200",
        "KB",
        "!",
    ]
    assert [line[:8] for line in lines[7:]] == ["! 8.0 s ", "! 9.0 s ", "! 10.0 s"]
    assert all(cell_len(line) <= 80 for line in lines)


def test_native_memory_has_a_column_only_where_it_is_counted() -> None:
    counted = Interval(
        reading=Reading(at_s=5, rss_bytes=MB, heap_bytes=None, native_bytes=2 * MB),
        took_s=5,
        rss_change=-MB,
        heap_change=None,
    )
    blind = Interval(reading=Reading(at_s=6, rss_bytes=MB), took_s=0, rss_change=0, heap_change=None)
    idle = Running(name="idle", phase="", elapsed_s=0, duration_s=0)
    lines = drawn(monitor(idle, [counted, blind], most_rows=5, style=STYLE))
    assert lines[1].split() == ["RSS", "\u2013"]
    assert lines[3].split()[-1] == "native"
    assert lines[4].split()[-4:] == ["\u2013", "\u2013", "2.00", "MB"]
    assert lines[5].split()[-3:] == ["\u2013", "\u2013", "\u2013"]
    assert interval_line(counted) == "5.0 s RSS 1.00 MB (-1.00 MB, -200 KB/s), native 2.00 MB"
    assert interval_line(blind) == "6.0 s RSS 1.00 MB (0 B, 0 B/s)"


def test_a_row_for_a_log_has_its_alerts_on_the_line() -> None:
    (row, _) = intervals(readings(), 5.0, AlertLevels(rss_bytes=MB))
    assert interval_line(row) == (
        "5.0 s RSS 55.0 MB (+5.00 MB, +1.00 MB/s), heap 21.0 MB (+1.00 MB), "
        "ALERT: RSS rose by 5.00 MB, the threshold is 1.00 MB"
    )
    first = Interval(reading=Reading(at_s=1, rss_bytes=MB, heap_bytes=MB), took_s=1, rss_change=0, heap_change=None)
    assert interval_line(first) == "1.0 s RSS 1.00 MB (0 B, 0 B/s), heap 1.00 MB"


def test_ascii_pictures_are_ascii() -> None:
    plain = Style(width=80, unicode=False)
    for picture in (
        progress([WORKER], finished=0, total=1, style=plain),
        monitor(WORKER, intervals(readings(), 1.0, AlertLevels()), most_rows=3, style=plain),
        finished(healthy(), plain),
    ):
        assert all(line.isascii() for line in drawn(picture, 200))
