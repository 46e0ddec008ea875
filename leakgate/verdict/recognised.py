"""An accepted leak stays known when its code was renamed or moved: by the nearest place and the same growth. Pure."""

from dataclasses import dataclass, replace
from typing import Final

from leakgate.blame.signature import portable_path
from leakgate.model.baseline import AcceptedLeak
from leakgate.model.report import Leak
from leakgate.verdict.case import Evidence
from leakgate.verdict.known import MIN_NEW_SHARE, allowed_bytes_per_s, comparable_bytes_per_s, pace_room

_FAR: Final = 3


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


def recognised(evidence: Evidence) -> Evidence:
    """The same evidence; a new leak that stands in the place of an accepted one, which is not seen any more, is known.

    Both have to grow at the same rate within the script's tolerance, so that a new leak does not pass for an old one
    that was fixed, and the place must differ in one respect only: the file, the function, or what allocates below it.
    """
    entry = evidence.baseline
    if entry is None:
        return evidence
    seen = {leak.signature for leak in evidence.leaks}
    missing = [one for one in entry.leaks if one.signature not in seen]
    unknown = [leak for leak in evidence.leaks if not leak.known and leak.site.share >= MIN_NEW_SHARE]
    pairs = sorted(
        ((distance, at, leak, one) for leak in unknown for at, one in enumerate(missing) if
         (distance := _distance(leak, one, evidence)) < _FAR),
        key=lambda pair: (pair[0], -pair[2].site.share, pair[1]),
    )  # fmt: skip
    taken: dict[str, str] = {}
    for _, _, leak, one in pairs:
        if leak.signature not in taken and one.signature not in taken.values():
            taken[leak.signature] = one.signature
    leaks = tuple(
        replace(leak, known=True, known_as=taken[leak.signature]) if leak.signature in taken else leak
        for leak in evidence.leaks
    )
    return replace(evidence, leaks=leaks)


def _distance(leak: Leak, accepted: AcceptedLeak, evidence: Evidence) -> int:
    per_s = leak.site.share * comparable_bytes_per_s(evidence)
    room = pace_room(evidence)
    is_same = (
        _low(accepted.bytes_per_s, evidence) / room
        <= per_s
        <= room * allowed_bytes_per_s(accepted.bytes_per_s, evidence.target.tolerance)
    )
    if not is_same:
        return _FAR
    frame = leak.site.blamed
    return _RecordedPlace(portable_path(frame.file, evidence.root), frame.function).distance(
        _RecordedPlace.of(accepted.where)
    )


def _low(recorded_per_s: float, evidence: Evidence) -> float:
    """The slowest growth that is still the same; below it the old leak was fixed, and this is another one."""
    return recorded_per_s * (1 - evidence.target.tolerance)
