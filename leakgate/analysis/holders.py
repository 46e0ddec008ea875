"""From a probe's growing containers to holders: what keeps most comes first, what keeps little is left out."""

from collections.abc import Callable, Iterable, Iterator
from typing import Final

from leakgate.model.evidence import Frame, Holder, TypeGrowth
from leakgate.model.explain_raw import RawExplanation, RawFrame, RawHolder, RawType

FrameNamer = Callable[[tuple[RawFrame, ...]], tuple[Frame, ...]]

MAX_HOLDERS: Final = 20
MAX_TYPES: Final = 20
UNKNOWN_ENTRY_BYTES: Final = 64
"""What an entry counts for where nobody knows what it keeps."""
LEAST_SHARE: Final = 0.01
"""Of what all holders keep: a container that keeps less is part of the noise."""
LEAST_WATCH_S: Final = 0.1


def holders_of(answers: Iterable[RawExplanation], frames: FrameNamer) -> tuple[Holder, ...]:
    """The holders of all processes, those that keep most bytes a minute first.

    They are ranked by growth times what a new entry keeps alive, never by size: a large container that rests holds no
    leak. Weak containers count only where there is nothing else, for they grow because something else holds.
    """
    known = [(_kept_per_min(raw, holder), _holder(raw, holder, frames)) for raw, holder in _growing(answers)]
    total = sum(kept for kept, _ in known)
    known.sort(key=lambda pair: -pair[0])
    return tuple(holder for kept, holder in known if kept >= LEAST_SHARE * total)[:MAX_HOLDERS]


def types_of(answers: Iterable[RawExplanation]) -> tuple[TypeGrowth, ...]:
    """The classes of which more and more instances live, those that take most bytes first."""
    found = [_type(raw, growth) for raw in answers for growth in raw.types]
    found.sort(key=lambda growth: -growth.grew_count * growth.bytes_each)
    return tuple(found[:MAX_TYPES])


def _growing(answers: Iterable[RawExplanation]) -> Iterator[tuple[RawExplanation, RawHolder]]:
    pairs = [(raw, holder) for raw in answers for holder in raw.holders]
    strong = [(raw, holder) for raw, holder in pairs if not holder.weak]
    return iter(strong or pairs)


def _kept_per_min(raw: RawExplanation, holder: RawHolder) -> float:
    return _per_min(raw, holder.lengths, holder.watched_s) * (holder.entry_bytes or UNKNOWN_ENTRY_BYTES)


def _holder(raw: RawExplanation, holder: RawHolder, frames: FrameNamer) -> Holder:
    return Holder(
        path=holder.path,
        root=holder.root,
        container_type=f"weak {holder.container_type}" if holder.weak else holder.container_type,
        length=holder.lengths[-1] if holder.lengths else 0,
        grew_per_min=_per_min(raw, holder.lengths, holder.watched_s),
        bound=holder.bound,
        writer=frames((holder.writer,))[0] if holder.writer is not None else None,
        entry_type=holder.entry_type,
        frames=frames(holder.frames) if holder.frames else (),
    )


def _type(raw: RawExplanation, growth: RawType) -> TypeGrowth:
    return TypeGrowth(
        name=growth.name,
        grew_count=_rise(growth.counts),
        count_per_min=_per_min(raw, growth.counts, growth.watched_s),
        bytes_each=float(growth.bytes),
    )


def _rise(counts: tuple[int, ...]) -> int:
    return counts[-1] - counts[0] if len(counts) > 1 else 0


def _per_min(raw: RawExplanation, counts: tuple[int, ...], watched_s: float) -> float:
    if watched_s <= 0:
        watched_s = raw.window.t1_s - raw.window.t0_s if raw.window is not None else 1.0
    return 60.0 * _rise(counts) / max(LEAST_WATCH_S, watched_s)
