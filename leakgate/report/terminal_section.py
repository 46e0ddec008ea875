"""The section of one script in the terminal report: reason, place, holder, next commands."""

from collections.abc import Iterator
from typing import Final

from rich.cells import cell_len
from rich.console import Group, RenderableType
from rich.padding import Padding
from rich.table import Table
from rich.text import Text
from rich.tree import Tree

from leakgate.growth.roles import role_labels
from leakgate.model.evidence import ProcessTrack, TrialFailed
from leakgate.model.explanation import Frame, ResourceGrowth, TypeGrowth
from leakgate.model.metrics import METRICS, Metric
from leakgate.model.repeated import JudgedTest
from leakgate.model.report import GateReport, Leak, TargetResult
from leakgate.model.units import format_change, format_duration, format_size
from leakgate.model.verdict import Kind, Verdict
from leakgate.report.answer_words import ANSWER_WORDS, SHOWN_TESTS, leak_amount, shown_by, unjudged
from leakgate.report.change_words import leak_change
from leakgate.report.escape import BLOCK_LIMIT, LINE_LIMIT, one_line, terminal_block, terminal_text
from leakgate.report.leak_words import allocated_at, certainty, held_word, holder_growth, main_leaks, rates_note
from leakgate.report.next_commands import accept_command, reproduce_command
from leakgate.report.number_words import plural, rate, share
from leakgate.report.places import Collapsed, Places, places_of
from leakgate.report.resource_words import NOT_KNOWN, SHOWN_RESOURCES, resource_growth
from leakgate.report.script_order import further_failures
from leakgate.report.script_words import status, trend_line
from leakgate.report.style import Detail, Style
from leakgate.report.terminal_theme import Glyphs, verdict_style
from leakgate.report.type_words import type_rate, types_part
from leakgate.report.work_words import ROUTE_HEAD, SHOWN_ROUTES, route_rows, work_lines

_INDENT: Final = 3
_REASON_LIMIT: Final = 600
_STDERR_LINES: Final = 12
_LEAKS: Final = 5
_TYPES: Final = 5
_ALLOCATING: Final = 5


def section(report: GateReport, result: TargetResult, *, style: Style, width: int, glyphs: Glyphs) -> RenderableType:
    """Return everything that the report says about one script."""
    parts: list[RenderableType] = [terminal_text(result.reason, limit=_REASON_LIMIT)]
    if result.hint:
        parts.append(_pairs([(glyphs.arrow, terminal_text(result.hint, limit=_REASON_LIMIT))], label_style=""))
    if style.detail is Detail.VERBOSE:
        parts += [Text(), _pairs(_measured(result))]
    for part in explanation(report, result, style=style, glyphs=glyphs):
        parts += [Text(), part]
    return Group(_heading(report, result, width, glyphs), Padding(Group(*parts), (0, 0, 0, _INDENT)))


def explanation(report: GateReport, result: TargetResult, *, style: Style, glyphs: Glyphs) -> Iterator[RenderableType]:
    """Yield everything after the reason: the end of stderr, the leaks, the types that grow, the next commands."""
    verbose = style.detail is Detail.VERBOSE
    yield from _failure(result, glyphs)
    if further := () if verbose else further_failures(report, result):
        reasons = [(f"also {one.verdict.value}", terminal_text(one.message, limit=_REASON_LIMIT)) for one in further]
        yield _pairs(list(reasons))
    if lines := work_lines(result):
        yield _pairs([(label, terminal_text(text, limit=_REASON_LIMIT)) for label, text in lines])
    if result.routes:
        yield _routes(result, verbose=verbose)
    if result.leaks:
        yield _leak_tree(result, places_of(report, result), glyphs, verbose=verbose)
        if note := rates_note(result):
            yield Text(note, "dim")
    if rows := unjudged(result):
        yield _tests(rows if verbose else rows[:SHOWN_TESTS], len(rows), glyphs)
    if result.types:
        most = len(result.types) if verbose else _TYPES
        yield Group(_types(result.types[:most]), Text(types_part(result, most), "dim"))
    if result.resources:
        shown_resources = result.resources if verbose else result.resources[:SHOWN_RESOURCES]
        yield _resources(shown_resources, places_of(report, result), glyphs, verbose=verbose)
    commands = list(_commands(report, result))
    if commands:
        yield _pairs(commands)


