"""The holders of memory: each kind of container, found in real programs, under every available interpreter."""

import json
import sys
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from tests.helpers.answer_rows import Found, Rows, holders, notes, of_kind
from tests.probe.probe_tools import HOLDERS, Run, probed

SCRIPTS = Path(__file__).parent.parent / "scripts"
WINDOW_S = 2.0

KINDS = {
    "__main__.PLAIN": ("module __main__", "dict"),
    "Registry.items": ("class Registry", "list"),
    "__main__.REGISTRY.by_name": ("module __main__", "dict"),
    "__main__.REGISTRY.queue": ("module __main__", "collections.deque"),
    "__main__.REGISTRY.nested[...][...]": ("module __main__", "list"),
    "__main__.SLOTTED.entries": ("module __main__", "list"),
    "__main__.ORDERED": ("module __main__", "collections.OrderedDict"),
    "__main__.COUNTS": ("module __main__", "collections.defaultdict"),
    "__main__.KEEPER": ("module __main__", "Keeper"),
    "__main__.NUMBERS": ("module __main__", "array.array"),
    "__main__.TEXT": ("module __main__", "bytearray"),
    "__main__.BUFFER": ("module __main__", "_io.BytesIO"),
    "__main__.SOMETHING": ("module __main__", "set"),
    "__main__.STRONG": ("module __main__", "list"),
    "Basket.total": ("class Basket", "functools.lru_cache"),
    "__main__.bounded": ("module __main__", "functools.lru_cache"),
    "make_counter.<locals>.count: seen": ("function make_counter.<locals>.count", "list"),
    "__main__.CHUNKS[...]": ("module __main__", "list"),
    "logging.Logger.manager.loggerDict": ("module logging", "dict"),
    "weakref.finalize._registry": ("module weakref", "dict"),
    "hooks of os.register_at_fork": ("os.register_at_fork", "list"),
    "__main__.SERVICE": ("module __main__", "instance attributes"),
    "atexit": ("exit callbacks", "exit callbacks"),
}


def explained(python: str, script: str, channel: Path, *args: str, enough: Callable[[Found], object]) -> Rows:
    with probed(python, SCRIPTS / script, channel, *args) as run:
        rows = explained_run(run, enough)
        assert run.errors() == ""
    return rows


def explained_run(run: Run, enough: Callable[[Found], object]) -> Rows:
    run.wait_for_its_work()
    return run.explain_until(lambda rows: enough(holders(rows)), HOLDERS, WINDOW_S)


def has_many(found: Found) -> bool:
    return len(found) > 15 and any(row.get("frames") for row in found.values())


def test_each_kind_of_container_is_named_by_its_way_from_a_root(python: str, channel: Path) -> None:
    # If so many grow at once, only those that keep most memory are reported.
    found = holders(explained(python, "target_holders.py", channel, "all", enough=has_many))
    unexpected = {path: row for path, row in found.items() if (row["root"], row["container_type"]) != KINDS.get(path)}
    assert [path for path, row in unexpected.items() if not row.get("weak")] == []
    for row in found.values():
        assert all(later > earlier for earlier, later in zip(row["lengths"], row["lengths"][1:], strict=False))
        assert len(row["lengths"]) == len(row["marks"]) == 4
    if "__main__.REGISTRY.queue" in found:
        assert found["__main__.REGISTRY.queue"]["bound"] == 100_000
    if "__main__.bounded" in found:
        assert found["__main__.bounded"]["bound"] == 50_000
    if "__main__.CHUNKS[...]" in found:
        assert 1 < found["__main__.CHUNKS[...]"]["containers"] <= 7  # those that grew between the counts
    assert {path: row["owns"] for path, row in found.items() if row.get("owns")} == {}


def test_dicts_that_the_collector_forgets_are_found(python: str, channel: Path) -> None:
    paths = {"__main__.TUPLES", "__main__.DEEP[...][...]", "__main__.SHOP.orders"}
    explained(python, "target_forgotten.py", channel, enough=lambda found: paths <= found.keys())


OWNS = {
    "MAPS": "mmap.mmap",
    "VIEWS": "memoryview",
    "SHEETS": "sqlite3.Connection",
    "TIMES": "",
    "SLOTTED": "",
    "SHARED": "",
    "TEXTS": "",
}


