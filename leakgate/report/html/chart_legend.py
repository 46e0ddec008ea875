"""The legend below a chart: its marks, and the terms that a reader may not know."""

from itertools import repeat

from leakgate.report.html.amounts import amount
from leakgate.report.html.chart_range import range_of
from leakgate.report.html.markup import NOTHING, Html, tag
from leakgate.report.html.panels import Panel, Phases


def legend(drawn: tuple[Panel, ...], when: Phases) -> Html:
    """Return the marks of a chart with their names."""
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


def explained_terms(drawn: tuple[Panel, ...]) -> Html:
    """Return a line for each thing in the chart that a reader may not know."""
    noises = ", ".join(f"{amount(panel.trend.noise, panel.unit)} of {panel.title}" for panel in drawn if panel.trend)
    lines = (
        (
            any(panel.floors for panel in drawn),
            "Floors",
            "the lowest reading of each part of the run. Garbage and bursts lie above it; only a leak lifts it.",
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
    return any(limit is not panel.accepted for limit in range_of(panel, when)[1])


def _draws_accepted(panel: Panel, when: Phases) -> bool:
    return panel.accepted is not None and panel.accepted in range_of(panel, when)[1]
