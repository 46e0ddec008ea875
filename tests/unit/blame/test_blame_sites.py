"""From a probe's raw counts to the places that leak."""

import dataclasses

import pytest

from leakgate.blame.frames import blamed_index
from leakgate.blame.sites import MAX_SITES, WatchedRates, explain, files_of, within_rate
from leakgate.model.explain_raw import (
    RawExplanation,
    RawFrame,
    RawHolder,
    RawNativeSite,
    RawSite,
    RawType,
    RawWindow,
)
from leakgate.model.explanation import Explanation, Frame
from leakgate.model.verdict import Kind

OWN: RawFrame = ("/home/ada/shop/worker.py", 12, "")
OTHER: RawFrame = ("/home/ada/shop/main.py", 40, "main")
JSON: RawFrame = ("/usr/lib/python3.11/json/decoder.py", 353, "")
REQUESTS: RawFrame = ("/venv/lib/python3.11/site-packages/requests/api.py", 9, "get")

WINDOW = RawWindow(
    t0_s=20.0,
    t1_s=24.5,
    marks_s=(20.0, 22.0, 24.0),
    traced_bytes=(0, 500_000, 1_000_000),
    traced_blocks=(0, 500, 1_000),
    large_bytes=(0, 140_000, 280_000),
    native_bytes=(100, 150_100, 300_100),
)


