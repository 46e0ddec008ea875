"""Descriptors, threads, tasks and child processes that pile up, and the code that makes them."""

from leakgate.model.explanation import ResourceGrowth
from leakgate.report.html.blocks import part
from leakgate.report.html.markup import NOTHING, Html, tag
from leakgate.report.number_words import plural
from leakgate.report.places import Places
from leakgate.report.resource_words import NOT_KNOWN, resource_growth


def resources(found: tuple[ResourceGrowth, ...], places: Places) -> Html:
    """Return all of them, one line each; the calls that lead to the line unfold below."""
    if not found:
        return NOTHING
    return part("What piles up", *(_resource(growth, places) for growth in found))


def _resource(growth: ResourceGrowth, places: Places) -> Html:
    blamed = growth.blamed
    if blamed is None:
        return tag("article", tag("header", tag("h5", resource_growth(growth))), _made_at(NOT_KNOWN), class_="leak")
    function = [tag("span", f" in {blamed.function}", class_="soft")] if blamed.function else []
    frames = tag("ol", *(tag("li", f"{places.line(one)} {one.function}") for one in growth.frames), class_="frames")
    return tag(
        "article",
        tag("header", tag("h5", resource_growth(growth))),
        _made_at(tag("code", places.line(blamed)), *function),
        tag("details", tag("summary", f"Traceback, {plural(len(growth.frames), 'frame')}"), frames, class_="more"),
        class_="leak",
    )


def _made_at(*place: Html | str) -> Html:
    return tag("dl", tag("dt", "Made at"), tag("dd", *place), class_="facts")
