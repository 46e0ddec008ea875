"""The numbers of reports and budgets."""

import pytest

from leakgate.growth.assess import judge_growth
from leakgate.growth.trends import trends_of
from leakgate.model.evidence import ProcessRole, Series, TrialOk
from leakgate.model.explanation import Explanation
from leakgate.model.metrics import Metric
from leakgate.model.report import Trend
from tests.helpers.trials import KB, MB, Curve, flat, linear, sampled, series, track_from, trial_from, trial_of


def trends(trial: TrialOk) -> dict[Metric, Trend]:
    return {trend.metric: trend for trend in trends_of(trial, judge_growth(trial))}


def leak(
    explanation: Explanation | None = None,
    heap: Curve | None = None,
    native: Curve | None = None,
    resident: Curve | None = None,
) -> TrialOk:
    return trial_from(
        heap=heap or linear(100 * KB),
        native=native or flat(2 * MB),
        resident=resident or linear(120 * KB, level=20 * MB),
        explanation=explanation,
    )


def test_a_trend_has_floors_growth_slope_and_peak() -> None:
    found = trends(leak())
    assert list(found) == [Metric.RSS, Metric.HEAP, Metric.NATIVE]
    heap = found[Metric.HEAP]
    assert heap.per_s == pytest.approx(100 * KB, rel=0.01)
    assert heap.low_per_s <= heap.per_s <= heap.high_per_s
    assert heap.growth == pytest.approx(heap.end - heap.start)
    assert heap.growth == pytest.approx(100 * KB * 29 * 7 / 8, rel=0.02)
    assert heap.peak == pytest.approx(4 * MB + 100 * KB * 29.9)
    assert heap.noise == pytest.approx(2 * KB * 29)
    assert found[Metric.RSS].peak == pytest.approx(20 * MB + 120 * KB * 29.9)
    assert found[Metric.NATIVE].growth == 0.0


def test_the_peak_is_that_of_the_whole_run() -> None:
    spike: Curve = lambda t: 90 * MB if t < 0.5 else 20 * MB  # noqa: E731 - a curve
    assert trends(leak(resident=spike))[Metric.RSS].peak == 90 * MB


def test_a_tracing_window_measures_what_a_block_weighs() -> None:
    heavy = Explanation(window_s=4.0, traced_bytes=160_000, traced_blocks=1_000)
    heap = trends(leak(heavy))[Metric.HEAP]
    assert heap.per_s == pytest.approx(200 * KB, rel=0.01)
    assert heap.noise == pytest.approx(2 * KB * 29), "the noise is in bytes, whatever a block weighs"


@pytest.mark.parametrize(
    ("traced_bytes", "traced_blocks", "factor"),
    [(160_000, 40, 1.0), (10**9, 1_000, 6.4), (100, 1_000, 0.2), (-5_000, 1_000, 0.2)],
)
def test_the_weight_of_a_block_stays_within_reason(traced_bytes: int, traced_blocks: int, factor: float) -> None:
    found = trends(leak(Explanation(window_s=4.0, traced_bytes=traced_bytes, traced_blocks=traced_blocks)))
    assert found[Metric.HEAP].per_s == pytest.approx(factor * 100 * KB, rel=0.01)


def test_large_python_objects_count_as_heap_not_as_native() -> None:
    explanation = Explanation(
        window_s=4.0, traced_bytes=900_000, traced_blocks=90, traced_large_bytes=750_000, native_bytes=1_000_000
    )
    found = trends(leak(explanation, heap=flat(), native=linear(MB)))
    assert found[Metric.NATIVE].per_s == pytest.approx(0.25 * MB, rel=0.01)
    assert found[Metric.HEAP].per_s == pytest.approx(0.75 * MB, rel=0.01)
    assert found[Metric.NATIVE].end - found[Metric.NATIVE].start == pytest.approx(found[Metric.NATIVE].growth)
    for metric in (Metric.HEAP, Metric.NATIVE):
        assert found[metric].peak >= found[metric].end


def test_native_memory_that_does_not_grow_is_not_shared_out() -> None:
    explanation = Explanation(window_s=4.0, traced_large_bytes=750_000, native_bytes=1_000_000)
    assert trends(leak(explanation, native=linear(-KB)))[Metric.NATIVE].growth < 0


def test_heaps_of_all_judged_processes_are_added() -> None:
    child = track_from(
        heap=sampled(linear(50 * KB), 30.0, start_s=1.0),
        pid=200,
        role=ProcessRole.CHILD,
        first_s=0.9,
        last_s=30.0,
    )
    trial = trial_from(heap=linear(100 * KB), children=(child,))
    assert trends(trial)[Metric.HEAP].per_s == pytest.approx(150 * KB, rel=0.02)


def test_resources_are_counted() -> None:
    fds: Series = series(Metric.FDS, sampled(linear(4.0, level=5.0), 30.0))
    main = track_from(heap=sampled(flat(), 30.0), last_s=30.0)
    found = trends(trial_of((main,), (fds,), 30.0))
    assert set(found) == {Metric.FDS, Metric.HEAP}
    assert found[Metric.FDS].per_s == pytest.approx(4.0, rel=0.02)
    assert found[Metric.FDS].noise == 0.0


def test_tasks_are_those_of_the_judged_processes() -> None:
    def tasks(per_s: float) -> tuple[Series, ...]:
        return (series(Metric.TASKS, sampled(linear(per_s, level=3.0), 30.0)),)

    main = track_from(heap=sampled(flat(), 30.0), more=tasks(2.0), last_s=30.0)
    gone = track_from(more=tasks(90.0), pid=200, role=ProcessRole.CHILD, first_s=1.0, last_s=12.0)
    found = trends(trial_of((main, gone), (), 30.0))
    assert found[Metric.TASKS].per_s == pytest.approx(2.0, rel=0.02)
    assert found[Metric.TASKS].peak == pytest.approx(3.0 + 2.0 * 29.9)


@pytest.mark.parametrize("end_s", [0.0, 0.25, 1.15, 1.6])
def test_a_script_that_lived_briefly_has_trends_without_growth(end_s: float) -> None:
    found = trends(trial_from(end_s=end_s, heap=linear(MB), resident=linear(MB, level=9 * MB)))
    for trend in found.values():
        assert trend.growth >= 0
        assert trend.per_s >= 0
        assert trend.peak >= trend.start >= 0


def test_nothing_but_late_readings() -> None:
    main = track_from(resident=sampled(flat(), 9.0, start_s=5.0), last_s=9.0)
    late = series(Metric.RSS, sampled(flat(7 * MB), 9.0, start_s=5.0))
    found = trends(trial_of((main,), (late, Series(Metric.FDS, (), ())), 2.0))
    assert found[Metric.RSS].start == found[Metric.RSS].end == 7 * MB
    assert Metric.FDS not in found
