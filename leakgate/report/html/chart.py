"""The chart of a script as SVG: small panels over one time axis, readable in any width and without scripting.

Lines are in a nested drawing that is stretched to the width; text and markers are placed in per cent, so that they
keep their shape. A line is recognised by its form and its label, never by its colour alone.
"""

from collections.abc import Iterable
from itertools import repeat
from typing import Final

from leakgate.model.metrics import Unit
from leakgate.model.report import TargetResult, Trend
from leakgate.model.units import format_count, format_rate, format_size
from leakgate.report.html.markup import NOTHING, Html, tag
from leakgate.report.html.panels import LimitLine, Panel, Phases, panels, phases
from leakgate.report.html.scale import (
    FULL,
    Axis,
    Point,
    TimeAxis,
    path,
    percent,
    tick_label,
    time_axis,
    time_label,
    time_ticks,
    value_axis,
    value_ticks,
)
from leakgate.report.shown_readings import NOISE_TIMES

_STRETCHED: Final = {"viewBox": f"0 0 {FULL} {FULL}", "preserveAspectRatio": "none", "width": "100%", "height": "100%"}
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
_NARROW: Final = 0.06
"""Part of the width below which a phase gets no label."""
_LABEL_HEIGHT: Final = 0.15
"""A label's part of a plot's height."""
_BESIDE: Final = 0.01
"""Part of the width between an edge and a label."""
_ROOMY: Final = 0.2
"""Part of the width below which a phase shows its label only on a wide screen."""


def chart(result: TargetResult, points: int) -> Html:
    """Return the figure of one script with at most ``points`` readings per line; nothing if there are no readings."""
    when = phases(result)
    drawn = panels(result, when, points) if when else ()
    if when is None or not drawn:
        return NOTHING
    time = time_axis(when.warm_s, when.watched_s, when.end_s)
    names = ", ".join(panel.title for panel in drawn)
    parts = [_panel(panel, when, time) for panel in drawn]
    box = tag(
        "div",
        _phase_strip(when, time),
        *parts,
        _time_axis(when, time),
        tag("output", class_="tip"),
        class_="chart",
        role="group",
        aria_roledescription="chart",
        aria_label=f"{names} over {time_label(when.end_s)}. Arrow keys read values.",
        data_stops=" ".join(f"{seconds:.6g}:{part:.6g}" for seconds, part in time.stops),
        data_warm=f"{when.warm_s:.6g}",
        data_watched=f"{when.watched_s:.6g}",
    )
    return tag("figure", box, _legend(drawn, when), _explained(drawn))


def patterns() -> Html:
    """Return the hatching of the warm-up and the dots of the explaining phase; needed once per page."""
    hatch = tag(
        "pattern",
        tag("path", d="M0 6L6 0M-1 1L1 -1M5 7L7 5", class_="hatch-line"),
        id="hatch",
        width=6,
        height=6,
        patternUnits="userSpaceOnUse",
    )
    dots = tag(
        "pattern",
        tag("circle", cx=1.5, cy=1.5, r=0.9, class_="dot-fill"),
        id="dots",
        width=6,
        height=6,
        patternUnits="userSpaceOnUse",
    )
    return tag("svg", tag("defs", hatch, dots), class_="hidden-text", width=0, height=0, aria_hidden="true")


def _panel(panel: Panel, when: Phases, time: TimeAxis) -> Html:
    axis, near, far = _axis(panel, when)
    lines = [tag("path", d=path(panel.readings, time, axis), class_="reading")]
    if panel.trend:
        lines += _trend(panel.trend, panel.middle, when, time, axis)
    lines += [tag("path", d=path(limit.ends, time, axis), class_="budget") for limit in near if limit != panel.accepted]
    if panel.accepted in near:
        lines.append(tag("path", d=path(panel.accepted.ends, time, axis), class_="accepted"))
    plot = tag(
        "svg",
        *_shades(when, time),
        *(
            tag("line", class_="grid", x1="0", x2="100%", y1=percent(y), y2=percent(y))
            for y in (1 - axis.part(tick) for tick in value_ticks(axis))
        ),
        tag("rect", class_="frame", width="100%", height="100%"),
        tag("svg", *lines, **_STRETCHED),
        *_markers(panel.floors, time, axis, "floor", 3.5),
        *_markers(panel.settled, time, axis, "settled", 3),
        *_limit_labels(panel, near, axis),
        *_far_labels(panel, far, time.part(when.warm_s) + _BESIDE),
        class_="plot",
        aria_hidden="true",
    )
    return tag(
        "div",
        _panel_head(panel),
        tag("div", _gutter(axis, panel.unit), plot, class_="panel-row"),
        class_="panel deciding" if panel.deciding else "panel",
        data_title=panel.title,
        data_unit=panel.unit,
        data_low=f"{axis.low:.10g}",
        data_high=f"{axis.high:.10g}",
    )


