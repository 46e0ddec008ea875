"""The drift guard: a figure is replaced only if the gate would fail against it, or if it got clearly better. Pure.

If every update recorded the measured figures, growth within tolerance would be accepted again and again, and small
steps would add up without notice. So an update keeps the old figure as long as the gate passes against it.
"""

from collections.abc import Mapping
from dataclasses import replace

from leakgate.model.baseline import AcceptedLeak, BaselineEntry
from leakgate.verdict.known import allowed_blocks, allowed_bytes, allowed_bytes_per_s
from leakgate.verdict.rules.regression_rule import allowed_peak_bytes


def settled(
    new: BaselineEntry, old: BaselineEntry | None, tolerance: float, renamed: Mapping[str, str]
) -> BaselineEntry:
    """Return the new entry, but with each figure of the old entry against which the gate would pass.

    ``tolerance``: of the script, as a fraction. ``renamed``: the new signature of a leak -> its earlier signature.
    Reasons and owners stay with the leaks and figures that they were given for.
    """
    if old is None:
        return new
    earlier = earlier_leaks(new, old, renamed)
    growth = _kept_rate(new.growth_bytes_per_s, old.growth_bytes_per_s, tolerance)
    each, was_each = new.growth_bytes_per_iteration, old.growth_bytes_per_iteration
    if each is not None and was_each:
        # The rule compares growth per request if both counted requests; then only the pace may differ.
        as_per_s = old.growth_bytes_per_s * each / was_each
        if _kept_rate(as_per_s, old.growth_bytes_per_s, tolerance) == old.growth_bytes_per_s:
            growth, each = old.growth_bytes_per_s, was_each
    peak = _kept(new.peak_bytes, old.peak_bytes, allowed_peak_bytes(old.peak_bytes, tolerance), tolerance)
    entry = replace(
        new,
        peak_bytes=round(peak),
        growth_bytes_per_s=growth,
        growth_bytes_per_iteration=each,
        leaks=tuple(_settled_leak(leak, earlier.get(leak.signature), tolerance) for leak in new.leaks),
    )
    still_explained = entry.peak_bytes == old.peak_bytes or unexplained_growth(entry)
    return replace(entry, reason=old.reason, owner=old.owner) if still_explained else entry


def with_reasons_of(new: BaselineEntry, other: BaselineEntry, renamed: Mapping[str, str]) -> BaselineEntry:
    """Return the entry with the reasons and owners of the entry of another environment; its own figures stay."""
    earlier = earlier_leaks(new, other, renamed)
    leaks = tuple(
        replace(leak, reason=earlier[leak.signature].reason, owner=earlier[leak.signature].owner)
        if leak.signature in earlier
        else leak
        for leak in new.leaks
    )
    return replace(new, leaks=leaks)


def explained(
    entry: BaselineEntry, old: BaselineEntry | None, reason: str, owner: str, renamed: Mapping[str, str]
) -> BaselineEntry:
    """Return the entry with a reason and an owner for everything that is new, got worse, or has none yet."""
    if not reason and not owner:
        return entry
    earlier = earlier_leaks(entry, old, renamed) if old is not None else {}

    def given(leak: AcceptedLeak) -> AcceptedLeak:
        was = earlier.get(leak.signature)
        if was is not None and (was.reason or was.owner) and not _is_worse(leak, was):
            return leak
        return replace(leak, reason=reason or leak.reason, owner=owner or leak.owner)

    entry = replace(entry, leaks=tuple(map(given, entry.leaks)))
    peak_rose = old is not None and 0 < old.peak_bytes < entry.peak_bytes
    if peak_rose or unexplained_growth(entry):
        entry = replace(entry, reason=reason or entry.reason, owner=owner or entry.owner)
    return entry


def unexplained_growth(entry: BaselineEntry) -> bool:
    """Whether the entry accepts growth without naming a leak."""
    return entry.growth_bytes_per_s > 0 and not entry.leaks


def earlier_leaks(new: BaselineEntry, old: BaselineEntry, renamed: Mapping[str, str]) -> dict[str, AcceptedLeak]:
    """The leaks of the new entry that the old one has too, by their new signatures."""
    was = {leak.signature: leak for leak in old.leaks}
    found = {leak.signature: was.get(renamed.get(leak.signature, leak.signature)) for leak in new.leaks}
    return {signature: leak for signature, leak in found.items() if leak is not None}


def _is_worse(leak: AcceptedLeak, was: AcceptedLeak) -> bool:
    return (
        leak.bytes_per_s > was.bytes_per_s
        or leak.blocks_per_call > was.blocks_per_call
        or leak.bytes_per_call > was.bytes_per_call
    )


def _settled_leak(new: AcceptedLeak, old: AcceptedLeak | None, tolerance: float) -> AcceptedLeak:
    if old is None:
        return new
    blocks = allowed_blocks(old.blocks_per_call, tolerance)
    size = allowed_bytes(old.bytes_per_call, tolerance)
    return replace(
        new,
        bytes_per_s=_kept_rate(new.bytes_per_s, old.bytes_per_s, tolerance),
        blocks_per_call=_kept(new.blocks_per_call, old.blocks_per_call, blocks, tolerance),
        bytes_per_call=_kept(new.bytes_per_call, old.bytes_per_call, size, tolerance),
        reason=old.reason,
        owner=old.owner,
    )


def _kept_rate(new: float, old: float, tolerance: float) -> float:
    return _kept(new, old, allowed_bytes_per_s(old, tolerance), tolerance)


def _kept(new: float, old: float, allowed: float, tolerance: float) -> float:
    """The old figure if the new one passes against it and is not clearly better.

    An old figure of 0 counts as not recorded.
    """
    better = new < old * (1 - tolerance)
    return old if old > 0 and new <= allowed and not better else new
