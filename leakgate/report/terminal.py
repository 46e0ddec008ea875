"""The report for a terminal or a log: a headline, a table of scripts, and a section for each noteworthy script.

Everything is built from ``Text`` values, so that rich only lays it out and never reads markup.
"""

from io import StringIO
from typing import Final

from rich.cells import cell_len
from rich.console import Console, Group, RenderableType
from rich.table import Table
from rich.text import Text

from leakgate.model.metrics import METRICS, Metric
from leakgate.model.report import GateReport, TargetResult, Trend
from leakgate.model.units import format_change
from leakgate.model.verdict import GateVerdict
from leakgate.report.escape import log_text, one_line, terminal_text
from leakgate.report.leak_words import where
from leakgate.report.number_words import plural
from leakgate.report.places import places_of
from leakgate.report.run_words import comparison, summary
from leakgate.report.script_order import blocks_gate, failing, noteworthy
from leakgate.report.script_words import judged_trend, status, took
from leakgate.report.shown_readings import NOISE_TIMES, judged_readings
from leakgate.report.sparkline import sparkline
from leakgate.report.style import Detail, Style
from leakgate.report.terminal_repeated import is_repeated, repeated_table
from leakgate.report.terminal_section import explanation, section
from leakgate.report.terminal_theme import ASCII_GLYPHS, GLYPHS, Glyphs, mark, verdict_style

_NARROWEST: Final = 60
_ROOMY: Final = 100
"""From this width on, the table has room for times and longer pictures."""
_LONGEST_NAME: Final = 32
_LONGEST_METRIC: Final = 8
"""Cells for the name of a metric before its picture."""
_READINGS: Final = 1_000
"""The largest number of readings that a picture is made of: several for each bar of the widest terminal."""
MOST_SECTIONS: Final = 100
"""The largest number of scripts that are explained, the worst first: to draw one takes about 20 ms of processor time.
"""


def render(report: GateReport, style: Style) -> str:
    """Return the report as text with one line break at the end; ANSI colours only if the style asks for them."""
    width = max(style.width, _NARROWEST)
    return _drawn(_body(report, style, width, GLYPHS if style.unicode else ASCII_GLYPHS), width, style)


def explanation_text(report: GateReport, result: TargetResult, width: int) -> str:
    """Return everything about one script except the reason, as plain lines for other reports; may be empty."""
    style = Style(width=width)
    parts: list[RenderableType] = []
    for part in explanation(report, result, style=style, glyphs=GLYPHS):
        parts += [Text(), part]
    return _drawn(Group(*parts[1:]), width, style).rstrip("\n")


def _drawn(body: RenderableType, width: int, style: Style) -> str:
    out = _Sheet("utf-8" if style.unicode else "ascii")
    console = Console(
        file=out,
        width=width,
        height=100,
        color_system="standard" if style.color else None,
        force_terminal=style.color,
        no_color=not style.color,
        legacy_windows=False,
        highlight=False,
        markup=False,
        emoji=False,
        _environ={},
    )
    console.print(body)
    text = "\n".join(line.rstrip() for line in out.getvalue().splitlines()) + "\n"
    return log_text(text if style.unicode else _ascii(text))


class _Sheet(StringIO):
    """The file that rich writes to; its encoding tells rich which line drawing is possible."""

    def __init__(self, encoding: str) -> None:
        super().__init__()
        self._encoding = encoding

    @property
    def encoding(self) -> str:  # type: ignore[override]  # typeshed has a plain attribute
        return self._encoding


def _ascii(text: str) -> str:
    """Return the text with a question mark for each cell that ASCII cannot show, so that columns stay straight."""
    return "".join(char if char.isascii() else "?" * cell_len(char) for char in text.replace("\u2026", "~"))


def _body(report: GateReport, style: Style, width: int, glyphs: Glyphs) -> RenderableType:
    if style.detail is Detail.QUIET:
        return Group(*(_failure_line(report, result, glyphs) for result in failing(report)), _headline(report))
    shown = report.results if style.detail is Detail.VERBOSE else noteworthy(report)
    parts: list[RenderableType] = [_headline(report), _circumstances(report, glyphs)]
    if report.results:
        only_repeated = all(is_repeated(result) for result in report.results)
        table = repeated_table(report, width, glyphs) if only_repeated else _table(report, style, width, glyphs)
        parts += [Text(), table]
    for result in shown[:MOST_SECTIONS]:
        parts += [Text(), section(report, result, style=style, width=width, glyphs=glyphs)]
    if len(shown) > MOST_SECTIONS:
        left = plural(len(shown) - MOST_SECTIONS, "more script")
        parts += [Text(), Text(f"and details of {left} in the HTML report")]
    if shown:
        parts += [Text(), _headline(report)]
    return Group(*parts)


