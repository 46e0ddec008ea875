"""The rule on leaks: growth that is sustained to the end, beyond what is allowed, and not known."""

from typing import Final, assert_never

from leakgate.blame.holders import LEAST_GUESSED
from leakgate.blame.signature import portable_path
from leakgate.growth.assess import Growth
from leakgate.growth.decision import Shape
from leakgate.growth.sizes import is_weighed
from leakgate.model.baseline import BaselineEntry
from leakgate.model.explanation import COUNTED_ROOTS, Holder
from leakgate.model.metrics import METRICS, Metric
from leakgate.model.report import Finding, Leak
from leakgate.model.units import format_change, format_duration, format_each, format_rate
from leakgate.model.verdict import Kind, Verdict
from leakgate.model.work_record import WorkUnit, unit_of
from leakgate.verdict.case import Evidence
from leakgate.verdict.known import accepted_growth, by_holder, new_leaks, why_accepted, worse_than_known
from leakgate.verdict.rules.budget_rule import allowance
from leakgate.verdict.rules.growth_hints import what_settles, where_to_look
from leakgate.verdict.rules.large_rise import large_rise
from leakgate.verdict.rules.recycled_rule import is_memory_of_a_job, recycling_hides, undecided_role, unsettled_role
from leakgate.verdict.rules.worker_words import workers_that_grow

KIND_WORDS = {
    Kind.PYTHON: "Python objects",
    Kind.NATIVE: "native memory",
    Kind.CHILD: "memory of a child process",
    Kind.NONE: "memory",
}

MOST: Final = 0.5
"""Share of the growth. A container that keeps a smaller share is not named as the holder."""
_SINGLE_THREADED: Final = 2
"""The number of threads in a process that starts none: the main thread and the thread of the probe."""


def judge_leak(evidence: Evidence) -> Finding | None:
    """Return ``leak``, ``known``, ``regression``, ``inconclusive`` or ``error``; None without growth, or if allowed."""
    match evidence.judgement.growth:
        case Growth.GROWS:
            return None if allowance(evidence) else _sustained(evidence)
        case Growth.UNDECIDED:
            return (
                None
                if allowance(evidence)
                else large_rise(evidence, known=accepted_growth(evidence)) or _undecided(evidence)
            )
        case Growth.STEADY | Growth.UNMEASURED:
            return None
        case _:
            assert_never(evidence.judgement.growth)


def _sustained(evidence: Evidence) -> Finding:
    leading = evidence.judgement.leading
    metric = leading.signal.metric if leading is not None else None
    leaks = by_holder(evidence.leaks)
    holder = next((leak.holder for leak in leaks[:1] if leak.holder is not None and not leak.holder.weak), None)
    grows = f"{_what_grows(evidence, holder)}{_kept_by(holder) if evidence.leaks else _kept_unplaced(evidence)}"
    if is_memory_of_a_job(holder, evidence) and not accepted_growth(evidence):
        return undecided_role(evidence, grows)
    if accepted_growth(evidence):
        if worse_than_known(evidence):
            unit = unit_of(evidence.trial.work)
            recorded = _recorded(evidence.baseline, unit) if evidence.baseline else "less"
            return Finding(
                rule="growth",
                verdict=Verdict.REGRESSION,
                message=f"a known leak got worse: {grows}; the baseline records {recorded}",
                hint="find what makes it faster, or accept it with `leakgate baseline update`",
                metric=metric,
            )
        message = f"{grows}; known, and no worse{why_accepted(evidence)}"
        return Finding(rule="growth", verdict=Verdict.KNOWN, message=message, metric=metric)
    return Finding(
        rule="growth",
        verdict=Verdict.LEAK,
        message=grows + _at(by_holder(new_leaks(evidence.leaks)), evidence.root),
        hint="" if evidence.leaks else _fragmented(evidence) or where_to_look(evidence),
        metric=metric,
    )


def _how_fast(evidence: Evidence) -> str:
    """Return the growth per second; if requests were counted, the growth per request comes first."""
    each, per_s = evidence.bytes_per_iteration, format_rate(evidence.live_bytes_per_s)
    return per_s if each is None else f"{format_each(each.estimate)}/{unit_of(evidence.trial.work)} ({per_s})"


def _recorded(entry: BaselineEntry, unit: WorkUnit) -> str:
    """Return the growth that the baseline accepted: per request or call if they were counted, else per second."""
    each = entry.growth_bytes_per_iteration
    return f"{format_each(each)}/{unit}" if each else format_rate(entry.growth_bytes_per_s)


