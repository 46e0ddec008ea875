"""The metrics that leakgate measures, in one table that every room reads."""

from dataclasses import dataclass
from enum import StrEnum
from typing import Final


class Metric(StrEnum):
    """A quantity that is recorded over time."""

    RSS = "rss"
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


class Nature(StrEnum):
    """How a metric behaves, which decides how it is judged."""

    RESIDENT = "resident"
    """Pages of the kernel: they stay for a while after the program has freed the memory."""
    IN_USE = "in-use"
    """Memory that an allocator has handed out and that was not freed: exact."""
    COUNTED = "counted"
    """Resources that are counted."""


class Source(StrEnum):
    """Who reads a metric."""

    OUTSIDE = "outside"
    """leakgate, from the operating system, for the whole process tree."""
    PROBE = "probe"
    """The probe inside a process, for that process."""


@dataclass(frozen=True, slots=True, kw_only=True)
class MetricInfo:
    """Everything that other rooms need to know of one metric."""

    title: str
    unit: Unit
    nature: Nature
    source: Source
    meaning: str
    budget_keys: tuple[str, ...] = ()
    """The keys of ``budgets`` in the config that limit it."""


METRICS: Final[dict[Metric, MetricInfo]] = {
    Metric.RSS: MetricInfo(
        title="RSS",
        unit=Unit.BYTES,
        nature=Nature.RESIDENT,
        source=Source.OUTSIDE,
        meaning="resident memory of the process tree, pages of the kernel",
        budget_keys=("rss", "peak"),
    ),
    Metric.ANON: MetricInfo(
        title="anonymous memory",
        unit=Unit.BYTES,
        nature=Nature.RESIDENT,
        source=Source.OUTSIDE,
        meaning="resident memory that no file backs, so that it cannot be paged out",
    ),
    Metric.BLOCKS: MetricInfo(
        title="blocks",
        unit=Unit.COUNT,
        nature=Nature.IN_USE,
        source=Source.PROBE,
        meaning="live memory blocks of Python's allocator",
        budget_keys=("blocks",),
    ),
    Metric.HEAP: MetricInfo(
        title="heap",
        unit=Unit.BYTES,
        nature=Nature.IN_USE,
        source=Source.PROBE,
        meaning="live Python memory",
        budget_keys=("heap",),
    ),
    Metric.NATIVE: MetricInfo(
        title="native",
        unit=Unit.BYTES,
        nature=Nature.IN_USE,
        source=Source.PROBE,
        meaning="memory in use in the C allocator",
        budget_keys=("native",),
    ),
    Metric.FDS: MetricInfo(
        title="file descriptors",
        unit=Unit.COUNT,
        nature=Nature.COUNTED,
        source=Source.OUTSIDE,
        meaning="open files, sockets and pipes (handles on Windows)",
        budget_keys=("fds",),
    ),
    Metric.THREADS: MetricInfo(
        title="threads",
        unit=Unit.COUNT,
        nature=Nature.COUNTED,
        source=Source.OUTSIDE,
        meaning="threads of the process tree",
        budget_keys=("threads",),
    ),
    Metric.TASKS: MetricInfo(
        title="asyncio tasks",
        unit=Unit.COUNT,
        nature=Nature.COUNTED,
        source=Source.PROBE,
        meaning="asyncio tasks that are not done",
        budget_keys=("tasks",),
    ),
    Metric.CHILDREN: MetricInfo(
        title="child processes",
        unit=Unit.COUNT,
        nature=Nature.COUNTED,
        source=Source.OUTSIDE,
        meaning="descendants that are alive, or that their parent has not waited for",
        budget_keys=("children",),
    ),
}


def metrics_of(nature: Nature) -> tuple[Metric, ...]:
    """The metrics of one nature, in the order of the table."""
    return tuple(metric for metric, info in METRICS.items() if info.nature is nature)


COUNTED: Final = metrics_of(Nature.COUNTED)
