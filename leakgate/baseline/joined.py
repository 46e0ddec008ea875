"""A merge conflict in the baseline: both sides from the text with its markers, and one baseline from both. Pure."""

import re
from dataclasses import replace
from typing import Final

from leakgate.model.baseline import AcceptedLeak, Baseline, BaselineEntry
from leakgate.model.verdict import Verdict

_MARKER: Final = re.compile(r"(<{7}|\|{7}|={7}|>{7})(?: |$)")


class NoConflictError(Exception):
    """The text contains no complete conflict."""


def sides(text: str) -> tuple[str, str, str | None]:
    """(ours, theirs, base) of a text with the conflict markers of git; base: None if git did not write it.

    Raises NoConflictError for a text without markers, or with markers that do not belong together.
    """
    ours: list[str] = []
    theirs: list[str] = []
    base: list[str] = []
    writers: tuple[list[str], ...] = (ours, theirs, base)
    place, conflicts, bases = "", 0, 0
    for line in text.splitlines(keepends=True):
        match = _MARKER.match(line.rstrip("\r\n"))
        mark = match[1][0] if match else ""
        if not mark:
            for side in writers:
                side.append(line)
            continue
        if place + mark not in ("<", "<|", "<=", "|=", "=>"):
            raise NoConflictError
        place = "" if mark == ">" else mark
        conflicts += mark == "<"
        bases += mark == "|"
        writers = {"<": (ours,), "|": (base,), "=": (theirs,), ">": (ours, theirs, base)}[mark]
    if place or not conflicts:
        raise NoConflictError
    return "".join(ours), "".join(theirs), "".join(base) if bases == conflicts else None


def joined(ours: Baseline, theirs: Baseline, base: Baseline | None = None) -> Baseline:
    """Return one baseline with everything that both sides accepted.

    ``base`` is the version that both sides came from. With it, a fact that only one side changed is taken from that
    side, and an entry that one side removed is removed. Without it, or if both sides changed a fact, everything that
    either side accepted stays, with the larger figure, because both were reviewed.
    """
    origin = base or Baseline()
    names = dict.fromkeys((key, script) for side in (ours, theirs) for key, script, _ in side.rows())
    environments: dict[str, dict[str, BaselineEntry]] = {}
    for key, script in names:
        entry = _entry(ours.entry(key, script), theirs.entry(key, script), origin.entry(key, script))
        if entry is not None:
            environments.setdefault(key, {})[script] = entry
    return Baseline(environments)


def _entry(
    ours: BaselineEntry | None, theirs: BaselineEntry | None, base: BaselineEntry | None
) -> BaselineEntry | None:
    if ours is None or theirs is None:
        kept = ours or theirs
        return None if kept == base else kept
    if theirs in (ours, base):
        return ours
    if ours == base:
        return theirs
    leaks = _leaks(ours, theirs, base)
    higher = ours if ours.peak_bytes >= theirs.peak_bytes else theirs
    each = [entry.growth_bytes_per_iteration or 0.0 for entry in (ours, theirs)]
    growth = _growth(ours, theirs, base, leaks)
    return replace(
        higher,
        verdict=Verdict.KNOWN if leaks or growth > 0 else Verdict.OK,
        peak_bytes=round(_figure(ours.peak_bytes, theirs.peak_bytes, None if base is None else base.peak_bytes)),
        growth_bytes_per_s=growth,
        growth_bytes_per_iteration=max(each) if any(each) else higher.growth_bytes_per_iteration,
        leaks=leaks,
    )


def _growth(
    ours: BaselineEntry, theirs: BaselineEntry, base: BaselineEntry | None, leaks: tuple[AcceptedLeak, ...]
) -> float:
    """The growth of both sides together. Each side includes only the growth of its own new leaks."""
    before = None if base is None else base.growth_bytes_per_s
    if before in (ours.growth_bytes_per_s, theirs.growth_bytes_per_s) or not leaks:
        return _figure(ours.growth_bytes_per_s, theirs.growth_bytes_per_s, before)
    named = sum(leak.bytes_per_s for leak in leaks)
    return named * max(map(_beyond_names, (ours, theirs)))


def _beyond_names(entry: BaselineEntry) -> float:
    """All growth of an entry as a multiple of the growth of its leaks, because small places are not recorded."""
    named = sum(leak.bytes_per_s for leak in entry.leaks)
    return max(1.0, entry.growth_bytes_per_s / named) if named > 0 else 1.0


def _figure(ours: float, theirs: float, base: float | None) -> float:
    if base is not None and ours == base:
        return theirs
    if base is not None and theirs == base:
        return ours
    return max(ours, theirs)


def _leaks(ours: BaselineEntry, theirs: BaselineEntry, base: BaselineEntry | None) -> tuple[AcceptedLeak, ...]:
    mine = {leak.signature: leak for leak in ours.leaks}
    others = {leak.signature: leak for leak in theirs.leaks}
    before = {} if base is None else {leak.signature: leak for leak in base.leaks}
    found = []
    for signature in sorted(mine.keys() | others.keys()):
        pair = (mine.get(signature), others.get(signature))
        both = [leak for leak in pair if leak is not None]
        if len(both) == 1 and both[0] == before.get(signature):
            continue  # the other side removed it
        changed = [leak for leak in both if leak != before.get(signature)] or both
        found.append(max(changed, key=lambda leak: (leak.bytes_per_s, leak.blocks_per_call, leak.bytes_per_call)))
    return tuple(found)
