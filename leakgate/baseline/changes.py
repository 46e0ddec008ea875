"""The changes of an update, in four categories, and the baseline with only some of the changes. Pure."""

from collections.abc import Collection, Iterator
from dataclasses import dataclass, replace
from enum import StrEnum

from leakgate.archive.forms.baseline_form import each_text, rate_text, size_text
from leakgate.baseline.differences import amount_text
from leakgate.model.baseline import AcceptedLeak, Baseline, BaselineEntry
from leakgate.model.verdict import Verdict


class Category(StrEnum):
    """The effect of a change on the gate."""

    NEW = "new"
    """A script or a leak that the baseline does not have."""
    WORSE = "worse"
    """A figure that rises: a result that fails the gate today passes after the update."""
    BETTER = "better"
    """A figure that falls, or a fact that does not affect the gate."""
    GONE = "gone"
    """A script or a leak that no longer exists."""


class ChangedPart(StrEnum):
    """Which part of an entry changes."""

    SCRIPT = "script"
    PEAK = "peak"
    GROWTH = "growth"
    LEAK = "leak"


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """One change that the user can accept or reject."""

    category: Category
    environment: str
    script: str
    subject: ChangedPart
    signature: str = ""
    """The signature of the leak; empty for other parts."""
    text: str = ""
    """The change in words: ``peak 64 MB -> 80 MB``. Places in it are hostile text."""


def changes(before: Baseline, after: Baseline) -> tuple[Change, ...]:
    """Return all differences between two baselines, new ones first, then in the order of the file."""
    old = {(key, script): entry for key, script, entry in before.rows()}
    new = {(key, script): entry for key, script, entry in after.rows()}
    found = [
        change
        for key, script in sorted(old.keys() | new.keys())
        for change in _of_entry(key, script, old.get((key, script)), new.get((key, script)))
    ]
    order = list(Category)
    return tuple(sorted(found, key=lambda change: order.index(change.category)))


def _of_entry(key: str, script: str, old: BaselineEntry | None, new: BaselineEntry | None) -> Iterator[Change]:
    def change(category: Category, subject: ChangedPart, text: str, signature: str = "") -> Change:
        return Change(
            category=category, environment=key, script=script, subject=subject, signature=signature, text=text
        )

    if new is None:
        yield change(Category.GONE, ChangedPart.SCRIPT, "the entry is removed")
    elif old is None:
        yield change(Category.NEW, ChangedPart.SCRIPT, f"peak {size_text(new.peak_bytes)}, {_growth(new)}")
        for leak in new.leaks:
            yield change(Category.NEW, ChangedPart.LEAK, _leak(leak), leak.signature)
    else:
        if old.peak_bytes != new.peak_bytes or (old.reason, old.owner) != (new.reason, new.owner):
            text = f"peak {size_text(old.peak_bytes)} -> {size_text(new.peak_bytes)}"
            yield change(_direction(old.peak_bytes, new.peak_bytes), ChangedPart.PEAK, text)
        if _growth(old) != _growth(new):
            rises = _direction(_comparable_growth(old, new), _comparable_growth(new, old))
            yield change(rises, ChangedPart.GROWTH, f"{_growth(old)} -> {_growth(new)}")
        yield from (
            change(category, ChangedPart.LEAK, text, signature) for category, text, signature in _of_leaks(old, new)
        )


def _of_leaks(old: BaselineEntry, new: BaselineEntry) -> Iterator[tuple[Category, str, str]]:
    was = {leak.signature: leak for leak in old.leaks}
    now = {leak.signature: leak for leak in new.leaks}
    for signature, leak in now.items():
        earlier = was.get(signature)
        if earlier is None:
            yield Category.NEW, _leak(leak), signature
        elif earlier != leak:
            rises = any(later > before for before, later in zip(_amounts(earlier), _amounts(leak), strict=True))
            text = f"{_leak(earlier)} -> {amount_text(leak)}"
            yield Category.WORSE if rises else Category.BETTER, text, signature
    for signature, leak in was.items():
        if signature not in now:
            yield Category.GONE, _leak(leak), signature


