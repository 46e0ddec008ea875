"""An accepted leak stays known when its code was renamed or moved: it is found by its place and growth. Pure."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Final

from leakgate.blame.signature import portable_path
from leakgate.model.baseline import AcceptedLeak, BaselineEntry
from leakgate.model.explanation import GrowthSite
from leakgate.model.report import Leak
from leakgate.verdict.case import Evidence
from leakgate.verdict.known import (
    BLOCKS_NOISE_PER_CALL,
    BYTES_NOISE_PER_CALL,
    MIN_NEW_SHARE,
    allowed_blocks,
    allowed_bytes,
    allowed_bytes_per_s,
    comparable_bytes_per_s,
    pace_room,
)

_FAR: Final = 3
"""The distance of two places that have neither the file nor the function in common."""


@dataclass(frozen=True, slots=True)
class _RecordedPlace:
    file: str
    function: str

    @classmethod
    def of(cls, where: str) -> "_RecordedPlace":
        file, _, function = where.rpartition(":")
        return cls(file, function)

    def distance(self, other: "_RecordedPlace") -> int:
        """0: the same place; 1: the same function in another file; 2: another function of the same file; 3: neither."""
        if self == other:
            return 0
        if self.function and self.function == other.function:
            return 1
        return 2 if self.file == other.file else _FAR


@dataclass(frozen=True, slots=True, kw_only=True)
class _Seen:
    """A leak of this run that the baseline does not record."""

    signature: str
    place: _RecordedPlace
    share: float
    blocks_per_call: float = 0.0
    bytes_per_call: float = 0.0


def recognised(evidence: Evidence) -> Evidence:
    """Return the evidence in which a new leak is known if it replaces an accepted leak that is no longer seen.

    Both must grow at the same rate within the script's tolerance, so that a new leak does not pass for an old leak that
    was fixed. The place may differ in one respect only: the file, the function, or the code that allocates below it.
    """
    entry = evidence.baseline
    if entry is None:
        return evidence
    unknown = [
        _Seen(signature=leak.signature, place=_place(leak.site, evidence.root), share=leak.site.share)
        for leak in evidence.leaks
        if not leak.known and leak.site.share >= MIN_NEW_SHARE
    ]
    seen = {leak.signature for leak in evidence.leaks}
    per_s, room, tolerance = comparable_bytes_per_s(evidence), pace_room(evidence), evidence.target.tolerance

    def is_same(one: _Seen, accepted: AcceptedLeak) -> bool:
        recorded = accepted.bytes_per_s
        low, high = recorded * (1 - tolerance) / room, room * allowed_bytes_per_s(recorded, tolerance)
        return low <= one.share * per_s <= high

    taken = _pairs(unknown, [one for one in entry.leaks if one.signature not in seen], is_same)
    leaks = tuple(
        replace(leak, known=True, known_as=taken[leak.signature]) if leak.signature in taken else leak
        for leak in evidence.leaks
    )
    return replace(evidence, leaks=leaks)


def renamed_in_tests(leaks: Sequence[Leak], entry: BaselineEntry | None, tolerance: float, root: str) -> dict[str, str]:
    """The same for tests and callables, by growth with each call. Returns new signature -> recorded signature."""
    if entry is None:
        return {}
    parts = [(leak, part) for leak in leaks for part in leak.parts]
    unknown = [
        _Seen(
            signature=part.signature,
            place=_place(part.site, root),
            share=part.site.share,
            blocks_per_call=leak.growth_of(part).blocks,
            bytes_per_call=leak.growth_of(part).bytes,
        )
        for leak, part in parts
        if not leak.known and leak.per_call is not None and leak.share > 0
    ]
    seen = {part.signature for _, part in parts}

    def is_same(one: _Seen, accepted: AcceptedLeak) -> bool:
        blocks, size = accepted.blocks_per_call, accepted.bytes_per_call
        fewest = blocks * (1 - tolerance) - BLOCKS_NOISE_PER_CALL
        smallest = size * (1 - tolerance) - BYTES_NOISE_PER_CALL
        return (
            blocks + size > 0
            and fewest <= one.blocks_per_call <= allowed_blocks(blocks, tolerance)
            and smallest <= one.bytes_per_call <= allowed_bytes(size, tolerance)
        )

    return _pairs(unknown, [one for one in entry.leaks if one.signature not in seen], is_same)


def with_new_names(entry: BaselineEntry, renamed: dict[str, str]) -> BaselineEntry:
    """The entry with the new signatures of leaks that were renamed."""
    old = {recorded: new for new, recorded in renamed.items()}
    leaks = tuple(replace(leak, signature=old.get(leak.signature, leak.signature)) for leak in entry.leaks)
    return replace(entry, leaks=leaks)


def named_as_recorded(leak: Leak, renamed: dict[str, str]) -> Leak:
    """The leak with the signatures under which the baseline records its parts."""
    also = tuple(replace(part, known_as=renamed.get(part.signature, "")) for part in leak.also)
    return replace(leak, known_as=renamed.get(leak.signature, ""), also=also)


def _pairs(
    unknown: Sequence[_Seen], missing: Sequence[AcceptedLeak], is_same: Callable[[_Seen, AcceptedLeak], bool]
) -> dict[str, str]:
    """New signature -> recorded signature. The nearest places are paired first, each recorded leak only once."""
    rated = [
        (one.place.distance(_RecordedPlace.of(accepted.where)), -one.share, at, one, accepted)
        for one in unknown
        for at, accepted in enumerate(missing)
        if is_same(one, accepted)
    ]
    taken: dict[str, str] = {}
    for distance, _, _, one, accepted in sorted(rated, key=lambda row: row[:3]):
        if distance < _FAR and one.signature not in taken and accepted.signature not in taken.values():
            taken[one.signature] = accepted.signature
    return taken


def _place(site: GrowthSite, root: str) -> _RecordedPlace:
    return _RecordedPlace(portable_path(site.blamed.file, root), site.blamed.function)
