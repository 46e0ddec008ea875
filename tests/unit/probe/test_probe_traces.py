"""When tracing ends: the moments of the marks, and whether the sites that grew explain the growth of the process."""

from __future__ import annotations

import _tracemalloc
import sys
import tracemalloc
import types

import pytest

from leakgate.probe import interpreters, traces


def mark(at_s: float, **blocks: int) -> traces.Mark:
    made = object.__new__(traces.Mark)  # without readings of this process
    made.at_s = at_s
    made.sites = {(f"/p/{name}.py", 1): (100 * count, count, 0, 0) for name, count in blocks.items()}
    return made


@pytest.mark.parametrize(
    ("window_s", "apart_s", "moments"),
    [
        (4.0, 0.0, [0.8, 1.6, 2.4, 3.2, 4.0]),
        (9.0, 0.1, [1.8, 3.6, 5.4, 7.2, 9.0]),
        (4.0, 1.0, [1.0, 2.0, 3.0, 4.0]),
        (4.0, 9.0, [4 / 3, 8 / 3, 4.0]),
        (0.5, 0.0, [0.1, 0.2, 0.3, 0.4, 0.5]),
    ],
)
def test_marks_are_spread_over_the_window_and_keep_away_from_each_other(
    window_s: float, apart_s: float, moments: list[float]
) -> None:
    assert traces._moments(window_s, apart_s) == pytest.approx(moments)


@pytest.mark.parametrize(
    ("window_s", "apart_s", "moments"),
    [
        (9.0, 0.5, [0.8, 1.6, 2.4]),
        (9.0, 1.0, [1.0, 2.0, 3.0]),
        (9.0, 4 / 3, [4 / 3, 8 / 3, 4.0]),
        (9.0, 1.4, []),
        (4.0, 0.5, []),
    ],
)
def test_the_first_marks_of_a_long_window_come_early_if_they_fit(
    window_s: float, apart_s: float, moments: list[float]
) -> None:
    assert traces._quick_moments(window_s, apart_s) == pytest.approx(moments)


@pytest.mark.parametrize(("per_s", "explained"), [(10, True), (139, True), (140, False), (1_000, False)])
def test_sites_explain_a_growth_if_no_other_site_can_be_larger(per_s: int, *, explained: bool) -> None:
    """In ten seconds, one site kept 500 blocks and one 400. A third site comes and goes."""
    marks = [mark(0.0, a=0, b=0, c=5_000), mark(5.0, a=300, b=10, c=0), mark(10.0, a=500, b=400, c=9_000)]
    assert traces._explains(marks, per_s) is explained


def test_nothing_that_grew_explains_no_growth() -> None:
    assert not traces._explains([mark(0.0, a=5), mark(1.0, a=5), mark(2.0, a=5)], 100)


@pytest.fixture
def alone(monkeypatch: pytest.MonkeyPatch) -> str:
    """Return the name of a module that would create interpreters. Another test may have loaded the real one."""
    monkeypatch.setattr(interpreters, "_MODULES", ("creates_interpreters",))
    return "creates_interpreters"


@pytest.mark.usefixtures("alone")
def test_no_tracing_stays_if_an_interpreter_is_created_as_soon_as_it_starts(monkeypatch: pytest.MonkeyPatch) -> None:
    """Another thread runs right after the start, as soon as it sees that allocations are traced."""
    starts = []

    def start(frames: int) -> None:
        tracemalloc.start(frames)
        starts.append(frames)
        interpreters.announce()

    monkeypatch.setattr(_tracemalloc, "start", start)
    traces._start()
    assert len(starts) == 1
    assert not tracemalloc.is_tracing()


@pytest.mark.usefixtures("alone")
@pytest.mark.parametrize("at", ["stop_before", "may_be_others"])
def test_no_tracing_starts_after_an_interpreter_was_created(monkeypatch: pytest.MonkeyPatch, at: str) -> None:
    usual = getattr(interpreters, at)

    def create(*arguments: object) -> object:
        answer = usual(*arguments)
        interpreters.announce()
        return answer

    monkeypatch.setattr(interpreters, at, create)
    traces._start()
    assert not tracemalloc.is_tracing()


def test_no_tracing_starts_where_there_may_be_other_interpreters(alone: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, alone, types.ModuleType(alone))
    traces._start()
    assert not tracemalloc.is_tracing()


@pytest.mark.usefixtures("alone")
def test_tracing_runs_until_it_is_abandoned() -> None:
    traces._start()
    assert tracemalloc.is_tracing()
    traces.abandon()
    assert not tracemalloc.is_tracing()
