"""The places of a leak without traced allocations: the lines that insert into the containers that keep the memory."""

from dataclasses import replace

import pytest

from leakgate.blame.held_sites import held_sites
from leakgate.blame.sites import WatchedRates, explain
from leakgate.growth.noise import BYTES_PER_BLOCK
from leakgate.model.explain_raw import RawExplanation, RawHolder, RawNativeSite, RawType
from leakgate.model.explanation import Explanation, Frame, Holder, RootKind
from leakgate.model.verdict import Kind

LINE = Frame(file="/home/ada/shop/cart.py", line=8, function="add")
CALLER = Frame(file="/home/ada/shop/main.py", line=3, function="main")
CARTS = Holder(
    path="shop.cart.CARTS",
    root="module shop.cart",
    root_kind=RootKind.MODULE,
    container_type="dict",
    length=900,
    grew_per_min=600.0,
    writer=LINE,
    frames=(LINE, CALLER),
    kept_bytes_per_s=60_000.0,
)


def test_the_line_that_inserts_is_the_place_with_the_share_of_what_is_kept() -> None:
    (site,) = held_sites((CARTS,), 80_000.0, 0.9)
    assert (site.blamed, site.frames, site.kind) == (LINE, (LINE, CALLER), Kind.PYTHON)
    assert site.share == pytest.approx(0.9 * 60 / 80)
    assert (site.grew_bytes, site.grew_blocks) == (0, 0), "nothing was traced"


def test_shares_never_sum_to_more_than_pythons_part() -> None:
    others = tuple(replace(CARTS, path=f"shop.cart.N{at}", kept_bytes_per_s=50_000.0) for at in range(3))
    assert sum(site.share for site in held_sites((CARTS, *others), 80_000.0, 0.9)) == pytest.approx(0.9)


@pytest.mark.parametrize(
    "holder",
    [
        replace(CARTS, writer=None, frames=()),
        replace(CARTS, kept_bytes_per_s=0.0),
        replace(CARTS, kept_bytes_per_s=1_000.0),
        replace(CARTS, root_kind=RootKind.THREADS),
    ],
    ids=["no writer", "keeps nothing", "keeps little", "threads"],
)
def test_what_is_no_place_to_look_at(holder: Holder) -> None:
    assert held_sites((holder,), 80_000.0, 1.0) == []


def test_a_writer_without_its_callers_is_a_place() -> None:
    (site,) = held_sites((replace(CARTS, frames=()),), 80_000.0, 1.0)
    assert site.frames == (LINE,)


ARENA = RawNativeSite(frames=(("/home/ada/shop/other.py", 70, "tick"),), bytes=1_048_576, calls=4, total=1_048_576)
RAW = RawExplanation(
    pid=7,
    native_sites=(ARENA,),
    holders=(
        RawHolder(
            path="shop.cart.CARTS",
            root="module shop.cart",
            container_type="dict",
            lengths=(100, 200, 300),
            watched_s=2.0,
            entry_bytes=600,
            writer=("/home/ada/shop/cart.py", 8, "add"),
            frames=(("/home/ada/shop/cart.py", 8, "add"),),
        ),
    ),
    types=(RawType(name="str", counts=(0, 1_000), bytes=int(BYTES_PER_BLOCK), watched_s=2.0),),
)


def untraced(*, heap_per_s: float, native_per_s: float = 0.0, outside_per_s: float = 0.0) -> Explanation:
    rates = WatchedRates(heap_per_s={7: heap_per_s}, native_per_s={7: native_per_s}, outside_per_s={7: outside_per_s})
    found = explain((RAW,), lambda _file, _line: "", rates=rates)
    assert found is not None
    return found


def test_a_line_that_maps_an_arena_is_not_blamed_for_objects_that_python_counts() -> None:
    found = untraced(heap_per_s=65_000.0, native_per_s=2_000.0)
    assert [(site.blamed.file, site.blamed.line) for site in found.sites] == [("/home/ada/shop/cart.py", 8)]


def test_memory_that_no_counter_of_python_explains_is_charged_to_the_line_that_maps_it() -> None:
    found = untraced(heap_per_s=1_000.0, outside_per_s=65_000.0)
    assert found.sites[0].blamed.line == 70
    assert sum(site.share for site in found.sites) <= 1.0


def test_without_rates_a_native_place_stands_for_itself() -> None:
    found = explain((RAW,), lambda _file, _line: "")
    assert found is not None
    assert [site.blamed.line for site in found.sites] == [70]


def test_native_growth_that_is_larger_than_all_other_growth_takes_its_share() -> None:
    found = untraced(heap_per_s=10_000.0, native_per_s=30_000.0)
    shares = {site.blamed.line: site.share for site in found.sites}
    assert shares[70] == pytest.approx(0.75)
    assert shares[8] == pytest.approx(0.25)
