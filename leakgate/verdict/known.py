"""Which leaks are known: recorded in the baseline, or suppressed in the config."""

from dataclasses import replace
from datetime import date
from typing import Final

from leakgate.blame.advice import advise, advise_unheld
from leakgate.blame.holders import holder_of, starts_thread
from leakgate.blame.library_catalogue import known_library_leak
from leakgate.blame.signature import signature_of
from leakgate.model.baseline import BaselineEntry, accepted_because
from leakgate.model.explanation import Explanation, GrowthSite, Holder, RootKind
from leakgate.model.report import Leak
from leakgate.model.suppression import Suppression
from leakgate.model.verdict import Kind
from leakgate.verdict.case import Evidence
from leakgate.verdict.suppressions import suppressing

MIN_NEW_SHARE: Final = 0.12
"""A place with a smaller share of the growth is shown, but does not make a known leak a new one."""
RATE_NOISE_PER_S: Final = 2_000.0
"""Bytes per second by which an accepted leak may grow faster in any case: the noise of the heap."""
OTHER_PACE: Final = 2.0
"""Another Python or machine may run the same program this many times faster. CPython 3.11 alone is 1.25 times as fast
as 3.10 on average, and up to 1.6 times ("What's New In Python 3.11"); growth with every request does not depend on
it."""
BLOCKS_NOISE_PER_CALL: Final = 1.0
"""Blocks are counted exactly, but a container grows in steps. One step more is not a regression."""
BYTES_NOISE_PER_CALL: Final = 512.0
"""The size of the largest block that Python's own allocator serves (obmalloc.c). One block more is not a regression."""


def name_leaks(explanation: Explanation | None, root: str) -> tuple[Leak, ...]:
    """Return the leaks with their signatures, largest first. Places with the same signature are combined."""
    if explanation is None:
        return ()
    by_signature: dict[str, Leak] = {}
    for site in explanation.sites:
        signature = signature_of(site, None, root)
        earlier = by_signature.get(signature)
        merged = site if earlier is None else _together(earlier.site, site)
        by_signature[signature] = Leak(signature=signature, site=merged)
    named = sorted(by_signature.values(), key=lambda leak: -leak.site.share)
    return _with_holders_of_lines(tuple(_explained(leak, explanation) for leak in named))


def _with_holders_of_lines(leaks: tuple[Leak, ...]) -> tuple[Leak, ...]:
    """Return the leaks; native memory gets the holder of the Python objects that the same line makes.

    A line that starts a thread makes its objects and its stack. A line that sets an environment variable makes the text
    and the copy in C.
    """
    made = {(leak.site.blamed.file, leak.site.blamed.line): leak for leak in reversed(leaks) if _keeps(leak)}
    return tuple(_held_as(leak, made.get((leak.site.blamed.file, leak.site.blamed.line))) for leak in leaks)


def _keeps(leak: Leak) -> bool:
    return leak.site.kind is Kind.PYTHON and leak.holder is not None and not leak.holder.weak


def _held_as(leak: Leak, other: Leak | None) -> Leak:
    if other is None or leak.holder is not None or leak.site.kind is not Kind.NATIVE:
        return leak
    return replace(leak, holder=other.holder, advice=leak.advice or other.advice)


def by_holder(leaks: tuple[Leak, ...]) -> tuple[Leak, ...]:
    """Return the new leaks that matter, then the others, each largest first.

    Leaks of one holder are combined, and those of one line without a holder: Python's memory and native memory. Known
    and new ones stay separate.
    """
    groups: dict[object, list[Leak]] = {}
    for leak in leaks:
        blamed = leak.site.blamed
        alone = leak.holder is None or leak.holder.weak
        kept_by = (blamed, leak.holder) if alone else leak.holder
        groups.setdefault((kept_by, leak.known, leak.suppressed_by), []).append(leak)
    joined = [_as_one(sorted(group, key=lambda leak: -leak.share)) for group in groups.values()]
    return tuple(sorted(joined, key=lambda leak: (leak.known or leak.share < MIN_NEW_SHARE, -leak.share)))


def _as_one(leaks: list[Leak]) -> Leak:
    first, *others = leaks
    also = tuple(part for leak in others for part in leak.parts)
    advice = next((leak.advice for leak in leaks if leak.advice), "")
    return replace(first, also=(*first.also, *also), advice=advice)


def _explained(leak: Leak, explanation: Explanation) -> Leak:
    """The leak with its holder and advice. They are not part of its signature, because a look may miss them."""
    matters = leak.site.share >= MIN_NEW_SHARE
    native = leak.site.kind is Kind.NATIVE
    # Native memory is kept by a container whose new entries come with objects of an extension, or it is the stack of a
    # thread.
    starts = native and starts_thread(leak.site)
    holders = tuple(one for one in explanation.holders if not native or _keeps_native(one, of_thread=starts))
    holder = holder_of(leak.site, holders, guess=matters or starts)
    library = known_library_leak(leak.site, holder, explanation)
    unheld = advise_unheld(leak.site, explanation) if matters else ""
    return replace(leak, holder=holder, advice=library or advise(leak.site, holder) or unheld)


def _keeps_native(holder: Holder, *, of_thread: bool) -> bool:
    return (bool(holder.owns) and not holder.weak) or (of_thread and holder.root_kind is RootKind.THREADS)


