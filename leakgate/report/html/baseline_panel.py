"""The script compared with its entry in the baseline."""

from collections.abc import Iterable

from leakgate.model.baseline import BaselineEntry, BaselineState
from leakgate.model.evidence import TrialFailed
from leakgate.model.metrics import Metric
from leakgate.model.report import GateReport, TargetResult
from leakgate.model.units import format_size
from leakgate.report.change_words import percent
from leakgate.report.html.blocks import MISSING, head_cell, part, table
from leakgate.report.html.markup import NOTHING, Html, sentence, tag
from leakgate.report.number_words import rate
from leakgate.report.places import Places


def against_baseline(result: TargetResult, report: GateReport, places: Places) -> Html:
    """Return the figures of the baseline and of this run; without an entry, why there is none."""
    entry = result.baseline
    if entry is None:
        known = report.about.baseline_state
        states = {
            BaselineState.FOUND: "The baseline has no entry for this script.",
            BaselineState.MISSING: "There is no baseline file yet.",
            BaselineState.OTHER_ENVIRONMENT: "The baseline has no entry for this environment.",
            BaselineState.BASE_RUN: "Neither the baseline nor the base run has an entry for this script.",
        }
        failed = isinstance(result.measurement.trial, TrialFailed)
        state = states.get(known, "") if known is not None and not failed else ""
        return part("Against the baseline", tag("p", state, class_="soft")) if state else NOTHING
    head = (head_cell("What"), head_cell("Accepted", "num"), head_cell("Now", "num"), head_cell("Change", "num"))
    notes = tag("ul", *(tag("li", sentence(text)) for text in result.invitations), class_="plain-list")
    return part(
        "Against the baseline",
        table(head, _compared(result, entry, places), "The baseline and this run"),
        notes if result.invitations else NOTHING,
    )


def _compared(result: TargetResult, entry: BaselineEntry, places: Places) -> Iterable[Html]:
    heap, resident = result.trend(Metric.HEAP), result.trend(Metric.RSS)
    yield _row("Verdict", entry.verdict, result.verdict)
    yield _rates("Growth of live memory", entry.growth_bytes_per_s, heap.per_s if heap else None)
    peak = format_size(resident.peak) if resident else MISSING
    yield _row("Peak", format_size(entry.peak_bytes), peak, percent(entry.peak_bytes, resident.peak if resident else 0))
    now = {part.known_as or part.signature: part.site for leak in result.leaks for part in leak.parts}
    for accepted in entry.leaks:
        site = now.pop(accepted.signature, None)
        name, recorded = f"Leak at {accepted.where}", accepted.bytes_per_s
        yield _rates(name, recorded, site.bytes_per_s) if site else _row(name, rate(recorded), "gone")
    for site in now.values():
        where = f"{places.path(site.blamed.file)}:{site.blamed.function}"
        yield _row(f"Leak at {where}", "not recorded", rate(site.bytes_per_s), "new")


def _rates(name: str, accepted: float, now: float | None) -> Html:
    if now is None:
        return _row(name, rate(accepted), MISSING)
    return _row(name, rate(accepted), rate(now), percent(accepted, now))


def _row(name: str, accepted: str, now: str, change: str = "") -> Html:
    cells = (tag("td", cell, class_="num") for cell in (accepted, now, change))
    return tag("tr", tag("th", name, scope="row"), *cells)
