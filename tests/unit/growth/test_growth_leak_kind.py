"""Python's memory, an extension's, or a child's."""

from dataclasses import replace

import pytest

from leakgate.growth.leak_kind import PYTHON_SHARE, kind_of
from leakgate.growth.signals import Signal, signals_of
from leakgate.growth.sizes import MIN_BYTES
from leakgate.model.evidence import ProcessRole, TrialOk
from leakgate.model.explanation import Explanation, Frame, GrowthSite
from leakgate.model.metrics import Metric
from leakgate.model.verdict import Kind
from tests.helpers.trials import KB, flat, trial_from

TRACED = Explanation(window_s=3.0, traced_blocks=500, traced_bytes=40_000)


def trial(explanation: Explanation | None = None) -> TrialOk:
    return trial_from(heap=flat(), native=flat(), resident=flat(), explanation=explanation)


def signal(metric: Metric) -> Signal:
    return next(one for one in signals_of(trial()) if one.metric is metric)


def kind(leading: Metric, explanation: Explanation | None = None, **per_s: float) -> Kind:
    rates = [(signal(Metric(metric)), rate) for metric, rate in per_s.items()]
    return kind_of(signal(leading), rates, trial(explanation))


def site(grew_bytes: int, kind: Kind = Kind.PYTHON) -> GrowthSite:
    frame = Frame(file="a.py", line=1, function="f")
    return GrowthSite(frames=(frame,), grew_bytes=grew_bytes, grew_blocks=1, bytes_per_s=1.0, share=1.0, kind=kind)


def test_a_child_is_a_child() -> None:
    leading = replace(signal(Metric.HEAP), role=ProcessRole.CHILD)
    assert kind_of(leading, (), trial()) is Kind.CHILD


def test_without_a_window_the_counter_that_leads_decides() -> None:
    assert kind(Metric.HEAP) is Kind.PYTHON
    assert kind(Metric.NATIVE) is Kind.NATIVE


def test_without_a_window_a_heap_that_grows_more_makes_it_pythons() -> None:
    assert kind(Metric.NATIVE, native=100 * KB, heap=99 * KB) is Kind.NATIVE
    assert kind(Metric.NATIVE, native=100 * KB, heap=101 * KB) is Kind.PYTHON


@pytest.mark.parametrize(("grew", "found"), [(MIN_BYTES, Kind.PYTHON), (MIN_BYTES - 1, Kind.NATIVE)])
def test_a_place_that_grew_all_through_a_quiet_window_decides(grew: int, found: Kind) -> None:
    assert kind(Metric.NATIVE, Explanation(window_s=3.0, sites=(site(grew),))) is found
    assert kind(Metric.NATIVE, Explanation(window_s=3.0, sites=(site(grew, Kind.NATIVE),))) is Kind.NATIVE


@pytest.mark.parametrize(("large", "found"), [(50_000, Kind.PYTHON), (30_000, Kind.NATIVE)])
def test_large_blocks_of_python_make_growth_of_the_c_allocator_its_own(large: int, found: Kind) -> None:
    """Of 100 KB in the C allocator so many were Python's; PYTHON_SHARE of 0.4 lies between."""
    window = Explanation(window_s=3.0, traced_large_bytes=large, native_bytes=100_000)
    assert kind(Metric.NATIVE, window, native=100 * KB) is found


def test_heap_and_native_memory_are_added_up() -> None:
    window = Explanation(window_s=3.0, traced_large_bytes=0, native_bytes=100_000)
    assert kind(Metric.NATIVE, window, native=100 * KB, heap=60 * KB) is Kind.NATIVE
    assert kind(Metric.NATIVE, window, native=100 * KB, heap=70 * KB) is Kind.PYTHON
    assert kind(Metric.HEAP, window, native=-100 * KB, heap=10 * KB) is Kind.PYTHON


def test_resident_memory_beside_counters_at_rest_is_native() -> None:
    assert kind(Metric.ANON, anon=400 * KB, heap=0.0, native=0.0) is Kind.NATIVE


@pytest.mark.parametrize(("heap", "found"), [(60 * KB, Kind.NATIVE), (70 * KB, Kind.PYTHON)])
def test_resident_memory_is_pythons_where_its_heap_grows_for_enough_of_it(heap: float, found: Kind) -> None:
    assert 60 / 160 < PYTHON_SHARE < 70 / 170
    assert kind(Metric.ANON, anon=100 * KB, heap=heap, native=0.0) is found


@pytest.mark.parametrize(("large", "found"), [(90_000, Kind.PYTHON), (20_000, Kind.NATIVE)])
def test_large_blocks_count_as_heap_beside_resident_memory(large: int, found: Kind) -> None:
    window = Explanation(window_s=3.0, traced_large_bytes=large, native_bytes=100_000)
    assert kind(Metric.ANON, window, anon=20 * KB, heap=1 * KB, native=100 * KB) is found


def test_where_a_counter_is_blind_the_traced_place_decides() -> None:
    window = Explanation(window_s=3.0, sites=(site(MIN_BYTES),))
    assert kind(Metric.ANON, window, anon=400 * KB, heap=0.0) is Kind.PYTHON
    assert kind(Metric.ANON, window, anon=400 * KB, heap=0.0, native=0.0) is Kind.NATIVE


def pages(unexplained: float, heap: float, native: float, explanation: Explanation | None = None) -> Kind:
    """The kind where resident memory leads, at a rate that no counter explains."""
    leading = replace(signal(Metric.ANON), exact=False)
    rates = [(leading, unexplained), (signal(Metric.HEAP), heap), (signal(Metric.NATIVE), native)]
    return kind_of(leading, rates, trial(explanation))


def test_the_heap_must_explain_two_fifths_of_all_growth_where_resident_memory_leads() -> None:
    assert pages(60.0, 40.0, 0.0) is Kind.PYTHON
    assert pages(61.0, 40.0, 0.0) is Kind.NATIVE
    assert pages(50.0, 40.0, 10.0) is Kind.PYTHON
    assert pages(51.0, 40.0, 10.0) is Kind.NATIVE
    assert pages(-9.0, 40.0, 60.0) is Kind.PYTHON, "what fell explains nothing"
    assert pages(0.0, 0.0, 0.0) is Kind.NATIVE


def test_large_blocks_and_heavy_blocks_are_of_python_where_resident_memory_leads() -> None:
    large = Explanation(window_s=3.0, traced_large_bytes=100_000, native_bytes=100_000)
    assert pages(45.0, 0.0, 90.0, large) is Kind.PYTHON
    assert pages(46.0, 0.0, 90.0, large) is Kind.NATIVE
    heavy = Explanation(window_s=3.0, traced_blocks=500, traced_bytes=80_000)
    assert pages(60.0, 20.0, 0.0, heavy) is Kind.PYTHON
    assert pages(60.0, 20.0, 0.0) is Kind.NATIVE


def test_blocks_count_with_their_measured_size_beside_native_growth() -> None:
    heavy = Explanation(window_s=3.0, traced_blocks=500, traced_bytes=80_000, native_bytes=80_000)
    assert kind(Metric.NATIVE, heavy, heap=20.0, native=60.0) is Kind.PYTHON
    assert kind(Metric.NATIVE, heavy, heap=19.9, native=60.0) is Kind.NATIVE
