"""Trials made of generated or recorded readings. Analysis and rules are tested with them, without a program."""

import gzip
import json
import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final

from leakgate.growth.floors import Points
from leakgate.growth.noise import BYTES_PER_BLOCK
from leakgate.model.evidence import Ending, EndReason, ProcessRole, ProcessTrack, Series, TrialOk
from leakgate.model.explanation import Explanation
from leakgate.model.metrics import Metric

Curve = Callable[[float], float]
"""Bytes at a time in seconds."""

RECORDINGS: Final = Path(__file__).parent.parent / "data" / "recordings"
MAIN_PID: Final = 100
KB: Final = 1_000.0
MB: Final = 1_000_000.0


def wobble(t_s: float) -> float:
    """Noise between -1 and 1 that is the same in every run and has no period that shows."""
    return (math.sin(t_s * 7.3) + math.sin(t_s * 17.9 + 1.0) + math.sin(t_s * 2.1 + 2.0)) / 3


def flat(level: float = 4 * MB) -> Curve:
    """A program at rest."""
    return lambda _: level


def linear(per_s: float, *, level: float = 4 * MB, since_s: float = 0.0, until_s: float = math.inf) -> Curve:
    """A rise of ``per_s`` between two moments."""
    return lambda t: level + per_s * max(0.0, min(t, until_s) - since_s)


def stairs(step: float, every_s: float, *, level: float = 4 * MB) -> Curve:
    """A burst of ``step`` bytes at regular intervals."""
    return lambda t: level + step * math.floor(t / every_s)


def saturating(rise: float, time_constant_s: float, *, level: float = 4 * MB) -> Curve:
    """A cache with random requests: the more entries it has, the fewer requests add a new one."""
    return lambda t: level + rise * (1 - math.exp(-t / time_constant_s))


def saw(height: float, period_s: float, *, level: float = 4 * MB) -> Curve:
    """A buffer that is emptied when it is full."""
    return lambda t: level + height * (t % period_s) / period_s


def plus(*curves: Curve) -> Curve:
    """The sum of several curves."""
    return lambda t: sum(curve(t) for curve in curves)


def sampled(curve: Curve, end_s: float, *, start_s: float = 0.1, interval_s: float = 0.1) -> Points:
    """Readings of a curve in ``[start_s, end_s)``, as regular as those of a probe."""
    count = max(0, math.ceil((end_s - start_s) / interval_s - 1e-9))
    times = tuple(round(start_s + interval_s * index, 4) for index in range(count))
    return Points(times, tuple(map(curve, times)))


@dataclass(frozen=True, slots=True)
class Garbage:
    """Cyclic garbage: how fast it grows, and at which amount the collector runs."""

    per_s: float
    collected_at: float


@dataclass(frozen=True, slots=True)
class Collections:
    """When leakgate asked for full collections."""

    first_s: float
    every_s: float = 1.0


def counted(
    live: Curve, end_s: float, *, garbage: Garbage | None = None, collections: Collections | None = None
) -> tuple[Points, Points | None]:
    """Return (ordinary readings, readings right after the requested collections) of a program that makes garbage."""
    plain, after = [], []
    heap, previous_s = 0.0, 0.0
    next_s = collections.first_s if collections else math.inf
    for t in sampled(live, end_s).t_s:
        if garbage is not None:
            heap += garbage.per_s * (t - previous_s)
            heap = 0.0 if heap > garbage.collected_at else heap
        previous_s = t
        plain.append((t, live(t) + heap))
        if collections is not None and t >= next_s:
            heap, next_s = 0.0, next_s + collections.every_s
            after.append((t + 0.002, live(t)))
    return _points(plain), _points(after) if after else None


def _points(rows: Sequence[tuple[float, float]]) -> Points:
    return Points(tuple(t for t, _ in rows), tuple(value for _, value in rows))


def track_from(
    *,
    heap: Points | None = None,
    native: Points | None = None,
    resident: Points | None = None,
    settled_heap: Points | None = None,
    settled_native: Points | None = None,
    resident_metric: Metric = Metric.ANON,
    more: tuple[Series, ...] = (),
    pid: int = MAIN_PID,
    role: ProcessRole = ProcessRole.MAIN,
    first_s: float = 0.0,
    last_s: float,
    parent: int = 0,
    pooled: bool = False,
) -> ProcessTrack:
    """A process and its readings; ``heap`` in bytes, stored as live blocks of the mean size."""
    parts = (
        (Metric.BLOCKS, heap, False, BYTES_PER_BLOCK),
        (Metric.BLOCKS, settled_heap, True, BYTES_PER_BLOCK),
        (Metric.NATIVE, native, False, 1.0),
        (Metric.NATIVE, settled_native, True, 1.0),
        (resident_metric, resident, False, 1.0),
    )
    series = tuple(
        Series(metric, points.t_s, tuple(value / unit for value in points.values), settled=settled)
        for metric, points, settled, unit in parts
        if points is not None
    )
    return ProcessTrack(
        pid=pid,
        role=role,
        command="python service.py",
        first_s=first_s,
        last_s=last_s,
        probed=heap is not None,
        parent=parent,
        pooled=pooled,
        series=series + more,
    )


