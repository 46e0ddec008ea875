"""Suggestions to update the baseline: when memory got better, or names or environments changed. Pure."""

from collections.abc import Iterator

from leakgate.blame.signature import portable_path
from leakgate.growth.assess import Growth
from leakgate.model.baseline import BaselineEntry
from leakgate.model.metrics import Metric
from leakgate.model.units import format_rate, format_size
from leakgate.model.verdict import Verdict
from leakgate.verdict.case import Evidence
from leakgate.verdict.known import comparable_bytes_per_s


def invitations(evidence: Evidence, verdict: Verdict) -> tuple[str, ...]:
    """Return one sentence for each figure or entry of the baseline that an update would bring up to date.

    The sentences have no command, because only a report knows the path of the config.
    """
    entry = evidence.baseline
    if entry is None or verdict not in (Verdict.OK, Verdict.KNOWN):
        return ()
    return (*_better(entry, evidence, verdict), *_stands_in(entry, evidence), *_renamed(entry, evidence))


def _better(entry: BaselineEntry, evidence: Evidence, verdict: Verdict) -> Iterator[str]:
    steady = 1 - evidence.target.tolerance
    if entry.growth_bytes_per_s > 0 and evidence.judgement.growth is Growth.STEADY:
        yield f"the baseline records a leak of {format_rate(entry.growth_bytes_per_s)} that is gone"
    elif verdict is Verdict.KNOWN and comparable_bytes_per_s(evidence) < steady * entry.growth_bytes_per_s:
        now = format_rate(comparable_bytes_per_s(evidence))
        yield f"the accepted leak got smaller, from {format_rate(entry.growth_bytes_per_s)} to {now}"
    rss = evidence.trend(Metric.RSS)
    if rss is not None and entry.peak_bytes > 0 and rss.peak < entry.peak_bytes * steady:
        yield f"the peak fell from {format_size(entry.peak_bytes)} to {format_size(rss.peak)}"


def _stands_in(entry: BaselineEntry, evidence: Evidence) -> Iterator[str]:
    source = entry.taken_from
    if source is None:
        return
    if source.script == evidence.target.name:
        yield f"the baseline has no entry for this environment; the entry for {source.environment} is used"
    else:
        yield f"the baseline has no entry for this name; the entry of `{source.script}` is used"


def _renamed(entry: BaselineEntry, evidence: Evidence) -> Iterator[str]:
    places = {leak.signature: leak.where for leak in entry.leaks}
    for leak in evidence.leaks:
        if leak.known_as:
            frame = leak.site.blamed
            place = f"{portable_path(frame.file, evidence.root)}:{frame.function}"
            yield f"the leak at {place} is treated as the one that was accepted at {places[leak.known_as]}"
