"""The range of values that a panel of the chart shows, and the limits inside and above it."""

from typing import Final

from leakgate.report.html.panels import LimitLine, Panel, Phases
from leakgate.report.html.scale import Axis, Point, value_axis
from leakgate.report.shown_readings import NOISE_TIMES

_START_S: Final = 0.5
"""Before this time the interpreter is still starting: its few megabytes would make the rest look flat."""
_FAR: Final = 1.5
"""If a limit is above the readings by more than this many times their range, the chart names it at the edge and does
not draw it to scale."""
_LEAST_SPAN: Final = 0.002
"""The range of a chart is at least this part of the highest reading, because a smaller range shows only jitter of the
counters."""
_UNJUDGED_SPAN: Final = 0.02
"""The same part if the noise is not known."""


def range_of(panel: Panel, when: Phases) -> tuple[Axis, list[LimitLine], list[LimitLine]]:
    """Return the axis of the values, the limits that are drawn on it, and the limits that are too far above."""
    from_s = when.warm_s if 0 < when.warm_s < when.watched_s else _START_S
    values = [value for t, value in panel.readings if from_s <= t <= when.watched_s]
    values = values or [value for _, value in panel.readings]
    if panel.trend:
        values += [value for _, value in trend_line(panel.middle, panel.trend.per_s, when)]
    reach = max(values) + _FAR * (max(values) - min(values))
    limits = [*panel.budgets, *([panel.accepted] if panel.accepted else [])]
    near = [limit for limit in limits if limit.ends[1][1] <= reach]
    values += [value for limit in near for _, value in limit.ends]
    highest = max(values)
    least = max(NOISE_TIMES * panel.trend.noise, _LEAST_SPAN * highest) if panel.trend else _UNJUDGED_SPAN * highest
    return value_axis(values, least_span=least), near, [limit for limit in limits if limit not in near]


def trend_line(middle: float, per_s: float, when: Phases) -> tuple[Point, Point]:
    """Return a line with this slope through the middle of the window, where the slopes of an interval meet."""
    half_s = (when.watched_s - when.warm_s) / 2
    return (when.warm_s, middle - per_s * half_s), (when.watched_s, middle + per_s * half_s)
