"""All memory of one holder is one leak, and the line to look at first is the one that inserts."""

from dataclasses import replace

import pytest

from leakgate.blame.signature import signature_of
from leakgate.model.baseline import AcceptedLeak, BaselineEntry
from leakgate.model.explanation import Explanation, Frame, GrowthSite, Holder, RootKind
from leakgate.model.origin import Origin
from leakgate.model.report import Leak
from leakgate.model.suppression import Suppression, SuppressionState, SuppressionSubject
from leakgate.model.verdict import Kind, Verdict
from leakgate.verdict.known import by_holder, mark_known, name_leaks, worse_than_known
from leakgate.verdict.suppressions import uses_of
from tests.helpers.judged import ROOT, evidence_of, measurement
from tests.helpers.judged import resting as any_trial
from tests.helpers.works import kept, work_of, worked

DAY = measurement(any_trial()).day
LIBRARY = Frame(f"{ROOT}/.venv/lib/python3.12/site-packages/web/app.py", 7, "Application.handle", Origin.PACKAGE)
HANDLER = Frame(f"{ROOT}/shop/views.py", 30, "checkout")
MAIN = Frame(f"{ROOT}/manage.py", 5, "main")
HOLDER = Holder(
    path="shop.views.KEPT",
    root="module shop.views",
    root_kind=RootKind.MODULE,
    container_type="list",
    length=900,
    grew_per_min=60.0,
    writer=HANDLER,
    frames=(HANDLER, LIBRARY, MAIN),
)


def place(function: str, share: float) -> GrowthSite:
    frames = (Frame(f"{ROOT}/shop/models.py", 12, function), HANDLER, LIBRARY, MAIN)
    return GrowthSite(frames=frames, grew_bytes=int(share * 1_000), grew_blocks=2, bytes_per_s=share * 100, share=share)


SITES = (place("Order.__init__", 0.6), place("Line.__init__", 0.25), place("Note.__init__", 0.02))
EXPLANATION = Explanation(window_s=4.0, sites=SITES, holders=(HOLDER,))


def leaks(explanation: Explanation = EXPLANATION) -> tuple[Leak, ...]:
    return name_leaks(explanation, ROOT)


def test_what_one_holder_keeps_is_one_leak_with_several_places() -> None:
    (leak,) = by_holder(leaks())
    assert [part.site for part in leak.parts] == list(SITES)
    assert leak.signature == signature_of(SITES[0], None, ROOT)
    assert (round(leak.share, 3), leak.grew_bytes, leak.grew_blocks, round(leak.bytes_per_s)) == (0.87, 870, 6, 87)


def test_places_with_one_signature_are_added_up() -> None:
    large = replace(SITES[0], large_bytes=100, large_blocks=1)
    other = replace(
        SITES[0], grew_bytes=200, grew_blocks=3, bytes_per_s=20.0, share=0.2, large_bytes=50, large_blocks=2
    )
    (leak,) = leaks(replace(EXPLANATION, sites=(large, other)))
    site = leak.site
    assert (site.grew_bytes, site.grew_blocks, site.bytes_per_s) == (800, 5, 80.0)
    assert (site.share, site.large_bytes, site.large_blocks) == (0.8, 150, 3)


def test_the_line_that_inserts_comes_first() -> None:
    (leak,) = by_holder(leaks())
    assert leak.place == HANDLER
    assert leak.site.blamed == SITES[0].frames[0]


def test_of_a_library_that_inserts_the_line_of_the_project_that_called_it_comes_first() -> None:
    holder = replace(HOLDER, writer=LIBRARY, frames=(LIBRARY, MAIN))
    (leak,) = by_holder(leaks(replace(EXPLANATION, holders=(holder,))))
    assert leak.place == MAIN


def test_where_nobody_of_the_project_was_seen_inserting_it_is_the_line_that_allocates() -> None:
    for holder in (replace(HOLDER, writer=LIBRARY, frames=(LIBRARY,)), replace(HOLDER, writer=None, frames=())):
        (leak, *_) = by_holder(leaks(replace(EXPLANATION, holders=(holder,))))
        assert leak.place == SITES[0].blamed
    tasks = replace(HOLDER, path="worker", root="asyncio tasks", root_kind=RootKind.TASKS)
    (leak, *_) = by_holder(leaks(replace(EXPLANATION, holders=(tasks,))))
    assert leak.place == SITES[0].blamed, "of tasks it is known what they run, not who made them"


def test_a_weak_container_puts_nothing_together() -> None:
    found = by_holder(leaks(replace(EXPLANATION, holders=(replace(HOLDER, weak=True),))))
    assert [leak.also for leak in found] == [(), (), ()]


def test_native_memory_is_kept_by_a_container_of_objects_that_own_some() -> None:
    native = replace(place("take", 0.9), kind=Kind.NATIVE)
    tables = replace(HOLDER, path="shop.views.TABLES", owns="pyarrow.lib.Table", entry_type="pyarrow.lib.Table")
    (kept,) = by_holder(leaks(replace(EXPLANATION, sites=(native,), holders=(HOLDER, tables))))
    assert kept.holder == tables
    assert tables.package == "pyarrow"
    (unknown,) = by_holder(leaks(replace(EXPLANATION, sites=(native,))))
    assert unknown.holder is None, "plain Python objects keep no native memory"