def _heading(report: GateReport, result: TargetResult, width: int, glyphs: Glyphs) -> Text:
    heading = Text.assemble((glyphs.rule * 2 + " ", "dim"), no_wrap=True, overflow="ellipsis")
    heading.append_text(terminal_text(result.target.name, "bold", max(20, width // 2)))
    heading.append("  ")
    heading.append(status(result), verdict_style(report, result))
    if result.kind is not Kind.NONE:
        heading.append(f" ({result.kind.value})")
    rest = width - cell_len(heading.plain) - 1
    heading.append(" " + glyphs.rule * rest, "dim")
    return heading


def _pairs(pairs: list[tuple[str, RenderableType]], label_style: str = "dim") -> Table:
    """Return labels and values in two columns; values wrap within their column."""
    grid = Table.grid(padding=(0, 2, 0, 0) if label_style else (0, 1, 0, 0))
    grid.add_column(style=label_style, no_wrap=True)
    grid.add_column(overflow="fold")
    for label, value in pairs:
        grid.add_row(Text(label), value)
    return grid


def _failure(result: TargetResult, glyphs: Glyphs) -> Iterator[RenderableType]:
    """Yield the end of stderr of a script that failed."""
    trial = result.measurement.trial
    if not isinstance(trial, TrialFailed) or not trial.stderr_tail.strip():
        return
    lines = terminal_block(trial.stderr_tail[-BLOCK_LIMIT:]).plain.splitlines()
    shown = lines[-_STDERR_LINES:]
    title = "stderr" if len(shown) == len(lines) else f"stderr, last {_STDERR_LINES} lines"
    grid = Table.grid(padding=(0, 1, 0, 0))
    grid.add_column(style="dim", no_wrap=True)
    grid.add_column(overflow="fold")
    for line in shown:
        grid.add_row(Text(glyphs.bar), terminal_text(line))
    yield Group(Text(title, "dim"), grid)


def _leak_tree(result: TargetResult, places: Places, glyphs: Glyphs, *, verbose: bool) -> RenderableType:
    tree = Tree(Text("where it grows", "dim"), guide_style="dim")
    shown, rest = (result.leaks, "") if verbose else main_leaks(result, _LEAKS)
    for leak in shown:
        tolerated = (leak.known or bool(leak.suppressed_by)) and result.verdict is not Verdict.REGRESSION
        change = leak_change(result, leak)
        tree.add(_leak(leak, places, glyphs, change=change, tolerated=tolerated, verbose=verbose))
    if rest:
        tree.add(Text(f"{glyphs.ellipsis} {rest}", "dim"))
    return tree


def _leak(leak: Leak, places: Places, glyphs: Glyphs, *, change: str, tolerated: bool, verbose: bool) -> RenderableType:
    """Return the line, the rate and the details of a leak; for a tolerated leak only why it is, unless ``verbose``.

    In a regression no leak is tolerated: the accepted leaks got worse, and the user has to find them.
    """
    amount = Text(leak_amount(leak) or f"{rate(leak.bytes_per_s)}, {share(leak.share)} of the growth")
    pairs: list[tuple[str, RenderableType]] = []
    if change and not leak.suppressed_by:
        amount.append(f"; {change}")
    if leak.suppressed_by:
        amount.append("  suppressed", "cyan")
        pairs.append(("because", terminal_text(leak.suppressed_by)))
    elif leak.known:
        amount.append("  known", "cyan")
    if verbose or not tolerated:
        pairs += _details(leak, places, glyphs, verbose=verbose)
    return Group(_frame(leak.place, places, "bold"), amount, _pairs(pairs))


def _details(leak: Leak, places: Places, glyphs: Glyphs, *, verbose: bool) -> Iterator[tuple[str, RenderableType]]:
    if len(leak.tests) > 1 or (leak.tests and "::" in leak.tests[0]):
        names = shown_by(leak, len(leak.tests) if verbose else SHOWN_TESTS)
        yield "shown by", Group(*(terminal_text(name) for name in names))
    if leak.holder is not None:
        growth = terminal_text(holder_growth(leak.holder, timed=not leak.tests), limit=_REASON_LIMIT)
        yield held_word(leak.holder), Group(terminal_text(leak.holder.path, "bold"), growth)
        if leak.holder.writer is not None and leak.holder.writer != leak.place:
            yield "inserted by", _frame(leak.holder.writer, places)
    if allocating := allocated_at(leak, places):
        lines = [terminal_text(text, limit=_REASON_LIMIT) for text in allocating[: None if verbose else _ALLOCATING]]
        yield "allocated at", Group(*lines)
    yield from _calls(leak, places, glyphs, verbose=verbose)
    if sure := certainty(leak.site):
        yield "how sure", Text(f"{sure}: native memory is charged to the line that runs")
    if leak.advice:
        yield "advice", terminal_text(leak.advice, limit=_REASON_LIMIT)
    if verbose and leak.grew_blocks:
        yield "while traced", Text(f"{format_change(leak.grew_bytes)} in {plural(leak.grew_blocks, 'block')}")
    if verbose:
        yield "signature", Group(*(terminal_text(part.signature) for part in leak.parts))


def _calls(leak: Leak, places: Places, glyphs: Glyphs, *, verbose: bool) -> Iterator[tuple[str, RenderableType]]:
    """Yield library frames that allocate on behalf of the blamed line, and the calls that lead to it."""
    inside, outside = leak.site.frames[: leak.site.blame], leak.site.frames[leak.site.blame + 1 :]
    outside = tuple(frame for frame in outside if frame != leak.place)
    for label, frames in (("allocates in", inside), ("called from", outside)):
        lines = [
            _folded(step, glyphs) if isinstance(step, Collapsed) else _frame(step, places)
            for step in (frames if verbose else places.fold(frames))
        ]
        if lines:
            yield label, Group(*lines)


def _folded(step: Collapsed, glyphs: Glyphs) -> Text:
    return terminal_text(f"{glyphs.ellipsis} {step}", "dim", 120)


def _frame(frame: Frame, places: Places, style: str = "") -> Text:
    text = terminal_text(places.line(frame), style if frame.own else "dim")
    if frame.function:
        text.append(f" in {one_line(frame.function, 120)}", "dim")
    return text


def _tests(tests: tuple[JudgedTest, ...], count: int, glyphs: Glyphs) -> RenderableType:
    """Return tests without an answer, and why."""
    tree = Tree(Text("tests without an answer", "dim"), guide_style="dim")
    for test in tests:
        line = terminal_text(test.id, "bold", 200)
        line.append(f"  {ANSWER_WORDS[test.answer]}", "dim")
        tree.add(Group(line, terminal_text(test.message, limit=_REASON_LIMIT)))
    if count > len(tests):
        tree.add(Text(f"{glyphs.ellipsis} {count - len(tests):,} more", "dim"))
    return tree


def _routes(result: TargetResult, *, verbose: bool) -> Table:
    table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0), header_style="dim", show_edge=False)
    for at, name in enumerate(ROUTE_HEAD):
        table.add_column(name, justify="right" if 0 < at < len(ROUTE_HEAD) - 1 else "left", overflow="fold")
    for row in route_rows(result, len(result.routes) if verbose else SHOWN_ROUTES):
        table.add_row(*map(terminal_text, row))
    return table


def _types(types: tuple[TypeGrowth, ...]) -> Table:
    table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0), header_style="dim", show_edge=False)
    table.add_column("growing type", overflow="fold")
    table.add_column("per minute", justify="right", no_wrap=True)
    table.add_column("size of one", justify="right", no_wrap=True)
    for growth in types:
        each = format_size(growth.bytes_each)
        table.add_row(terminal_text(growth.name, limit=120), type_rate(growth), each)
    return table


