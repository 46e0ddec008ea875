"""The advice on a leak: one sentence if the evidence fits a known pattern, else nothing."""

from dataclasses import replace

import pytest

from leakgate.blame.advice import MANY_OBJECTS, PATTERNS, SOME_BLOCKS, advise, advise_unheld
from leakgate.model.explanation import Explanation, Frame, GrowthSite, Holder, TypeGrowth, root_kind_of
from leakgate.model.verdict import Kind

SITE = GrowthSite(
    frames=(Frame("/home/ada/shop/worker.py", 12, "load"),), grew_bytes=9, grew_blocks=1, bytes_per_s=1.0, share=1.0
)


def holder(
    path: str, root: str, container_type: str = "dict", entry_type: str = "", bound: int | None = None
) -> Holder:
    return Holder(
        path=path,
        root=root,
        root_kind=root_kind_of(root),
        container_type=container_type,
        length=9,
        grew_per_min=9.0,
        entry_type=entry_type,
        bound=bound,
    )


CASES = [
    (holder("shop.Basket.total", "class shop.Basket", "functools.lru_cache"), "lru_cache on a method"),
    (holder("shop.rate", "module shop", "functools.lru_cache"), "the lru_cache rate has no maxsize"),
    (holder("logging.Logger.manager.loggerDict", "class logging.Logger"), "logging keeps every logger"),
    (holder("Peer.wait", "asyncio tasks", "asyncio tasks"), "tasks of Peer.wait never end"),
    (holder("main(): running", "frame main", "set", "_asyncio.Task"), "running keeps its tasks"),
    (
        holder("shop.READY._waiters", "module shop", "collections.deque", "_asyncio.Future"),
        "cancel the tasks that wait",
    ),
    (
        holder("main(): jobs", "frame main", "list", "concurrent.futures._base.Future"),
        "keeps futures with their results",
    ),
    (holder("Peer.run", "threads", "threads"), "threads in Peer.run never end"),
    (holder("atexit", "exit callbacks", "exit callbacks"), "atexit keeps each callback"),
    (holder("hooks of os.register_at_fork", "os.register_at_fork", "list"), "can never be removed"),
    (holder("gc", "uncollected cycles"), "the garbage collector is off"),
    (holder("weakref.finalize._registry", "class weakref.finalize"), "weakref.finalize keeps"),
    (holder("shop.registry[...]", "module shop", "list", "shop.SchemaMeta"), "classes are created and registered"),
    (holder("shop.KNOWN", "module shop", "collections.defaultdict"), "adds it to the defaultdict KNOWN"),
    (holder("shop.DONE", "module shop", "list", "_contextvars.Context"), "remove contexts that are no longer needed"),
    (holder("main(): s._exit_stack._exit_callbacks", "coroutine main", "collections.deque"), "an exit stack keeps"),
    (holder("main(): bus.listeners[...]", "frame main", "list"), "entries of listeners stay"),
    (holder("shop._STATES", "module shop", "dict", "_asyncio.Task: shop.State"), "_STATES keeps its keys alive"),
    (holder("shop.cache.SESSIONS", "module shop.cache", "dict", "Session"), "belongs to the module shop.cache"),
    (holder("pytest.fixtures.db.log", "module pytest.fixtures", "list"), "the fixture db lives longer than a test"),
    (holder("shop.Registry.items", "class shop.Registry", "list"), "belongs to the class shop.Registry"),
]


@pytest.mark.parametrize(("held", "sentence"), CASES)
def test_each_pattern_is_known_by_its_evidence(held: Holder, sentence: str) -> None:
    said = advise(SITE, held)
    assert sentence in said
    assert len(said) < 160
    assert "None" not in said


def test_every_pattern_has_a_case() -> None:
    assert len({advise(SITE, held).split()[0] for held, _ in CASES}) > 1
    first_words = {sentence for _, sentence in CASES}
    assert len(first_words) >= len(PATTERNS)


@pytest.mark.parametrize(
    "held",
    [
        None,
        holder("main(): counter.referrers", "frame main", "list", "tuple"),
        holder("dict of Thing", "C code"),
        holder("shop.rate", "module shop", "functools.lru_cache", bound=100),
        holder("main(): pairs", "frame main", "dict", "tuple: dict"),
    ],
)
def test_where_no_pattern_fits_nothing_is_said(held: Holder | None) -> None:
    assert advise(SITE, held) == ""


def test_a_bounded_cache_of_a_method_is_still_one_that_keeps_self() -> None:
    held = holder("shop.Basket.total", "class shop.Basket", "functools.lru_cache", bound=128)
    assert "keeps every instance" in advise(SITE, held)
    assert advise(SITE, replace(held, path="shop.Other.total", root="class shop.Basket")) == ""


RECORDS = TypeGrowth(name="shop.Record", grew_count=MANY_OBJECTS, count_per_min=600.0, bytes_each=56.0)
UNHELD = Explanation(window_s=4.0, types=(RECORDS,), looked=True)
WEAK = replace(holder("shop.Record.__subclasses__()", "class shop.Record", "registry"), weak=True)


def test_objects_that_nothing_in_python_holds_are_held_in_c() -> None:
    assert "holds the shop.Record objects. C code" in advise_unheld(SITE, UNHELD)
    assert advise_unheld(SITE, replace(UNHELD, holders=(WEAK,))) == advise_unheld(SITE, UNHELD)
    assert advise(SITE, WEAK) == ""
    noted = replace(UNHELD, notes=("leakgate looked for the line that inserts on the main thread only",))
    assert advise_unheld(SITE, noted) == advise_unheld(SITE, UNHELD), "only a look that was cut short says less"


def test_blocks_that_no_class_accounts_for_are_said_to_be_held_in_c_too() -> None:
    arrays = replace(SITE, grew_blocks=SOME_BLOCKS)
    assert "holds the objects that are allocated here. C code" in advise_unheld(arrays, replace(UNHELD, types=()))
    assert advise_unheld(replace(arrays, grew_blocks=SOME_BLOCKS - 1), replace(UNHELD, types=())) == ""


@pytest.mark.parametrize(
    "explanation",
    [
        replace(UNHELD, holders=(holder("shop.ALL", "module shop", "list"),)),
        replace(UNHELD, looked=False),
        replace(UNHELD, types=()),
        replace(UNHELD, types=(replace(RECORDS, grew_count=MANY_OBJECTS - 1),)),
    ],
)
def test_where_the_look_says_less_nothing_is_said(explanation: Explanation) -> None:
    assert advise_unheld(SITE, explanation) == ""


def test_native_memory_is_not_said_to_be_objects() -> None:
    assert advise_unheld(replace(SITE, kind=Kind.NATIVE), UNHELD) == ""
