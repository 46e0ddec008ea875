"""The picture of allocating stacks as numbers."""

from dataclasses import replace

from leakgate.model.explanation import Frame
from leakgate.report.places import Collapsed, Places
from leakgate.report.stacks import MANY_PLACES, allocating_stacks, step_name
from tests.helpers.report_leaks import CACHE_LEAK, MANY_PLACES_LEAK
from tests.helpers.report_parts import ROOT

PLACES = Places((ROOT,))


def test_a_call_is_as_wide_as_what_it_allocates_and_lies_within_its_caller() -> None:
    cells = allocating_stacks(MANY_PLACES_LEAK, PLACES)
    widths = [(cell.depth, round(cell.share, 3), cell.bytes_per_s) for cell in cells]

    assert [step_name(cell.step, PLACES) for cell in cells if cell.depth == 0] == ["shop/api.py:112 in Api.login"]
    assert [row[1:] for row in widths if row[0] == 2] == [(0.5, 100_000.0), (0.3, 60_000.0), (0.2, 40_000.0)]
    for cell in cells[1:]:
        (above,) = (
            one
            for one in cells
            if one.depth == cell.depth - 1
            and one.left - 1e-9 <= cell.left
            and cell.left + cell.share <= one.left + one.share + 1e-9
        )
        assert above.share >= cell.share


def test_library_calls_in_a_row_are_one_cell() -> None:
    steps = [cell.step for cell in allocating_stacks(MANY_PLACES_LEAK, PLACES)]
    assert Collapsed(3, ("json",)) in steps


def test_a_leak_with_few_places_has_no_picture() -> None:
    few = replace(MANY_PLACES_LEAK, also=MANY_PLACES_LEAK.also[: MANY_PLACES - 2])
    assert allocating_stacks(CACHE_LEAK, PLACES) == allocating_stacks(few, PLACES) == ()


def test_what_was_not_rated_is_as_wide_as_its_bytes() -> None:
    parts = (replace(part, site=replace(part.site, bytes_per_s=0.0)) for part in MANY_PLACES_LEAK.also)
    leak = replace(MANY_PLACES_LEAK, also=tuple(parts))
    assert [round(cell.share, 3) for cell in allocating_stacks(leak, PLACES) if cell.depth == 2] == [0.5, 0.3, 0.2]
    nothing = (replace(part, site=replace(part.site, bytes_per_s=0.0, grew_bytes=-1)) for part in leak.also)
    site = replace(leak.site, bytes_per_s=0.0, grew_bytes=0)
    assert allocating_stacks(replace(leak, site=site, also=tuple(nothing)), PLACES) == ()


def test_a_stack_is_cut_where_it_gets_too_deep() -> None:
    calls = tuple(Frame(f"{ROOT}/shop/deep.py", 100 + line, "deeper") for line in range(40))
    parts = tuple(
        replace(part, site=replace(part.site, frames=calls[at:])) for at, part in enumerate(MANY_PLACES_LEAK.also)
    )
    cells = allocating_stacks(replace(MANY_PLACES_LEAK, also=parts), PLACES)
    assert max(cell.depth for cell in cells) == 15


def test_a_step_without_a_function_is_named_by_its_line() -> None:
    assert step_name(Frame(f"{ROOT}/shop/api.py", 3, ""), PLACES) == "shop/api.py:3"