def _resources(
    resources: tuple[ResourceGrowth, ...], places: Places, glyphs: Glyphs, *, verbose: bool
) -> RenderableType:
    tree = Tree(Text("what piles up", "dim"), guide_style="dim")
    for growth in resources:
        pairs: list[tuple[str, RenderableType]] = [("created at", Text(NOT_KNOWN, "dim"))]
        if growth.blamed is not None:
            pairs = [("created at", _frame(growth.blamed, places)), *_ways(growth, places, glyphs, verbose=verbose)]
        tree.add(Group(Text(resource_growth(growth), "bold"), _pairs(pairs)))
    return tree


def _ways(
    growth: ResourceGrowth, places: Places, glyphs: Glyphs, *, verbose: bool
) -> Iterator[tuple[str, RenderableType]]:
    """Yield the calls that lead to the line that makes the resources."""
    calls = growth.frames[growth.blame + 1 :]
    lines = [
        _folded(step, glyphs) if isinstance(step, Collapsed) else _frame(step, places)
        for step in (calls if verbose else places.fold(calls))
    ]
    if lines:
        yield "called from", Group(*lines)


def _commands(report: GateReport, result: TargetResult) -> Iterator[tuple[str, RenderableType]]:
    accept = accept_command(report, result)
    for invitation in result.invitations:
        yield "baseline", terminal_text(invitation)
    if result.invitations and result.passed:
        yield "update it", terminal_text(accept, "bold")
    if not result.passed:
        yield "run it again", terminal_text(reproduce_command(report, result), "bold")
    if accept and not result.passed:
        yield "accept it", terminal_text(accept, "bold")


