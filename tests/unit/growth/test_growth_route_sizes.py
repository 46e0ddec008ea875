"""Several routes that leak blocks of different sizes: each gets the bytes of its own blocks."""

from dataclasses import replace

import pytest

from leakgate.growth.assess import judge_growth
from leakgate.growth.noise import BYTES_PER_BLOCK
from leakgate.growth.routes import routes_of
from leakgate.model.evidence import TrialOk
from leakgate.model.explanation import Explanation, Frame, GrowthSite
from leakgate.model.verdict import Kind
from leakgate.model.work_record import IterationRate, RouteVerdict
from tests.helpers.trials import MB, flat, plus, trial_from
from tests.helpers.works import kept, work_of

WORK = work_of(5, per_s=lambda _t, _route: 300.0)
SIZES = {0: 64.0, 2: 208.0}
ONE_BLOCK_EACH = kept(WORK, dict.fromkeys(SIZES, BYTES_PER_BLOCK))
RESIDENT = plus(kept(WORK, SIZES), flat(20 * MB))


def explained(*sizes: float) -> Explanation:
    """A tracing window with one site of 100 small blocks for each size."""
    sites = tuple(
        GrowthSite(
            frames=(Frame(file="app.py", line=line, function="f"),),
            grew_bytes=int(100 * size),
            grew_blocks=100,
            bytes_per_s=1.0,
            share=0.5,
            kind=Kind.PYTHON,
        )
        for line, size in enumerate(sizes, 1)
    )
    return Explanation(window_s=3.0, sites=sites, traced_blocks=100 * len(sizes), traced_bytes=int(100 * sum(sizes)))


def growth_of(trial: TrialOk) -> dict[int, IterationRate]:
    found = routes_of(trial, judge_growth(trial))
    assert {at for at, one in enumerate(found) if one.verdict is RouteVerdict.LEAK} == set(SIZES)
    return {at: found[at].growth for at in SIZES}  # type: ignore[misc]


def test_resident_memory_tells_the_sizes_of_the_blocks_of_two_routes_apart() -> None:
    trial = trial_from(heap=ONE_BLOCK_EACH, native=flat(), resident=RESIDENT, explanation=explained(64, 208))
    found = growth_of(replace(trial, work=WORK))
    for route, size in SIZES.items():
        assert found[route].estimate == pytest.approx(size, rel=0.05)
        assert found[route].low <= found[route].estimate <= found[route].high


def test_resident_memory_counts_only_within_the_sizes_that_were_traced() -> None:
    """A heap with many holes: resident memory does not grow for one route, and grows twice as much for another."""
    strange = plus(kept(WORK, {2: 416.0}), flat(20 * MB))
    trial = trial_from(heap=ONE_BLOCK_EACH, native=flat(), resident=strange, explanation=explained(64, 208))
    found = growth_of(replace(trial, work=WORK))
    assert {route: round(one.estimate) for route, one in found.items()} == {0: 64, 2: 208}


def test_without_resident_memory_the_interval_has_all_sizes() -> None:
    trial = trial_from(heap=ONE_BLOCK_EACH, native=flat(), explanation=explained(64, 208))
    found = growth_of(replace(trial, work=WORK))
    for one in found.values():
        assert one.estimate == pytest.approx((64 + 208) / 2, rel=0.02)
        assert one.low == pytest.approx(64, rel=0.02)
        assert one.high == pytest.approx(208, rel=0.02)


def test_blocks_of_the_same_size_need_no_other_counter() -> None:
    trial = trial_from(heap=ONE_BLOCK_EACH, native=flat(), resident=RESIDENT, explanation=explained(100, 105))
    found = growth_of(replace(trial, work=WORK))
    for one in found.values():
        assert one.estimate == pytest.approx(102.5, rel=0.02)


def test_the_sizes_are_told_apart_also_without_a_counter_of_native_memory() -> None:
    trial = trial_from(heap=ONE_BLOCK_EACH, resident=RESIDENT, explanation=explained(64, 208))
    found = growth_of(replace(trial, work=WORK))
    for route, size in SIZES.items():
        assert found[route].estimate == pytest.approx(size, rel=0.05)


def test_large_blocks_do_not_count_as_small_ones() -> None:
    """Each request of one route keeps 64 bytes; each of the other one 208 bytes, and 1,016 from the C allocator."""
    large = GrowthSite(
        frames=(Frame(file="app.py", line=9, function="f"),),
        grew_bytes=101_600,
        grew_blocks=100,
        large_bytes=101_600,
        large_blocks=100,
        bytes_per_s=1.0,
        share=0.5,
    )
    small = explained(64, 208)
    whole = replace(
        small,
        sites=(*small.sites, large),
        traced_blocks=300,
        traced_bytes=small.traced_bytes + 101_600,
        traced_large_bytes=101_600,
        native_bytes=101_600,
    )
    trial = trial_from(
        heap=kept(WORK, {0: BYTES_PER_BLOCK, 2: 2 * BYTES_PER_BLOCK}),
        native=kept(WORK, {2: 1_016.0}),
        explanation=whole,
    )
    found = growth_of(replace(trial, work=WORK))
    assert (found[2].low, found[2].high) == pytest.approx((64 + 1_016, 208 + 1_016), rel=0.01)
