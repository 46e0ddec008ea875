"""The report as GitHub Markdown, for the comment on a pull request and the summary of a job.

Its length is bounded by leaving out parts, not by cutting text: first charts, then tracebacks, then rows, until one
line is left. Text of the measured program is only in ``<code>`` and in fenced blocks (see ``escape``).
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from leakgate.model.baseline import accepted_because
from leakgate.model.report import GateReport, TargetResult
from leakgate.model.units import format_count
from leakgate.model.verdict import ExitCode, Expectation, GateVerdict, Verdict
from leakgate.report.escape import markdown_inline, markdown_prose
from leakgate.report.markdown_details import details
from leakgate.report.markdown_leaks import findings, fixed_lines, since
from leakgate.report.next_commands import accept_command
from leakgate.report.number_words import plural
from leakgate.report.places import places_of
from leakgate.report.run_words import comparison, headline
from leakgate.report.script_order import blocks_gate, noteworthy
from leakgate.report.script_words import memory, status
from leakgate.report.style import Bounds, Style

_NAME_LIMIT: Final = 100
_PLACE_LIMIT: Final = 120
_SENTENCE_LIMIT: Final = 240
_TODO: Final = 3
"""How many suggestions of one script are shown."""
_CHARTS: Final = 5
"""The largest number of charts; a browser draws each, and more make a page slow."""
_NOTES: Final = 10


@dataclass(frozen=True, slots=True)
class Level:
    """How much a report contains; the first level that fits is used."""

    healthy_rows: int
    rows: int
    sections: int
    charts: int
    tracebacks: bool
    full: int
    """Number of failing scripts above the table with everything that is known."""
    short: int
    """Number of further failing scripts, with one line each."""


LEVELS: Final = (
    Level(healthy_rows=25, rows=500, sections=500, charts=_CHARTS, tracebacks=True, full=10, short=10),
    Level(healthy_rows=25, rows=500, sections=500, charts=0, tracebacks=True, full=10, short=10),
    Level(healthy_rows=25, rows=500, sections=500, charts=0, tracebacks=False, full=10, short=10),
    Level(healthy_rows=0, rows=100, sections=10, charts=0, tracebacks=False, full=10, short=10),
    Level(healthy_rows=0, rows=100, sections=0, charts=0, tracebacks=False, full=10, short=10),
    Level(healthy_rows=0, rows=20, sections=0, charts=0, tracebacks=False, full=3, short=3),
    Level(healthy_rows=0, rows=5, sections=0, charts=0, tracebacks=False, full=0, short=3),
)


def render(report: GateReport, style: Style) -> str:
    """Return Markdown within the style's bounds, with a line break at the end. The first line is leakgate's own."""
    for level in LEVELS:
        text = "\n".join(_page(report, level, style))
        if _fits(text, style.bounds):
            return text
    return f"{_title(report)}\n"


def _fits(text: str, bounds: Bounds) -> bool:
    return len(text) <= bounds.max_chars and len(text.encode()) <= bounds.max_bytes


def _page(report: GateReport, level: Level, style: Style) -> Iterator[str]:
    text = [one for one in noteworthy(report) if one.resources or one.measurement.trial.work or not one.passed]
    yield _title(report)
    yield ""
    yield from findings(report, style, full=level.full, short=level.short)
    yield from fixed_lines(style.review.fixed)
    if report.results:
        yield from _table(report, level, style.source_root)
        yield ""
    if level.sections and len(text) > level.sections:
        yield f"Details of the first {level.sections} of {plural(len(text), 'script')}:"
        yield ""
    for at, result in enumerate(text[: level.sections]):
        yield from details(report, result, style.source_root, chart=at < level.charts, tracebacks=level.tracebacks)
    yield from _invitations(report, level, style.source_root)
    if report.remarks:
        yield from (f"- {markdown_prose(note)}" for note in report.remarks[:_NOTES])
        yield ""
    if footer := _footer(report):
        yield from (footer, "")


def _title(report: GateReport) -> str:
    sign = "\u2705" if report.verdict is GateVerdict.PASS and not report.about.interrupted else "\u274c"
    if report.exit_code is ExitCode.PASS and not all(result.passed for result in report.results):
        sign = "\u26a0\ufe0f"  # advisory or undecided: neither a failure nor a clean pass
    return f"### {sign} leakgate: {headline(report)}"


def _table(report: GateReport, level: Level, source_root: str) -> Iterator[str]:
    """Yield the table: failing scripts, then other noteworthy ones, then healthy ones; the last row counts the rest."""
    first = noteworthy(report)
    named = {id(result) for result in first}
    healthy = [result for result in report.results if id(result) not in named]
    shown = (*first, *healthy[: level.healthy_rows])[: level.rows]
    yield "| | script | verdict | memory | details |"
    yield "|---|---|---|---|---|"
    for result in shown:
        name = markdown_inline(result.target.name, _NAME_LIMIT)
        where = _where(report, result, source_root)
        cells = (_sign(report, result), name, _verdict(report, result), _memory(result), where)
        yield f"| {' | '.join(cells)} |"
    hidden = len(report.results) - len(shown)
    if hidden:
        bad = sum(blocks_gate(report, result) for result in first[len(shown) :])
        which = f"{format_count(bad)} of them failing" if bad else "none of them failing"
        yield f"| | {plural(hidden, 'more script')} | {which} | | |"


def _sign(report: GateReport, result: TargetResult) -> str:
    if blocks_gate(report, result):
        return "\u274c"
    return "\u2705" if result.passed else "\u26a0\ufe0f"


def _verdict(report: GateReport, result: TargetResult) -> str:
    """Return the verdict, and for a leak whether it is new."""
    word = status(result)
    if result.verdict is not Verdict.LEAK or result.target.expect is Expectation.LEAK:
        return word
    return f"{word}, new" if since(report, result) else word


def _memory(result: TargetResult) -> str:
    """Return the figure with non-breaking spaces, so that each script takes one line of the table."""
    return memory(result).replace(" ", "&nbsp;")


def _place(report: GateReport, result: TargetResult, source_root: str) -> str:
    """Return the line of the largest leak as harmless Markdown; empty without a leak."""
    if not result.leaks:
        return ""
    return markdown_inline(places_of(report, result, source_root).line(result.leaks[0].place), _PLACE_LIMIT)


def _where(report: GateReport, result: TargetResult, source_root: str) -> str:
    if result.passed and result.verdict is Verdict.OK:
        return markdown_prose(result.reason, _SENTENCE_LIMIT)
    place = _place(report, result, source_root)
    if result.verdict is Verdict.KNOWN and (why := _why_accepted(result)):
        return f"{place}; accepted: {markdown_prose(why, _SENTENCE_LIMIT)}"
    holder = result.leaks[0].holder if result.leaks else None
    held = holder is not None and not holder.weak
    return f"{place}, held by {markdown_inline(holder.path, _PLACE_LIMIT)}" if holder and held else place


def _why_accepted(result: TargetResult) -> str:
    """Return the reasons and owners that the baseline records for the known leaks of this run; empty without them."""
    names = {part.known_as or part.signature for leak in result.leaks if leak.known for part in leak.parts}
    return accepted_because(result.baseline, names, whole=not result.leaks)


def _invitations(report: GateReport, level: Level, source_root: str) -> Iterator[str]:
    """Yield what the baseline could record now, with the command that records it."""
    inviting = [result for result in report.results if result.invitations]
    for result in inviting[: level.rows]:
        name = markdown_inline(result.target.name, _NAME_LIMIT)
        accept = accept_command(report, result, source_root)
        command = f": {markdown_inline(accept)}" if accept else ""
        yield from (f"- {name}: {markdown_prose(text)}{command}" for text in result.invitations[:_TODO])
    if inviting:
        yield ""


def _footer(report: GateReport) -> str:
    """Return the baseline, the environment and the shard of the figures."""
    parts = [comparison(report)]
    if report.results:
        environment = report.results[0].measurement.environment
        parts.append(markdown_inline(f"{environment.title}, leakgate {environment.leakgate}", _NAME_LIMIT))
    if report.about.shard is not None:
        parts.append(f"shard {report.about.shard}")
    text = "; ".join(filter(None, parts))
    return f"<sub>{text}</sub>" if text else ""
