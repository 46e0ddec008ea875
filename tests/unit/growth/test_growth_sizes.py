"""The results of a tracing window: the size of a block, and Python's share of the C allocator's memory."""

from dataclasses import replace

import pytest

from leakgate.growth.noise import BYTES_PER_BLOCK
from leakgate.growth.sizes import (
    MIN_BLOCKS,
    MIN_BYTES,
    MIN_PLACED,
    SMALL_BLOCK,
    block_scale,
    is_weighed,
    large_share,
    traced_share,
)
from leakgate.model.explanation import Explanation, Frame, GrowthSite, TypeGrowth
from leakgate.model.verdict import Kind
from tests.helpers.trials import flat, trial_from

WINDOW = Explanation(window_s=3.0)


def site(grew_bytes: int, grew_blocks: int, kind: Kind = Kind.PYTHON) -> GrowthSite:
    frame = Frame(file="a.py", line=1, function="f")
    return GrowthSite(
        frames=(frame,), grew_bytes=grew_bytes, grew_blocks=grew_blocks, bytes_per_s=1.0, share=1.0, kind=kind
    )


def scaled(*sites: GrowthSite, **more: int) -> float:
    return block_scale(replace(WINDOW, sites=sites, **more)) * BYTES_PER_BLOCK  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("explanation", "weighed"),
    [
        (None, False),
        (WINDOW, False),
        (replace(WINDOW, traced_blocks=MIN_BLOCKS - 1), False),
        (replace(WINDOW, traced_blocks=MIN_BLOCKS), True),
        (replace(WINDOW, sites=(site(100, 0),)), False),
        (replace(WINDOW, sites=(site(100, 1),)), True),
    ],
)
def test_a_block_is_weighed_by_enough_traced_ones_or_by_a_place(explanation: Explanation, *, weighed: bool) -> None:
    assert is_weighed(explanation) is weighed


def test_without_a_window_a_block_has_its_usual_size() -> None:
    assert block_scale(None) == 1.0
    assert block_scale(WINDOW) == 1.0


def test_without_traces_live_objects_give_the_size_of_a_block() -> None:
    def census(*types: tuple[int, float]) -> float:
        growth = tuple(
            TypeGrowth(name="T", grew_count=count, count_per_min=1.0, bytes_each=each) for count, each in types
        )
        return block_scale(replace(WINDOW, types=growth)) * BYTES_PER_BLOCK

    assert census((300, 24.0), (100, 64.0)) == pytest.approx(34.0)
    assert census((300, 24.0), (100, SMALL_BLOCK + 1.0), (-100, 200.0)) == pytest.approx(24.0)
    assert census((MIN_BLOCKS - 1, 24.0)) == pytest.approx(BYTES_PER_BLOCK)


def test_a_place_that_allocates_small_and_large_blocks_counts_with_the_small_ones() -> None:
    buffers = replace(site(657 * 100, 200), large_bytes=601 * 100, large_blocks=100)
    assert scaled(buffers, traced_blocks=200) == pytest.approx(28)
    assert scaled(buffers, traced_blocks=400) == pytest.approx(28)
    with_others = scaled(buffers, traced_blocks=401, traced_bytes=20_050 + 60_100, traced_large_bytes=60_100)
    assert with_others == pytest.approx(50)
    only_large = replace(site(60_000, 100), large_bytes=60_000, large_blocks=100)
    assert scaled(only_large, site(100 * 64, 100), traced_blocks=200) == pytest.approx(32)
    assert scaled(only_large, traced_blocks=100) == pytest.approx(16)


def test_places_give_the_size_of_a_block() -> None:
    assert scaled(site(200 * 100, 100), traced_blocks=150) == pytest.approx(200)
    assert scaled(site(200 * MIN_PLACED, MIN_PLACED)) == pytest.approx(200)


def test_of_several_places_each_counts_with_its_blocks() -> None:
    assert scaled(site(50 * 30, 30), site(300 * 50, 50), site(400 * 20, 20)) == pytest.approx(24_500 / 100)
    assert scaled(site(50 * 100, 100), site(300 * 100, 100)) == pytest.approx(175)


def test_too_few_placed_blocks_leave_it_to_the_mean_of_all() -> None:
    placed = site(200 * 9, 9)
    assert scaled(placed, traced_blocks=100, traced_bytes=12_000, traced_large_bytes=2_000) == pytest.approx(100)
    assert scaled(placed, traced_blocks=MIN_BLOCKS - 1, traced_bytes=12_000) == BYTES_PER_BLOCK
    assert scaled(site(200 * 20, 20), traced_blocks=100, traced_bytes=10_000) == pytest.approx(100)


