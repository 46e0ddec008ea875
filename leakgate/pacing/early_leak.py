"""When growth is called a leak before the duration is over, and when it is traced for a short time only.

A cache fills with the work that a program does. So a server that answered enough requests is judged earlier than a
program whose work is not counted, and by the bytes that each request keeps.
"""

from collections import Counter

from leakgate.growth import thresholds
from leakgate.growth.assess import Assessment
from leakgate.growth.decision import Window
from leakgate.growth.work import clock_of
from leakgate.model.work_record import WorkRecord, WorkUnit


def earliest_s(work: WorkRecord | None, duration_s: float) -> float:
    """Return the seconds before which no growth is called a leak."""
    usual_s = _after_s(duration_s, served=False)
    return min(usual_s, _after_s(duration_s, served=True)) if _is_served(work) else usual_s


def is_early_leak(leading: Assessment, work: WorkRecord | None, *, now_s: float, duration_s: float) -> bool:
    """Return whether growth is so fast, steady and certain that the rest of the duration is not needed."""
    figures, window = thresholds.IN_FORCE.pacing, leading.window
    return (
        leading.signal.exact
        and window.start_s <= figures.early_start_share * now_s
        and figures.early_rests * window.rested_s <= window.end_s - window.start_s
        and window.surety >= figures.early_errors
        and window.persistence >= figures.early_kept_rate
        and now_s >= _after_s(duration_s, served=_is_well_served(work, window))
        and is_fast(leading, leading.slope.low, work)
    )


def _after_s(duration_s: float, *, served: bool) -> float:
    figures = thresholds.IN_FORCE.pacing
    if served:
        return max(figures.early_served_s, figures.early_served_share * duration_s)
    return max(figures.early_leak_s, figures.early_leak_share * duration_s)


def _is_well_served(work: WorkRecord | None, window: Window) -> bool:
    """Whether the server answered so many requests that its caches are full, and each route had its turns."""
    return requests_in(work, window) >= thresholds.IN_FORCE.pacing.early_served and _has_turns(work, window)


def is_perfectly_steady(window: Window) -> bool:
    """Whether the weakest part and the late half of a rise are nearly as fast as the rest of it."""
    least = thresholds.IN_FORCE.pacing.very_steady
    return window.steadiness >= least and least <= window.persistence <= 1 / least


def is_fast(leading: Assessment, per_s: float, work: WorkRecord | None) -> bool:
    """Return whether growth of ``per_s`` bytes per second shows within a few seconds, or with each request."""
    figures, window = thresholds.IN_FORCE.pacing, leading.window
    if per_s >= figures.early_per_s:
        return True
    requests = requests_in(work, window)
    grew = per_s * (window.end_s - window.start_s)
    return requests >= figures.early_served and grew >= figures.early_per_request * requests


def requests_in(work: WorkRecord | None, window: Window) -> float:
    """Return how many requests of leakgate's own load were answered in a window; 0 if they are not known."""
    clock = clock_of(work) if _is_served(work) else None
    return 0.0 if clock is None else clock.at(window.end_s) - clock.at(window.start_s)


def _has_turns(work: WorkRecord | None, window: Window) -> bool:
    """Whether each route had enough turns in the window to be distinguished from the others."""
    if work is None or len(work.routes) < 2:
        return True
    inside = [turn for turn in work.turns if window.start_s <= turn.from_s and turn.to_s <= window.end_s]
    turns = Counter(route for turn in inside for route in {one.route for one in turn.counts})
    return min(turns[route] for route in range(len(work.routes))) >= thresholds.IN_FORCE.pacing.early_turns


def _is_served(work: WorkRecord | None) -> bool:
    return work is not None and work.unit is WorkUnit.REQUEST
