"""The chart: axes and paths as numbers, which panels there are, and what is drawn in them."""

import math
import re
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from leakgate.model.evidence import ProcessRole, Series, TrialOk
from leakgate.model.explanation import Explanation
from leakgate.model.metrics import Metric, Unit
from leakgate.model.report import Finding, TargetResult
from leakgate.model.target import Budget, BudgetForm
from leakgate.model.verdict import Kind, Verdict
from leakgate.report.html.amounts import rate_of
from leakgate.report.html.chart import chart
from leakgate.report.html.panels import Panel, panels, phases
from leakgate.report.html.scale import (
    FOLDED,
    FULL,
    TimeAxis,
    path,
    tick_label,
    time_axis,
    time_label,
    time_ticks,
    value_axis,
    value_ticks,
)
from tests.helpers.html_page import Page
from tests.helpers.report_parts import KB, MB, process, series, target, trend
from tests.helpers.reports import crashed, healthy, leaky_child, leaky_python, not_started, over_budget, regression

READINGS = st.lists(st.tuples(st.floats(0, 3600), st.floats(0, 1e10)), min_size=1, max_size=400).map(sorted)


def with_trial(result: TargetResult, **changes: object) -> TargetResult:
    trial = result.measurement.trial
    assert isinstance(trial, TrialOk)
    changed = replace(trial, **changes)  # type: ignore[arg-type]  # a test names the fields it means
    return replace(result, measurement=replace(result.measurement, trial=changed))


def drawn(result: TargetResult) -> tuple[Panel, ...]:
    when = phases(result)
    assert when is not None
    return panels(result, when, 600)


@given(points=READINGS)
def test_a_path_can_be_read_back(points: list[tuple[float, float]]) -> None:
    values = [value for _, value in points]
    axis, time = value_axis(values, least_span=0.0), TimeAxis(((0.0, 0.0), (3600.0, 1.0)))
    numbers = [int(number) for number in re.findall(r"-?\d+", path(points, time, axis))]
    x = y = 0
    for at, (t, value) in enumerate(points):
        x, y = x + numbers[2 * at], y + numbers[2 * at + 1]
        assert abs(x / FULL * 3600 - t) <= 0.2
        assert math.isclose(axis.high - y / FULL * (axis.high - axis.low), value, abs_tol=(axis.high - axis.low) / FULL)


@given(values=st.lists(st.floats(-1e6, 1e12), min_size=1, max_size=9), noise=st.floats(0, 1e6))
def test_an_axis_holds_all_values_and_has_round_ticks(values: list[float], noise: float) -> None:
    axis = value_axis(values, least_span=noise)
    ticks = value_ticks(axis)

    assert axis.low <= min(values) <= max(values) < axis.high
    assert axis.high - axis.low >= noise
    assert axis.low >= 0 or min(values) < 0
    assert 1 <= len(ticks) <= 6
    assert all(axis.low <= tick <= axis.high for tick in ticks)


@pytest.mark.parametrize(
    ("value", "unit", "label"),
    [
        (0, Unit.BYTES, "0 B"),
        (500, Unit.BYTES, "500 B"),
        (2_500_000, Unit.BYTES, "2.5 MB"),
        (80e6, Unit.BYTES, "80 MB"),
        (3e9, Unit.BYTES, "3 GB"),
        (1_250_000, Unit.COUNT, "1,250,000"),
        (0.5, Unit.COUNT, "0.5"),
    ],
)
def test_ticks_have_no_idle_digits(value: float, unit: Unit, label: str) -> None:
    assert tick_label(value, unit) == label


def test_moments_are_round() -> None:
    assert time_ticks(30) == (0, 5, 10, 15, 20, 25, 30)
    assert [time_label(tick) for tick in time_ticks(3600)] == ["0", "10 m", "20 m", "30 m", "40 m", "50 m", "1 h"]
    assert time_label(5415) == "1 h 30 m 15 s"
    assert time_ticks(30 * 86400) == tuple(float(day * 5 * 86400) for day in range(7))


