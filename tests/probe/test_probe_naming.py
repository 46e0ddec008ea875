"""How the path to a container is written: variables that functions share, and values of context variables."""

import contextvars
import gc
import threading
from typing import Any

from leakgate.probe import contexts, naming

_history: contextvars.ContextVar[Any] = contextvars.ContextVar("history")
_OTHERS = [contextvars.ContextVar[int](f"other_{at}") for at in range(40)]
"""So many that the tree of the context has several levels."""


def test_a_variable_that_an_inner_function_uses_is_named() -> None:
    async def work() -> Any:
        found: list[int] = []

        def inner() -> list[int]:
            return found

        await _Once()
        return inner

    waiting = work()
    waiting.send(None)
    cell = next(one for one in gc.get_referents(waiting) if type(one).__name__ == "cell")
    path = naming.name_path(naming.Root("asyncio", "task"), [waiting, cell, cell.cell_contents])
    waiting.close()
    assert path.text == f"{work.__qualname__}(): found"


class _Once:
    def __await__(self) -> Any:
        yield


def test_the_value_of_a_context_variable_is_named_by_the_variable() -> None:
    kept: list[int] = []
    ready, over = threading.Event(), threading.Event()

    def run() -> None:
        for at, one in enumerate(_OTHERS):
            one.set(at)
        _history.set(kept)
        ready.set()
        over.wait(60)

    thread = threading.Thread(target=run)
    thread.start()
    try:
        assert ready.wait(60)
        chains = [chain for one in contexts.contexts() for chain in _chains(one, kept)]
        paths = {naming.name_path(naming.Root("context variables", "context"), chain).text for chain in chains}
    finally:
        over.set()
        thread.join()
    assert paths == {"context.history"}


def _chains(part: object, wanted: object) -> list[list[object]]:
    """The ways through the tree of a context to one of its values."""
    if part is wanted:
        return [[part]]
    children = gc.get_referents(part) if contexts.is_part(type(part)) else []
    return [[part, *chain] for child in children for chain in _chains(child, wanted)]
