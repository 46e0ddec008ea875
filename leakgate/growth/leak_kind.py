"""The kind of a leak: memory of Python, of an extension, or of a child process."""

from collections.abc import Iterable
from typing import Final

from leakgate.growth import thresholds
from leakgate.growth.pile_ups import growing_counts
from leakgate.growth.signals import Signal
from leakgate.growth.sizes import MIN_BYTES, block_scale, large_share
from leakgate.model.evidence import ProcessRole, TrialOk
from leakgate.model.explanation import Explanation
from leakgate.model.metrics import Metric
from leakgate.model.verdict import Kind

PYTHON_SHARE: Final = 0.4
"""If at least this share of the growth is Python's, the leak is Python's."""


def kind_of(leading: Signal, rates: Iterable[tuple[Signal, float]], trial: TrialOk) -> Kind:
    """The kind of the leak that shows in ``leading``. ``rates``: each signal and its bytes per second.

    Growth of the heap is Python's. Growth of the C allocator is Python's if the tracing window saw it as large blocks
    of Python; the rest is an extension's. If almost nothing grew in the window, its totals are not used: then a site
    that grew in the whole window decides, and without such a site the counter that grows most, by the estimated size of
    a block. The rates are those of the watch, because tracing slows the program. Resident memory that no counter
    explains is an extension's, unless the number of threads grows: their stacks are mapped, and Python started them. If
    the heap of the same process grows too, its share decides; if a counter is missing, the traced site decides.
    """
    if leading.role is ProcessRole.CHILD:
        return Kind.CHILD
    pairs = tuple(rates)
    per_s = {signal.metric: max(0.0, rate) for signal, rate in pairs if signal.pid == leading.pid and signal.exact}
    if not leading.exact:
        blind = not {Metric.HEAP, Metric.NATIVE} <= per_s.keys()
        traced = blind and _traced_first(trial.explanation)
        of_python = traced or _threads_pile_up(trial) or _heap_leads(leading, pairs, per_s, trial)
        return Kind.PYTHON if of_python else Kind.NATIVE
    share = large_share(trial)
    heap = per_s.get(Metric.HEAP, 0.0) * block_scale(trial.explanation)
    native = per_s.get(Metric.NATIVE, 0.0)
    if share is None:
        of_python = leading.metric is Metric.HEAP or heap > native or _traced_first(trial.explanation)
        return Kind.PYTHON if of_python else Kind.NATIVE
    python = heap + share * native
    return Kind.PYTHON if python >= PYTHON_SHARE * (heap + native) else Kind.NATIVE


def _heap_leads(
    leading: Signal, rates: tuple[tuple[Signal, float], ...], per_s: dict[Metric, float], trial: TrialOk
) -> bool:
    """Whether Python's counters explain a large part of all growth, when resident memory grows most."""
    unexplained = max((rate for signal, rate in rates if signal == leading), default=0.0)
    native = per_s.get(Metric.NATIVE, 0.0)
    heap = per_s.get(Metric.HEAP, 0.0) * block_scale(trial.explanation) + (large_share(trial) or 0.0) * native
    return heap > 0 and heap >= PYTHON_SHARE * (heap + native + max(0.0, unexplained))


def _traced_first(explanation: Explanation | None) -> bool:
    sites = explanation.sites if explanation is not None else ()
    return bool(sites) and sites[0].kind is Kind.PYTHON and sites[0].grew_bytes >= MIN_BYTES


def _threads_pile_up(trial: TrialOk) -> bool:
    """Whether the number of threads grows during the whole watch; a pool that is filled at the start does not count."""
    return Metric.THREADS in growing_counts(trial, thresholds.IN_FORCE.signals.startup_s)