def site(*values: int, frames: tuple[RawFrame, ...] = (OWN, OTHER), blocks: tuple[int, ...] = ()) -> RawSite:
    return RawSite(frames=frames, bytes=values, blocks=blocks or tuple(value // 100 for value in values))


def named(file: str, line: int) -> str:
    return f"{file.rsplit('/', 1)[-1]}@{line}"


def explained(*sites: RawSite, **more: object) -> Explanation:
    raw = RawExplanation(**({"pid": 7, "window": WINDOW, "sites": sites} | more))  # type: ignore[arg-type]
    found = explain((raw,), named)
    assert found is not None
    return found


def test_nothing_that_answered_explains_nothing() -> None:
    assert explain((), named) is None


def test_an_answer_without_a_window_explains_nothing_that_was_traced() -> None:
    found = explained(site(0, 1, 2), window=None, notes=("given up",), pause_s=0.2)
    assert (found.sites, found.window_s, found.traced_bytes) == ((), 0.0, 0)
    assert (found.notes, found.longest_pause_s) == (("given up",), 0.2)


def test_a_window_with_one_mark_explains_nothing() -> None:
    assert explained(site(5), window=RawWindow(t0_s=1.0, t1_s=2.0, marks_s=(1.0,))).sites == ()


def test_growth_outside_the_counters_takes_its_part_of_the_window() -> None:
    traced = RawExplanation(pid=7, window=WINDOW, sites=(site(0, 400_000, 800_000),))
    found = explain((traced,), named, rates=WatchedRates(outside_per_s={7: 800_000.0}))
    assert found is not None
    (leak,) = found.sites
    untraced = 300_000 - 280_000
    assert leak.share == pytest.approx(800_000 / (1_000_000 + untraced + 4.5 * 800_000))


def test_growth_outside_the_counters_is_as_slow_as_that_of_python_while_tracing_slows_the_program_down() -> None:
    """On a busy server, a line that waits got half of the growth, because few requests were answered in the window."""
    window = dataclasses.replace(
        WINDOW, traced_bytes=(0, 50_000, 100_000), traced_blocks=(0, 625, 1_250), large_bytes=(), native_bytes=()
    )
    waits = RawNativeSite(frames=(OTHER,), bytes=20_000, calls=100, total=28_000)
    raw = RawExplanation(pid=7, window=window, sites=(site(0, 45_000, 90_000),), native_sites=(waits,))

    def places(heap_per_s: float) -> list[Kind]:
        rates = WatchedRates(heap_per_s={7: heap_per_s}, outside_per_s={7: 400_000.0})
        found = explain((raw,), named, rates=rates)
        assert found is not None
        return [one.kind for one in found.sites]

    assert places(2_000_000.0) == [Kind.PYTHON]
    assert Kind.NATIVE in places(100_000.0)


def test_a_site_that_grew_throughout_is_a_leak() -> None:
    found = explained(site(0, 400_000, 800_000))
    (leak,) = found.sites
    assert (leak.grew_bytes, leak.grew_blocks, leak.pid, leak.kind) == (800_000, 8_000, 7, Kind.PYTHON)
    assert leak.bytes_per_s == 200_000.0
    assert 0.5 < leak.share <= 0.8
    assert leak.blamed == Frame("/home/ada/shop/worker.py", 12, "worker.py@12")
    assert leak.frames[1].function == "main"
    assert (found.window_s, found.traced_bytes, found.traced_blocks) == (4.5, 1_000_000, 1_000)


def test_what_shrank_or_rested_is_no_leak() -> None:
    assert explained(site(9, 5, 0), site(7, 7, 7), site(0, 5, 9)).sites == ()


def test_what_grew_once_is_no_leak_beside_what_grew_throughout() -> None:
    once, steady = site(0, 900_000, 900_000, 900_000), site(0, 20_000, 40_000, 60_000)
    assert [one.grew_bytes for one in explained(once, steady).sites] == [60_000]
    assert [one.grew_bytes for one in explained(once).sites] == [900_000]  # a leak in rare bursts


def test_the_largest_comes_first_and_only_so_many_are_kept() -> None:
    many = [site(0, 20_000 + n, 40_000 + 2 * n) for n in range(40)]
    found = explained(*many).sites
    assert len(found) == MAX_SITES
    assert [one.grew_bytes for one in found] == sorted((one.grew_bytes for one in found), reverse=True)


def test_blocks_above_512_bytes_come_from_the_c_allocator() -> None:
    found = explained(site(0, 150_000, 300_000))
    assert (found.traced_large_bytes, found.native_bytes) == (280_000, 300_000)
    assert found.sites[0].share == 300_000 / 1_020_000  # of all that was traced, and 20 KB that was not


def test_a_share_is_of_all_growth_traced_or_not() -> None:
    untraced = RawWindow(t0_s=0.0, t1_s=4.0, marks_s=(0.0, 4.0), traced_bytes=(0, 10_000), native_bytes=(0, 990_000))
    (leak,) = explained(site(0, 10_000), window=untraced).sites
    assert leak.share == 0.01


def test_a_window_that_took_no_time_has_no_rate() -> None:
    window = RawWindow(t0_s=1.0, t1_s=1.0, marks_s=(1.0, 1.0), traced_bytes=(0, 9_000))
    assert explained(site(0, 9_000), window=window).sites[0].bytes_per_s == 0.0


UNTRACED = RawWindow(t0_s=20.0, t1_s=24.5, marks_s=(20.0, 24.0), traced_bytes=(0, 10_000), native_bytes=(0, 900_000))


def test_native_sites_share_out_what_is_not_traced() -> None:
    native = RawNativeSite(frames=(OWN,), bytes=600_000, calls=9, total=800_000, seconds=3.0)
    (leak,) = explained(native_sites=(native,), window=UNTRACED).sites
    assert (leak.kind, leak.grew_bytes, leak.grew_blocks) == (Kind.NATIVE, 600_000, 9)
    assert leak.confidence == 0.75
    assert leak.share == pytest.approx(0.75 * 900 / 910)
    assert leak.bytes_per_s == 200_000.0


def test_a_native_site_that_hardly_grows_gets_no_share_of_what_a_slow_program_leaves_untraced() -> None:
    window = RawWindow(t0_s=0.0, t1_s=4.0, marks_s=(0.0, 4.0), traced_bytes=(0, 400_000), native_bytes=(0, 900_000))
    traced = site(0, 400_000)
    (leak,) = explained(traced, native_sites=(native_of(2_000),), window=window).sites
    assert leak.kind is Kind.PYTHON
    both = explained(traced, native_sites=(native_of(9_000),), window=window).sites
    assert [one.kind for one in both] == [Kind.NATIVE, Kind.PYTHON]


def native_of(grew: int) -> RawNativeSite:
    return RawNativeSite(frames=(OTHER,), bytes=grew, calls=9, total=grew, seconds=3.0)


def test_native_sites_count_only_where_tracing_sees_too_little() -> None:
    native = RawNativeSite(frames=(OTHER,), bytes=600_000, calls=9, total=800_000)
    traced = site(0, 400_000, 800_000)
    assert [one.kind for one in explained(traced, native_sites=(native,)).sites] == [Kind.PYTHON]
    little = site(0, 5_000, 10_000)
    assert [one.kind for one in explained(little, native_sites=(native,), window=UNTRACED).sites] == [
        Kind.NATIVE,
        Kind.PYTHON,
    ]


def test_how_the_probe_started_the_script_is_not_shown() -> None:
    started = (OWN, ("<frozen runpy>", 88, "_run_code"), ("<frozen runpy>", 198, "_run_module_code"))
    assert [frame.file for frame in explained(site(0, 400_000, 800_000, frames=started)).sites[0].frames] == [OWN[0]]
    only = (("<frozen runpy>", 88, "_run_code"),)
    assert len(explained(site(0, 400_000, 800_000, frames=only)).sites[0].frames) == 1


def test_native_sites_without_growth_frames_or_samples() -> None:
    shrunk = RawNativeSite(frames=(OWN,), bytes=-5, calls=1, total=9)
    nowhere = RawNativeSite(frames=(), bytes=5, calls=1, total=9)
    unsure = RawNativeSite(frames=(OWN,), bytes=50, calls=1, total=0)
    (leak,) = explained(native_sites=(shrunk, nowhere, unsure), window=None).sites
    assert (leak.grew_bytes, leak.share, leak.bytes_per_s) == (50, 0.0, 0.0)


def test_the_projects_own_innermost_frame_is_blamed() -> None:
    def blamed(*frames: RawFrame) -> int:
        return explained(site(0, 400_000, 800_000, frames=frames)).sites[0].blame

    assert blamed(JSON, REQUESTS, OWN, OTHER) == 2
    assert blamed(JSON, REQUESTS) == 1
    assert blamed(JSON, JSON) == 0
    assert blamed_index(()) == 0


def test_holders_and_types_are_told_per_minute() -> None:
    holder = RawHolder(
        path="worker._CACHE",
        root="module worker",
        container_type="dict",
        lengths=(100, 145, 190),
        bound=500,
        entry_type="str",
        writer=OWN,
        frames=(OTHER,),
    )
    growth = RawType(name="shop.Order", counts=(10, 55, 100), bytes=48)
    found = explained(
        holders=(holder, RawHolder(path="x", root="y", container_type="list", lengths=(0, 40, 80))), types=(growth,)
    )
    first, second = found.holders
    assert (first.length, first.grew_per_min, first.bound) == (190, 1_200.0, 500)
    assert first.writer == Frame("/home/ada/shop/worker.py", 12, "worker.py@12")
    assert first.frames == (Frame("/home/ada/shop/main.py", 40, "main"),)
    assert (second.path, second.writer) == ("x", None)
    (order,) = found.types
    assert (order.name, order.grew_count, order.count_per_min, order.bytes_each) == ("shop.Order", 90, 1_200.0, 48.0)


def test_without_a_window_a_holder_is_told_as_if_it_took_a_second() -> None:
    holder = RawHolder(path="x", root="y", container_type="list", lengths=(1, 3))
    assert explained(holders=(holder,), window=None).holders[0].grew_per_min == 120.0


def test_answers_of_several_processes_are_put_together() -> None:
    first = RawExplanation(pid=1, window=WINDOW, sites=(site(0, 300_000, 600_000),), pause_s=0.1, notes=("a",))
    second = RawExplanation(pid=2, window=WINDOW, sites=(site(0, 400_000, 800_000),), pause_s=0.3, notes=("b",))
    found = explain((first, second), named)
    assert found is not None
    assert [one.pid for one in found.sites] == [2, 1]
    assert (found.traced_bytes, found.native_bytes, found.longest_pause_s) == (2_000_000, 600_000, 0.3)
    assert found.notes == ("a", "b")


TRACED_LATE = RawWindow(t0_s=10.0, t1_s=14.0, marks_s=(10.0, 12.0, 14.0), native_bytes=(100, 40_100, 80_100))


def test_tracing_tables_are_not_taken_for_native_growth() -> None:
    raw = RawExplanation(pid=1, window=TRACED_LATE)
    capped = within_rate(raw, 5_000.0)
    assert capped.window is not None
    assert capped.window.native_bytes == (100, 40_100, 20_100)


def test_large_python_blocks_are_in_the_c_allocator_too() -> None:
    raw = RawExplanation(pid=1, window=dataclasses.replace(TRACED_LATE, large_bytes=(0, 30_000, 60_000)))
    capped = within_rate(raw, -1.0)
    assert capped.window is not None
    assert capped.window.native_bytes[-1] == 60_100


@pytest.mark.parametrize("raw", [RawExplanation(pid=1), RawExplanation(pid=1, window=TRACED_LATE)])
def test_growth_that_the_watch_saw_too_stays_as_it_is(raw: RawExplanation) -> None:
    assert within_rate(raw, 20_000.0) is raw


def test_the_files_of_an_explanation_are_those_of_its_tracebacks() -> None:
    holder = RawHolder(path="x", root="y", container_type="list", lengths=(1, 3), frames=(JSON,))
    assert files_of(explained(site(0, 400_000, 800_000), holders=(holder,))) == {OWN[0], OTHER[0], JSON[0]}
    assert files_of(Explanation(window_s=0.0)) == frozenset()


def test_the_package_of_an_installed_command_is_blamed_and_not_its_console_script() -> None:
    store: RawFrame = ("/venv/lib/python3.11/site-packages/crawler/store.py", 8, "Store.add")
    command: RawFrame = ("/venv/lib/python3.11/site-packages/crawler/cli.py", 20, "main")
    script: RawFrame = ("/venv/bin/crawl", 8, "<module>")
    found = explained(site(0, 500_000, 1_000_000, frames=(JSON, REQUESTS, store, command, script)))
    assert found.sites[0].blamed.file == store[0]
    assert not any(frame.own for frame in found.sites[0].frames)
    of_project = explained(site(0, 500_000, 1_000_000, frames=(REQUESTS, command, OWN, script)))
    assert of_project.sites[0].blamed.file == OWN[0]


@pytest.mark.parametrize(
    ("counts", "rose"),
    [((), None), ((900,), None), ((900, 900, 900), 0), ((900, 1_000, 950), 100), ((900, 800, 700), -100)],
)
def test_all_live_blocks_count_at_their_highest_mark(counts: tuple[int, ...], rose: int | None) -> None:
    window = dataclasses.replace(WINDOW, live_blocks=counts)
    assert explained(site(0, 500_000, 1_000_000), window=window).live_blocks == rose


def test_a_line_that_keeps_small_blocks_beside_large_copies_that_come_and_go_is_a_place() -> None:
    copies = RawSite(
        frames=(OWN, OTHER),
        bytes=(900_000, 50_000, 700_000),
        blocks=(101, 200, 301),
        large_bytes=(890_000, 30_000, 670_000),
        large_blocks=(1, 0, 1),
    )
    (place,) = explained(copies).sites
    assert (place.grew_bytes, place.grew_blocks, place.large_bytes, place.large_blocks) == (20_000, 200, 0, 0)


def test_a_line_whose_large_blocks_grow_keeps_them() -> None:
    kept = RawSite(
        frames=(OWN, OTHER),
        bytes=(0, 50_000, 100_000),
        blocks=(0, 50, 100),
        large_bytes=(0, 40_000, 80_000),
        large_blocks=(0, 20, 40),
    )
    (place,) = explained(kept).sites
    assert (place.grew_bytes, place.large_bytes) == (100_000, 80_000)
