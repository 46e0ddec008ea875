"""Hypothesis strategies for every value of the model, made from its annotations, so that new fields are covered."""

import dataclasses
import types
import typing
from collections.abc import Callable
from datetime import date, datetime
from enum import Enum
from pathlib import Path
from types import MappingProxyType
from typing import Any, Final

from hypothesis import strategies as st

from leakgate.model.entry import CallEntry, CommandEntry, ModuleEntry
from leakgate.model.evidence import Measurement, Series
from leakgate.model.explanation import Frame, GrowthSite, ResourceGrowth
from leakgate.model.metrics import Metric
from leakgate.model.report import TargetResult, Trend
from leakgate.model.target import TargetSpec
from leakgate.model.verdict import Kind
from leakgate.model.work_record import RouteCount, Turn, UnexpectedAnswer, WorkRecord, WorkUnit

Any_ = st.SearchStrategy[Any]

TEXTS: Final = st.text(max_size=5) | st.sampled_from(["\ud800", "a\udcff\x00", "</script>", "\u2028", "../../x", '"\\'])
NUMBERS: Final = (
    st.floats(-1e18, 1e18, allow_nan=False)
    | st.integers(0, 10**9).map(float)
    | st.sampled_from([0.1 + 0.2, -0.0, 1e18])
)
COUNTS: Final = st.integers(0, 10**18)
SHARES: Final = st.floats(0, 1)


def values(annotation: Any) -> Any_:
    """Values of a type of the model."""
    if annotation in _SPECIAL:
        return _SPECIAL[annotation]()
    origin, arguments = typing.get_origin(annotation), typing.get_args(annotation)
    if origin is not None:
        return _container(origin, arguments)
    if issubclass(annotation, Enum):
        return st.sampled_from(list(annotation))
    return _dataclass(annotation)


def _container(origin: Any, arguments: tuple[Any, ...]) -> Any_:
    if origin in (typing.Union, types.UnionType):
        return st.one_of(*map(values, arguments))
    if origin is MappingProxyType:
        return st.dictionaries(values(arguments[0]), values(arguments[1]), max_size=2).map(MappingProxyType)
    if origin is frozenset:
        return st.frozensets(values(arguments[0]))
    if arguments[-1] is Ellipsis:
        return st.lists(values(arguments[0]), max_size=2).map(tuple)
    return st.tuples(*map(values, arguments))


def _dataclass(cls: Any, **overrides: Any_) -> Any_:
    hints = typing.get_type_hints(cls)
    names = [field.name for field in dataclasses.fields(cls)]
    return st.builds(cls, **{name: overrides[name] if name in overrides else values(hints[name]) for name in names})


@st.composite
def _series(draw: st.DrawFn) -> Series:
    times = sorted(draw(st.lists(NUMBERS, max_size=4)))
    readings = draw(st.lists(NUMBERS, min_size=len(times), max_size=len(times)))
    return Series(draw(values(Metric)), tuple(times), tuple(readings), draw(st.booleans()))


@st.composite
def _site(draw: st.DrawFn) -> GrowthSite:
    frames = draw(st.lists(values(Frame), min_size=1, max_size=3))
    return GrowthSite(
        frames=tuple(frames),
        blame=draw(st.integers(0, len(frames) - 1)),
        grew_bytes=draw(COUNTS),
        grew_blocks=draw(COUNTS),
        large_bytes=draw(COUNTS),
        large_blocks=draw(COUNTS),
        bytes_per_s=draw(NUMBERS),
        share=draw(SHARES),
        kind=draw(values(Kind)),
        confidence=draw(SHARES),
        pid=draw(COUNTS),
    )


@st.composite
def _resource(draw: st.DrawFn) -> ResourceGrowth:
    frames = draw(st.lists(values(Frame), max_size=3))
    return ResourceGrowth(
        metric=draw(values(Metric)),
        what=draw(TEXTS),
        grew_count=draw(COUNTS),
        per_min=draw(NUMBERS),
        frames=tuple(frames),
        blame=draw(st.integers(0, max(0, len(frames) - 1))),
    )


@st.composite
def _command(draw: st.DrawFn) -> CommandEntry:
    return CommandEntry(words=(draw(TEXTS.filter(bool)), *draw(st.lists(TEXTS, max_size=2))))


def _unique_series() -> Any_:
    return st.lists(_series(), max_size=3, unique_by=lambda one: (one.metric, one.settled)).map(tuple)


def _measurement() -> Any_:
    # Logs lie where a session lies: their paths are not part of what is stored of it.
    moments = st.datetimes(datetime(1970, 1, 1)).map(lambda moment: f"{moment:%Y-%m-%dT%H:%M:%SZ}")  # noqa: DTZ001 - UTC
    return _dataclass(
        Measurement, started_at=moments, stdout_path=st.just(""), stderr_path=st.just(""), suite=st.none()
    )


def _result() -> Any_:
    first = (Metric.RSS, Metric.HEAP, Metric.NATIVE)
    order = [*first, *(metric for metric in Metric if metric not in first)]
    trends = st.lists(values(Trend), max_size=4, unique_by=lambda trend: trend.metric).map(
        lambda found: tuple(sorted(found, key=lambda trend: order.index(trend.metric)))
    )
    return _dataclass(TargetResult, trends=trends)


@st.composite
def _work(draw: st.DrawFn) -> WorkRecord:
    routes = draw(st.lists(TEXTS, min_size=1, max_size=3))
    numbers = st.integers(0, len(routes) - 1)
    count = st.builds(RouteCount, numbers, COUNTS, COUNTS)
    counts = st.lists(count, max_size=2).map(tuple)
    turn = st.builds(Turn, NUMBERS, NUMBERS, counts, COUNTS, COUNTS)
    return WorkRecord(
        routes=tuple(routes),
        turns=tuple(draw(st.lists(turn, max_size=2))),
        unexpected=tuple(draw(st.lists(st.builds(UnexpectedAnswer, numbers, TEXTS, TEXTS), max_size=2))),
        cpu_s=draw(NUMBERS),
        unit=draw(st.sampled_from(WorkUnit)),
    )


_SPECIAL: Final[dict[Any, Callable[[], Any_]]] = {
    str: lambda: TEXTS,
    float: lambda: NUMBERS,
    int: lambda: COUNTS,
    bool: st.booleans,
    type(None): st.none,
    Path: lambda: TEXTS.map(Path),
    date: st.dates,
    ModuleEntry: lambda: st.sampled_from(["shop", "shop.cli", "_a.b1"]).map(lambda name: ModuleEntry(module=name)),
    CommandEntry: _command,
    CallEntry: lambda: st.sampled_from(["shop.parser:parse", "shop:Cart.add"]).map(lambda path: CallEntry(path=path)),
    TargetSpec: lambda: _dataclass(TargetSpec, test_shard=st.just((1, 1))),
    Series: _series,
    tuple[Series, ...]: _unique_series,
    GrowthSite: _site,
    ResourceGrowth: _resource,
    Measurement: _measurement,
    TargetResult: _result,
    WorkRecord: _work,
}
