"""One leak in the words of all reports: its rate, the lines that allocate it, and its holder. Pure."""

from typing import Final

from leakgate.model.explanation import Frame, GrowthSite, Holder
from leakgate.model.report import Leak, TargetResult
from leakgate.model.units import format_count
from leakgate.model.verdict import Kind
from leakgate.report.answer_words import leak_amount
from leakgate.report.escape import one_line
from leakgate.report.number_words import rate, share
from leakgate.report.places import Places

LEAST_SHARE: Final = 0.05
"""Part of all growth; a smaller leak is only counted, unless it is the largest."""
_CERTAIN: Final = 0.995
_OF_BYTES: Final = frozenset(("str", "bytes", "bytearray", "_io.BytesIO", "_io.StringIO"))
"""Types of holders whose length is a number of bytes or characters."""


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


def rates_note(result: TargetResult) -> str:
    """Return what the rates of places, containers and types are, if leakgate looked for them; else empty."""
    traced = any(leak.site.kind is Kind.PYTHON and leak.grew_blocks > 0 and not leak.tests for leak in result.leaks)
    return "All rates are from before the closer look, which slows the program." if traced else ""


def leak_rate(leak: Leak) -> str:
    """Return how fast a leak grows: per call if calls were counted, otherwise per second."""
    return leak_amount(leak) or rate(leak.bytes_per_s)


def where(places: Places, result: TargetResult) -> str:
    """Return the line to look at first; empty without a leak."""
    return places.line(result.leaks[0].place) if result.leaks else ""


def allocated_at(leak: Leak, places: Places) -> tuple[str, ...]:
    """Return the lines that allocate the leak, with shares if there are several; empty if it is the shown line.

    ``shop/api.py:112 in Session.__init__, 67 %``
    """
    shares: dict[Frame, float] = {}
    for part in leak.parts:
        of_growth = part.site.share if part.per_call is None else 0.0
        shares[part.site.blamed] = shares.get(part.site.blamed, 0.0) + of_growth
    if list(shares) == [leak.place]:
        return ()
    texts = []
    for frame, of_growth in shares.items():
        function = f" in {frame.function}" if frame.function else ""
        amount = f", {share(of_growth)}" if len(shares) > 1 and of_growth > 0 else ""
        texts.append(f"{places.line(frame)}{function}{amount}")
    return tuple(texts)


def certainty(site: GrowthSite) -> str:
    """Return how certain it is that the line is right: ``70 %``. Empty for a line that was traced exactly."""
    return share(site.confidence) if site.confidence < _CERTAIN else ""


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
        f"{container(holder)}{entries}, {format_count(holder.length)} {length_unit(holder)}{bound}, "
        f"{f'{holder.grew_per_min:+,.0f}/min, ' if timed else ''}from {one_line(holder.root, 120)}{_owned(holder)}"
    )


def length_unit(holder: Holder) -> str:
    """Return what the length of a holder counts: entries, or the bytes of a text, a buffer or an array."""
    is_data = holder.container_type in _OF_BYTES or holder.owns == holder.container_type
    return "bytes" if is_data and not holder.entry_type else "entries"


def _owned(holder: Holder) -> str:
    """Return the extension objects that come with the entries, if they are not the entries themselves."""
    if not holder.owns or holder.owns in (holder.entry_type, holder.container_type):
        return ""
    return f"; each comes with a {one_line(holder.owns, 80)}, which may own native memory"
