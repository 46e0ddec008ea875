"""What a reviewer reads first: each failing script with line, change and figures, the fastest growth first."""

from collections.abc import Iterator
from typing import Final

from leakgate.model.baseline import BaselineState
from leakgate.model.evidence import TrialFailed
from leakgate.model.metrics import METRICS, Unit
from leakgate.model.report import GateReport, Leak, TargetResult, bytes_per_iteration
from leakgate.model.review import SeenLeak
from leakgate.model.units import format_each
from leakgate.model.verdict import Expectation, Verdict
from leakgate.model.work_record import unit_of
from leakgate.report.change_words import NEW, leak_change, percent, script_change
from leakgate.report.escape import markdown_inline, markdown_prose
from leakgate.report.leak_words import LEAST_SHARE, allocated_at, held_word, holder_growth, leak_rate, main_leaks
from leakgate.report.next_commands import accept_command
from leakgate.report.number_words import level, plural, rate, share
from leakgate.report.places import places_of
from leakgate.report.reviewed_lines import MOST_LEAKS, line_age, linked_line, touched
from leakgate.report.script_order import is_growth, is_peak, to_explain
from leakgate.report.script_words import main_trend, memory, status
from leakgate.report.shown_readings import NOISE_TIMES, judged_readings
from leakgate.report.sparkline import sparkline
from leakgate.report.style import Style
from leakgate.report.work_words import rate_each

NAME_LIMIT: Final = 100
_SENTENCE_LIMIT: Final = 240
_BARS: Final = 30
"""A phone shows this many without a line break."""
_FEWEST_BARS: Final = 4
_READINGS: Final = 600
_ALLOCATING: Final = 3
_FIXED: Final = 10
_SINCE: Final = {
    BaselineState.FOUND: "new since the baseline",
    BaselineState.BASE_RUN: "new in this change",
}
_REFERENCES: Final = {BaselineState.BASE_RUN: "the base of this change"}
_STATES: Final = {Verdict.ERROR: "could not be judged", Verdict.OVER_BUDGET: "is over its budget"}


def findings(report: GateReport, style: Style, *, full: int, short: int) -> Iterator[str]:
    """Yield a list item for each script that is not accepted, the failing ones first and the worst of them first.

    ``full`` items are in detail, ``short`` in one line each.
    """
    worst = to_explain(report)
    for at, result in enumerate(worst[: full + short]):
        yield f"- {_first_line(report, result, style)}"
        if at < full:
            about = _about_growth(report, result, style) if is_growth(result) else _next_step(result)
            yield from (f"  - {line}" for line in about)
    left = len(worst) - full - short
    if left > 0:
        yield f"- and {plural(left, 'more script')}: see the table"
    if worst:
        yield ""


def _next_step(result: TargetResult) -> Iterator[str]:
    """Yield the end of stderr of a script that failed, and the hint on what to do."""
    trial = result.measurement.trial
    if isinstance(trial, TrialFailed) and (tail := trial.stderr_tail.strip()):
        yield f"last line of stderr: {markdown_inline(tail.splitlines()[-1], _SENTENCE_LIMIT)}"
    if result.hint:
        yield f"next: {markdown_prose(result.hint, _SENTENCE_LIMIT)}"


def fixed_lines(fixed: tuple[SeenLeak, ...]) -> Iterator[str]:
    """Yield the leaks that earlier runs of the same change showed, and that this run no longer shows."""
    for leak in fixed[:_FIXED]:
        place = f" at {markdown_inline(leak.place)}" if leak.place else ""
        since = f" since {markdown_inline(leak.fixed_in[:8])}" if leak.fixed_in else ""
        name = markdown_inline(leak.script, NAME_LIMIT)
        yield f"- \u2705 **fixed**: {name} leaked {rate(leak.bytes_per_s)}{place}; it no longer does{since}"
    if fixed:
        yield ""


def since(report: GateReport, result: TargetResult) -> str:
    """Return whether a leak is new, and compared with what; empty for any other result."""
    state = report.about.baseline_state
    return _SINCE.get(state, "") if state is not None and result.verdict is Verdict.LEAK else ""


def _first_line(report: GateReport, result: TargetResult, style: Style) -> str:
    name = f"**{markdown_inline(result.target.name, NAME_LIMIT)}**"
    reason = markdown_prose(result.reason, _SENTENCE_LIMIT)
    if result.target.expect is Expectation.LEAK and result.verdict is not Verdict.ERROR:
        return f"{name}: the planted leak was **not caught**, so the gate proves nothing: {reason}"
    if not is_growth(result):
        return f"{name} {_STATES.get(result.verdict, f'is {status(result)}')}: {reason}"
    if result.verdict is Verdict.OVER_BUDGET:
        return f"{name} {_STATES[result.verdict]}: {reason}{_at(report, result, style)}"
    if is_peak(result):
        than = f" than {reference}" if (reference := _reference(report, result)) else ""
        return f"{name} needs more memory{than}: {reason}"
    return f"{name} {_how(report, result)} **{_how_much(result)}**{_at(report, result, style)}"


