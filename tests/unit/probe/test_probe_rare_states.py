"""States of a program that are rare: modules that are not loaded, values that are not set, settings of its own."""

from __future__ import annotations

import os
import subprocess
import sys
import types
from collections.abc import Iterator
from importlib import import_module
from pathlib import Path
from typing import Any

import pytest

from leakgate.probe import arrive, carry, fork, guest, interpreters, naming, opened, paths, piled_up, retained, traces
from leakgate.probe.naming import Root, name_path
from leakgate.probe.system import standard, system
from tests.helpers.answer_rows import holders, notes, of_kind
from tests.helpers.probe_steps import drive
from tests.unit.probe.stepwise import HOLDERS, TRACE, explained
from tests.unit.probe.test_probe_linked_structures import CHAIN

MODULE = Root("module shop", "shop")


def test_a_child_runs_as_without_the_probe_if_its_settings_are_broken(tmp_path: Path) -> None:
    own = tmp_path / "own"
    own.mkdir()
    (own / "sitecustomize.py").write_text("import builtins\nbuiltins.CUSTOM = 'its own'\n")
    path = carry.path_with_probe(str(own))
    done = subprocess.run(
        [sys.executable, "-c", "import os; print(CUSTOM, os.environ['PYTHONPATH'])"],
        env={**os.environ, carry.NAME: f"no number|{tmp_path}", "PYTHONPATH": path},
        capture_output=True,
        text=True,
        timeout=300,
        check=True,
    )
    assert (done.stdout, done.stderr) == (f"its own {own}\n", "")
    assert list(tmp_path.iterdir()) == [own]


def test_a_guest_does_not_arrive_where_no_leakgate_runs(tmp_path: Path) -> None:
    arrive.arrive(str(tmp_path), 0.02, follows_children=False)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="needs FIFOs")
def test_a_guest_where_nothing_can_be_followed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """As on Windows, which has no fork, and before the program has loaded `atexit`."""
    visitor = guest.Guest(str(tmp_path), 0.02, {}, follows_children=False)
    visitor._close_alive()
    visitor._forget_files()
    os.mkfifo(tmp_path / "alive")
    with monkeypatch.context() as patch, open(os.open(tmp_path / "alive", os.O_RDWR), "wb"):
        patch.setattr(system, "at_fork", None)
        patch.delitem(sys.modules, "atexit")
        visitor.arrive()
        visitor.stop()
        visitor._close_alive()
        visitor._forget_files()
    assert visitor._fork_hooks == ()
    assert (tmp_path / f"gauges-{os.getpid()}.bin").stat().st_size > 0
    visitor._next_sign = 0.0
    visitor._look_for_command()  # leakgate has ended, and so has the thread
    assert not visitor._wake.locked()


def test_a_module_of_the_standard_library_leaves_no_trace(monkeypatch: pytest.MonkeyPatch) -> None:
    """Modules of C with single-phase initialisation register themselves; which ones do depends on the version."""
    for name in ("_decimal", "_datetime", "_curses", "readline", "_elementtree", "_pickle"):
        monkeypatch.delitem(sys.modules, name, raising=False)
        try:
            found = standard(name)
        except ImportError:
            continue  # this Python was built without it
        assert type(found) is types.ModuleType
        assert name in sys.builtin_module_names or name not in sys.modules


def test_a_variable_that_an_inner_function_shares() -> None:
    kept: list[int] = []
    frame = sys._getframe()
    (cell,) = (lambda: kept).__closure__ or ()
    assert name_path(MODULE, [{}, frame, cell, kept]).text.endswith("inner_function_shares(): kept")
    empty = types.CellType()
    assert naming._content(empty) is empty


class Both:
    __slots__ = ("__dict__", "slot")

    def __init__(self) -> None:
        self.slot, self.named, self.other = [1], [2], [3]


def test_an_object_with_slots_and_with_attributes() -> None:
    one = Both()
    assert [naming._instance_step(one, thing) for thing in (one.named, one.slot, {4})] == [".named", ".slot", ""]


WANTED: list[object] = []