def test_containers_of_objects_that_own_memory_outside_the_heap_say_so(python: str, channel: Path) -> None:
    rows = explained(python, "target_foreign.py", channel, "600", enough=lambda found: len(found) >= len(OWNS))
    found = holders(rows)
    kinds = {row["name"]: row for row in of_kind(rows, "type")}
    assert (kinds["Sheet"]["estimated"], kinds["str"]["estimated"]) == (False, True), "texts are in the table too"
    assert kinds["str"]["counts"][1] >= 0.5 * (
        found["__main__.TEXTS"]["lengths"][1] - found["__main__.TEXTS"]["lengths"][0]
    )
    assert not kinds.keys() & {"generator", "frame"}, "objects of the probe are left out"
    assert {"kind": "looked"} in rows
    owns = {path.removeprefix("__main__."): row["owns"] for path, row in found.items()}
    assert owns == OWNS


NAMED = {
    "local": ("local_list(): kept",),
    "generator": ("generator(): kept",),
    "tasks": ("listen", "tasks(): kept"),
    "threads": ("wait_for_ever",),
    "uncollected": ("gc",),
    "worker": ("local_list(): kept",),
    "profiled": ("__main__.PLAIN",),
}
"""The growing container in each program."""


@pytest.fixture(scope="module")
def named(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Rows]:
    """Programs that are explained at the same time, because each waits most of the time."""
    folders = [tmp_path_factory.mktemp(name) / "channel" for name in NAMED]
    with ThreadPoolExecutor(len(NAMED)) as pool:
        rows = pool.map(
            lambda name, folder: explained(
                sys.executable,
                "target_holders.py",
                folder,
                name,
                enough=lambda found: found.keys() >= set(NAMED[name]) and (name != "local" or has_writer(found)),
            ),
            NAMED,
            folders,
        )
        return dict(zip(NAMED, rows, strict=True))


@pytest.mark.parametrize(
    ("name", "path", "root"),
    [
        ("local", "local_list(): kept", "frame local_list"),
        ("generator", "generator(): kept", "generator generator"),
        ("tasks", "listen", "asyncio tasks"),
        ("tasks", "tasks(): kept", "coroutine tasks"),
        ("threads", "wait_for_ever", "threads"),
        ("uncollected", "gc", "uncollected cycles"),
        ("worker", "local_list(): kept", "frame local_list"),
    ],
)
def test_what_is_held_by_no_module_is_named_too(name: str, path: str, root: str, named: dict[str, Rows]) -> None:
    assert holders(named[name])[path]["root"] == root


def has_writer(found: Found) -> object:
    return found.get("local_list(): kept", {}).get("frames")


def test_the_line_that_inserts_is_named(named: dict[str, Rows]) -> None:
    file, line, function = holders(named["local"])["local_list(): kept"]["frames"][0]
    assert (Path(file).name, function) == ("target_holders.py", "local_list")
    assert "kept.append(" in Path(file).read_text(encoding="utf-8").splitlines()[line - 1]


def test_the_line_that_inserts_is_named_on_another_thread_too(python: str, channel: Path) -> None:
    rows = explained(python, "target_holders.py", channel, "worker", enough=has_writer)
    _, line, function = holders(rows)["local_list(): kept"]["frames"][0]
    assert function == "local_list"
    assert "kept.append(" in (SCRIPTS / "target_holders.py").read_text(encoding="utf-8").splitlines()[line - 1]
    assert notes(rows) == []


def test_a_profiler_of_the_program_stays(named: dict[str, Rows]) -> None:
    rows = named["profiled"]
    assert "leakgate did not look for the line that inserts: the script has a profiler of its own" in notes(rows)
    assert holders(rows)["__main__.PLAIN"]["frames"] == []


AMONG_LIARS = frozenset(
    ("__main__.HOLDER.rows", "__main__.HOLDER.names", "__main__.HOLDER.ring", "__main__.SLOTTED.entries")
)


def test_objects_that_lie_or_raise_are_never_touched(python: str, channel: Path) -> None:
    with probed(python, SCRIPTS / "target_hostile.py", channel) as run:
        text = json.dumps(explained_run(run, lambda found: found.keys() >= AMONG_LIARS))
        assert run.errors() == ""
    assert "__main__.SECRETS" in text
    assert "password" not in text
    assert "secret-" not in text