def _how(report: GateReport, result: TargetResult) -> str:
    """Return ``leaks``, or for a regression what it is worse than. A missing baseline is not mentioned."""
    if result.verdict is Verdict.LEAK:
        return "leaks"
    return f"leaks faster than {than}:" if (than := _reference(report, result)) else "got worse:"


def _how_much(result: TargetResult) -> str:
    """Return the growth of the script, or of its largest new leak if other leaks of it are known."""
    return leak_rate(result.leaks[0]) if _has_known_leaks(result) else memory(result)


def _has_known_leaks(result: TargetResult) -> bool:
    """Whether a leak fails the gate while others of the script are accepted."""
    return result.verdict is Verdict.LEAK and any(leak.known for leak in result.leaks)


def _reference(report: GateReport, result: TargetResult) -> str:
    """Return what a regression is worse than; empty if that is not known."""
    if result.baseline is None or report.about.baseline_state is None:
        return ""
    return _REFERENCES.get(report.about.baseline_state, "the baseline accepts")


def _at(report: GateReport, result: TargetResult, style: Style) -> str:
    if not result.leaks:
        return ""
    leak = result.leaks[0]
    about_line = touched(leak, report, result, style)
    return f" at {linked_line(leak.place, report, result, style)}" + (f": {about_line}" if about_line else "")


def _about_growth(report: GateReport, result: TargetResult, style: Style) -> Iterator[str]:
    leaks, _ = main_leaks(result, MOST_LEAKS)
    for leak in leaks[:1]:
        yield from _about_leak(report, result, leak, style)
    for leak in leaks[1:]:
        yield _further(report, result, leak, style)
    if figures := _figures(result):
        yield figures
    if picture := _picture(result):
        yield picture
    if advice := next((leak.advice for leak in result.leaks if leak.advice), ""):
        yield f"next: {markdown_prose(advice, _SENTENCE_LIMIT)}"
    if accept := accept_command(report, result, style.source_root):
        yield f"fix it, or accept it: {markdown_inline(accept)}"


def _further(report: GateReport, result: TargetResult, leak: Leak, style: Style) -> str:
    """Return a further leak of the script in one line."""
    about_line = touched(leak, report, result, style)
    holder = leak.holder
    held = "" if holder is None else f"{held_word(holder)} {markdown_inline(holder.path)}"
    known = "known" if leak.known else ""
    parts = "; ".join(filter(None, (known, about_line, held)))
    line = linked_line(leak.place, report, result, style)
    return f"also {leak_rate(leak)}, {share(leak.share)}, at {line}" + (f": {parts}" if parts else "")


def _about_leak(report: GateReport, result: TargetResult, leak: Leak, style: Style) -> Iterator[str]:
    if leak.holder is not None:
        grows = markdown_prose(holder_growth(leak.holder, timed=not leak.tests))
        yield f"{held_word(leak.holder)} {markdown_inline(leak.holder.path)}: {grows}"
        if leak.holder.writer is not None and leak.holder.writer != leak.place:
            yield f"inserted by {linked_line(leak.holder.writer, report, result, style)}"
    allocated = allocated_at(leak, places_of(report, result, style.source_root))[:_ALLOCATING]
    if allocated:
        yield f"allocated at {', '.join(map(markdown_inline, allocated))}"
    change = leak_change(result, leak)
    compared = f"before and now: {change}" if change and change != NEW else since(report, result)
    if about_line := "; ".join(filter(None, (compared, line_age(leak, report, result, style)))):
        yield about_line


def _figures(result: TargetResult) -> str:
    """Return the growth of the whole script if it differs from that of the leak, and the growth per request.

    Both are compared with the baseline if it is known.
    """
    worse = result.baseline if result.verdict is Verdict.REGRESSION else None
    change = script_change(result) if worse is not None else ""
    each, was = bytes_per_iteration(result.trends), worse.growth_bytes_per_iteration if worse is not None else None
    only = bool(result.leaks) and result.leaks[0].share > 1 - LEAST_SHARE
    parts = [f"in total {change}" if change and not only else ""]
    if _has_known_leaks(result):
        known = share(sum(leak.share for leak in result.leaks if leak.known))
        parts.append(f"in total {memory(result)}, {known} of it known")
    if each is not None:
        unit = unit_of(result.measurement.trial.work)
        changed = percent(was, each.estimate) if was is not None else ""
        from_ = f"{format_each(was)}/{unit} to " if was is not None else ""
        parts.append(f"{from_}{rate_each(each, unit)}{f', {changed}' if changed else ''}")
    return "; ".join(filter(None, parts))


def _picture(result: TargetResult) -> str:
    """Return the leaking metric while it was judged: without the start-up and without the memory of tracing."""
    trend = main_trend(result)
    if trend is None or METRICS[trend.metric].unit is not Unit.BYTES:
        return ""
    metric, values = judged_readings(result, _READINGS)
    bars = sparkline(values, _BARS, least=NOISE_TIMES * trend.noise)
    if len(bars) < _FEWEST_BARS:
        return ""
    first, last = level(metric, values[0]), level(metric, values[-1])
    return f"`{bars}` {METRICS[metric].title}, {first} to {last} while it was judged"