def test_a_walk_ends_soon_after_it_has_found_what_is_wanted(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(paths, "_SOME_MORE", 10)
    monkeypatch.setattr(paths, "_SLICE_S", 0.0002)
    walk = paths.Walk()
    assert set(walk.run_until(lambda one: one is WANTED)) == {0.0}
    chain = walk.chain_to(WANTED)
    assert chain is not None
    path = walk.name(chain)
    assert path is not None
    assert path.text.endswith("test_probe_rare_states.WANTED")
    assert walk._at < len(walk.things), "the rest is not followed"


def test_only_the_innermost_functions_of_a_deep_stack_are_roots(monkeypatch: pytest.MonkeyPatch) -> None:
    def descends(levels: int) -> Any:
        return descends(levels - 1) if levels else sys._getframe()

    monkeypatch.setattr(interpreters, "current_frames", lambda: {-1: descends(paths._MOST_FRAMES + 50)})
    outer, inner = paths._frame_roots()
    assert [root.text for root in outer] == [root.text for root in inner[:1]]
    assert len(outer + inner) == paths._MOST_FRAMES


def test_what_a_thread_begins_inside_of_a_fork_hook_of_another_caller(tmp_path: Path) -> None:
    def other() -> Iterator[None]:
        yield

    waiting: Any = other()
    next(waiting)
    forks = fork.Forks(str(tmp_path), lambda _: None)
    forks._caller, forks._caller_at = waiting.gi_frame, waiting.gi_frame.f_lasti
    assert not forks._inside_fork(sys._getframe())
    assert forks._inside_fork(types.SimpleNamespace(f_back=waiting.gi_frame))  # type: ignore[arg-type]


def test_entries_that_lead_to_much_are_judged_by_a_few() -> None:
    entries = [[f"text {at} of {number}" for at in range(300)] for number in range(60)]
    entries[-1 - 2 * retained.SAMPLE].extend(f"more {at}" for at in range(5_000))
    count, size = retained.untracked(entries, set())["str"]
    assert count == 300.0
    assert 50 < size < 100


def test_without_atexit_no_exit_functions_are_counted(monkeypatch: pytest.MonkeyPatch) -> None:
    counted = piled_up.Resources()
    counted.look([])
    monkeypatch.delitem(sys.modules, "atexit")
    counted.look([])
    assert [(piled_up.EXIT_CALLBACKS, "atexit") in moment for moment in counted.moments] == [True, False]


def test_sockets_of_unknown_families_and_processes_that_have_ended(monkeypatch: pytest.MonkeyPatch) -> None:
    import socket

    assert opened._socket_kind(9_999, socket.SOCK_STREAM) == "socket (9999, SOCK_STREAM)"
    assert opened._socket_kind(socket.AF_INET, socket.SOCK_DGRAM) == "socket (AF_INET, SOCK_DGRAM)"
    monkeypatch.delitem(sys.modules, "socket")
    assert opened._socket_kind(2, 1) == "socket (2, 1)"
    assert opened._state_of(2**22 + 1) == ("", 0.0)
    monkeypatch.setattr(opened, "_LISTS", (os.path.dirname(__file__),))
    assert opened._descriptors() == []
    monkeypatch.setattr(opened, "_LISTS", ("/no/such/folder",))
    assert opened._descriptors() == []


@pytest.mark.parametrize("theirs", [0, 2])
def test_origins_of_coroutines_are_recorded_unless_the_program_does_so(
    theirs: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(interpreters, "_MODULES", ())  # another test of this process may have loaded one
    monkeypatch.setattr(opened, "_tracks_origins", False)
    import_module("asyncio")  # without it, the program has no coroutines that matter
    sys.set_coroutine_origin_tracking_depth(theirs)
    try:
        drive(opened._track_origins())
        assert sys.get_coroutine_origin_tracking_depth() == (theirs or opened._ORIGIN_FRAMES)
        opened.abandon()
        assert sys.get_coroutine_origin_tracking_depth() == theirs
        drive(opened._track_origins())
        drive(opened.forget_origins())
        assert sys.get_coroutine_origin_tracking_depth() == theirs
    finally:
        sys.set_coroutine_origin_tracking_depth(0)


def test_a_block_is_charged_to_the_innermost_line_outside_of_the_library() -> None:
    library, generated = (traces._LIBRARY + "/json/decoder.py", 5), ("<string>", 1)
    package = (traces._LIBRARY + "/site-packages/shop.py", 7)
    own = ("/work/cart.py", 9)
    assert traces._site_of((library, generated, own)) == own
    assert traces._site_of((library, package, own)) == package
    assert traces._site_of((library, generated)) == library


LATE = "KEPT = []\n\ndef step(number):\n    if number > 450:\n        KEPT.append([number])\n"


def test_a_leak_that_begins_after_the_first_marks_of_a_long_trace(tmp_path: Path) -> None:
    rows = explained(tmp_path, LATE, TRACE, 20.0)
    (window,) = of_kind(rows, "window")
    sites = of_kind(rows, "site")
    assert sites[0]["frames"][0][1] == 6
    assert window["t0"] - 1_000.0 >= 2.4, "the window begins with the last of the first marks"


MANY = f"""{CHAIN}
def begin(probe):
    probe.census._MOST_KNOWN = 10
"""


def test_too_many_instances_are_not_searched_for_their_structure(tmp_path: Path) -> None:
    rows = explained(tmp_path, MANY)
    assert holders(rows) == {}
    assert "Node" in {row["name"] for row in rows if row["kind"] == "type"}


def test_a_first_count_that_takes_too_long_leaves_nothing_to_compare_with(tmp_path: Path) -> None:
    program = "import stepwise\nKEPT = []\n\ndef step(number):\n    KEPT.append([number])\n    stepwise.jump(60.0)\n"
    path = f"import sys\nsys.path.append({str(Path(__file__).parent)!r})\n"
    rows = explained(tmp_path, path + program, HOLDERS)
    assert holders(rows) == {}
    assert "a part of the explanation was skipped: it took too long" in notes(rows)
    assert all(row["kind"] != "looked" for row in rows)
