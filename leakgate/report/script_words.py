"""One script in the words of all reports: its status, how long it ran, and how its memory moves. Pure."""

from leakgate.model.evidence import TrialFailed
from leakgate.model.metrics import METRICS, Metric, Unit
from leakgate.model.report import TargetResult, Trend
from leakgate.model.units import format_change, format_count, format_duration, format_rate, format_size
from leakgate.model.verdict import Expectation, Kind, Verdict
from leakgate.report.answer_words import leak_amount
from leakgate.report.number_words import level, rate


def status(result: TargetResult) -> str:
    """Return the verdict in one or two words; for a planted leak, whether it was caught."""
    if is_missed(result):
        return "not caught"
    return "caught" if is_caught(result) else result.verdict.value


def is_caught(result: TargetResult) -> bool:
    """Whether a planted leak was found."""
    return result.target.expect is Expectation.LEAK and result.passed


def is_missed(result: TargetResult) -> bool:
    """Whether a planted leak was measured and not found. One that was not measured is an error like any other."""
    return result.target.expect is Expectation.LEAK and not result.passed and result.verdict is not Verdict.ERROR


def took(result: TargetResult) -> str:
    """Return how long the script ran; empty if it did not run."""
    seconds = took_s(result)
    return format_duration(seconds) if seconds > 0 else ""


def took_s(result: TargetResult) -> float:
    """Return how long the script ran, in seconds."""
    trial = result.measurement.trial
    return trial.at_s if isinstance(trial, TrialFailed) else trial.ending.at_s


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

    The readings of a script that ended too early are those of its start-up, which is not growth.
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
        return f"{title} peak {level(trend.metric, trend.peak)}"
    if abs(trend.growth) <= trend.noise:
        return f"{title} {level(trend.metric, trend.end)}, flat"
    return f"{rate(trend.per_s)} {title}"


def trend_line(trend: Trend) -> str:
    """Return start, end, slope, interval, peak and noise of a trend."""
    start, end, peak = (level(trend.metric, value) for value in (trend.start, trend.end, trend.peak))
    if METRICS[trend.metric].unit is Unit.BYTES:
        low, high = (format_change(slope) for slope in (trend.low_per_s, trend.high_per_s))
        return (
            f"{start} to {end}, {format_rate(trend.per_s)} (between {low} and {high}), peak {peak}, "
            f"noise {format_size(trend.noise)}"
        )
    low, high = (f"{slope * 60:+,.1f}" for slope in (trend.low_per_s, trend.high_per_s))
    return (
        f"{start} to {end}, {trend.per_s * 60:+,.1f}/min (between {low} and {high}), peak {peak}, "
        f"noise {format_count(trend.noise)}"
    )
