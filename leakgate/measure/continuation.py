"""Continues series that were judged at one moment with later readings. Pure."""

from dataclasses import replace

from leakgate.model.evidence import Series


def continued(judged: tuple[Series, ...], later: tuple[Series, ...], until_s: float) -> tuple[Series, ...]:
    """Return the judged series, each continued with the readings after ``until_s`` of the same series in ``later``.

    Series that exist only in ``later`` are left out. ``until_s``: when the judged series were taken, in seconds since
    the start of the watch.
    """
    newer = {(series.metric, series.settled): series for series in later}
    return tuple(_continued(series, newer.get((series.metric, series.settled)), until_s) for series in judged)


def _continued(judged: Series, later: Series | None, until_s: float) -> Series:
    if later is None:
        return judged
    pairs = [(t, value) for t, value in zip(later.t_s, later.values, strict=True) if t > until_s]
    times, values = tuple(t for t, _ in pairs), tuple(value for _, value in pairs)
    return replace(judged, t_s=judged.t_s + times, values=judged.values + values)
