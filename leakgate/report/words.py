"""The words that all reports share: headline, status of a script, and rates."""

from collections import Counter
from typing import Final

from leakgate.model.baseline import BaselineState
from leakgate.model.entry import CallEntry, TestsEntry
from leakgate.model.evidence import TrialFailed
from leakgate.model.explanation import Frame, GrowthSite, Holder
from leakgate.model.metrics import METRICS, Metric, Unit
from leakgate.model.report import Finding, GateReport, Leak, TargetResult, Trend
from leakgate.model.units import format_change, format_count, format_duration, format_rate, format_size
from leakgate.model.verdict import ExitCode, Expectation, GateVerdict, Kind, Verdict
from leakgate.report.answer_words import leak_amount
from leakgate.report.escape import one_line
from leakgate.report.places import Places
from leakgate.verdict.whole_run import fails

_SLOW_BYTES_PER_S: Final = 10.0
"""A rate below this has one decimal, so that it does not round to zero."""
_CERTAIN: Final = 0.995
_OF_BYTES: Final = frozenset(("str", "bytes", "bytearray", "_io.BytesIO", "_io.StringIO"))
"""Types of holders whose length is a number of bytes or characters."""
LEAST_SHARE: Final = 0.05
"""Part of all growth; a smaller leak is only counted, unless it is the largest."""

_WORST_FIRST: Final = (
    Verdict.LEAK,
    Verdict.OVER_BUDGET,
    Verdict.REGRESSION,
    Verdict.ERROR,
    Verdict.INCONCLUSIVE,
    Verdict.KNOWN,
)
"""The order in which reports name verdicts. Leaks come before errors: an error must not push a leak out of sight."""
_GROWING: Final = frozenset({Verdict.LEAK, Verdict.OVER_BUDGET, Verdict.REGRESSION})
_ONE_AND_MANY: Final[dict[Verdict, tuple[str, str]]] = {
    Verdict.OK: ("ok", "ok"),
    Verdict.KNOWN: ("known leak", "known leaks"),
    Verdict.LEAK: ("leak", "leaks"),
    Verdict.OVER_BUDGET: ("over budget", "over budget"),
    Verdict.REGRESSION: ("regression", "regressions"),
    Verdict.INCONCLUSIVE: ("inconclusive", "inconclusive"),
    Verdict.TOO_SLOW: ("too slow", "too slow"),
    Verdict.NOT_REPEATABLE: ("not repeatable", "not repeatable"),
    Verdict.ERROR: ("error", "errors"),
}


def blocks_gate(report: GateReport, result: TargetResult) -> bool:
    """Whether the script keeps the gate from passing: it fails the gate, or it could not be judged."""
    return result.verdict is Verdict.ERROR or fails(result, report.about.fail_on)


def status(result: TargetResult) -> str:
    """Return the verdict in one or two words; for a planted leak, whether it was caught."""
    if _missed(result):
        return "not caught"
    return "caught" if _caught(result) else result.verdict.value


def _caught(result: TargetResult) -> bool:
    return result.target.expect is Expectation.LEAK and result.passed


def _missed(result: TargetResult) -> bool:
    """Whether a planted leak was measured and not found. One that was not measured is an error like any other."""
    return result.target.expect is Expectation.LEAK and not result.passed and result.verdict is not Verdict.ERROR


def headline(report: GateReport) -> str:
    """Return one sentence about the whole run, in leakgate's own words only."""
    return f"interrupted: {summary(report)}" if report.about.interrupted else summary(report)


def summary(report: GateReport) -> str:
    """Return the headline without the word ``interrupted``, for use beside a word that says how the run ended."""
    scripts = plural(len(report.results), _noun(report))
    wrong, caught = _counts(report), sum(map(_caught, report.results))
    caught_text = [f"{plural(caught, 'planted leak')} caught"] if caught else []
    if not report.results:
        return f"nothing was measured{_why_nothing(report)}"
    if report.about.interrupted:
        return ", ".join((scripts, *wrong, *caught_text))
    if report.verdict is GateVerdict.PASS:
        return ", ".join((scripts, *(wrong or ["no leak"] * (caught < len(report.results))), *caught_text))
    return ", ".join((f"{', '.join(wrong)} in {scripts}" if wrong else scripts, *caught_text))


