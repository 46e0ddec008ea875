"""What kind of memory grows: Python's, an extension's, or a child's."""

from leakgate.analysis.signals import Signal, raw
from leakgate.model.evidence import Explanation, ProcessRole, TrialOk
from leakgate.model.metrics import Metric
from leakgate.model.verdict import Kind

PYTHON_SHARE = 0.4
"""From this share of traced growth on, the memory is Python's."""
MIN_EXPLAINED_BYTES = 2_000
MIN_MORE_THREADS = 3


def kind_of(leading: Signal, trial: TrialOk) -> Kind:
    """The kind of the leak that shows in ``leading``.

    Tracing decides where a window was opened: memory that Python's allocators handed out is traced, an extension's
    is not. Without one the counter that grows decides. Resident memory that no counter explains is an extension's,
    unless threads pile up: their stacks are mapped, and it is Python that started them.
    """
    if leading.role is ProcessRole.CHILD:
        return Kind.CHILD
    if not leading.exact:
        return Kind.PYTHON if _threads_pile_up(trial) else Kind.NATIVE
    share = traced_share(trial.explanation)
    if share is not None:
        return Kind.PYTHON if share >= PYTHON_SHARE else Kind.NATIVE
    return Kind.PYTHON if leading.metric is Metric.HEAP else Kind.NATIVE


def _threads_pile_up(trial: TrialOk) -> bool:
    threads = raw(trial.tree, Metric.THREADS)
    if threads is None:
        return False
    half = len(threads) // 2
    return min(threads.values[half:]) >= min(threads.values[:half], default=0) + MIN_MORE_THREADS


def traced_share(explanation: Explanation | None) -> float | None:
    """Traced growth as a share of all growth in the tracing window; None where next to nothing grew there."""
    if explanation is None or explanation.window_s <= 0:
        return None
    untraced = max(0, explanation.native_bytes - max(0, explanation.traced_large_bytes))
    traced = max(0, explanation.traced_bytes)
    if traced + untraced < MIN_EXPLAINED_BYTES:
        return None
    return traced / (traced + untraced)
