"""The chart of a script as SVG: small panels over one time axis, readable in any width and without scripting.

Lines are in a nested drawing that is stretched to the width; text and markers are placed in per cent, so that they
keep their shape. A line is recognised by its form and its label, never by its colour alone.
"""

from collections.abc import Iterable
from typing import Final

from leakgate.model.metrics import Unit
from leakgate.model.report import TargetResult, Trend
from leakgate.report.html.amounts import interval, rate_of
from leakgate.report.html.chart_legend import explained_terms, legend
from leakgate.report.html.chart_range import range_of, trend_line
from leakgate.report.html.markup import NOTHING, Html, tag
from leakgate.report.html.panels import LimitLine, Panel, Phases, panels, phases
from leakgate.report.html.scale import (
    FULL,
    Axis,
    TimeAxis,
    path,
    percent,
    tick_label,
    time_axis,
    time_label,
    time_ticks,
    value_ticks,
)

_STRETCHED: Final = {"viewBox": f"0 0 {FULL} {FULL}", "preserveAspectRatio": "none", "width": "100%", "height": "100%"}
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
    return tag("figure", box, legend(drawn, when), explained_terms(drawn))


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
    axis, near, far = range_of(panel, when)
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


def _trend(trend: Trend, middle: float, when: Phases, time: TimeAxis, axis: Axis) -> list[Html]:
    low, line, high = (trend_line(middle, per_s, when) for per_s in (trend.low_per_s, trend.per_s, trend.high_per_s))
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