def _noun(report: GateReport) -> str:
    """Return what the run measured: ``test suite`` or ``callable`` if all entries are of that kind, else ``script``."""
    entries = [result.target.entry for result in report.results]
    if all(isinstance(entry, TestsEntry) for entry in entries):
        return "test suite"
    return "callable" if all(isinstance(entry, CallEntry) for entry in entries) else "script"


def _causes(result: TargetResult) -> int:
    if result.verdict is not Verdict.LEAK or not result.tests:
        return 1
    return max(1, sum(not leak.known for leak in result.leaks))


def _why_nothing(report: GateReport) -> str:
    if report.about.interrupted:
        return ""
    if not report.problems:
        return ": no script was run"
    return (
        ": leakgate has a bug" if report.exit_code is ExitCode.BUG else f": {plural(len(report.problems), 'problem')}"
    )


def _counts(report: GateReport) -> list[str]:
    """Return how many scripts have each verdict other than ok, worst first; empty if all are ok.

    A suite counts once for each cause, because its tests are judged one by one.
    """
    missed = sum(map(_missed, report.results))
    counts = [f"{plural(missed, 'planted leak')} not caught"] if missed else []
    found: Counter[Verdict] = Counter()
    for result in report.results:
        if not _missed(result) and not _caught(result):
            found[result.verdict] += _causes(result)
    for verdict in _WORST_FIRST:
        if found[verdict]:
            one, many = _ONE_AND_MANY[verdict]
            counts.append(f"{found[verdict]} {one if found[verdict] == 1 else many}")
    return counts


def failing(report: GateReport) -> tuple[TargetResult, ...]:
    """Return the scripts that block the gate: leaks by growth, then planted leaks that were missed, then errors."""
    chosen = [result for result in report.results if blocks_gate(report, result)]
    return tuple(sorted(chosen, key=urgency))


def to_explain(report: GateReport) -> tuple[TargetResult, ...]:
    """Return the failing scripts, then other scripts that are not accepted: undecided, or a leak in advisory mode."""
    others = [result for result in report.results if not result.passed and not blocks_gate(report, result)]
    return (*failing(report), *sorted(others, key=urgency))


def urgency(result: TargetResult) -> tuple[int, float]:
    """Return a key that sorts results worst first; equal keys keep the order of the config.

    Every script that grows too much comes before every error, the fastest growth first.
    """
    if _missed(result):
        return 1, 0.0
    if _caught(result) or result.verdict is Verdict.OK:
        return 2 + len(_WORST_FIRST), 0.0
    if is_growth(result):
        return 0, -grown_bytes_per_s(result)
    return 2 + _WORST_FIRST.index(result.verdict), 0.0


def is_growth(result: TargetResult) -> bool:
    """Whether a script that is no planted leak grows more than it may."""
    return result.verdict in _GROWING and result.target.expect is not Expectation.LEAK


def grown_bytes_per_s(result: TargetResult) -> float:
    """Return how fast the memory of a script grows: the larger of its main trend and its leaks, without known ones."""
    leaks = sum(leak.bytes_per_s for leak in result.leaks if not leak.known)
    trend = main_trend(result)
    moved = trend.per_s if trend is not None and METRICS[trend.metric].unit is Unit.BYTES else 0.0
    return max(leaks, moved, 0.0)


def noteworthy(report: GateReport) -> tuple[TargetResult, ...]:
    """Return the failing scripts, then others with something to say: known leaks, undecided, hints, resources, load."""
    worst = failing(report)
    others = [
        result
        for result in report.results
        if not blocks_gate(report, result)
        and result.target.expect is Expectation.OK
        and (
            result.verdict is not Verdict.OK
            or result.hint
            or result.invitations
            or result.resources
            or result.measurement.trial.work
        )
    ]
    return (*worst, *others)


def plural(count: int, noun: str) -> str:
    """Return a number and a noun: ``1 script``, ``2 scripts``."""
    return f"{format_count(count)} {noun}{'' if count == 1 else 's'}"


def rate(bytes_per_s: float) -> str:
    """Return a rate per second; all reports use this unit for rates of memory."""
    if round(abs(bytes_per_s), 1) >= _SLOW_BYTES_PER_S or round(bytes_per_s, 1) == 0:
        return format_rate(bytes_per_s)
    return f"{bytes_per_s:+.1f} B/s"


