"""The leaks of one script: the place, the rate, the holder, the writer, and the advice."""

from collections.abc import Iterable
from itertools import groupby
from typing import Final

from leakgate.model.explanation import Frame, Holder
from leakgate.model.report import Excerpt, Leak, TargetResult
from leakgate.model.units import format_change, format_count
from leakgate.model.verdict import Kind
from leakgate.report.change_words import leak_change
from leakgate.report.escape import LINE_LIMIT
from leakgate.report.excerpts import matters
from leakgate.report.html.icicle import icicle
from leakgate.report.html.labels import plain_badge
from leakgate.report.html.markup import NOTHING, Html, line, sentence, tag
from leakgate.report.leak_words import allocated_at, certainty, container, held_word, leak_rate, length_unit, rates_note
from leakgate.report.number_words import plural, share
from leakgate.report.places import Places

SHOWN_LEAKS: Final = 20
_SHOWN_FRAMES: Final = 60
_KINDS: Final[dict[Kind, str]] = {
    Kind.PYTHON: "Python objects",
    Kind.NATIVE: "native memory",
    Kind.CHILD: "in a child process",
    Kind.NONE: "memory",
}


def leaks(result: TargetResult, places: Places, excerpts: tuple[Excerpt, ...]) -> Html:
    """Return all leaks of a script, largest first. Beyond 20, the smallest are only counted."""
    found = result.leaks
    if not found:
        return NOTHING
    rest = len(found) - SHOWN_LEAKS
    return tag(
        "section",
        tag("h4", "Where it leaks" if len(found) == 1 else f"Where it leaks: {len(found)} places, largest first"),
        *(_leak(result, leak, places, excerpts) for leak in found[:SHOWN_LEAKS]),
        *([tag("p", f"{plural(rest, 'smaller leak')} more in results.json.", class_="soft")] if rest > 0 else []),
        *([tag("p", note, class_="soft")] if (note := rates_note(result)) else []),
    )


def _leak(result: TargetResult, leak: Leak, places: Places, excerpts: tuple[Excerpt, ...]) -> Html:
    title = tag("h5", tag("code", places.line(leak.place)), *_function(leak.place), class_="site")
    figures = tag("span", leak_rate(leak), class_="figures")
    return tag(
        "article",
        tag("header", title, figures),
        tag("p", *_labels(result, leak), class_="labels"),
        *_sources(leak, places, excerpts),
        *([tag("p", sentence(leak.advice), class_="hint")] if leak.advice else []),
        tag("dl", *_facts(leak, places), class_="facts"),
        icicle(leak, places),
        tag(
            "details",
            tag("summary", f"Traceback of the allocation, {plural(len(leak.site.frames), 'frame')}"),
            _frames(leak, places),
            class_="more",
        ),
        class_=f"leak{' v-known' if leak.known else ''}",
    )


def _function(frame: Frame) -> list[Html]:
    return [tag("span", f" in {frame.function}", class_="soft")] if frame.function else []


def _sources(leak: Leak, places: Places, excerpts: tuple[Excerpt, ...]) -> Iterable[Html]:
    """Yield the lines that insert and allocate, as they are in the source."""
    for role, frame in matters(leak):
        for excerpt in [one for one in excerpts if (one.file, one.line) == (frame.file, frame.line)][:1]:
            rows = (_source_line(number, text, excerpt) for number, text in enumerate(excerpt.lines, excerpt.first))
            title = tag("figcaption", f"{role} at ", tag("code", places.line(frame)), *_function(frame))
            yield tag("figure", title, tag("pre", *rows), class_="source")


def _source_line(number: int, text: str, excerpt: Excerpt) -> Html:
    name = "mark" if number == excerpt.line else "span"
    gutter = tag("span", f"{number:>5} ", class_="soft", aria_hidden="true")
    return tag(name, gutter, line(text, LINE_LIMIT), "\n")


def _labels(result: TargetResult, leak: Leak) -> Iterable[Html]:
    site = leak.site
    yield plain_badge(_KINDS[site.kind])
    yield plain_badge(f"{share(leak.share)} of the explained growth")
    if sure := certainty(site):
        yield plain_badge(f"{sure} sure of the line")
    if change := leak_change(result, leak):
        yield plain_badge(change)
    if leak.known:
        yield plain_badge("known")


def _facts(leak: Leak, places: Places) -> Iterable[Html]:
    if leak.holder:
        yield from _held(leak, leak.holder, places)
    if allocating := allocated_at(leak, places):
        items = [tag("li", tag("code", text)) for text in allocating[:SHOWN_LEAKS]]
        yield from _fact("Allocated at", tag("ol", *items, class_="places"))
    blocks = f" in {plural(leak.grew_blocks, 'block')}" if leak.grew_blocks else ""
    yield from _fact("Grew", f"{format_change(leak.grew_bytes)}{blocks} while it was traced")
    if leak.suppressed_by:
        yield from _fact("Suppressed", leak.suppressed_by)
    yield from _fact("Signature", tag("code", leak.signature))


def _fact(term: str, *content: Html | str) -> tuple[Html, Html]:
    return tag("dt", term), tag("dd", *content)


def _held(leak: Leak, holder: Holder, places: Places) -> Iterable[Html]:
    steps = [tag("li", tag("code", holder.root)), tag("li", tag("code", holder.path))]
    yield from _fact(held_word(holder).capitalize(), tag("ol", *steps, class_="path"))
    entries = f" of {holder.entry_type}" if holder.entry_type else ""
    bound = f", at most {format_count(holder.bound)}" if holder.bound is not None else ""
    sign = "+" if holder.grew_per_min > 0 else ""
    growth = f", {sign}{format_count(holder.grew_per_min)} {length_unit(holder)} per minute"
    if leak.tests:  # a holder of a test grows with each call, not with time
        growth = ""
    yield from _fact(
        "Container",
        tag("code", container(holder)),
        f"{entries}, {format_count(holder.length)} {length_unit(holder)}{bound}{growth}",
    )
    if holder.writer and holder.writer != leak.place:
        yield from _fact("Inserted by", tag("code", places.line(holder.writer)), *_function(holder.writer))


def _frames(leak: Leak, places: Places) -> Html:
    """Return the traceback, innermost call first, with runs of library frames folded."""
    shown = leak.site.frames[:_SHOWN_FRAMES]
    items: list[Html] = []
    rows = list(enumerate(shown))
    for own, run in groupby(rows, key=lambda row: row[1].own or row[0] == leak.site.blame):
        frames = list(run)
        if own or len(frames) == 1:
            items += [_frame(frame, places, blamed=at == leak.site.blame) for at, frame in frames]
        else:
            inner = tag("ol", *(_frame(frame, places, blamed=False) for _, frame in frames))
            fold = tag("details", tag("summary", f"{len(frames)} library frames", class_="fold"), inner)
            items.append(tag("li", fold, class_="lib"))
    cut = len(leak.site.frames) - len(shown)
    if cut:
        items.append(tag("li", f"{plural(cut, 'outer frame')} left out", class_="lib"))
    return tag("ol", *items, class_="frames")


def _frame(frame: Frame, places: Places, *, blamed: bool) -> Html:
    name = places.line(frame)
    return tag(
        "li",
        tag("b", name) if blamed else name,
        *_function(frame),
        *([tag("span", " \u2190 look here", class_="soft")] if blamed else []),
        class_="blamed" if blamed else None if frame.own else "lib",
    )