@given(
    warm_s=st.floats(0, 50),
    judged_s=st.floats(0.1, 3600),
    after_s=st.floats(0, 5000),
    at=st.floats(0, 1),
    to=st.floats(0, 1),
)
def test_the_judged_part_fills_the_width(warm_s: float, judged_s: float, after_s: float, at: float, to: float) -> None:
    watched_s = warm_s + judged_s
    end_s = watched_s + after_s
    axis = time_axis(warm_s, watched_s, end_s)

    assert axis.part(0.0) == 0.0
    assert axis.part(end_s) == 1.0
    assert axis.part(watched_s) - axis.part(warm_s) >= 1 - 2 * FOLDED - 1e-6
    early, late = sorted((at * end_s, to * end_s))
    assert axis.part(early) <= axis.part(late)


def test_what_is_not_judged_does_not_set_the_scale() -> None:
    def reading(t: float) -> float:
        return 90.0 * MB if t < 2 else 120.0 * MB if t > 8 else 50.0 * MB + t * KB

    times = tuple(step / 10 for step in range(101))
    rss = Series(Metric.RSS, times, tuple(map(reading, times)))
    result = with_trial(healthy(trends=(), findings=(), warmup_s=2.0), tree=(rss,), processes=(), watched_s=8.0)
    page = Page(chart(result, 600).source)
    low, high = (float(page.values(f"data-{end}")[0]) for end in ("low", "high"))

    assert 48 * MB < low < 50 * MB < high < 52 * MB


def test_a_script_that_failed_at_once_has_no_chart() -> None:
    few = Series(Metric.RSS, (0.1, 0.2), (5.0 * MB, 6.0 * MB))
    failed = crashed()
    trial = replace(failed.measurement.trial, tree=(few,), processes=())

    assert chart(replace(failed, measurement=replace(failed.measurement, trial=trial)), 600).source == ""


def test_the_usual_panels_are_rss_python_and_native_memory() -> None:
    shown = drawn(leaky_python())

    assert [(panel.title, panel.deciding) for panel in shown] == [("heap", True), ("RSS", False), ("native", False)]
    assert all(len(panel.floors) == 6 and panel.trend for panel in shown)
    assert [limit.label for panel in shown for limit in panel.budgets] == ["budget 256KB/min", "budget +20MB"]
    rate = shown[0].budgets[0].ends
    assert math.isclose((rate[1][1] - rate[0][1]) / (rate[1][0] - rate[0][0]), 256 * KB / 60)


def test_python_memory_is_counted_in_blocks_where_it_was_not_sized() -> None:
    settled = Series(Metric.BLOCKS, (5.0, 10.0), (90_000.0, 91_000.0), settled=True)
    track = process(native_per_s=0.0)
    track = replace(track, series=(*track.series, settled))
    result = with_trial(healthy(), tree=(series(Metric.RSS, start=MB),), processes=(track,))
    _, heap, native = drawn(replace(result, trends=(), findings=()))

    assert heap.title == "heap"
    assert heap.what.endswith("of the main process")
    assert heap.readings[0][1] > 120_000
    assert [t for t, _ in heap.settled] == [5.0, 10.0]
    assert native.title == "native"
    assert "right after a full collection" in chart(result, 600).source


def test_blocks_are_weighed_as_they_were_traced_and_the_trend_passes_through_the_floors() -> None:
    explanation = Explanation(window_s=5.0, traced_bytes=160_000, traced_blocks=1_000)
    result = with_trial(
        replace(healthy(), trends=(trend(Metric.HEAP, start=0.0, per_s=160_000.0, noise=KB),)),
        tree=(series(Metric.RSS, start=MB),),
        processes=(process(blocks_per_s=1_000.0),),
        explanation=explanation,
    )
    heap = drawn(result)[0]
    middle_s = (2.4 + 28.0) / 2

    # 180,000 blocks after the warm-up and 1,000 more a second, of 160 bytes each.
    assert math.isclose(heap.middle, (180_000 + 1_000 * middle_s) * 160, rel_tol=0.01)