def test_native_memory_that_one_line_makes_beside_python_objects_has_their_holder() -> None:
    native = replace(place("start", 0.6), kind=Kind.NATIVE)
    (leak,) = by_holder(leaks(replace(EXPLANATION, sites=(native, place("Thread.__init__", 0.3)))))
    assert (leak.holder, round(leak.share, 3)) == (HOLDER, 0.9)
    elsewhere = replace(native, frames=(replace(native.frames[0], line=99), *native.frames[1:]))
    first, second = by_holder(leaks(replace(EXPLANATION, sites=(elsewhere, place("Thread.__init__", 0.3)))))
    assert (first.holder, second.holder) == (None, HOLDER)


def test_the_package_is_that_of_an_extension_and_of_no_module_of_python() -> None:
    named = {
        ("PyDataFrame", "polars.dataframe.frame.DataFrame"): "polars",
        ("mmap.mmap", "mmap.mmap"): "",
        ("", "numpy.ndarray"): "",
        ("X", ""): "",
    }
    for (owns, entry_type), package in named.items():
        assert replace(HOLDER, owns=owns, entry_type=entry_type).package == package


def test_what_is_known_stays_apart_from_what_is_new() -> None:
    first = signature_of(SITES[0], None, ROOT)
    entry = BaselineEntry(
        verdict=Verdict.KNOWN,
        peak_bytes=0,
        growth_bytes_per_s=9.0,
        leaks=(AcceptedLeak(signature=first, bytes_per_s=9.0, where="shop/models.py:Order"),),
    )
    new, known = by_holder(mark_known(leaks(), entry, (), ROOT, DAY))
    assert (known.known, new.known) == (True, False)
    assert [part.site for part in new.parts] == list(SITES[1:])


def test_each_suppression_of_a_place_counts_the_leak_once() -> None:
    wanted = [
        Suppression(subject=SuppressionSubject.SITE, pattern=f"shop/models.py:{name}.*", reason="planned")
        for name in ("Order", "Line", "Note", "Nothing")
    ]
    (leak,) = by_holder(mark_known(leaks(), None, tuple(wanted), ROOT, DAY))
    uses = uses_of(tuple(wanted), [(leak, DAY)], ROOT, today=DAY, complete=True)
    assert [use.leaks for use in uses] == [1, 1, 1, 0]
    assert uses[3].state is SuppressionState.UNUSED


@pytest.mark.parametrize(
    ("per_s", "each", "worse"), [(250.0, 200.0, False), (4_000.0, 200.0, False), (250.0, 600.0, True)]
)
def test_growth_a_request_is_compared_at_any_pace_of_the_runner(per_s: float, each: float, *, worse: bool) -> None:
    recorded = BaselineEntry(
        verdict=Verdict.KNOWN,
        peak_bytes=100_000_000,
        growth_bytes_per_s=200_000.0,  # at 1,000 requests a second
        growth_bytes_per_iteration=200.0,
    )
    work = work_of(1, per_s=lambda _t, _route: per_s)
    evidence = evidence_of(worked(work, kept(work, {0: each})), baseline=recorded)

    assert worse_than_known(evidence) is worse


def test_a_baseline_without_requests_is_compared_by_the_second() -> None:
    recorded = BaselineEntry(verdict=Verdict.KNOWN, peak_bytes=1, growth_bytes_per_s=20_000.0)
    work = work_of(1)

    assert worse_than_known(evidence_of(worked(work, kept(work, {0: 200.0})), baseline=recorded))


def test_a_leak_has_the_advice_on_its_holder() -> None:
    kept = replace(HOLDER, path="atexit", root="exit callbacks", container_type="exit callbacks")
    (leak,) = name_leaks(Explanation(window_s=3.0, sites=(place("fill", 1.0),), holders=(kept,)), ROOT)
    assert leak.holder == kept
    assert leak.advice.startswith("atexit ")


def test_a_leak_that_nothing_holds_has_the_advice_on_that() -> None:
    many = replace(place("fill", 1.0), grew_blocks=10_000)
    (leak,) = name_leaks(Explanation(window_s=3.0, sites=(many,), looked=True), ROOT)
    assert leak.advice
    (small,) = name_leaks(Explanation(window_s=3.0, sites=(replace(many, share=0.001),), looked=True), ROOT)
    assert small.advice == ""


def test_the_stack_of_a_thread_has_the_threads_as_holder() -> None:
    start = Frame("/usr/lib/python3.11/threading.py", 964, "Thread.start", Origin.STDLIB)
    stack = replace(place("Order.watch", 0.3), kind=Kind.NATIVE)
    threads = replace(HOLDER, path="Order.run", root="threads", root_kind=RootKind.THREADS, writer=None, frames=())
    started = replace(stack, frames=(start, *stack.frames), blame=1, share=0.05)
    with_threads = replace(EXPLANATION, holders=(threads,), sites=(stack, started))
    assert [leak.holder for leak in leaks(with_threads)] == [None, threads]


def test_what_one_line_makes_without_a_holder_is_one_leak() -> None:
    python, other = replace(SITES[0], share=0.1), SITES[1]
    native = replace(SITES[0], kind=Kind.NATIVE, share=0.7, frames=(LIBRARY, *SITES[0].frames), blame=1)
    unheld = replace(EXPLANATION, holders=(), sites=(native, python, other))
    assert [[part.site for part in leak.parts] for leak in by_holder(leaks(unheld))] == [[native, python], [other]]
