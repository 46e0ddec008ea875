"""Resident memory that a closer look leaves is not growth of the program."""

import pytest

from leakgate.measure.disturbance import ENOUGH_S, Span, undisturbed
from leakgate.model.evidence import Series
from leakgate.model.metrics import Metric

TIMES = (1.0, 2.0, 3.0, 4.0, 5.0, 6.0)


def test_without_a_span_nothing_changes() -> None:
    series = Series(Metric.RSS, TIMES, (1, 2, 3, 4, 5, 6))
    assert undisturbed(series, ()) is series


def test_the_span_and_the_step_it_left_are_taken_out() -> None:
    series = Series(Metric.RSS, TIMES, (10, 10, 99, 15, 16, 17))
    assert undisturbed(series, [Span(2.5, 3.5)]) == Series(Metric.RSS, (1.0, 2.0, 4.0, 5.0, 6.0), (10, 10, 10, 11, 12))


def test_memory_that_fell_meanwhile_is_left_as_it_is() -> None:
    series = Series(Metric.ANON, TIMES, (10, 10, 99, 4, 4, 4))
    assert undisturbed(series, [Span(2.5, 3.5)]).values == (10, 10, 4, 4, 4)


def test_two_spans_leave_two_steps() -> None:
    series = Series(Metric.RSS, TIMES, (10, 99, 12, 99, 15, 15))
    assert undisturbed(series, [Span(1.5, 2.5), Span(3.5, 4.5)]).values == (10, 10, 10, 10)


def test_a_count_of_memory_in_use_loses_the_span_only() -> None:
    series = Series(Metric.BLOCKS, TIMES, (10, 10, 99, 15, 16, 17))
    assert undisturbed(series, [Span(2.5, 3.5)]).values == (10, 10, 15, 16, 17)


def test_a_span_before_the_first_reading_has_no_step() -> None:
    assert undisturbed(Series(Metric.RSS, TIMES, (9, 9, 5, 5, 5, 5)), [Span(0.5, 2.5)]).values == (5, 5, 5, 5)


def test_after_tracing_the_counters_start_again_when_enough_was_read() -> None:
    series = Series(Metric.BLOCKS, TIMES, (10, 10, 99, 15, 16, 17))
    traced = Span(2.5, 3.0, traced=True)
    assert undisturbed(series, [traced]) == Series(Metric.BLOCKS, (4.0, 5.0, 6.0), (15, 16, 17))
    assert undisturbed(series, [Span(2.5, 6.0 - ENOUGH_S + 0.5, traced=True)]).values == (10, 10, 15, 16, 17)


def test_resident_memory_is_read_on_after_tracing() -> None:
    series = Series(Metric.ANON, TIMES, (10, 10, 99, 15, 16, 17))
    assert undisturbed(series, [Span(2.5, 3.0, traced=True)]).values == (10, 10, 10, 11, 12)


def rising(per_s: float, until_s: float, *, left: float, span: Span) -> Series:
    """Read ten times a second for 30 s; from the span on it lies higher by what a look left."""
    times = tuple(number / 10 for number in range(300))
    values = tuple(1e6 + per_s * min(t, until_s) + (left if t >= span.start_s else 0.0) for t in times)
    return Series(Metric.ANON, times, values)


LOOK = Span(10.0, 16.0)


def test_a_rise_that_goes_on_is_not_taken_out_with_what_the_look_left() -> None:
    found = undisturbed(rising(100e3, 30.0, left=3e6, span=LOOK), [LOOK])
    assert found.values[-1] - found.values[0] == pytest.approx(100e3 * 29.9, rel=0.05)


def test_a_rise_that_ended_meanwhile_is_not_carried_on() -> None:
    found = undisturbed(rising(100e3, 10.0, left=3e6, span=LOOK), [LOOK])
    assert found.values[-1] - found.values[0] == pytest.approx(100e3 * 10.0, rel=0.05)


def test_what_a_look_left_beside_memory_at_rest_is_taken_out_whole() -> None:
    assert set(undisturbed(rising(0.0, 30.0, left=3e6, span=LOOK), [LOOK]).values) == {1e6}
