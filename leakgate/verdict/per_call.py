"""Growth for each call: from the counters of one test, in words, and compared with the budgets."""

import re
from collections.abc import Iterable
from typing import Final

from leakgate.growth.counts import BLOCKS, CONTAINERS, DESCRIPTORS, NATIVE, RESIDENT, TASKS, THREADS, CountJudgement
from leakgate.model.evidence import RepeatedTest
from leakgate.model.metrics import METRICS, Metric, Nature, Unit, metrics_of
from leakgate.model.repeated import PerCall
from leakgate.model.target import Budget, BudgetForm
from leakgate.model.units import format_size, parse_size
from leakgate.model.verdict import Kind
from leakgate.verdict.known import MIN_NEW_SHARE

SMALLEST_BLOCK_BYTES: Final = 16
"""The smallest size of a block: the alignment of Python's allocator on 64-bit machines."""
_PYTHON_COVERED_BY: Final = (Metric.BLOCKS, Metric.HEAP, Metric.RSS)
_NATIVE_COVERED_BY: Final = (Metric.NATIVE, Metric.HEAP, Metric.RSS)
"""The heap counts too, because Python takes blocks above 512 bytes from the C allocator."""


def growth_of(judged: CountJudgement, test: RepeatedTest) -> PerCall:
    """Return what a test leaves behind in each call: blocks are counted, bytes come from counters or tracing."""
    rising = {one.counter: one.per_call for one in judged.rising}
    if not rising:
        return PerCall()

    def rise(name: str) -> float:
        return rising.get(name, 0.0)

    blocks, native = rise(BLOCKS), rise(NATIVE)
    known = test.explanation
    size = native or rise(CONTAINERS)
    if known is not None and blocks > 0:
        least = max(1.0, MIN_NEW_SHARE * blocks * test.calls)
        sites = [site for site in known.sites if site.kind is Kind.PYTHON and site.grew_blocks >= least]
        # The counter of blocks has large ones too, whose bytes the counter of the C allocator has.
        each = blocks / grew if (grew := sum(site.grew_blocks for site in sites)) else 0.0
        large = each * sum(site.large_bytes for site in sites)
        size = each * sum(site.small_bytes for site in sites) + max(native, large)
    return PerCall(
        blocks=blocks,
        bytes=size or rise(RESIDENT),
        fds=rise(DESCRIPTORS),
        threads=rise(THREADS),
        tasks=rise(TASKS),
    )


def least_bytes(per_call: PerCall) -> float:
    """Return the bytes per call. If they are not known, each block counts with the smallest possible size."""
    return per_call.bytes or SMALLEST_BLOCK_BYTES * per_call.blocks


def growth_text(per_call: PerCall) -> str:
    """The memory and resources that each call leaves behind, in words: ``+18 blocks (1.2 KB) per call``."""
    parts = []
    size = format_size(per_call.bytes) if per_call.bytes >= 1 else ""
    if per_call.blocks > 0:
        parts.append(counted(per_call.blocks, "block") + (f" ({size})" if size else ""))
    elif size:
        parts.append(size)
    for count, name in (
        (per_call.fds, "descriptor"),
        (per_call.threads, "thread"),
        (per_call.tasks, "asyncio task"),
    ):
        if count > 0:
            parts.append(counted(count, name))
    return f"+{', +'.join(parts)} per call" if parts else "grows"


def counted(value: float, noun: str) -> str:
    """A number and its noun: ``1 block``, ``2.5 blocks``."""
    text = number_text(value)
    return f"{text} {noun}{'' if text == '1' else 's'}"


def number_text(value: float) -> str:
    """A count with two digits after the point at most."""
    return f"{value:,.0f}" if value >= 10 or value == round(value) else f"{value:.2g}"


def budgets_of(marker: str, configured: Iterable[Budget]) -> tuple[Budget, ...]:
    """The budgets of one test: those of its marker; without a marker, those of the config that limit growth per call.

    ``marker``: ``2 blocks``, ``128B`` or both, separated by a comma. A text that is not a budget allows no growth.
    """
    if marker:
        return tuple(_marked(part.strip()) for part in marker.split(",") if part.strip())
    return tuple(budget for budget in configured if budget.form is BudgetForm.ITERATION)


def _marked(part: str) -> Budget:
    text = re.sub(r"/(call|test|iteration|request|run)$", "", part).strip()
    if count := re.fullmatch(r"(\d+(?:\.\d+)?)\s*blocks?", text):
        return Budget(metric=Metric.BLOCKS, form=BudgetForm.ITERATION, limit=float(count[1]), text=part)
    try:
        limit = float(parse_size(text))
    except ValueError:
        limit = 0.0
    return Budget(metric=Metric.HEAP, form=BudgetForm.ITERATION, limit=limit, text=part)


def is_allowed(budgets: tuple[Budget, ...], per_call: PerCall) -> bool:
    """Whether everything that grows has a budget, and all budgets are kept."""
    covered = {budget.metric for budget in budgets}
    memory = _PYTHON_COVERED_BY if per_call.blocks > 0 else _NATIVE_COVERED_BY
    needed: list[tuple[float, tuple[Metric, ...]]] = [
        (per_call.blocks or per_call.bytes, memory),
        *((_counted(metric, per_call), (metric,)) for metric in metrics_of(Nature.COUNTED)),
    ]
    growing = [metrics for amount, metrics in needed if amount > 0]
    return bool(growing) and all(covered & set(metrics) for metrics in growing) and not exceeded_by(budgets, per_call)


def exceeded_by(budgets: tuple[Budget, ...], per_call: PerCall) -> tuple[Budget, ...]:
    """The budgets that growth for each call exceeds."""
    return tuple(budget for budget in budgets if _amount(budget, per_call) > budget.limit)


def _amount(budget: Budget, per_call: PerCall) -> float:
    if METRICS[budget.metric].unit is Unit.COUNT:
        return _counted(budget.metric, per_call)
    if budget.metric is Metric.NATIVE and per_call.blocks > 0:
        return 0.0
    return least_bytes(per_call)


def _counted(metric: Metric, per_call: PerCall) -> float:
    """The increase of a counted metric with each call; 0 if it is not counted by call."""
    return float(getattr(per_call, metric.value, 0.0))
