"""Pictures of a running run: renderables for rich made of plain values, and the same as lines for a log.

Pure: nothing here keeps time or draws. ``cli`` calls these functions again and again and shows the result.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Final

from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from leakgate.model.report import TargetResult
from leakgate.model.units import format_change, format_duration, format_rate, format_size
from leakgate.report.escape import log_text, one_line, terminal_text
from leakgate.report.script_words import took
from leakgate.report.sparkline import sparkline
from leakgate.report.style import Style
from leakgate.report.terminal_theme import ASCII_GLYPHS, GLYPHS, Glyphs, outcome

_NAME: Final = 20
_BAR: Final = 12
_PICTURE: Final = 12
_WIDE_PICTURE: Final = 40
_SPINS_PER_S: Final = 8
_LOG_NAME: Final = 80
_LOG_REASON: Final = 200
_ALERTS: Final = 4
_ROUNDING: Final = 1e-9
"""Added so that 0.3 s counts as the third interval of 0.1 s."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Running:
    """A script that is being watched now."""

    name: str
    phase: str
    elapsed_s: float
    duration_s: float
    """Seconds; 0: until interrupted."""
    rss_bytes: Sequence[float] = ()
    """The readings so far, in the order of time."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """The readings at one moment; None: there is no such counter."""

    at_s: float
    rss_bytes: int
    heap_bytes: int | None = None
    native_bytes: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class AlertLevels:
    """Growth per interval from which ``monitor`` raises an alert; None: never."""

    rss_bytes: int | None = None
    heap_bytes: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Interval:
    """One row of ``monitor``: a reading, and the change since the row before."""

    reading: Reading
    took_s: float
    rss_change: int
    heap_change: int | None
    alerts: tuple[str, ...] = ()


def progress(running: Sequence[Running], *, finished: int, total: int, style: Style) -> RenderableType:
    """Return a line for each running script: spinner, name, bar, times, phase, RSS and its picture."""
    glyphs = _glyphs(style)
    grid = Table.grid(padding=(0, 1, 0, 0))
    for script in running:
        rss = format_size(script.rss_bytes[-1]) if script.rss_bytes else glyphs.nothing
        grid.add_row(
            Text(glyphs.spinner[int(script.elapsed_s * _SPINS_PER_S) % len(glyphs.spinner)], "cyan"),
            terminal_text(script.name, "bold", _NAME),
            _bar(script, glyphs),
            Text(_times(script.elapsed_s, script.duration_s)),
            terminal_text(script.phase, "dim"),
            Text(rss, justify="right"),
            Text(sparkline(script.rss_bytes, _PICTURE, unicode=style.unicode), "cyan"),
        )
    return Group(grid, Text(f"{finished} of {total} judged", "dim"))


def finished(result: TargetResult, style: Style) -> RenderableType:
    """Return the line that stays above the running scripts when a script was judged."""
    return Group(_outcome_line(result, style))  # printed by itself, a Text would lose its no_wrap


def _outcome_line(result: TargetResult, style: Style) -> Text:
    line = Text(no_wrap=True, overflow="ellipsis")
    line.append_text(outcome(result, _glyphs(style)))
    line.append(f"  {one_line(result.target.name, _LOG_NAME)}", "bold")
    line.append(f"  {took(result)}  ", "dim")
    line.append_text(terminal_text(result.reason, limit=_LOG_REASON))
    return line


def started_line(name: str, duration_s: float) -> str:
    """Return the log line for a script that starts."""
    limit = f"for {format_duration(duration_s)}, or twice that if undecided" if duration_s else "until interrupted"
    return log_text(f"{one_line(name, _LOG_NAME)}: watching {limit}")


def suite_line(name: str, what: str) -> str:
    """Return the log line for a test suite, callable or script that is repeated; ``what`` says which."""
    return log_text(f"{one_line(name, _LOG_NAME)}: repeating {what}")


def confirming_line(name: str, *, suite: bool) -> str:
    """Return the log line that says what grew and is now repeated again: tests of a suite, a callable, or a script."""
    text = "it grew: repeating it again, for longer"
    if suite:
        text = "repeating the tests that grew again, each alone and for longer"
    return log_text(f"{one_line(name, _LOG_NAME)}: {text}")


def tests_line(name: str, done: int, total: int, what: str, left_s: float) -> str:
    """Return the log line for the progress of a suite; ``what``: which tests are counted."""
    text = f"{done:,} of {total:,} {what}, about {format_duration(left_s)} left"
    return log_text(f"{one_line(name, _LOG_NAME)}: {text}")


def extended_line(name: str, asked_s: float, longest_s: float) -> str:
    """Return the log line for a script that is watched for longer than its duration."""
    until = format_duration(longest_s)
    return log_text(
        f"{one_line(name, _LOG_NAME)}: undecided after {format_duration(asked_s)}, watching for up to {until}"
    )


def finished_line(result: TargetResult, style: Style) -> str:
    """Return the log line for a script that was judged."""
    return log_text(_outcome_line(result, style).plain)


def intervals(readings: Sequence[Reading], interval_s: float, thresholds: AlertLevels) -> tuple[Interval, ...]:
    """Return a row for each interval that is over, with the change since the row before."""
    first_of: dict[int, Reading] = {}
    for reading in readings:
        first_of.setdefault(int(reading.at_s / interval_s + _ROUNDING), reading)
    return tuple(_interval(before, after, thresholds) for before, after in pairwise(first_of.values()))


def _interval(before: Reading, after: Reading, thresholds: AlertLevels) -> Interval:
    rss = after.rss_bytes - before.rss_bytes
    heap = None
    if after.heap_bytes is not None and before.heap_bytes is not None:
        heap = after.heap_bytes - before.heap_bytes
    alerts = []
    for title, change, limit in (("RSS", rss, thresholds.rss_bytes), ("heap", heap, thresholds.heap_bytes)):
        if change is not None and limit is not None and change >= limit:
            alerts.append(f"{title} rose by {format_size(change)}, the threshold is {format_size(limit)}")
    return Interval(
        reading=after,
        took_s=after.at_s - before.at_s,
        rss_change=rss,
        heap_change=heap,
        alerts=tuple(alerts),
    )


def monitor(script: Running, rows: Sequence[Interval], *, most_rows: int, style: Style) -> RenderableType:
    """Return the live table of ``monitor``: the newest rows, a wide picture of RSS, and the alerts of these rows."""
    glyphs = _glyphs(style)
    shown = rows[-most_rows:]
    native = any(row.reading.native_bytes is not None for row in shown)
    table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0), header_style="dim", show_edge=False)
    for title in ("time", "RSS", "change", "rate", "heap", "change", *(["native"] if native else [])):
        table.add_column(title, justify="right", no_wrap=True)
    table.add_column("", no_wrap=True)
    for row in shown:
        table.add_row(*_cells(row, glyphs, native=native), Text("!" if row.alerts else "", "bold red"))
    latest = format_size(script.rss_bytes[-1]) if script.rss_bytes else glyphs.nothing
    heading = Text.assemble(
        terminal_text(script.name, "bold", _LOG_NAME),
        f"  {_times(script.elapsed_s, script.duration_s)}  ",
        terminal_text(script.phase, "dim"),
    )
    picture = Text.assemble(
        f"RSS {latest}  ", (sparkline(script.rss_bytes, _WIDE_PICTURE, unicode=style.unicode), "cyan")
    )
    alerts = [Text(f"! {_at(row)} {alert}", "red") for row in shown for alert in row.alerts]
    return Group(heading, picture, Text(), table, *alerts[-_ALERTS:])


def interval_line(row: Interval) -> str:
    """Return the log line for one row of ``monitor``, with its alerts."""
    reading = row.reading
    parts = [f"{_at(row)} RSS {format_size(reading.rss_bytes)} ({format_change(row.rss_change)}, {_rate(row)})"]
    if reading.heap_bytes is not None:
        change = f" ({format_change(row.heap_change)})" if row.heap_change is not None else ""
        parts.append(f"heap {format_size(reading.heap_bytes)}{change}")
    if reading.native_bytes is not None:
        parts.append(f"native {format_size(reading.native_bytes)}")
    return ", ".join((*parts, *(f"ALERT: {alert}" for alert in row.alerts)))


def _cells(row: Interval, glyphs: Glyphs, *, native: bool) -> list[str]:
    reading = row.reading
    cells = [_at(row), format_size(reading.rss_bytes), format_change(row.rss_change), _rate(row)]
    cells.append(glyphs.nothing if reading.heap_bytes is None else format_size(reading.heap_bytes))
    cells.append(glyphs.nothing if row.heap_change is None else format_change(row.heap_change))
    if native:
        cells.append(glyphs.nothing if reading.native_bytes is None else format_size(reading.native_bytes))
    return cells


def _at(row: Interval) -> str:
    return format_duration(row.reading.at_s)


def _rate(row: Interval) -> str:
    return format_rate(row.rss_change / row.took_s) if row.took_s > 0 else format_rate(0)


def _times(elapsed_s: float, duration_s: float) -> str:
    """Return the time so far and the duration; only the time when the duration is over, or if there is none."""
    shown = (elapsed_s, duration_s) if elapsed_s <= duration_s else (elapsed_s,)
    return " / ".join(format_duration(seconds) for seconds in shown if seconds or duration_s)


def _bar(script: Running, glyphs: Glyphs) -> Text:
    """Return the part of the duration that is over as a bar; empty if there is no end."""
    done = round(_BAR * min(script.elapsed_s / script.duration_s, 1.0)) if script.duration_s else 0
    return Text.assemble((glyphs.full * done, "cyan"), (glyphs.rule * (_BAR - done), "dim"))


def _glyphs(style: Style) -> Glyphs:
    return GLYPHS if style.unicode else ASCII_GLYPHS