def _measured(result: TargetResult) -> list[tuple[str, RenderableType]]:
    """Return what ``--verbose`` adds: trends, times, rules, processes and notes."""
    trial = result.measurement.trial
    pairs: list[tuple[str, RenderableType]] = [
        (METRICS[trend.metric].title, Text(trend_line(trend))) for trend in result.trends
    ]
    if not isinstance(trial, TrialFailed):
        extended = ", longer because the answer was not clear" if trial.extended else ""
        times = f"warm-up {format_duration(result.warmup_s)}, judged until {format_duration(trial.watched_s)}{extended}"
        pairs.append(("watched", Text(f"{times}; ended: {trial.ending.reason.value}")))
        notes = (*trial.notes, *(trial.explanation.notes if trial.explanation else ()))
        pairs += [("note", terminal_text(note)) for note in notes]
    pairs += [
        (f"rule {finding.rule}", terminal_text(f"{finding.verdict.value}: {finding.message}", limit=LINE_LIMIT))
        for finding in result.findings
    ]
    labels = role_labels(trial.processes)
    pairs += [(label, _process(track)) for label, track in zip(labels, trial.processes, strict=True)]
    logs = filter(None, (result.measurement.stdout_path, result.measurement.stderr_path))
    return pairs + [("log", terminal_text(path)) for path in logs]


def _process(track: ProcessTrack) -> Text:
    text = terminal_text(f"{track.pid} {track.command}", limit=120)
    rss = next((series for series in track.series if series.metric is Metric.RSS), None)
    if rss is not None and rss.values:
        text.append(f", RSS {format_size(rss.values[0])} to {format_size(rss.values[-1])}")
    return text if track.probed else text.append(", seen from outside only", "dim")
