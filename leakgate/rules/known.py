"""Which leaks are known: recorded in the baseline, or suppressed in the config."""

from dataclasses import replace
from datetime import date
from fnmatch import fnmatchcase
from typing import Final, assert_never

from leakgate.analysis.advice import advise
from leakgate.analysis.code import LIBRARY_PARTS
from leakgate.analysis.holders import holder_of
from leakgate.analysis.signature import portable_path, signature_of
from leakgate.model.evidence import Explanation, GrowthSite
from leakgate.model.report import BaselineEntry, Leak
from leakgate.model.suppression import Suppression, SuppressionSubject
from leakgate.model.verdict import Kind
from leakgate.rules.evidence import Evidence
from leakgate.rules.library_catalogue import known_library_leak

MIN_NEW_SHARE: Final = 0.12
"""A place with a smaller share of the growth is shown, but does not make a known leak a new one."""
RATE_NOISE_PER_S: Final = 2_000.0


def name_leaks(explanation: Explanation | None, root: str) -> tuple[Leak, ...]:
    """The leaks with their signatures, places with the same signature put together, largest first."""
    if explanation is None:
        return ()
    by_signature: dict[str, Leak] = {}
    for site in explanation.sites:
        signature = signature_of(site, None, root)
        earlier = by_signature.get(signature)
        merged = site if earlier is None else _together(earlier.site, site)
        by_signature[signature] = Leak(signature=signature, site=merged)
    named = sorted(by_signature.values(), key=lambda leak: -leak.site.share)
    return tuple(_explained(leak, explanation) for leak in named)


def _explained(leak: Leak, explanation: Explanation) -> Leak:
    """The leak with what holds it and what is to be done. Neither is part of its signature: a look may miss them."""
    holders = explanation.holders if leak.site.kind is Kind.PYTHON else ()
    holder = holder_of(leak.site, holders) if leak.site.share >= MIN_NEW_SHARE else None
    library = known_library_leak(leak.site, holder, explanation)
    return replace(leak, holder=holder, advice=library or advise(leak.site, holder))


def _together(first: GrowthSite, second: GrowthSite) -> GrowthSite:
    return replace(
        first,
        grew_bytes=first.grew_bytes + second.grew_bytes,
        grew_blocks=first.grew_blocks + second.grew_blocks,
        bytes_per_s=first.bytes_per_s + second.bytes_per_s,
        share=min(1.0, first.share + second.share),
    )


def mark_known(
    leaks: tuple[Leak, ...], entry: BaselineEntry | None, suppressions: tuple[Suppression, ...], root: str, today: date
) -> tuple[Leak, ...]:
    """The same leaks, each marked when the baseline records it or a suppression in force matches it."""
    recorded = {signature for signature, _, _ in entry.leaks} if entry is not None else set()
    valid = [one for one in suppressions if not one.has_expired(today)]
    marked = []
    for leak in leaks:
        matching = next((one for one in valid if matches(one, leak, root)), None)
        if matching is not None:
            marked.append(replace(leak, known=True, suppressed_by=matching.reason))
        else:
            marked.append(replace(leak, known=leak.signature in recorded))
    return tuple(marked)


def matches(suppression: Suppression, leak: Leak, root: str) -> bool:
    """Whether a suppression is about this leak."""
    return any(fnmatchcase(text, suppression.pattern) for text in _texts(suppression.subject, leak, root))


def _texts(subject: SuppressionSubject, leak: Leak, root: str) -> list[str]:
    match subject:
        case SuppressionSubject.SIGNATURE:
            return [leak.signature]
        case SuppressionSubject.SITE:
            return [f"{portable_path(frame.file, root)}:{frame.function}" for frame in leak.site.frames]
        case SuppressionSubject.HOLDER:
            return [leak.holder.path] if leak.holder is not None else []
        case SuppressionSubject.LIBRARY:
            return sorted({name for frame in leak.site.frames if (name := _library(frame.file))})
        case _:
            assert_never(subject)


def _library(file: str) -> str:
    parts = file.replace("\\", "/").split("/")
    for index, part in enumerate(parts[:-1]):
        if part in LIBRARY_PARTS:
            return parts[index + 1].removesuffix(".py")
    return ""


def new_leaks(leaks: tuple[Leak, ...]) -> tuple[Leak, ...]:
    """The leaks that nobody accepted yet and that matter; where only small ones are new, none."""
    unknown = tuple(leak for leak in leaks if not leak.known)
    if len(unknown) == len(leaks):
        return unknown
    return tuple(leak for leak in unknown if leak.site.share >= MIN_NEW_SHARE)


def is_known(evidence: Evidence) -> bool:
    """Whether all that grows was accepted, and is no worse than it was then."""
    return accepted_growth(evidence) and not worse_than_known(evidence)


def accepted_growth(evidence: Evidence) -> bool:
    """Whether the growth has been accepted, at whatever rate: by its places, or as such where no place is known."""
    if evidence.leaks:
        return not new_leaks(evidence.leaks)
    return evidence.baseline is not None and evidence.baseline.growth_bytes_per_s > 0


def worse_than_known(evidence: Evidence) -> bool:
    """Whether growth is faster than the baseline records, beyond tolerance and noise. Suppressed leaks have no rate."""
    entry = evidence.baseline
    if entry is None or any(leak.suppressed_by for leak in evidence.leaks):
        return False
    allowed = entry.growth_bytes_per_s * (1 + evidence.target.tolerance) + RATE_NOISE_PER_S
    leading = evidence.judgement.leading
    return leading is not None and evidence.live_bytes_per_s > allowed