def test_large_objects_are_drawn_as_the_trends_count_them() -> None:
    explanation = Explanation(window_s=5.0, traced_bytes=800_000, traced_large_bytes=800_000, native_bytes=1_000_000)
    result = with_trial(
        replace(healthy(), findings=(), trends=(), warmup_s=5.0),
        tree=(series(Metric.RSS, start=MB),),
        processes=(process(native_per_s=100_000.0),),
        explanation=explanation,
    )
    shown = {panel.title: dict(panel.readings) for panel in drawn(result)}
    grew = {title: readings[25.0] - readings[5.0] for title, readings in shown.items()}

    # 2 MB in 20 s by the C allocator's counter, of which four fifths are Python's.
    assert math.isclose(grew["heap"], 1_600_000, rel_tol=0.1)
    assert math.isclose(grew["native"], 400_000, rel_tol=0.1)


def test_what_a_finding_or_a_budget_names_is_drawn_as_well() -> None:
    budget = Budget(Metric.THREADS, BudgetForm.GROWTH, 5, "5")
    result = with_trial(
        healthy(
            target=target("a", budgets=(budget,)),
            findings=(Finding(rule="growth", verdict=Verdict.OK, message="", metric=Metric.FDS),),
        ),
        tree=(series(Metric.RSS, start=MB), series(Metric.FDS, start=9), series(Metric.TASKS, start=9)),
        processes=(),
    )

    assert [panel.title for panel in drawn(result)] == ["RSS", "file descriptors"]
    assert "peak" not in chart(result, 600).source


def test_the_child_that_grows_is_drawn() -> None:
    titles = [panel.title for panel in drawn(leaky_child())]

    assert titles[3:] == ["RSS of child 4250", "heap of child 4250", "native of child 4250"]
    assert [panel.title for panel in drawn(replace(leaky_child(), leaks=()))] == titles[:3]
    bare = replace(process(pid=4250), role=ProcessRole.CHILD, series=())
    assert len(drawn(with_trial(leaky_child(), processes=(bare,)))) == 3


def test_budgets_far_above_are_named_at_the_edge() -> None:
    far = Budget(Metric.RSS, BudgetForm.PEAK, 3_000 * MB, "3GB")
    shown = chart(healthy(target=target("a", budgets=(far,))), 600).source

    assert "peak budget 3GB: above this chart" in shown
    assert "3000 MB" not in shown
    assert 'class="budget"' not in shown.split('class="legend"')[0]


def test_a_budget_at_the_top_is_labelled_below_its_line() -> None:
    tops = re.findall(r'<text class="limit" x="99%" y="([\d.]+)%" dy="(-?\d+)"', chart(over_budget(), 600).source)

    assert tops
    assert all((float(y) < 15) == (shift == "15") for y, shift in tops)


def test_what_the_baseline_accepted_is_drawn_in() -> None:
    shown = chart(regression(), 600).source

    assert 'class="accepted"' in shown
    assert "baseline +120 KB/s" in shown
    assert "accepted by the baseline" in shown
    assert 'class="accepted"' not in chart(leaky_python(), 600).source


def test_growth_budgets_need_a_trend_to_start_from() -> None:
    result = replace(leaky_python(), trends=())

    assert [limit for panel in drawn(result) for limit in panel.budgets] == []
    assert 'class="trend"' not in chart(result, 600).source


def test_the_phases_of_a_run_are_marked() -> None:
    page = Page(chart(leaky_python(), 600).source)

    assert {"warm-up", "measured", "explaining"} <= set(page.texts)
    assert page.values("data-warm") == ["2.6"]
    assert page.values("data-watched") == ["28"]
    assert "stopping" in Page(chart(healthy(), 600).source).texts
    cold = with_trial(replace(healthy(), warmup_s=0.0), watched_s=30.0)
    assert not {"warm-up", "stopping"} & set(Page(chart(cold, 600).source).texts)
    inner = with_trial(healthy(), watched_s=20.0)
    assert 'class="middle"' in chart(inner, 600).source


def test_a_failed_run_is_drawn_without_judging_it() -> None:
    late = crashed()
    trial = replace(late.measurement.trial, tree=(series(Metric.RSS, start=MB, duration_s=5.0),), processes=())
    page = Page(chart(replace(late, measurement=replace(late.measurement, trial=trial)), 600).source)

    assert page.values("data-title") == ["RSS"]
    assert page.values("data-watched") == ["5"]
    assert chart(crashed(), 600).source == ""
    assert chart(not_started(), 600).source == ""


