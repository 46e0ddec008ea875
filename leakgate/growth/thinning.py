"""Fewer readings with the same floors and peaks, for charts and for stored files."""

from dataclasses import replace

from leakgate.model.evidence import Series
from leakgate.model.work_record import RouteCount, Turn, WorkRecord


def thinned(series: Series, points: int) -> Series:
    """Return at most ``points`` readings: the first, the last, and the lowest and highest of each part between them.

    All parts are equally long.

    Minima are what leakgate judges and maxima are peaks, so neither is averaged away. Thinning twice changes nothing.
    """
    if len(series) <= points:
        return series
    kept = {0, len(series) - 1}
    runs = (points - 2) // 2
    inner = len(series) - 2
    for run in range(runs):
        first, end = 1 + run * inner // runs, 1 + (run + 1) * inner // runs
        stretch = series.values[first:end]
        kept.add(first + stretch.index(min(stretch)))
        kept.add(first + stretch.index(max(stretch)))
    order = sorted(kept)
    return Series(
        series.metric,
        tuple(series.t_s[index] for index in order),
        tuple(series.values[index] for index in order),
        series.settled,
    )


def thinned_work(work: WorkRecord, turns: int) -> WorkRecord:
    """Return the same work in at most ``turns`` turns: neighbours are joined, and no request is lost."""
    size = -(-len(work.turns) // turns)
    if size <= 1:
        return work
    groups = [work.turns[at : at + size] for at in range(0, len(work.turns), size)]
    return replace(work, turns=tuple(map(_together, groups)))


def _together(turns: tuple[Turn, ...]) -> Turn:
    counts: dict[int, RouteCount] = {}
    for one in (one for turn in turns for one in turn.counts):
        before = counts.get(one.route, RouteCount(one.route, 0, 0))
        counts[one.route] = RouteCount(one.route, before.expected + one.expected, before.failed + one.failed)
    return Turn(
        from_s=turns[0].from_s,
        to_s=turns[-1].to_s,
        counts=tuple(counts.values()),
        sent_bytes=sum(turn.sent_bytes for turn in turns),
        received_bytes=sum(turn.received_bytes for turn in turns),
    )
