"""The plan of a closer look: how long it takes, in which processes, and what it searches for. Pure."""

from dataclasses import replace
from math import inf

from leakgate.growth import thresholds
from leakgate.growth.assess import Assessment, Growth, Judgement, steadiness_by_work
from leakgate.growth.decision import Shape
from leakgate.growth.noise import BYTES_PER_BLOCK
from leakgate.model.metrics import Metric
from leakgate.model.step import ExplainPlan
from leakgate.model.target import TraceMode
from leakgate.model.work_record import WorkRecord
from leakgate.pacing.early_leak import is_fast


def plan_of(judgement: Judgement, trace: TraceMode, work: WorkRecord | None) -> ExplainPlan | None:
    """Return the look that explains the growth; None if nothing grows and tracing is not always wanted."""
    leading = judgement.leading
    open_count = judgement.growth is Growth.UNDECIDED and leading is not None and leading.signal.exact
    grows = judgement.growth is Growth.GROWS or open_count
    if not grows and trace is not TraceMode.ALWAYS:
        return None
    recycled = leading.signal.recycled if leading is not None else None
    window_s = _within_a_life_s(_window_s(leading, work), leading)
    return ExplainPlan(
        window_s=window_s,
        trace=trace is not TraceMode.NEVER,
        native=not grows or _needs_native(judgement),
        pids=_processes_of(leading, judgement),
        life_s=recycled.life_s if recycled is not None else 0.0,
        start_up_s=recycled.start_up_s if recycled is not None else 0.0,
        blocks_per_s=_heap_of_asked_per_s(leading, judgement) / BYTES_PER_BLOCK,
        quick=_fast_heap_per_s(leading) > 0,
        enough_kept_per_s=inf if trace is TraceMode.NEVER else _enough_kept_per_s(window_s, leading),
    )


def holders_only(plan: ExplainPlan | None, leading: Assessment | None) -> ExplainPlan | None:
    """Return the plan, limited to the holders of the memory: this disturbs the watch so little that it can continue."""
    window_s = _within_a_life_s(max(_figures().check_s, _over_a_rest_s(leading)), leading)
    return replace(plan, window_s=window_s, trace=False, native=False) if plan is not None else None


def _enough_kept_per_s(window_s: float, leading: Assessment | None) -> float:
    """Return how many bytes per second a holder must keep, so that a look needs no second search for holders.

    A leak that is traced for a short time (``window_s``) is so fast that any holder that grows is enough. A fast leak
    that is not steady needs a holder that keeps most of it. The look at any other leak is longer: infinite.
    """
    if window_s <= _figures().trace_s:
        return 0.0
    fast_per_s = _fast_heap_per_s(leading)
    return _figures().kept_most * fast_per_s if fast_per_s else inf


def _processes_of(leading: Assessment | None, judgement: Judgement) -> tuple[int, ...]:
    """The process that the leading signal is of; for the sum of all processes, the one that grows fastest."""
    if leading is None:
        return ()
    own = [one for one in judgement.assessments if one.signal.pid and one.slope.per_s > 0]
    fastest = max(own, key=lambda one: one.slope.per_s, default=leading)
    pid = leading.signal.pid or fastest.signal.pid
    return (pid,) if pid else ()


def _heap_per_s(leading: Assessment | None) -> float:
    """How fast the leading signal grows, in bytes per second, if it is the heap; else 0."""
    if leading is None or leading.signal.metric is not Metric.HEAP:
        return 0.0
    return max(0.0, leading.slope.per_s)


def _heap_of_asked_per_s(leading: Assessment | None, judgement: Judgement) -> float:
    """The same for the process that is asked: the leading signal may be the sum of all processes."""
    asked = _processes_of(leading, judgement)
    own = [one for one in judgement.assessments if one.signal.pid in asked and one.signal.metric is Metric.HEAP]
    return min([_heap_per_s(leading), *map(_heap_per_s, own)])


def _fast_heap_per_s(leading: Assessment | None) -> float:
    """How fast the heap grows, if this is fast; else 0."""
    per_s = _heap_per_s(leading)
    return per_s if per_s >= _figures().early_per_s else 0.0


def _needs_native(judgement: Judgement) -> bool:
    """Whether a notable part of the growth may be outside Python's own allocator, where tracing does not see it."""
    counted = [one for one in judgement.assessments if one.signal.exact or one.window.shape is Shape.SUSTAINED]
    whole = sum(max(0.0, one.slope.per_s) for one in counted)
    heap = sum(max(0.0, one.slope.per_s) for one in counted if one.signal.metric is Metric.HEAP)
    return whole - heap > _figures().untraced_share * whole


def _window_s(leading: Assessment | None, work: WorkRecord | None) -> float:
    if leading is None:
        return _figures().trace_slow_s
    slow = not is_fast(leading, leading.slope.per_s, work) or not _is_steady(leading, work)
    return max(_figures().trace_slow_s if slow else _figures().trace_s, _over_a_rest_s(leading))


def _is_steady(leading: Assessment, work: WorkRecord | None) -> bool:
    """Whether a short look contains as much growth as any other, by its time or by its requests."""
    least = _figures().steady
    return leading.window.steadiness >= least or steadiness_by_work(leading, work) >= least


def _within_a_life_s(window_s: float, leading: Assessment | None) -> float:
    """Return the length of the window in seconds.

    For workers that are replaced, it is at most a share of their life after the start-up.
    """
    recycled = leading.signal.recycled if leading is not None else None
    return window_s if recycled is None else min(window_s, _figures().share_of_life * recycled.work_s)


def _over_a_rest_s(leading: Assessment | None) -> float:
    """Return the length of a look, in seconds, that contains a burst of the leak wherever it begins."""
    return (
        min(_figures().longest_look_s, _figures().over_a_rest * leading.window.rested_s) if leading is not None else 0.0
    )


def _figures() -> thresholds.PacingThresholds:
    return thresholds.IN_FORCE.pacing
