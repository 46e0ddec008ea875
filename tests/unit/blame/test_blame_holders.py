"""Holders from growing containers: their order, and those that are left out."""

from dataclasses import replace

import pytest

from leakgate.blame.holders import (
    LEAST_SHARE,
    MAX_HOLDERS,
    MAX_TYPES,
    SourceReader,
    holder_of,
    holders_of,
    no_source,
    types_of,
)
from leakgate.model.explain_raw import RawExplanation, RawFrame, RawHolder, RawType, RawWindow
from leakgate.model.explanation import Frame, GrowthSite, Holder, RootKind
from leakgate.model.origin import Origin, origin_of
from leakgate.probe import holder_search


def framed(raw: tuple[RawFrame, ...]) -> tuple[Frame, ...]:
    return tuple(Frame(file, line, function, origin_of(file)) for file, line, function in raw)


def holder(path: str, grew: int, *, entry_bytes: int = 0, weak: bool = False, watched_s: float = 6.0) -> RawHolder:
    return RawHolder(
        path=path,
        root="module shop",
        container_type="dict",
        lengths=(1_000, 1_000 + grew),
        entry_bytes=entry_bytes,
        weak=weak,
        watched_s=watched_s,
    )


def paths(*holders: RawHolder) -> list[str]:
    return [one.path for one in holders_of((RawExplanation(pid=1, holders=holders),), framed)]


def test_what_keeps_most_comes_first_whatever_its_size() -> None:
    assert paths(holder("many", 90), holder("heavy", 9, entry_bytes=5_000)) == ["heavy", "many"]


def test_what_keeps_next_to_nothing_of_it_is_left_out() -> None:
    assert paths(holder("leak", 500, entry_bytes=1_000), holder("ripple", 2)) == ["leak"]


def test_the_probe_waits_for_no_container_that_reports_leave_out() -> None:
    assert holder_search._LEAST_SHARE == LEAST_SHARE


def test_a_weak_container_is_never_a_holder() -> None:
    weak = holder("registry", 900, weak=True)
    assert paths(weak, holder("list", 300)) == ["list"]
    assert paths(weak) == []


def test_only_so_many_are_told() -> None:
    assert len(paths(*(holder(str(n), 100 + n) for n in range(40)))) == MAX_HOLDERS
    types = tuple(RawType(name=str(n), counts=(0, 100 + n), bytes=9) for n in range(40))
    found = types_of((RawExplanation(pid=1, types=types),))
    assert len(found) == MAX_TYPES
    assert found[0].name == "39"


def test_types_that_hardly_matter_are_left_out() -> None:
    types = (RawType(name="bytes", counts=(0, 1_000), bytes=400), RawType(name="memoryview", counts=(0, 20), bytes=160))
    assert [one.name for one in types_of((RawExplanation(pid=1, types=types),))] == ["bytes"]


@pytest.mark.parametrize(
    ("watched_s", "window", "per_min"),
    [
        (6.0, None, 100.0),
        (0.0, RawWindow(t0_s=10.0, t1_s=15.0), 120.0),
        (0.0, RawWindow(t0_s=10.0, t1_s=10.0), 6_000.0),
        (0.0, None, 600.0),
    ],
)
def test_rates_are_by_the_containers_own_watch_where_it_is_known(
    watched_s: float, window: RawWindow | None, per_min: float
) -> None:
    raw = RawExplanation(pid=1, window=window, holders=(holder("x", 10, watched_s=watched_s),))
    (found,) = holders_of((raw,), framed)
    assert found.grew_per_min == pytest.approx(per_min)
    assert (found.length, found.writer, found.frames) == (1_010, None, ())


def test_holders_of_all_processes_are_ranked_together() -> None:
    answers = (RawExplanation(pid=1, holders=(holder("a", 10),)), RawExplanation(pid=2, holders=(holder("b", 20),)))
    assert [one.path for one in holders_of(answers, framed)] == ["b", "a"]


STDLIB = "/usr/lib/python3.11/weakref.py"
LIBRARY = "/home/ada/.venv/lib/python3.11/site-packages/shelf/store.py"
OWN = "/home/ada/shop/worker.py"


def only(raw: RawHolder, read_source: SourceReader = no_source) -> Holder:
    (found,) = holders_of((RawExplanation(pid=1, holders=(raw,)),), framed, read_source)
    return found


def test_the_writer_is_the_innermost_line_outside_the_standard_library() -> None:
    stack = ((STDLIB, 582, "finalize.__init__"), (LIBRARY, 7, "put"), (OWN, 40, "main"))
    found = only(replace(holder("x", 9), frames=stack))
    assert found.writer == Frame(LIBRARY, 7, "put", Origin.PACKAGE)
    assert found.frames == framed(stack)
    assert only(replace(holder("x", 9), frames=stack[:1])).writer is None
    assert only(replace(holder("x", 9), frames=stack, writer=(OWN, 3, "f"))).writer == Frame(OWN, 3, "f")


def test_the_function_that_a_task_runs_is_not_who_made_it() -> None:
    found = only(replace(holder("Peer.wait", 9), root="asyncio tasks", frames=((OWN, 9, "Peer.wait"),)))
    assert (found.writer, found.frames) == (None, (Frame(OWN, 9, "Peer.wait"),))


def test_what_the_interpreter_keeps_of_threads_says_who_starts_them() -> None:
    threads = replace(holder("Peer.run", 30), root="threads")
    active = replace(holder("threading._active", 30), frames=((OWN, 21, "main"),))
    dangling = holder("threading._dangling.data", 30)
    found = holders_of((RawExplanation(pid=1, holders=(active, dangling, threads)),), framed)
    assert [(one.path, one.writer) for one in found] == [("Peer.run", Frame(OWN, 21, "main"))]
    assert paths(threads) == ["Peer.run"]
    assert paths(active, dangling) == ["threading._active", "threading._dangling.data"]