def _axis(panel: Panel, when: Phases) -> tuple[Axis, list[LimitLine], list[LimitLine]]:
    """Return the axis of the values, the limits that are drawn on it, and the limits that are too far above."""
    from_s = when.warm_s if 0 < when.warm_s < when.watched_s else _START_S
    values = [value for t, value in panel.readings if from_s <= t <= when.watched_s]
    values = values or [value for _, value in panel.readings]
    if panel.trend:
        values += [value for _, value in _trend_line(panel.middle, panel.trend.per_s, when)]
    reach = max(values) + _FAR * (max(values) - min(values))
    limits = [*panel.budgets, *([panel.accepted] if panel.accepted else [])]
    near = [limit for limit in limits if limit.ends[1][1] <= reach]
    values += [value for limit in near for _, value in limit.ends]
    highest = max(values)
    least = max(NOISE_TIMES * panel.trend.noise, _LEAST_SPAN * highest) if panel.trend else _UNJUDGED_SPAN * highest
    return value_axis(values, least_span=least), near, [limit for limit in limits if limit not in near]


def _trend_line(middle: float, per_s: float, when: Phases) -> tuple[Point, Point]:
    """Return a line with this slope through the middle of the window, where the slopes of an interval meet."""
    half_s = (when.watched_s - when.warm_s) / 2
    return (when.warm_s, middle - per_s * half_s), (when.watched_s, middle + per_s * half_s)


def _trend(trend: Trend, middle: float, when: Phases, time: TimeAxis, axis: Axis) -> list[Html]:
    low, line, high = (_trend_line(middle, per_s, when) for per_s in (trend.low_per_s, trend.per_s, trend.high_per_s))
    return [
        tag("path", d=f"{path((*high, low[1], low[0]), time, axis)}z", class_="interval"),
        tag("path", d=path(line, time, axis), class_="trend"),
    ]


def _shades(when: Phases, time: TimeAxis) -> Iterable[Html]:
    warm, watched = time.part(when.warm_s), time.part(when.watched_s)
    if warm > 0:
        yield tag("rect", class_="warm", width=percent(warm), height="100%")
        yield tag("line", class_="edge", x1=percent(warm), x2=percent(warm), y1="0", y2="100%")
    if watched < 1:
        yield tag("rect", class_="traced", x=percent(watched), width=percent(1 - watched), height="100%")
        yield tag("line", class_="edge", x1=percent(watched), x2=percent(watched), y1="0", y2="100%")


def _phase_strip(when: Phases, time: TimeAxis) -> Html:
    warm, watched = time.part(when.warm_s), time.part(when.watched_s)
    labels = (
        *_phase_label(0.0, warm, "warm-up"),
        *_phase_label(warm, watched, "measured"),
        *_phase_label(watched, 1.0, "explaining" if when.explained else "stopping"),
    )
    return tag("div", tag("svg", *labels, aria_hidden="true"), class_="axis phases")


def _phase_label(start: float, end: float, label: str) -> Iterable[Html]:
    if end - start >= _NARROW:
        # At the edges, a label is aligned with its phase, so that it does not reach beyond the page.
        roomy = end - start >= _ROOMY
        x, anchor = (start + end) / 2, "middle"
        if start <= 0 and not roomy:
            x, anchor = start, "start"
        elif end >= 1 and not roomy:
            x, anchor = end, "end"
        yield tag("text", label, x=percent(x), y=12, text_anchor=anchor, class_=None if roomy else "middle")


def _markers(
    points: Iterable[tuple[float, float]], time: TimeAxis, axis: Axis, cls: str, radius: float
) -> Iterable[Html]:
    for t, value in points:
        if 0 <= (y := 1 - axis.part(value)) <= 1:
            yield tag("circle", class_=cls, cx=percent(time.part(t)), cy=percent(y), r=radius)


def _limit_labels(panel: Panel, near: list[LimitLine], axis: Axis) -> Iterable[Html]:
    above = 0.0
    for y, limit in sorted(((1 - axis.part(limit.ends[1][1]), limit) for limit in near), key=lambda row: row[0]):
        # Above its line, unless the plot ends there or the previous label is in the way.
        shift = 15 if y - above < _LABEL_HEIGHT else -5
        yield tag(
            "text", limit.label, class_=_limit_class(panel, limit), x="99%", y=percent(y), dy=shift, text_anchor="end"
        )
        above = y


def _far_labels(panel: Panel, far: list[LimitLine], left: float) -> Iterable[Html]:
    """Yield limits above the chart, in its upper left, where a rising line does not pass."""
    for at, limit in enumerate(far):
        label = f"{limit.label}: above this chart \u2191"
        yield tag("text", label, class_=_limit_class(panel, limit), x=percent(left), y=15 + 14 * at)


def _limit_class(panel: Panel, limit: LimitLine) -> str:
    return "limit of-baseline" if limit is panel.accepted else "limit"


