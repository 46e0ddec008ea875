"""The drift guard: an update keeps each figure against which the gate would pass."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from leakgate.baseline.settled import explained, settled, with_reasons_of
from leakgate.model.baseline import AcceptedLeak, BaselineEntry
from leakgate.model.verdict import Verdict

MB = 1_000_000
LEAK = AcceptedLeak(signature="aaaa", bytes_per_s=100_000.0, where="a.py:f", reason="planned", owner="ada")
ENTRY = BaselineEntry(verdict=Verdict.KNOWN, peak_bytes=100 * MB, growth_bytes_per_s=100_000.0, leaks=(LEAK,))


def rise(first: float, factor: float, times: int) -> list[float]:
    return [first * factor**step for step in range(1, times + 1)]


def test_six_steps_of_a_quarter_do_not_add_up() -> None:
    accepted = BaselineEntry(verdict=Verdict.OK, peak_bytes=9_800_000, growth_bytes_per_s=0.0)
    kept = []
    for peak in rise(9_800_000, 1.25, 6):
        accepted = settled(replace(accepted, peak_bytes=round(peak)), accepted, 0.25, {})
        kept.append(accepted.peak_bytes)
    # 9.8 MB allow 9.8 * 1.25 + 8 = 20.25 MB; the first peak beyond is what a person accepts after a regression.
    assert kept[:3] == [9_800_000] * 3
    assert kept[3] == round(9_800_000 * 1.25**4)


@given(st.integers(1, 10**12), st.floats(0.0, 3.0), st.floats(0.0, 1.0))
def test_a_figure_rises_only_where_the_gate_would_fail_against_it(peak: int, factor: float, tolerance: float) -> None:
    old = replace(ENTRY, peak_bytes=peak)
    new = replace(ENTRY, peak_bytes=round(peak * factor))
    kept = settled(new, old, tolerance, {}).peak_bytes
    passes = new.peak_bytes <= peak * (1 + tolerance) + 8_000_000
    assert kept == (peak if passes and new.peak_bytes >= peak * (1 - tolerance) else new.peak_bytes)


def test_reasons_stay_and_follow_a_leak_to_its_new_signature() -> None:
    moved = replace(ENTRY, leaks=(replace(LEAK, signature="bbbb", bytes_per_s=110_000.0, reason="", owner=""),))
    (leak,) = settled(moved, ENTRY, 0.25, {"bbbb": "aaaa"}).leaks
    assert leak == replace(LEAK, signature="bbbb")
    (stranger,) = settled(moved, ENTRY, 0.25, {}).leaks
    assert (stranger.reason, stranger.bytes_per_s) == ("", 110_000.0)
    (told,) = with_reasons_of(moved, ENTRY, {"bbbb": "aaaa"}).leaks
    assert (told.reason, told.owner, told.bytes_per_s) == ("planned", "ada", 110_000.0)


@pytest.mark.parametrize(
    ("changed", "reason"),
    [
        (replace(LEAK), "planned"),
        (replace(LEAK, bytes_per_s=300_000.0), "now"),
        (replace(LEAK, signature="cccc", reason="", owner=""), "now"),
    ],
)
def test_a_reason_is_given_to_what_is_new_or_worse_and_to_nothing_else(changed: AcceptedLeak, reason: str) -> None:
    entry = explained(replace(ENTRY, leaks=(changed,)), ENTRY, "now", "grace", {})
    assert entry.leaks[0].reason == reason
    assert entry.reason == ""


def test_growth_without_a_place_and_a_higher_peak_have_the_reason_of_the_entry() -> None:
    bare = replace(ENTRY, leaks=())
    assert explained(bare, None, "native pool", "", {}).reason == "native pool"
    higher = explained(replace(ENTRY, peak_bytes=200 * MB), ENTRY, "larger model", "", {})
    assert (higher.reason, higher.leaks) == ("larger model", (LEAK,))
    assert settled(ENTRY, replace(ENTRY, reason="kept"), 0.25, {}).reason == "kept"


def test_growth_a_call_is_settled_like_growth_a_second() -> None:
    old = replace(ENTRY, growth_bytes_per_s=0.0, leaks=(replace(LEAK, blocks_per_call=18.0, bytes_per_call=1_200.0),))
    for blocks, size, kept in (
        (22.0, 1_900.0, (18.0, 1_200.0)),
        (40.0, 3_000.0, (40.0, 3_000.0)),
        (2.0, 90.0, (2.0, 90.0)),
    ):
        (leak,) = settled(
            replace(old, leaks=(replace(LEAK, blocks_per_call=blocks, bytes_per_call=size),)), old, 0.25, {}
        ).leaks
        assert (leak.blocks_per_call, leak.bytes_per_call) == kept
