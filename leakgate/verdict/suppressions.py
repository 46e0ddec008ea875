"""Suppressions: which leaks each of them covers, and which suppressions cover no leak."""

from collections import Counter
from collections.abc import Iterable
from dataclasses import replace
from datetime import date
from fnmatch import fnmatchcase
from itertools import islice
from typing import assert_never

from leakgate.blame.signature import portable_path
from leakgate.model.origin import installed_modules
from leakgate.model.report import Leak
from leakgate.model.suppression import Suppression, SuppressionState, SuppressionSubject, SuppressionUse


def matches(suppression: Suppression, leak: Leak, root: str) -> bool:
    """Whether a suppression matches this leak. ``root``: the project's folder."""
    return any(fnmatchcase(text, suppression.pattern) for text in _texts(suppression.subject, leak, root))


def suppressing(suppressions: tuple[Suppression, ...], leak: Leak, root: str, today: date) -> Suppression | None:
    """The first suppression in force that matches this leak; None if there is none."""
    return next((one for one in suppressions if not one.has_expired(today) and matches(one, leak, root)), None)


def uses_of(
    suppressions: tuple[Suppression, ...],
    leaks: Iterable[tuple[Leak, date]],
    root: str,
    *,
    today: date,
    complete: bool,
) -> tuple[SuppressionUse, ...]:
    """How many leaks of a run each suppression covers. Each leak comes with the day of its measurement.

    ``complete`` says whether every script of the config was judged. If not, no entry is reported as unused.
    """
    counts: Counter[int] = Counter()
    for leak, day in leaks:
        alone = [replace(leak, signature=part.signature, site=part.site, also=()) for part in leak.parts]
        found = [suppressing(suppressions, one, root, day) for one in alone]
        counts.update({suppressions.index(one) for one in found if one is not None})
    return tuple(
        SuppressionUse(suppression=one, leaks=counts[at], state=_state(one, counts[at], today, complete=complete))
        for at, one in enumerate(suppressions)
    )


def _state(suppression: Suppression, leaks: int, today: date, *, complete: bool) -> SuppressionState:
    if leaks:
        return SuppressionState.USED
    if suppression.has_expired(today):
        return SuppressionState.EXPIRED
    return SuppressionState.UNUSED if complete else SuppressionState.UNTRIED


def joined(parts: Iterable[tuple[SuppressionUse, ...]], *, complete: bool) -> tuple[SuppressionUse, ...]:
    """The uses of a run that was spread over several machines; all parts have the same suppressions."""
    found = []
    for same in zip(*parts, strict=False):
        first, leaks = same[0], sum(use.leaks for use in same)
        untried = SuppressionState.UNUSED if complete else SuppressionState.UNTRIED
        states = {use.state for use in same}
        expired = SuppressionState.EXPIRED in states
        state = SuppressionState.USED if leaks else SuppressionState.EXPIRED if expired else untried
        found.append(SuppressionUse(suppression=first.suppression, leaks=leaks, state=state))
    return tuple(found)


def notes_on(uses: Iterable[SuppressionUse]) -> tuple[str, ...]:
    """Sentences for a report: how many leaks each suppression covers, and which can be removed from the config."""
    return tuple(filter(None, map(_note, uses)))


def _note(use: SuppressionUse) -> str:
    one = use.suppression
    at = f" at {one.origin}" if one.origin is not None else ""
    owner = f" ({one.owner})" if one.owner else ""
    what = f"suppression{at} of {one.subject} {one.pattern!r}{owner}"
    match use.state:
        case SuppressionState.USED:
            until = f", until {one.expires}" if one.expires is not None else ""
            leaks = "1 leak" if use.leaks == 1 else f"{use.leaks} leaks"
            return f"the {what} covers {leaks}{until}: {one.reason}"
        case SuppressionState.UNUSED:
            return f"unused {what}: it no longer covers a leak, so remove it"
        case SuppressionState.EXPIRED:
            return f"expired {what}: its last day was {one.expires}, so the leaks that it covered count again"
        case SuppressionState.UNTRIED:
            return ""
        case _:
            assert_never(use.state)


def _texts(subject: SuppressionSubject, leak: Leak, root: str) -> list[str]:
    frames = [frame for part in leak.parts for frame in part.site.frames]
    match subject:
        case SuppressionSubject.SIGNATURE:
            return [part.signature for part in leak.parts]
        case SuppressionSubject.SITE:
            return [f"{portable_path(frame.file, root)}:{frame.function}" for frame in frames]
        case SuppressionSubject.HOLDER:
            return [leak.holder.path] if leak.holder is not None else []
        case SuppressionSubject.LIBRARY:
            return [name for frame in frames for _, name in islice(installed_modules(frame.file), 1)]
        case _:
            assert_never(subject)