def _together(first: GrowthSite, second: GrowthSite) -> GrowthSite:
    return replace(
        first,
        grew_bytes=first.grew_bytes + second.grew_bytes,
        grew_blocks=first.grew_blocks + second.grew_blocks,
        large_bytes=first.large_bytes + second.large_bytes,
        large_blocks=first.large_blocks + second.large_blocks,
        bytes_per_s=first.bytes_per_s + second.bytes_per_s,
        share=min(1.0, first.share + second.share),
    )


def mark_known(
    leaks: tuple[Leak, ...], entry: BaselineEntry | None, suppressions: tuple[Suppression, ...], root: str, today: date
) -> tuple[Leak, ...]:
    """Return the leaks, each marked if the baseline records it or a suppression in force matches it."""
    recorded = {one.signature for one in entry.leaks} if entry is not None else set()
    marked = []
    for leak in leaks:
        matching = suppressing(suppressions, leak, root, today)
        if matching is not None:
            marked.append(replace(leak, known=True, suppressed_by=matching.reason))
        else:
            marked.append(replace(leak, known=leak.signature in recorded))
    return tuple(marked)


def new_leaks(leaks: tuple[Leak, ...]) -> tuple[Leak, ...]:
    """The leaks that are not accepted and that matter; none if some leaks are accepted and only small ones are new."""
    unknown = tuple(leak for leak in leaks if not leak.known)
    if len(unknown) == len(leaks):
        return unknown
    return tuple(leak for leak in unknown if leak.site.share >= MIN_NEW_SHARE)


def is_known(evidence: Evidence) -> bool:
    """Whether all growth is accepted, and is no worse than the baseline records."""
    return accepted_growth(evidence) and not worse_than_known(evidence)


def accepted_growth(evidence: Evidence) -> bool:
    """Whether the growth is accepted, regardless of its rate: by its places, or as a whole if no place is known."""
    if evidence.leaks:
        return not new_leaks(evidence.leaks)
    return evidence.baseline is not None and evidence.baseline.growth_bytes_per_s > 0


def why_accepted(evidence: Evidence) -> str:
    """The reasons and owners that the baseline records for the growth: ``; accepted: by tenants (shop team)``."""
    names = {leak.known_as or leak.signature for leak in evidence.leaks if leak.known}
    why = accepted_because(evidence.baseline, names, whole=not evidence.leaks)
    return f"; accepted: {why}" if why else ""


def worse_than_known(evidence: Evidence) -> bool:
    """Whether growth is faster than the baseline records, beyond tolerance and noise.

    A suppression records no rate, but the baseline does: it records all growth, and names the leaks that were not
    suppressed. The rest of the growth came from suppressed leaks, so both parts can be compared. Leaks that were
    suppressed later cannot be compared.
    """
    entry, leading, per_s = evidence.baseline, evidence.judgement.leading, comparable_bytes_per_s(evidence)
    if entry is None or leading is None or not _is_beyond(per_s, entry.growth_bytes_per_s, evidence):
        return False
    suppressed = sum(leak.site.share for leak in evidence.leaks if leak.suppressed_by)
    if suppressed <= 0:
        return True
    named = min(entry.growth_bytes_per_s, sum(one.bytes_per_s for one in entry.leaks))
    known = sum(leak.site.share for leak in evidence.leaks if leak.known and not leak.suppressed_by)
    if _is_beyond(per_s * known, named, evidence):
        return True
    unnamed = entry.growth_bytes_per_s - named
    was_there = unnamed > 0 and unnamed >= MIN_NEW_SHARE * entry.growth_bytes_per_s
    return was_there and _is_beyond(per_s * min(1.0, suppressed), unnamed, evidence)


def pace_room(evidence: Evidence) -> float:
    """The factor, besides tolerance, by which growth may exceed an entry of another environment; else 1."""
    entry = evidence.baseline
    source = None if entry is None else entry.taken_from
    if entry is None or source is None or source.script != evidence.target.name:
        return 1.0
    by_request = evidence.bytes_per_iteration is not None and entry.growth_bytes_per_iteration
    return 1.0 if by_request else OTHER_PACE


def comparable_bytes_per_s(evidence: Evidence) -> float:
    """The growth rate of memory at the pace at which the baseline was recorded, in bytes per second.

    If both runs counted requests, growth per request is compared, so that a faster machine causes no regression.
    """
    entry, now = evidence.baseline, evidence.bytes_per_iteration
    recorded = None if entry is None else entry.growth_bytes_per_iteration
    if entry is None or now is None or not recorded or entry.growth_bytes_per_s <= 0:
        return evidence.live_bytes_per_s
    return entry.growth_bytes_per_s * max(0.0, now.estimate) / recorded


def _is_beyond(per_s: float, recorded_per_s: float, evidence: Evidence) -> bool:
    return per_s > pace_room(evidence) * allowed_bytes_per_s(recorded_per_s, evidence.target.tolerance)


def allowed_blocks(recorded_per_call: float, tolerance: float) -> float:
    """The most blocks that each call may leave, from the recorded number. ``tolerance``: a fraction of it."""
    return recorded_per_call * (1 + tolerance) + BLOCKS_NOISE_PER_CALL


def allowed_bytes(recorded_per_call: float, tolerance: float) -> float:
    """The most bytes that each call may leave, from the recorded number. ``tolerance``: a fraction of it."""
    return recorded_per_call * (1 + tolerance) + BYTES_NOISE_PER_CALL


def allowed_bytes_per_s(recorded_per_s: float, tolerance: float) -> float:
    """The fastest growth that passes, from the recorded growth. ``tolerance``: a fraction of it."""
    return recorded_per_s * (1 + tolerance) + RATE_NOISE_PER_S
