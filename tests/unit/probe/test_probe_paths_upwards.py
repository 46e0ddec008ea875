"""The path to an object from its referrers upwards, the names of context variables, and copies made during a walk."""

from __future__ import annotations

import contextvars
import gc
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from leakgate.probe import contexts, copies, paths, plain, referrers
from leakgate.probe.answer import Answer
from leakgate.probe.naming import Root


@pytest.fixture
def climb(tmp_path: Path) -> referrers.Climb:
    """A climb beside a walk that has reached nothing."""
    return referrers.Climb(Answer(str(tmp_path), 1), paths.Walk())


def nested(levels: int, inside: object) -> list[object]:
    """An object in a list in a list, and so on."""
    kept: list[object] = [inside]
    for _ in range(levels):
        kept = [kept]
    return kept


def kept_only_by(thing: list[object]) -> Any:
    """A function of C that keeps an object and has no name."""
    return thing.append


def test_the_search_ends_after_a_few_levels(climb: referrers.Climb) -> None:
    inside: list[int] = []
    top = kept_only_by(nested(2 * referrers._MOST_LEVELS, inside))
    found = climb.path_to(inside)
    assert found is not None
    assert (found.root, found.text) == ("object", "list" + "[...]" * referrers._MOST_LEVELS)
    assert climb.given_up == 0
    assert top([]) is None


def test_variables_of_a_function_that_has_ended_are_kept_by_its_frame(climb: referrers.Climb) -> None:
    def pays() -> None:
        rows = [[5]]
        raise ValueError(len(rows))

    kept = []
    try:
        pays()
    except ValueError as error:
        kept.append(error)
    trace: Any = kept[0].__traceback__
    rows = trace.tb_next.tb_frame.f_locals["rows"][0]
    found = climb.path_to(rows)
    assert found is not None
    assert found.text.endswith("pays(): rows[...]")


def parts_of(context: contextvars.Context) -> list[object]:
    """A context and the parts of its tree."""
    found: list[object] = [context]
    for part in found:
        found += [child for child in gc.get_referents(part) if contexts.is_part(type(child))]
    return found


def test_the_variable_of_a_context_that_has_a_value() -> None:
    context = contextvars.Context()
    values = [[number] for number in range(40)]
    for number, value in enumerate(values):
        context.run(contextvars.ContextVar[Any](f"variable {number}").set, value)
    parts = parts_of(context)
    assert len(parts) > 3
    for wanted, name in ((values[0], "variable 0"), (values[39], "variable 39"), ([], None)):
        assert {contexts.name_in(part, wanted) for part in parts} - {None} == ({name} if name else set())


def walk_of(namespace: dict[str, Any], length: int) -> paths.Walk:
    """A walk from a namespace that has reached `length` objects."""
    walk = paths.Walk()
    walk._enter(namespace, -1, Root("module shop", "shop"))
    for at in range(length):
        walk._expand(at, set())
    return walk


def is_bytes(one: object) -> bool:
    return type(one) is bytearray


def test_a_copy_that_takes_the_place_of_a_text_during_the_walk() -> None:
    text = bytearray(5_000)
    namespace: dict[str, Any] = {"text": text, "rows": list(range(100))}
    walk = walk_of(namespace, 1)
    chain = walk.chain_to(text)
    assert chain == [namespace, text]
    assert copies._chains_now(walk, chain, is_bytes) == [chain]
    namespace["text"] = longer = text + b"more"
    ((_, found),) = copies._chains_now(walk, chain, is_bytes)
    assert found is longer
    namespace["other"] = bytearray(7_000)
    assert len(copies._chains_now(walk, chain, is_bytes)) == 2, "it is not known which is the copy"


@pytest.mark.parametrize("how", ["stays", "copied", "gone"])
def test_a_container_during_the_walk(how: str) -> None:
    rows = list(range(100))
    namespace: dict[str, Any] = {"rows": rows}
    walk = walk_of(namespace, 1)
    if how != "stays":
        namespace["rows"] = [*rows, 100] if how == "copied" else None
    found = copies._by_path(walk)
    assert [(name, len(things[0])) for name, (_, things) in found.items()] == (  # type: ignore[arg-type]
        [] if how == "gone" else [("module shopshop.rows", 100 if how == "stays" else 101)]
    )


def test_long_texts_in_variables_of_functions_are_roots() -> None:
    text = "x" * 10_000
    walk = paths.Walk()
    walk._enter(text, -1, Root("frame serve", "serve()", [("text", text)]))
    walk._enter(text, -1, Root("frame other", "other()", [("other", text)]))
    assert [one for _, one in walk.texts] == [text]
    path = walk.name([text])
    assert path is not None
    assert path.text == "serve(): text"


def test_containers_that_change_while_their_entries_are_read() -> None:
    """The profile function changes them between two steps of the function, as another thread may."""
    from collections import deque

    things: dict[str, Any] = {"deque": deque([[5]]), "dict": {5: [5]}, "set": {5}}
    assert [len(plain.entry_ids(thing, 10)) for thing in things.values()] == [1, 1, 1]

    def changing(thing: Any, change: Callable[[], object]) -> set[int]:
        def profile(frame: Any, event: str, argument: Any) -> None:
            if event == "c_call" and getattr(argument, "__name__", "") == "from_iterable":
                change()

        sys.setprofile(profile)
        try:
            return plain.entry_ids(thing, 10)
        finally:
            sys.setprofile(None)

    assert changing(things["deque"], lambda: things["deque"].append(6)) == set()
    assert len(things["deque"]) == 2


def test_the_name_of_a_function_that_is_a_text_of_another_class() -> None:
    class Text(str):
        __slots__ = ()

    def pays() -> None:
        pass

    pays.__qualname__ = Text("strange")
    assert plain.function_name(pays).endswith(plain.code_name(pays.__code__))
    assert "strange" not in plain.function_name(pays)
