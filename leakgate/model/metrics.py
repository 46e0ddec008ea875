"""What is measured: the one table of metrics that every room reads."""

from dataclasses import dataclass
from enum import StrEnum
from typing import Final


class Metric(StrEnum):
    """A quantity that is recorded over time."""

    RSS = "rss"
    USS = "uss"
    ANON = "anon"
    BLOCKS = "blocks"
    HEAP = "heap"
    NATIVE = "native"
    FDS = "fds"
    THREADS = "threads"
    TASKS = "tasks"
    CHILDREN = "children"


class Unit(StrEnum):
    """The unit of a metric's values."""

    BYTES = "bytes"
    COUNT = "count"


@dataclass(frozen=True, slots=True)
class MetricInfo:
    """What users and reports need to know of one metric."""

    title: str
    unit: Unit
    meaning: str


METRICS: Final[dict[Metric, MetricInfo]] = {
    Metric.RSS: MetricInfo("RSS", Unit.BYTES, "resident memory of the process tree, pages of the kernel"),
    Metric.USS: MetricInfo("USS", Unit.BYTES, "resident memory that no other process shares"),
    Metric.ANON: MetricInfo("anonymous", Unit.BYTES, "resident memory that no file backs, so that cannot be paged out"),
    Metric.BLOCKS: MetricInfo("blocks", Unit.COUNT, "live memory blocks of Python's allocator"),
    Metric.HEAP: MetricInfo("heap", Unit.BYTES, "live Python memory"),
    Metric.NATIVE: MetricInfo("native", Unit.BYTES, "memory in use in the C allocator"),
    Metric.FDS: MetricInfo("file descriptors", Unit.COUNT, "open files, sockets and pipes (handles on Windows)"),
    Metric.THREADS: MetricInfo("threads", Unit.COUNT, "threads of the process tree"),
    Metric.TASKS: MetricInfo("asyncio tasks", Unit.COUNT, "asyncio tasks that are not done"),
    Metric.CHILDREN: MetricInfo("child processes", Unit.COUNT, "descendants that live, or that nobody has waited for"),
}
