"""Descriptors, threads, tasks and child processes that pile up, in the words that all reports use."""

from typing import Final

from leakgate.model.explanation import ResourceGrowth
from leakgate.model.metrics import METRICS, Metric
from leakgate.report.escape import one_line

SHOWN_RESOURCES: Final = 8
NOT_KNOWN: Final = "not known"
_LONGEST: Final = 120


def resource_growth(growth: ResourceGrowth) -> str:
    """Return what piles up and how fast: ``file descriptors +60/min: socket (AF_INET, SOCK_STREAM)``."""
    what = one_line(growth.what, _LONGEST)
    if what and growth.metric in (Metric.THREADS, Metric.TASKS):
        what = f"running {what}"
    return f"{METRICS[growth.metric].title} {growth.per_min:+,.0f}/min{': ' if what else ''}{what}"