@pytest.mark.parametrize(
    "line",
    [
        "self.cache.popitem(last=False)",
        "cache.pop (key, None)",
        "del self.cache[key]",
        "del app.state.cache[key]",
        "if len(self.cache) >= LIMIT:",
    ],
)
def test_code_that_also_takes_out_may_keep_to_a_limit(line: str) -> None:
    raw = replace(holder("app.cache[...]", 9), frames=((OWN, 4, "put"),))
    assert only(raw, lambda file: line if file == OWN else "").evicts


@pytest.mark.parametrize(
    "line", ["self.cache[key] = value", "self.cached.pop(key)", "mycache.clear()", "print(len(self.cache))"]
)
def test_code_that_takes_nothing_out_of_it_keeps_to_none(line: str) -> None:
    raw = replace(holder("app.cache[...]", 9), frames=((OWN, 4, "put"),))
    assert not only(raw, lambda _: line).evicts


def test_without_a_writer_or_a_name_nothing_is_known_of_a_limit() -> None:
    def emptied(_: str) -> str:
        return "cache.clear(); app.clear()"

    assert only(holder("app.cache", 9), emptied).evicts is False
    assert only(replace(holder("?", 9), frames=((OWN, 4, "put"),)), emptied).evicts is False
    assert only(replace(holder("app.cache", 9), frames=((OWN, 4, "put"),)), emptied).evicts is True


def held(path: str, file: str, function: str) -> Holder:
    return only(replace(holder(path, 9), frames=((file, 4, function),)))


def test_a_place_is_held_by_what_it_or_a_caller_writes_to() -> None:
    site = GrowthSite(
        frames=(
            Frame(STDLIB, 1, "put", Origin.STDLIB),
            Frame(LIBRARY, 2, "put", origin=Origin.PACKAGE),
            Frame(OWN, 3, "main"),
        ),
        grew_bytes=9,
        grew_blocks=1,
        bytes_per_s=1.0,
        share=1.0,
    )
    far, plumbing = held("far", "/home/ada/shop/other.py", "main"), held("plumbing", STDLIB, "put")
    near, same_file = held("near", LIBRARY, "put"), held("same file", OWN, "other")
    assert holder_of(site, (far, plumbing, same_file, near)) == near
    assert holder_of(site, (far, plumbing, same_file)) == same_file
    assert holder_of(site, (far, plumbing)) == far
    assert holder_of(site, ()) is None
    little = replace(far, kept_bytes_per_s=1.0)
    assert holder_of(replace(site, bytes_per_s=100.0), (little,)) is None, "it keeps far too little"
    assert holder_of(replace(site, bytes_per_s=100.0), (replace(little, owns="numpy.ndarray"),)) is not None
    assert holder_of(site, (far, plumbing, same_file), guess=False) is None
    assert holder_of(site, (same_file, near), guess=False) == near


def test_a_function_that_fills_a_small_container_too_leaves_the_memory_to_the_other_one() -> None:
    """`self.frame = pd.concat([self.frame, part])` and `self.timings.append(seconds)` in one function."""
    site = GrowthSite(frames=(Frame(OWN, 1, "add"),), grew_bytes=9, grew_blocks=1, bytes_per_s=100_000.0, share=1.0)
    timings = replace(held("timings", OWN, "add"), kept_bytes_per_s=120.0)
    frame = replace(held("frame", OWN, "add"), kept_bytes_per_s=90_000.0)
    assert holder_of(site, (timings, frame)) == frame
    assert holder_of(site, (timings,)) is None
    assert holder_of(site, (replace(timings, kept_bytes_per_s=5_000.0),)) is not None


@pytest.mark.parametrize(("blocks_per_s", "held"), [(400, True), (6_000, False)])
def test_callbacks_hold_what_comes_as_often_as_they_do(blocks_per_s: int, *, held: bool) -> None:
    frame = Frame(file="/home/ada/shop/hooks.py", line=4, function="add")
    site = GrowthSite(frames=(frame,), grew_bytes=500_000, grew_blocks=blocks_per_s, bytes_per_s=500_000.0, share=1.0)
    callbacks = Holder(
        path="atexit",
        root="exit callbacks",
        root_kind=RootKind.EXIT_CALLBACKS,
        container_type="exit callbacks",
        length=900,
        grew_per_min=6_000.0,
        kept_bytes_per_s=20_000.0,
    )
    assert holder_of(site, (callbacks,)) == (callbacks if held else None)
    assert holder_of(replace(site, grew_bytes=0), (callbacks,)) == callbacks, "no block grew"


@pytest.mark.parametrize("kind", ["_asyncio.Task", "_asyncio.Future"])
def test_tasks_that_a_container_takes_are_one_leak_with_it(kind: str) -> None:
    kept = replace(holder("kept", 300, entry_bytes=200), entry_type=kind)
    counted = replace(holder("shop.fetch", 320, entry_bytes=1_000), root=RootKind.TASKS.value)
    assert paths(kept, counted) == ["kept"]


def test_tasks_that_no_container_takes_stay_a_holder() -> None:
    few = replace(holder("kept", 100, entry_bytes=200), entry_type="_asyncio.Task")
    others = replace(holder("rows", 300, entry_bytes=200), entry_type="shop.Row")
    counted = replace(holder("shop.fetch", 320, entry_bytes=1_000), root=RootKind.TASKS.value)
    assert paths(few, others, counted) == ["shop.fetch", "rows", "kept"]