def leak_rate(leak: Leak) -> str:
    """Return how fast a leak grows: per call if calls were counted, otherwise per second."""
    return leak_amount(leak) or rate(leak.bytes_per_s)


def trend_line(trend: Trend) -> str:
    """Return start, end, slope, interval, peak and noise of a trend."""
    if METRICS[trend.metric].unit is Unit.BYTES:
        low, high = (format_change(slope) for slope in (trend.low_per_s, trend.high_per_s))
        return (
            f"{format_size(trend.start)} to {format_size(trend.end)}, {format_rate(trend.per_s)} "
            f"(between {low} and {high}), peak {format_size(trend.peak)}, noise {format_size(trend.noise)}"
        )
    low, high = (f"{slope * 60:+,.1f}" for slope in (trend.low_per_s, trend.high_per_s))
    return (
        f"{format_count(trend.start)} to {format_count(trend.end)}, {trend.per_s * 60:+,.1f}/min "
        f"(between {low} and {high}), peak {format_count(trend.peak)}, noise {format_count(trend.noise)}"
    )


def further_failures(report: GateReport, result: TargetResult) -> tuple[Finding, ...]:
    """Return other findings that fail a script besides its reason: a fix of the reason alone would fail again."""
    return tuple(
        finding
        for finding in result.findings[1:]
        if finding.verdict in report.about.fail_on and finding.message != result.reason
    )


def main_trend(result: TargetResult) -> Trend | None:
    """Return the trend that says most about the script.

    For a leak, the metric of its kind: the C allocator's counter finds large Python objects, but they are reported as
    heap. For any other verdict, the metric that the worst finding names.
    """
    metric = next((finding.metric for finding in result.findings if finding.metric is not None), None)
    named = result.trend(metric) if metric is not None else None
    by_kind = {Kind.PYTHON: Metric.HEAP, Kind.NATIVE: Metric.NATIVE, Kind.CHILD: Metric.RSS, Kind.NONE: Metric.RSS}
    of_kind = result.trend(by_kind[result.kind])
    leaks = result.kind is not Kind.NONE and result.verdict in (Verdict.LEAK, Verdict.KNOWN, Verdict.REGRESSION)
    return ((of_kind or named) if leaks else (named or of_kind)) or result.trend(Metric.RSS)


def judged_trend(result: TargetResult, metric: Metric) -> Trend | None:
    """Return the trend of a metric for a table of scripts; None if there is none or the script was not judged.

    The readings of a script that ended too early are those of its start-up, which is no growth.
    """
    return None if _is_unmeasured(result) else result.trend(metric)


def _is_unmeasured(result: TargetResult) -> bool:
    return bool(result.findings) and result.findings[0].rule == "unmeasured"


def memory(result: TargetResult) -> str:
    """Return how the memory moves in one figure: ``+385 KB/s heap``, or that it is flat; a dash without readings."""
    trend = None if _is_unmeasured(result) else main_trend(result)
    if trend is None:
        return leak_amount(result.leaks[0]) if result.leaks and result.tests else "\u2013"
    title = METRICS[trend.metric].title
    if METRICS[trend.metric].unit is not Unit.BYTES:
        return f"{trend.per_s * 60:+,.1f}/min {title}"
    if result.verdict is Verdict.OVER_BUDGET and abs(trend.growth) <= trend.noise:
        return f"{title} peak {format_size(trend.peak)}"
    if abs(trend.growth) <= trend.noise:
        return f"{title} {format_size(trend.end)}, flat"
    return f"{rate(trend.per_s)} {title}"


def main_leaks(result: TargetResult, most: int) -> tuple[tuple[Leak, ...], str]:
    """Return the leaks that matter, as they are ordered, and a text about those left out (empty if there are none)."""
    shown = tuple(leak for at, leak in enumerate(result.leaks[:most]) if at == 0 or leak.share >= LEAST_SHARE)
    hidden = result.leaks[len(shown) :]
    if not hidden:
        return shown, ""
    if result.tests:  # the share of a leak is the share of its test
        return shown, f"{len(hidden)} more {'leak' if len(hidden) == 1 else 'leaks'}"
    part = share(sum(leak.share for leak in hidden))
    return shown, f"{len(hidden)} smaller {'one' if len(hidden) == 1 else 'ones'}, {part} of the growth"