def test_readings_that_are_no_numbers_are_left_out() -> None:
    odd = Series(Metric.RSS, (-1.0, 0.0, 1.0, 2.0, math.inf), (5.0, 6.0, math.nan, 8.0, 9.0))
    result = with_trial(healthy(), tree=(replace(odd, t_s=(-1.0, 0.0, 1.0, 2.0, 3.0)),), processes=())
    (panel,) = drawn(result)

    assert [t for t, _ in panel.readings] == [0.0, 2.0, 3.0]
    assert panel.floors == ()
    assert phases(with_trial(healthy(), tree=(odd,), processes=())) is None
    unshown = (Series(Metric.ANON, (0.0, 1.0), (1.0, 1.0)),)
    assert chart(with_trial(healthy(), tree=unshown, processes=()), 600).source == ""


def test_an_hour_of_readings_is_thinned_once_and_keeps_its_floors_and_peaks() -> None:
    times = tuple(step / 10 for step in range(36_000))
    saw = Series(Metric.RSS, times, tuple(float(MB + step % 500) for step in range(36_000)))
    collected = replace(saw, t_s=times[::100], values=saw.values[::100], settled=True)
    long = with_trial(healthy(), tree=(saw, collected), processes=(), watched_s=3500.0)
    when = phases(long)
    assert when is not None
    (panel,) = panels(long, when, 120)

    assert len(panel.readings) <= 120
    assert (panel.readings[0], panel.readings[-1]) == ((0.0, MB), (3599.9, MB + 499))
    assert {value for _, value in panel.readings} == {float(MB), float(MB + 499)}
    assert len(panel.settled) <= 60
    assert {value for _, value in panel.floors} == {float(MB)}


def test_the_start_of_the_interpreter_does_not_flatten_the_chart() -> None:
    started = Series(Metric.RSS, (0.0, 0.4, 0.6, 1.0, 2.0), (2.0 * MB, 4.0 * MB, 50.0 * MB, 51.0 * MB, 52.0 * MB))
    low = float(
        Page(chart(with_trial(healthy(trends=()), tree=(started,), processes=()), 600).source).values("data-low")[0]
    )

    assert 45 * MB < low < 50 * MB


def test_readings_in_several_series_are_one_line() -> None:
    first, second = Series(Metric.RSS, (0.0, 2.0), (5.0, 7.0)), Series(Metric.RSS, (1.0, 3.0), (6.0, 8.0))
    (panel,) = drawn(with_trial(healthy(), tree=(first, second), processes=()))

    assert panel.readings == ((0.0, 5.0), (1.0, 6.0), (2.0, 7.0), (3.0, 8.0))


def test_floors_outside_the_axis_have_no_marker() -> None:
    flat = replace(trend(Metric.RSS, start=52 * MB, per_s=0.0, noise=0.0), low_per_s=-1e9, high_per_s=1e9)
    shown = chart(replace(healthy(), trends=(flat,)), 600).source

    assert 'class="interval"' in shown
    assert shown.count('class="floor"') >= 6


def test_counts_have_rates_without_bytes() -> None:
    assert rate_of(2.0, Unit.COUNT) == "+120/min"
    assert rate_of(-2.0, Unit.COUNT) == "-120/min"
    assert rate_of(0.001, Unit.COUNT) == "0/min"
    tasks = trend(Metric.THREADS, start=9, per_s=0.5, noise=1)
    result = with_trial(
        healthy(trends=(tasks,), findings=(Finding(rule="x", verdict=Verdict.OK, message="", metric=Metric.THREADS),)),
        tree=(series(Metric.RSS, start=MB), series(Metric.THREADS, start=9, per_s=0.5)),
        processes=(),
    )
    assert "+30/min" in chart(result, 600).source


def test_kinds_other_than_child_draw_no_child() -> None:
    assert len(drawn(replace(leaky_child(), kind=Kind.PYTHON))) == 3
