"""The readings of one metric that a report draws, of the process tree or of the main process. Values in and out."""

import math
from bisect import bisect_left
from collections.abc import Sequence
from dataclasses import replace
from typing import Final

from leakgate.growth.floors import merge
from leakgate.growth.noise import BYTES_PER_BLOCK
from leakgate.growth.sizes import block_scale, large_share
from leakgate.growth.thinning import thinned
from leakgate.model.evidence import ProcessRole, Series, TrialFailed
from leakgate.model.metrics import Metric
from leakgate.model.report import TargetResult
from leakgate.report.script_words import main_trend

NOISE_TIMES: Final = 4
"""The range of a picture is at least this many times the noise, so that noise does not look like growth."""
OF_MAIN: Final = ", of the main process"

Reading = tuple[float, float]
"""Seconds since the script was started, and the value in the metric's unit."""


def shown_readings(
    result: TargetResult, metric: Metric, points: int, *, settled: bool = False
) -> tuple[tuple[Reading, ...], str]:
    """Return at most ``points`` readings of a metric, and the process they belong to (empty: the whole tree).

    The readings are empty if the metric was not read. ``settled`` selects those right after a full collection.
    """
    trial = result.measurement.trial
    main = next((process.series for process in trial.processes if process.role is ProcessRole.MAIN), ())
    sized = bytes_per_block(result)
    for series, source in ((trial.tree, ""), (main, OF_MAIN)):
        if readings := readings_of(_shared_out(result, series, metric, sized), metric, points, sized, settled=settled):
            return readings, source
    return (), ""


def _shared_out(result: TargetResult, series: tuple[Series, ...], metric: Metric, sized: float) -> tuple[Series, ...]:
    """Return the series of the heap or of native memory as the trends count them.

    Python takes large objects from the C allocator. The traced share of that allocator's growth is drawn as heap.
    """
    trial = result.measurement.trial
    share = None if isinstance(trial, TrialFailed) else large_share(trial)
    if not share or metric not in (Metric.HEAP, Metric.NATIVE):
        return series
    native = [one for one in series if one.metric is Metric.NATIVE and not one.settled]
    shown = [one for one in series if one.metric is metric]
    if not shown and metric is Metric.HEAP:
        shown = [one for one in series if one.metric is Metric.BLOCKS]
    if len(native) != 1 or not native[0].t_s:
        return series
    times, values = native[0].t_s, native[0].values
    base = values[min(bisect_left(times, result.warmup_s), len(values) - 1)]
    sign = 1.0 if metric is Metric.HEAP else -1.0

    def moved(one: Series) -> Series:
        scale = sized if one.metric is Metric.BLOCKS else 1.0
        grown = (values[min(bisect_left(times, t), len(values) - 1)] - base for t in one.t_s)
        rows = zip(one.values, grown, strict=True)
        return replace(one, metric=metric, values=tuple(value * scale + sign * share * more for value, more in rows))

    return tuple(map(moved, shown))


def judged_readings(result: TargetResult, points: int) -> tuple[Metric, tuple[float, ...]]:
    """Return the metric that decides, and its readings in the judged part; for a failed script, all readings."""
    trial = result.measurement.trial
    trend = main_trend(result)
    metric = trend.metric if trend is not None else Metric.RSS
    readings, _ = shown_readings(result, metric, points)
    if isinstance(trial, TrialFailed):
        return metric, tuple(value for _, value in readings)
    until_s = trial.watched_s or math.inf
    return metric, tuple(value for t, value in readings if result.warmup_s <= t <= until_s)


def judged_span(result: TargetResult) -> tuple[float, float]:
    """Return when the judged part began and ended, in seconds since the script was started."""
    trial = result.measurement.trial
    if isinstance(trial, TrialFailed):
        return 0.0, trial.at_s
    return result.warmup_s, trial.watched_s or trial.ending.at_s


def bytes_per_block(result: TargetResult) -> float:
    """Return the mean size of a heap block in bytes, as the trace measured it; without a trace, the default."""
    trial = result.measurement.trial
    return BYTES_PER_BLOCK * block_scale(None if isinstance(trial, TrialFailed) else trial.explanation)


def readings_of(
    series: tuple[Series, ...],
    metric: Metric,
    points: int,
    block_bytes: float = BYTES_PER_BLOCK,
    *,
    settled: bool = False,
) -> tuple[Reading, ...]:
    """Return up to ``points`` readings of a metric. A heap without sizes is counted as blocks times ``block_bytes``."""
    chosen = [one for one in series if one.metric is metric and one.settled is settled]
    scale = 1.0
    if metric is Metric.HEAP and not chosen:
        chosen = [one for one in series if one.metric is Metric.BLOCKS and one.settled is settled]
        scale = block_bytes
    if not chosen:
        return ()
    short = thinned(_numbers_only(chosen[0] if len(chosen) == 1 else _joined(chosen)), points)
    return tuple((t, value * scale) for t, value in zip(short.t_s, short.values, strict=True))


def _joined(parts: Sequence[Series]) -> Series:
    joined = merge(*parts)
    return Series(parts[0].metric, joined.t_s, joined.values, parts[0].settled)


def _numbers_only(series: Series) -> Series:
    """Return the readings that can be drawn, without NaN and infinity.

    If the sum is finite, all readings are finite, so most series need only one check.
    """
    if series.t_s and series.t_s[0] >= 0 and math.isfinite(sum(series.t_s)) and math.isfinite(sum(series.values)):
        return series
    rows = zip(series.t_s, series.values, strict=True)
    kept = [(t, value) for t, value in rows if t >= 0 and math.isfinite(t) and math.isfinite(value)]
    return Series(series.metric, tuple(t for t, _ in kept), tuple(value for _, value in kept), series.settled)