def test_half_of_the_traced_blocks_are_enough() -> None:
    assert scaled(site(200 * 50, 50), traced_blocks=100, traced_bytes=5_000) == pytest.approx(200)
    assert scaled(site(200 * 49, 49), traced_blocks=100, traced_bytes=5_000) == pytest.approx(50)


def test_places_of_older_sessions_with_large_blocks_are_left_out() -> None:
    assert scaled(site(4_000 * 60, 60), site(100 * 20, 20), traced_blocks=80) == pytest.approx(100)
    assert scaled(site(4_000 * 60, 60), traced_blocks=60) == BYTES_PER_BLOCK
    assert scaled(site(SMALL_BLOCK * 20, 20)) == pytest.approx(SMALL_BLOCK)


def test_native_places_do_not_count() -> None:
    assert scaled(site(200 * 100, 100, Kind.NATIVE)) == BYTES_PER_BLOCK


def test_a_block_is_no_larger_than_a_small_one_and_no_smaller_than_the_smallest() -> None:
    assert scaled(traced_blocks=100, traced_bytes=900_000) == pytest.approx(SMALL_BLOCK)
    assert scaled(traced_blocks=100, traced_bytes=1_500) == pytest.approx(16)
    assert scaled(traced_blocks=100, traced_bytes=1_700) == pytest.approx(17)
    assert scaled(traced_blocks=100, traced_bytes=500, traced_large_bytes=9_000) == pytest.approx(16)


def share(**window: float) -> float | None:
    return large_share(trial_from(heap=flat(), native=flat(), explanation=replace(WINDOW, **window)))  # type: ignore[arg-type]


def test_the_share_of_large_blocks_in_the_c_allocator() -> None:
    assert share(traced_large_bytes=30_000, native_bytes=100_000) == pytest.approx(0.3)
    assert share(traced_large_bytes=130_000, native_bytes=100_000) == 1.0
    assert share(traced_large_bytes=MIN_BYTES, native_bytes=-5) == 1.0
    assert share(traced_large_bytes=-5, native_bytes=MIN_BYTES) == 0.0
    assert share(traced_large_bytes=MIN_BYTES - 1, native_bytes=MIN_BYTES - 1) is None
    assert share(window_s=0.0, native_bytes=100_000) is None
    assert large_share(trial_from(heap=flat(), native=flat())) is None


def test_without_an_allocator_of_its_own_all_of_python_is_in_the_c_allocator() -> None:
    window = replace(WINDOW, traced_bytes=60_000, traced_large_bytes=10_000, native_bytes=100_000)
    assert large_share(trial_from(heap=flat(level=0.0), native=flat(), explanation=window)) == pytest.approx(0.6)
    assert large_share(trial_from(native=flat(), explanation=window)) == pytest.approx(0.6)
    assert large_share(trial_from(resident=flat(), explanation=window)) == pytest.approx(0.1)


def test_the_traced_share_of_all_growth() -> None:
    window = replace(WINDOW, traced_bytes=60_000, traced_large_bytes=20_000, native_bytes=50_000)
    assert traced_share(window) == pytest.approx(60 / 90)
    assert traced_share(window, 10_000.0) == pytest.approx(0.6)
    assert traced_share(replace(window, native_bytes=0)) == 1.0
    assert traced_share(replace(WINDOW, traced_bytes=MIN_BYTES)) == 1.0
    assert traced_share(replace(WINDOW, traced_bytes=MIN_BYTES - 1)) is None
    assert traced_share(replace(WINDOW, native_bytes=MIN_BYTES, traced_bytes=-9, traced_large_bytes=-9)) == 0.0
    assert traced_share(replace(window, window_s=0.0)) is None
    assert traced_share(None) is None


@pytest.mark.parametrize(("size", "scale"), [(15.0, 1.0), (16.0, 16 / 80), (512.0, 512 / 80), (513.0, 1.0)])
def test_only_objects_of_a_size_that_pythons_allocator_serves_give_the_size_of_a_block(
    size: float, scale: float
) -> None:
    one = TypeGrowth(name="T", grew_count=100, count_per_min=1.0, bytes_each=size)
    assert block_scale(replace(WINDOW, types=(one,))) == pytest.approx(scale)
    falling = replace(one, grew_count=-100)
    assert block_scale(replace(WINDOW, types=(falling,))) == 1.0
