"""From a trial to the quantities that are judged.

For each process: its heap, its native memory, and the resident memory that neither explains.
"""

import math
from dataclasses import dataclass, replace
from itertools import accumulate

from leakgate.growth import thresholds
from leakgate.growth.floors import Points, bridged, merge
from leakgate.growth.noise import BYTES_PER_BLOCK, Noise
from leakgate.model.evidence import ProcessRole, ProcessTrack, Series, TrialOk
from leakgate.model.metrics import Metric

LOST_S, LOST_SHARE = 5.0, 0.25
"""A counter is not judged if it was not read in this last part of the watch (seconds or share, whichever is shorter)
although its process lived."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RecycledRole:
    """Workers of one role that were replaced during the watch."""

    parent: int
    """The process that starts them."""
    command: str
    """Command line of one of them; hostile text."""
    pids: tuple[int, ...]
    """In the order of their start."""
    lives: int
    """How many of them were judged."""
    life_s: float
    """Seconds for which a worker was seen; the median."""
    pooled: bool
    """Whether they are known to be workers of a pool. Such a worker does many tasks."""
    grew: float
    """Bytes by which a worker grows over its whole life, on average, at the rate after its warm-up."""
    start_up_s: float = 0.0
    """Seconds from its first reading in which a worker starts up: it imports its program. The upper quartile."""
    at_once: float = 1.0
    """How many of them are alive at a time, on average."""

    @property
    def work_s(self) -> float:
        """Seconds of a life that remain after the start-up."""
        return self.life_s - self.start_up_s


@dataclass(frozen=True, slots=True)
class Signal:
    """One quantity of one process, in bytes, prepared for the judgement."""

    metric: Metric
    pid: int
    role: ProcessRole
    points: Points
    noise: Noise
    begin_s: float
    """Readings before this are not comparable with later ones."""
    exact: bool
    """True for an exact counter of memory in use, False for resident memory."""
    recycled: RecycledRole | None = None
    """Set if this is the sum over the lives of workers that are replaced."""


def signals_of(trial: TrialOk) -> tuple[Signal, ...]:
    """Every quantity that can be judged: those of the main process, of long-lived children, and of the whole tree."""
    found: list[Signal] = []
    for track in _judged(trial):
        found.extend(_signals_of_process(track, trial.watched_s))
    if len(trial.processes) > 1:
        found.extend(_resident(trial.tree, 0, ProcessRole.CHILD, trial.watched_s))
    return tuple(found)


def exact_signals_of(trial: TrialOk) -> tuple[Signal, ...]:
    """The signals of `signals_of` that are exact counters: without resident memory, which takes longer to compute."""
    return tuple(signal for track in _judged(trial) for signal in _exact(track, trial.watched_s))


def _judged(trial: TrialOk) -> list[ProcessTrack]:
    return [
        track for track in trial.processes if track.role is ProcessRole.MAIN or is_long_lived(track, trial.watched_s)
    ]


def raw(series: tuple[Series, ...], metric: Metric) -> Series | None:
    """The ordinary readings of a metric, None if there are none."""
    return next((one for one in series if one.metric is metric and not one.settled and len(one)), None)


def settled(series: tuple[Series, ...], metric: Metric) -> Series | None:
    """The readings right after a full collection, None if there are none."""
    return next((one for one in series if one.metric is metric and one.settled and len(one)), None)


def is_long_lived(track: ProcessTrack, watched_s: float) -> bool:
    """Whether a child lived for most of the watch and to its end, so that it is judged on its own."""
    return (
        track.last_s >= _figures().alive_share * watched_s
        and track.last_s - track.first_s >= _figures().long_lived_share * watched_s
    )


def _signals_of_process(track: ProcessTrack, watched_s: float) -> list[Signal]:
    exact = _exact(track, watched_s)
    resident = _resident(track.series, track.pid, track.role, watched_s)
    return exact + [_unexplained(signal, exact) for signal in resident]


def _exact(track: ProcessTrack, watched_s: float) -> list[Signal]:
    return [
        signal
        for metric, source, scale in (
            (Metric.HEAP, Metric.BLOCKS, BYTES_PER_BLOCK),
            (Metric.NATIVE, Metric.NATIVE, 1.0),
        )
        if (signal := _counted(track, metric, source, scale, watched_s))
    ]


def _counted(track: ProcessTrack, metric: Metric, source: Metric, scale: float, watched_s: float) -> Signal | None:
    plain, after_collection = raw(track.series, source), settled(track.series, source)
    if plain is None:
        return None
    begin_s = max(_figures().startup_s, track.first_s)
    points = merge(plain, scale=scale)
    if after_collection is not None:
        # Readings before the first collection include garbage, so they are not comparable with later ones.
        begin_s = max(begin_s, after_collection.t_s[0])
        points = merge(plain, after_collection, scale=scale)
    points = bridged(points.between(0.0, watched_s))
    if not len(points):
        return None
    if points.t_s[-1] < watched_s - min(LOST_S, LOST_SHARE * watched_s) < track.last_s:
        return None  # the probe stopped reporting, so the series is not complete
    begin_s = max(begin_s, points.t_s[0])  # after a tracing window, counters are not comparable with earlier readings
    return Signal(metric, track.pid, track.role, points, thresholds.IN_FORCE.noise.of(metric), begin_s, exact=True)


def _resident(series: tuple[Series, ...], pid: int, role: ProcessRole, watched_s: float) -> list[Signal]:
    found = raw(series, Metric.ANON) or raw(series, Metric.RSS)
    if found is None:
        return []
    begin_s = max(_figures().startup_s, found.t_s[0])
    points = bridged(merge(found).between(0.0, watched_s))
    return [Signal(found.metric, pid, role, points, thresholds.IN_FORCE.noise.of(found.metric), begin_s, exact=False)]


def _unexplained(resident: Signal, exact: list[Signal]) -> Signal:
    """Resident memory minus the most memory that was in use so far.

    Memory that was in use may stay resident after it is freed. Only resident memory above this high-water mark is
    memory that no counter sees: that of another allocator, thread stacks, mappings. Two effects may still move it:
    memory that was allocated and is used for the first time only now, as long as the C allocator has handed out more
    than is resident; and holes between blocks, which can be as large as the memory that was freed.
    """
    if not exact:
        return resident
    in_use = Points(exact[0].points.t_s, tuple(map(sum, zip(*(one.points.values for one in exact), strict=False))))
    points = _subtract(_touched(resident.points, exact), _high_water(*exact))
    at_least = max(resident.noise.at_least, _freed(in_use))
    return replace(resident, points=points, noise=replace(resident.noise, at_least=at_least))


def _high_water(*signals: Signal) -> Points:
    marks = [accumulate(signal.points.values, max) for signal in signals]
    return Points(signals[0].points.t_s, tuple(map(sum, zip(*marks, strict=False))))


def _touched(resident: Points, exact: list[Signal]) -> Points:
    native = next((one for one in exact if one.metric is Metric.NATIVE), None)
    if native is None:
        return resident
    above = _subtract(resident, _high_water(native)).values
    return Points(
        resident.t_s, tuple(value - min(0.0, over) for value, over in zip(resident.values, above, strict=True))
    )


def _freed(in_use: Points) -> float:
    """The largest fall of memory in use below its peak after the warm-up, in bytes: earlier holes fill only once."""
    first_s, last_s = in_use.t_s[0], in_use.t_s[-1]
    late = in_use.between(first_s + _figures().warmup_share * (last_s - first_s), math.inf).values
    return max((most - value for most, value in zip(accumulate(late, max), late, strict=True)), default=0.0)


def _subtract(points: Points, step: Points) -> Points:
    """``points`` minus the latest value of ``step`` at each time (its first value before it begins)."""
    values: list[float] = []
    index = 0
    for t, value in zip(points.t_s, points.values, strict=True):
        while index + 1 < len(step) and step.t_s[index + 1] <= t:
            index += 1
        values.append(value - step.values[index])
    return Points(points.t_s, tuple(values))


def _figures() -> thresholds.SignalThresholds:
    return thresholds.IN_FORCE.signals
