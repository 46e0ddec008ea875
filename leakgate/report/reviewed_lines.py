"""A line of code as a review shows it: linked at the head commit of the change, with what the change did to it."""

import urllib.parse
from collections.abc import Iterable
from typing import Final

from leakgate.model.explanation import Frame
from leakgate.model.report import GateReport, Leak, TargetResult
from leakgate.model.review import CodeHost, CodePlace, LineOrigin, Review, SeenLeak, Touch
from leakgate.report.anchors import inside, source_places
from leakgate.report.escape import markdown_inline, one_line
from leakgate.report.leak_words import main_leaks
from leakgate.report.places import Places, places_of
from leakgate.report.script_order import grown_bytes_per_s, is_growth, noteworthy, urgency
from leakgate.report.style import Style

MOST_LEAKS: Final = 3
"""The largest number of leaks of one script that a report shows in full."""
MOST_SCRIPTS: Final = 20
_PLACE_LIMIT: Final = 120
_SHOWN_DIGITS: Final = 8


def code_place(frame: Frame, places: Places) -> CodePlace | None:
    """Return the line from the root of the repository; None if it is outside, or if its number is not known."""
    path = inside(places, frame.file)
    return CodePlace(path=path, line=frame.line) if frame.own and path and frame.line > 0 else None


def reviewed_places(report: GateReport, source_root: str) -> tuple[CodePlace, ...]:
    """Return every line that a report will comment on, the worst first, so that the caller can look them up before."""
    found: list[CodePlace | None] = []
    for result in noteworthy(report)[:MOST_SCRIPTS]:
        places = source_places(report, result, source_root)
        for leak in main_leaks(result, MOST_LEAKS)[0]:
            found += [code_place(frame, places) for frame in _frames(leak)]
    return tuple(dict.fromkeys(place for place in found if place is not None))


def seen_leaks(report: GateReport, source_root: str) -> tuple[SeenLeak, ...]:
    """Return the leaks of this run for the next report on the same change to remember; planted leaks do not count."""
    return tuple(
        SeenLeak(
            script=one_line(result.target.name),
            place=one_line(places_of(report, result, source_root).line(result.leaks[0].place)) if result.leaks else "",
            bytes_per_s=grown_bytes_per_s(result),
        )
        for result in sorted(report.results, key=urgency)
        if is_growth(result)
    )


def linked_line(frame: Frame, report: GateReport, result: TargetResult, style: Style) -> str:
    """Return ``shop/api.py:112`` as harmless Markdown; a link if the repository and the commit are known."""
    text = markdown_inline(places_of(report, result, style.source_root).line(frame), _PLACE_LIMIT)
    place = code_place(frame, source_places(report, result, style.source_root))
    host = style.review.host
    return f"[{text}]({permalink(host, place)})" if host is not None and place is not None else text


def permalink(host: CodeHost, place: CodePlace) -> str:
    """Return the address of a line at the head of the change; other characters than letters and digits are quoted."""
    path = urllib.parse.quote(place.path.encode("utf-8", "surrogatepass"), safe="/")
    return f"{host.server_url}/{host.repository}/blob/{host.commit}/{path}#L{place.line}"


def touched(leak: Leak, report: GateReport, result: TargetResult, style: Style) -> str:
    """Return what the change did to the line of a leak, as Markdown; empty if that is not known.

    If the change did not add this line but added a line that calls it, that line is named too.
    """
    review = style.review
    places = source_places(report, result, style.source_root)
    place = code_place(leak.place, places)
    touch = review.touch(place) if place is not None else None
    if touch is None or touch is Touch.LINE:
        return f"**{touch.value}**" if touch is not None else ""
    text = touch.value if touch is Touch.NONE else f"**{touch.value}**"
    added = next((one for one in _frames(leak) if _is_added(one, review, places)), None)
    if added is not None:
        return f"{text}, but a line that calls it was **added**: {linked_line(added, report, result, style)}"
    return text


def line_age(leak: Leak, report: GateReport, result: TargetResult, style: Style) -> str:
    """Return the commit that added an older line, as Markdown; empty if that is not known."""
    place = code_place(leak.place, source_places(report, result, style.source_root))
    origin = style.review.origins.get(place) if place is not None else None
    return f"this line was added in {_commit(origin, style.review)}" if origin is not None else ""


def _commit(origin: LineOrigin, review: Review) -> str:
    short = origin.commit[:_SHOWN_DIGITS]
    if review.host is None:
        return f"<code>{short}</code> of {origin.day}"
    address = f"{review.host.server_url}/{review.host.repository}/commit/{origin.commit}"
    return f"[<code>{short}</code>]({address}) of {origin.day}"


def _frames(leak: Leak) -> Iterable[Frame]:
    writer = (leak.holder.writer,) if leak.holder is not None and leak.holder.writer is not None else ()
    stack = leak.holder.frames if leak.holder is not None else ()
    return dict.fromkeys(
        (leak.place, leak.site.blamed, *writer, *(one for one in (*stack, *leak.site.frames) if one.own))
    )


def _is_added(frame: Frame, review: Review, places: Places) -> bool:
    place = code_place(frame, places)
    return place is not None and review.touch(place) is Touch.LINE