def comparison(report: GateReport) -> str:
    """Return what the run was compared with; empty for ``monitor``, which compares with nothing."""
    words = {
        BaselineState.FOUND: "compared with the baseline",
        BaselineState.MISSING: "no baseline yet",
        BaselineState.OTHER_ENVIRONMENT: "the baseline has no entry for this environment",
        BaselineState.BASE_RUN: "compared with the base run if the baseline has no entry",
        BaselineState.DISABLED: "baseline not used",
    }
    if report.about.baseline_state is BaselineState.DISABLED and not report.about.config_path:
        return ""
    return words[report.about.baseline_state] if report.about.baseline_state is not None else ""


def where(places: Places, result: TargetResult) -> str:
    """Return the line to look at first; empty without a leak."""
    return places.line(result.leaks[0].place) if result.leaks else ""


def allocated_at(leak: Leak, places: Places) -> tuple[str, ...]:
    """Return the lines that allocate the leak, with shares if there are several; empty if it is the shown line.

    ``shop/api.py:112 in Session.__init__, 67 %``
    """
    shares: dict[Frame, float] = {}
    for part in leak.parts:
        shares[part.site.blamed] = shares.get(part.site.blamed, 0.0) + part.site.share
    if list(shares) == [leak.place]:
        return ()
    texts = []
    for frame, of_growth in shares.items():
        function = f" in {frame.function}" if frame.function else ""
        amount = f", {share(of_growth)}" if len(shares) > 1 else ""
        texts.append(f"{places.line(frame)}{function}{amount}")
    return tuple(texts)


def held_word(holder: Holder) -> str:
    """Return ``held by``; for a weak container, which keeps nothing alive, ``also listed in``."""
    return "also listed in" if holder.weak else "held by"


def container(holder: Holder) -> str:
    """Return the kind of holder: ``dict``, ``weak set``, or ``linked Node`` for objects that refer to each other."""
    how = "weak " if holder.weak else "linked " if holder.linked else ""
    return how + one_line(holder.container_type, 80)


def holder_growth(holder: Holder, *, timed: bool = True) -> str:
    """Return the container and how fast it grows: ``dict of Session, 18,312 entries, +1,240/min, from module x``.

    ``timed``: False for a test, whose holder grows per call and not over time.
    """
    entries = f" of {one_line(holder.entry_type, 80)}" if holder.entry_type else ""
    bound = f" of at most {format_count(holder.bound)}" if holder.bound is not None else ""
    return (
        f"{container(holder)}{entries}, {format_count(holder.length)} {units(holder)}{bound}, "
        f"{f'{holder.grew_per_min:+,.0f}/min, ' if timed else ''}from {one_line(holder.root, 120)}{_owned(holder)}"
    )


def units(holder: Holder) -> str:
    """Return what the length of a holder counts: entries, or the bytes of a text, a buffer or an array."""
    is_data = holder.container_type in _OF_BYTES or holder.owns == holder.container_type
    return "bytes" if is_data and not holder.entry_type else "entries"


def _owned(holder: Holder) -> str:
    """Return the extension objects that come with the entries, if they are not the entries themselves."""
    if not holder.owns or holder.owns in (holder.entry_type, holder.container_type):
        return ""
    return f"; each comes with a {one_line(holder.owns, 80)}, which may own native memory"


def share(part: float) -> str:
    """Return a part of all growth: ``81 %``."""
    return f"{part * 100:.0f} %"


def doubt(site: GrowthSite) -> str:
    """Return how certain it is that the line is right, ``70 %``; empty if it is certain."""
    return share(site.confidence) if site.confidence < _CERTAIN else ""


def readings(result: TargetResult, metric: Metric = Metric.RSS) -> tuple[float, ...]:
    """Return the tree's readings of a metric, in the order of time; empty if there are none."""
    return next((series.values for series in result.measurement.trial.tree if series.metric is metric), ())


def took(result: TargetResult) -> str:
    """Return how long the script ran; empty if it did not run."""
    seconds = took_s(result)
    return format_duration(seconds) if seconds > 0 else ""


def took_s(result: TargetResult) -> float:
    """Return how long the script ran, in seconds."""
    trial = result.measurement.trial
    return trial.at_s if isinstance(trial, TrialFailed) else trial.ending.at_s