def worker_track(pid: int, by_age: Curve, start_s: float, life_s: float, *, pooled: bool = False) -> ProcessTrack:
    """A worker that begins at ``start_s`` and lives for ``life_s``; its heap depends on its age."""
    plain, after = _readings_of_life(by_age, life_s)
    assert after is not None
    shifted = [replace(one, t_s=tuple(start_s + t_s for t_s in one.t_s)) for one in (plain, after)]
    return track_from(
        heap=shifted[0],
        settled_heap=shifted[1],
        pid=pid,
        role=ProcessRole.CHILD,
        first_s=start_s,
        last_s=start_s + life_s,
        parent=MAIN_PID,
        pooled=pooled,
    )


def _readings_of_life(by_age: Curve, life_s: float) -> tuple[Points, Points | None]:
    """A short life has more frequent readings, as from a real probe."""
    if life_s >= 1:
        return counted(by_age, life_s, collections=Collections(life_s * 0.8))
    return sampled(by_age, life_s, start_s=0.0, interval_s=0.02), Points((life_s * 0.8,), (by_age(life_s * 0.8),))


def trial_from(
    *,
    end_s: float = 30.0,
    heap: Curve | None = None,
    native: Curve | None = None,
    resident: Curve | None = None,
    resident_metric: Metric = Metric.ANON,
    garbage: Garbage | None = None,
    collections: Collections | None = None,
    children: tuple[ProcessTrack, ...] = (),
    tree: tuple[Series, ...] | None = None,
    explanation: Explanation | None = None,
    extended: bool = False,
) -> TrialOk:
    """A trial of one process with these curves in bytes (None: not read), and perhaps children.

    Garbage lies on top of the heap. Without ``tree`` the tree's RSS is the resident memory of the main process.
    """
    heap_readings, settled_heap = (
        counted(heap, end_s, garbage=garbage, collections=collections) if heap else (None, None)
    )
    native_readings, settled_native = counted(native, end_s, collections=collections) if native else (None, None)
    resident_readings = sampled(resident, end_s) if resident else None
    main = track_from(
        heap=heap_readings,
        settled_heap=settled_heap,
        native=native_readings,
        settled_native=settled_native,
        resident=resident_readings,
        resident_metric=resident_metric,
        last_s=end_s,
    )
    if tree is None:
        tree = (series(Metric.RSS, resident_readings),) if resident_readings else ()
    return trial_of((main, *children), tree, end_s, explanation=explanation, extended=extended)


def trial_of(
    processes: tuple[ProcessTrack, ...],
    tree: tuple[Series, ...],
    end_s: float,
    *,
    explanation: Explanation | None = None,
    extended: bool = False,
) -> TrialOk:
    """A trial of these processes that leakgate stopped at ``end_s``."""
    return TrialOk(
        processes=processes,
        tree=tree,
        ending=Ending(reason=EndReason.DURATION, exit_code=None, at_s=end_s),
        explanation=explanation,
        watched_s=end_s,
        extended=extended,
    )


def series(metric: Metric, points: Points, *, settled: bool = False) -> Series:
    """Points as the series of a metric, as they are."""
    return Series(metric, points.t_s, points.values, settled=settled)


@dataclass(frozen=True, slots=True)
class Recording:
    """The counters of a real program, from ``tests/data/recordings``."""

    columns: Mapping[str, tuple[float, ...]]
    """``t_s``, ``blocks``, ``native``, ``settled`` (1: right after a collection), and ``rss`` or ``anon``."""

    def trial(self, end_s: float, *, explanation: Explanation | None = None) -> TrialOk:
        """The trial as leakgate would have had it at ``end_s``."""
        resident = Metric.ANON if "anon" in self.columns else Metric.RSS
        series = [
            one
            for metric, name in ((Metric.BLOCKS, "blocks"), (Metric.NATIVE, "native"), (resident, resident.value))
            for settled in (False, True)
            if (one := self._series(metric, name, end_s, settled=settled)) and not (settled and metric is resident)
        ]
        main = ProcessTrack(
            pid=MAIN_PID,
            role=ProcessRole.MAIN,
            command="python program.py",
            first_s=0.0,
            last_s=end_s,
            probed=True,
            series=tuple(series),
        )
        tree = tuple(Series(Metric.RSS, one.t_s, one.values) for one in series if one.metric is resident)
        return trial_of((main,), tree, end_s, explanation=explanation)

    def _series(self, metric: Metric, name: str, end_s: float, *, settled: bool) -> Series:
        columns = self.columns
        rows = [
            (t, value)
            for t, value, done in zip(columns["t_s"], columns.get(name, ()), columns["settled"], strict=False)
            if t < end_s and bool(done) is settled
        ]
        return Series(metric, tuple(t for t, _ in rows), tuple(value for _, value in rows), settled=settled)


def read_recording(path: Path) -> Recording:
    """A stored recording: each column as its differences, times in milliseconds."""
    stored = json.loads(gzip.decompress(path.read_bytes()))
    columns = {name: _summed(steps) for name, steps in stored["columns"].items()}
    columns["t_s"] = tuple(t / 1000 for t in columns.pop("t_ms"))
    return Recording(columns)


def _summed(steps: Sequence[int]) -> tuple[float, ...]:
    total, values = 0, []
    for step in steps:
        total += step
        values.append(float(total))
    return tuple(values)