def _headline(report: GateReport) -> RenderableType:
    colors = {GateVerdict.PASS: "bold green", GateVerdict.FAIL: "bold red", GateVerdict.ERROR: "bold magenta"}
    word = "interrupted" if report.about.interrupted else report.verdict.value
    grid = Table.grid(padding=(0, 2, 0, 0))
    grid.add_row(Text(word.upper(), colors[report.verdict]), summary(report))
    return grid


def _circumstances(report: GateReport, glyphs: Glyphs) -> RenderableType:
    """Return the baseline, environment, shard and notes of the run."""
    parts = [comparison(report)]
    if report.results:
        parts.append(report.results[0].measurement.environment.title)
    if report.about.shard is not None:
        parts.append(f"shard {report.about.shard}")
    lines = [terminal_text(f" {glyphs.dot} ".join(filter(None, parts)), "dim")]
    lines += [Text.assemble(("note: ", "yellow"), terminal_text(note)) for note in report.remarks]
    return Group(*(line for line in lines if line.plain))


def _failure_line(report: GateReport, result: TargetResult, glyphs: Glyphs) -> Text:
    place = where(places_of(report, result), result)
    line = Text(no_wrap=True, overflow="ellipsis")
    line.append_text(mark(report, result, glyphs))
    line.append(f" {one_line(result.target.name, _LONGEST_NAME)}  ")
    line.append(status(result), verdict_style(report, result))
    if place:
        line.append(f"  {one_line(place)}", "bold")
    line.append(f"  {one_line(result.reason)}")
    return line


def _table(report: GateReport, style: Style, width: int, glyphs: Glyphs) -> RenderableType:
    """Return one row per script; name and picture of the judged part share the width that the figures leave."""
    roomy = width >= _ROOMY
    longest = max(cell_len(one_line(result.target.name, _LONGEST_NAME)) for result in report.results)
    figures = 63 if roomy else 43
    name_width = max(6, min(longest, width - figures - 8))
    table = Table(box=None, pad_edge=False, padding=(0, 1, 0, 0), header_style="dim", show_edge=False)
    table.add_column("", width=1)
    table.add_column("script", width=name_width, no_wrap=True, overflow="ellipsis")
    table.add_column("verdict", width=12, no_wrap=True)
    for title in (*(["RSS rise"] if roomy else []), "RSS/s", "heap/s", "native/s"):
        table.add_column(title, min_width=8, justify="right", no_wrap=True)
    if roomy:
        table.add_column("time", width=8, justify="right", no_wrap=True)
    table.add_column("judged part", width=width - figures - name_width, no_wrap=True)
    for result in report.results:
        resident = judged_trend(result, Metric.RSS)
        table.add_row(
            mark(report, result, glyphs),
            terminal_text(result.target.name, "bold" if blocks_gate(report, result) else "", _LONGEST_NAME),
            Text(status(result), verdict_style(report, result)),
            *([_figure(resident, glyphs, whole=True)] if roomy else []),
            *(_figure(judged_trend(result, metric), glyphs) for metric in (Metric.RSS, Metric.HEAP, Metric.NATIVE)),
            *([Text(took(result), "dim")] if roomy else []),
            _picture(result, width - figures - name_width, style),
        )
    return table


def _picture(result: TargetResult, width: int, style: Style) -> Text:
    """Return the name of the metric that decides, and a picture of it in the judged part."""
    metric, values = judged_readings(result, _READINGS)
    trend = result.trend(metric)
    info = METRICS[metric]
    short = info.title if len(info.title) < _LONGEST_METRIC else next(iter(info.budget_keys), "")
    label = f"{short:<{_LONGEST_METRIC}}" if values and width >= 2 * _LONGEST_METRIC else ""
    least = NOISE_TIMES * trend.noise if trend is not None else None
    bars = sparkline(values, width - len(label), least=least, unicode=style.unicode)
    return Text.assemble((label, "dim"), (bars, "cyan"))


def _figure(trend: Trend | None, glyphs: Glyphs, *, whole: bool = False) -> Text:
    """Return a rise over the window, or per second; dim if it is within the noise."""
    if trend is None:
        return Text(glyphs.nothing, "dim")
    value = trend.growth if whole else trend.per_s
    return Text(format_change(value), "dim" if abs(trend.growth) <= trend.noise else "")