def _amounts(leak: AcceptedLeak) -> tuple[float, float, float]:
    return leak.bytes_per_s, leak.blocks_per_call, leak.bytes_per_call


def _direction(old: float, new: float) -> Category:
    return Category.WORSE if new > old else Category.BETTER


def _comparable_growth(entry: BaselineEntry, other: BaselineEntry) -> float:
    """Growth with every request if both entries have it, because the pace may differ; else growth per second."""
    each = entry.growth_bytes_per_iteration
    return entry.growth_bytes_per_s if each is None or other.growth_bytes_per_iteration is None else each


def _growth(entry: BaselineEntry) -> str:
    each = entry.growth_bytes_per_iteration
    return f"growth {rate_text(entry.growth_bytes_per_s)}" + (f" ({each_text(each)})" if each else "")


def _leak(leak: AcceptedLeak) -> str:
    return f"leak {leak.signature} at {leak.where}, {amount_text(leak)}"


def apply(before: Baseline, after: Baseline, accepted: Collection[Change]) -> Baseline:
    """Return the old baseline with the accepted changes."""
    environments = {key: dict(entries) for key, entries in before.environments.items()}
    touched = dict.fromkeys((change.environment, change.script) for change in accepted)
    for key, script in touched:
        parts = {
            (change.subject, change.signature)
            for change in accepted
            if (change.environment, change.script) == (key, script)
        }
        old, new = before.entry(key, script), after.entry(key, script)
        entry = None if new is None else _applied(old, new, parts)
        if entry is None:
            environments.get(key, {}).pop(script, None)
        else:
            environments.setdefault(key, {})[script] = entry
    return Baseline({key: entries for key, entries in environments.items() if entries})


def _applied(old: BaselineEntry | None, new: BaselineEntry, parts: set[tuple[ChangedPart, str]]) -> BaselineEntry:
    base = replace(new, growth_bytes_per_s=0.0, growth_bytes_per_iteration=None, leaks=()) if old is None else old
    now = {leak.signature: leak for leak in new.leaks}
    leaks = {leak.signature: leak for leak in base.leaks}
    for signature in (signature for subject, signature in parts if subject is ChangedPart.LEAK):
        if signature in now:
            leaks[signature] = now[signature]
        else:
            leaks.pop(signature, None)
    entry = replace(base, leaks=tuple(leaks[signature] for signature in sorted(leaks)))
    if (ChangedPart.PEAK, "") in parts:
        entry = replace(entry, peak_bytes=new.peak_bytes, reason=new.reason, owner=new.owner)
    entry = _grown(entry, base, new, accepted=_takes_growth(old, new, leaks.keys(), parts))
    grows = entry.growth_bytes_per_s > 0 or bool(entry.leaks)
    return replace(entry, verdict=Verdict.KNOWN if grows else Verdict.OK)


def _takes_growth(
    old: BaselineEntry | None, new: BaselineEntry, leaks: Collection[str], parts: set[tuple[ChangedPart, str]]
) -> bool:
    """Whether all growth of the new entry is accepted."""
    if old is None:
        return set(leaks) == {leak.signature for leak in new.leaks}
    return (ChangedPart.GROWTH, "") in parts or _growth(old) == _growth(new)


def _grown(entry: BaselineEntry, base: BaselineEntry, new: BaselineEntry, *, accepted: bool) -> BaselineEntry:
    """Return the entry with the new growth if accepted, else with the old growth, adjusted by the accepted leaks."""
    if accepted:
        return replace(
            entry,
            growth_bytes_per_s=new.growth_bytes_per_s,
            growth_bytes_per_iteration=new.growth_bytes_per_iteration,
        )
    step = sum(leak.bytes_per_s for leak in entry.leaks) - sum(leak.bytes_per_s for leak in base.leaks)
    if step == 0:
        return entry
    per_s = max(0.0, base.growth_bytes_per_s + step)
    each = new.growth_bytes_per_iteration
    if each is not None and new.growth_bytes_per_s > 0:
        each = each * per_s / new.growth_bytes_per_s
    return replace(entry, growth_bytes_per_s=per_s, growth_bytes_per_iteration=each)