def _what_grows(evidence: Evidence, holder: Holder | None) -> str:
    """``Python objects grow by +84.0 KB/s, steadily for 20.1 s``; for native memory also its package, if known."""
    judgement = evidence.judgement
    if judgement.leading is not None and judgement.leading.signal.recycled is not None:
        return recycling_hides(evidence, judgement.leading.signal.recycled, _how_fast(evidence))
    what, verb = KIND_WORDS[judgement.kind], "grow" if judgement.kind is Kind.PYTHON else "grows"
    if judgement.kind is Kind.CHILD and (workers := workers_that_grow(evidence)):
        what = f"memory of {workers}"
    if not any(process.probed for process in evidence.trial.processes):
        what = "resident memory"
    if judgement.kind is Kind.NATIVE and holder is not None and holder.package:
        seen_by_malloc = judgement.leading is not None and judgement.leading.signal.exact
        what += f" of {holder.package}" if seen_by_malloc else f" in the allocator of {holder.package}"
    watched = format_duration(judgement.end_s - judgement.warmup_s)
    leading = judgement.leading
    counted_blocks = leading is not None and leading.signal.metric is Metric.HEAP
    about = "about " if counted_blocks and not is_weighed(evidence.trial.explanation) else ""
    return f"{what} {verb} by {about}{_how_fast(evidence)}, steadily for {watched}"


def _kept_by(holder: Holder | None, how: str = "kept by") -> str:
    if holder is None:
        return ""
    if holder.root_kind in COUNTED_ROOTS:
        return f", {how} {holder.root}: {holder.path}"
    entries = f" of {holder.entry_type}" if holder.entry_type and not holder.linked else ""
    return f", {how} {holder.path} ({holder.container_type}{entries})"


def _kept_unplaced(evidence: Evidence) -> str:
    """The holder if no allocation site is known: the container that keeps most, if it keeps enough."""
    first = next(iter(evidence.keepers), None)
    if first is None or first.kept_bytes_per_s < LEAST_GUESSED * evidence.live_bytes_per_s:
        return ""
    in_part = first.kept_bytes_per_s < MOST * evidence.live_bytes_per_s
    return _kept_by(first, "kept in part by" if in_part else "kept by")


def _fragmented(evidence: Evidence) -> str:
    """Return advice if resident memory grows, but no counter of memory in use does; empty for any other leak.

    Holes between blocks in use look like this, and so does an allocator other than that of the C library. The settings
    are those of glibc (mallopt(3)): the number of arenas if there are many threads, and the trimming of the end of the
    heap.
    """
    leading = evidence.judgement.leading
    heap, native = evidence.trend(Metric.HEAP), evidence.trend(Metric.NATIVE)
    if leading is None or leading.signal.exact or heap is None or native is None:
        return ""
    if evidence.judgement.kind is not Kind.NATIVE or heap.growth + native.growth > heap.noise + native.noise:
        return ""
    threads = evidence.trend(Metric.THREADS)
    many = threads is not None and threads.peak > _SINGLE_THREADED
    setting = "MALLOC_ARENA_MAX=2" if many else "MALLOC_TRIM_THRESHOLD_=131072"
    return (
        f"memory in use does not grow: memory is fragmented, or something other than malloc maps it; try {setting} "
        "or jemalloc (LD_PRELOAD) in the script's `env`; if that changes nothing, look for code that maps memory"
    )


def _at(leaks: tuple[Leak, ...], root: str) -> str:
    if not leaks:
        return ""
    place = leaks[0].place
    function = f" in {place.function}" if place.function else ""
    return f", at {portable_path(place.file, root)}:{place.line}{function}"


def _undecided(evidence: Evidence) -> Finding:
    leading = evidence.judgement.leading
    watched_s = evidence.trial.watched_s
    if leading is not None and leading.signal.recycled is not None:
        return unsettled_role(evidence, leading.signal.recycled)
    if leading is None:
        message, metric = "the readings do not show clearly whether memory grows", None
    else:
        metric = leading.signal.metric
        how = "more and more slowly" if leading.window.shape is Shape.SLOWING else "unevenly"
        growth = format_change(leading.window.growth)
        moved = f"grew by {growth}, {how}" if growth.startswith("+") else "rose and fell"
        message = (
            f"{METRICS[metric].title} {moved}; "
            f"{format_duration(watched_s)} is too short to tell a leak from a filling cache"
        )
    return Finding(
        rule="growth",
        verdict=Verdict.INCONCLUSIVE,
        message=message,
        hint=what_settles(evidence),
        metric=metric,
    )