def _panel_head(panel: Panel) -> Html:
    name = tag("span", tag("strong", panel.title), tag("span", f" {panel.what}", class_="what"))
    return tag("div", name, *([_rate(panel.trend, panel.unit)] if panel.trend else []), class_="panel-head")


def _rate(trend: Trend, unit: Unit) -> Html:
    rate = tag("strong", rate_of(trend.per_s, unit))
    return tag("span", rate, tag("span", f" ({interval(trend, unit)})", class_="soft"), class_="rate")


def interval(trend: Trend, unit: Unit) -> str:
    """Return the confidence interval of a trend's rate."""
    low, high = rate_of(trend.low_per_s, unit), rate_of(trend.high_per_s, unit)
    return f"{low.removesuffix('/min').removesuffix('/s')} to {high}"


def rate_of(per_s: float, unit: Unit) -> str:
    """Return a rate: memory per second, counted things per minute."""
    if unit is Unit.BYTES:
        return format_rate(per_s)
    return f"{'+' if per_s * 60 >= 0.5 else ''}{format_count(per_s * 60)}/min"


def amount(value: float, unit: Unit) -> str:
    """Return a value in the metric's unit."""
    return format_size(value) if unit is Unit.BYTES else format_count(value)


def _gutter(axis: Axis, unit: Unit) -> Html:
    labels = (
        tag(
            "text", tick_label(tick, unit), x="100%", dx="-8", y=percent(1 - axis.part(tick)), dy="4", text_anchor="end"
        )
        for tick in value_ticks(axis)
    )
    return tag("svg", *labels, class_="gutter", aria_hidden="true")


def _time_axis(when: Phases, time: TimeAxis) -> Html:
    """Draw labels at round times of the judged part; the folded parts have no room for labels."""
    ticks = time_ticks(when.watched_s, when.warm_s) if when.watched_s > when.warm_s else time_ticks(when.end_s)
    labels = (
        tag(
            "text",
            time_label(tick),
            x=percent(time.part(tick)),
            y="14",
            text_anchor="start" if time.part(tick) < 0.03 else "end" if time.part(tick) > 0.97 else "middle",
        )
        for tick in ticks
    )
    return tag("div", tag("svg", *labels, aria_hidden="true"), class_="axis")


def _explained(drawn: tuple[Panel, ...]) -> Html:
    """Return a line for each thing in the chart that a reader may not know."""
    noises = ", ".join(f"{amount(panel.trend.noise, panel.unit)} of {panel.title}" for panel in drawn if panel.trend)
    lines = (
        (
            any(panel.floors for panel in drawn),
            "Floors",
            "the lowest readings of each part of the run. Garbage and bursts lie above; only a leak lifts them.",
        ),
        (
            any(panel.settled for panel in drawn),
            "Right after a full collection",
            "readings without garbage in reference cycles, because leakgate had just asked for a collection.",
        ),
        (bool(noises), "Noise", f"how far floors vary without a leak. Growth below it does not count: {noises}."),
    )
    items = [tag("li", tag("b", f"{name}: "), text) for shown, name, text in lines if shown]
    return tag("ul", *items, class_="explained") if items else NOTHING


def _draws_budget(panel: Panel, when: Phases) -> bool:
    return any(limit is not panel.accepted for limit in _axis(panel, when)[1])


def _draws_accepted(panel: Panel, when: Phases) -> bool:
    return panel.accepted is not None and panel.accepted in _axis(panel, when)[1]


def _legend(drawn: tuple[Panel, ...], when: Phases) -> Html:
    line = "M0 6L28 6"
    trends = any(panel.trend for panel in drawn)
    entries = [
        (True, tag("path", d="M0 8L7 4L14 9L21 3L28 7", class_="reading"), "readings"),
        (any(panel.floors for panel in drawn), tag("circle", cx=14, cy=6, r=3.5, class_="floor"), "floors"),
        (
            any(panel.settled for panel in drawn),
            tag("circle", cx=14, cy=6, r=3, class_="settled"),
            "right after a full collection",
        ),
        (trends, tag("path", d=line, class_="trend"), "trend of the floors"),
        (trends, tag("path", d="M0 0L28 12V0L0 12z", class_="interval"), "95 % interval"),
        (any(map(_draws_budget, drawn, repeat(when))), tag("path", d=line, class_="budget"), "budget"),
        (
            any(map(_draws_accepted, drawn, repeat(when))),
            tag("path", d=line, class_="accepted"),
            "accepted by the baseline",
        ),
        (when.warm_s > 0, tag("rect", width=28, height=12, class_="warm"), "warm-up, not judged"),
        (
            when.watched_s < when.end_s,
            tag("rect", width=28, height=12, class_="traced"),
            "explaining, not judged" if when.explained else "stopping, not judged",
        ),
    ]
    items = (
        tag("li", tag("svg", mark, class_="swatch", viewBox="0 0 28 12", aria_hidden="true"), name)
        for shown, mark, name in entries
        if shown
    )
    return tag("ul", *items, class_="legend", aria_label="Legend")
