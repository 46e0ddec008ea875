"""Thinned readings: no minimum and no maximum is lost."""

from hypothesis import given, settings
from hypothesis import strategies as st

from leakgate.growth.thinning import thinned, thinned_work
from leakgate.model.evidence import Series
from leakgate.model.metrics import Metric
from leakgate.model.work_record import RouteCount, Turn, WorkRecord


def series(*values: float) -> Series:
    return Series(Metric.RSS, tuple(map(float, range(len(values)))), values)


@settings(max_examples=50, deadline=None)
@given(st.lists(st.integers(-5, 5).map(float), max_size=300))
def test_thinning_keeps_the_ends_the_extremes_and_the_order(values: list[float]) -> None:
    whole_series = series(*values)
    short = thinned(whole_series, 20)
    assert len(short) <= 20
    assert list(short.t_s) == sorted(set(short.t_s))
    assert set(zip(short.t_s, short.values, strict=True)) <= set(zip(whole_series.t_s, values, strict=True))
    assert thinned(short, 20) == short
    if values:
        assert (short.values[0], short.values[-1]) == (values[0], values[-1])
        assert (min(short.values), max(short.values)) == (min(values), max(values))


def test_thinning_keeps_the_floor_of_every_stretch() -> None:
    saw = series(*(float(i % 100) for i in range(60_000)))
    short = thinned(saw, 600)
    assert len(short) == 600
    for start in range(0, 60_000, 1_000):
        stretch = [value for t, value in zip(short.t_s, short.values, strict=True) if start <= t < start + 1_000]
        assert min(stretch) == 0.0
        assert max(stretch) == 99.0


def test_turns_that_are_put_together_lose_no_request() -> None:
    counts = (RouteCount(0, 9, 1), RouteCount(1, 5, 2)), (RouteCount(0, 7, 3),), (RouteCount(1, 4, 0),)
    turns = tuple(
        Turn(from_s=at, to_s=at + 0.5, counts=one, sent_bytes=10, received_bytes=100) for at, one in enumerate(counts)
    )
    short = thinned_work(WorkRecord(routes=("/a", "/b"), turns=turns), 2)
    assert [(one.from_s, one.to_s, one.sent_bytes, one.received_bytes) for one in short.turns] == [
        (0, 1.5, 20, 200),
        (2, 2.5, 10, 100),
    ]
    assert set(short.turns[0].counts) == {RouteCount(0, 16, 4), RouteCount(1, 5, 2)}
    assert thinned_work(short, 2) is short


def test_as_many_readings_as_are_wanted_stay_as_they_are() -> None:
    level = series(*[1.0] * 20)
    assert thinned(level, 20) == level
