"""Resources outside the containers of the program: waiting tasks, threads, exit callbacks and uncollected cycles."""

from __future__ import annotations

import gc
import sys

from . import plain
from .kinds import CoroutineType, FunctionType

TYPE_CHECKING = False
if TYPE_CHECKING:
    from types import CodeType
    from typing import Any

    Key = tuple[str, str]
    """The kind of the resource, and its owner."""

TASKS, THREADS, EXIT_CALLBACKS, CYCLES = "asyncio tasks", "threads", "exit callbacks", "uncollected cycles"
_MOST = 20_000
_STACK_BYTES = 16_000
"""The least size of a thread: the touched pages of its stack."""
_TASK_BYTES = 1_000
_CALLBACK_BYTES = 200
_CYCLE_BYTES = 100
ENTRY_BYTES = {TASKS: _TASK_BYTES, THREADS: _STACK_BYTES, EXIT_CALLBACKS: _CALLBACK_BYTES, CYCLES: _CYCLE_BYTES}


class Resources:
    """Counts at several moments."""

    def __init__(self) -> None:
        self.moments: list[dict[Key, int]] = []
        self.codes: dict[Key, CodeType] = {}
        """The function that a task or a thread runs."""

    def look(self, garbage: list[object]) -> None:
        """Count the resources. Objects that were referenced on the way go into `garbage`, for the caller to drop."""
        counts: dict[Key, int] = {}
        for kind, owner, code in [*_tasks(garbage), *_threads(garbage)]:
            key = kind, owner
            counts[key] = counts.get(key, 0) + 1
            self.codes[key] = code
        count = getattr(sys.modules.get("atexit"), "_ncallbacks", None)
        if count is not None:
            counts[EXIT_CALLBACKS, "atexit"] = count()
        if not gc.isenabled():
            counts[CYCLES, "gc"] = gc.get_count()[0]
        self.moments.append(counts)

    def grown(self) -> list[tuple[Key, list[int]]]:
        """Return the resources whose counts rose from each moment to the next, with these counts."""
        found = []
        for key in self.moments[-1]:
            counts = [moment.get(key, 0) for moment in self.moments]
            if all(later > earlier for earlier, later in zip(counts, counts[1:])):
                found.append((key, counts))
        return found


def tasks() -> list[object]:
    """Return the asyncio tasks that are alive, `_MOST` at most."""
    module = sys.modules.get("asyncio.tasks")
    known = getattr(module, "_scheduled_tasks", None) or getattr(module, "_all_tasks", None)
    references = getattr(known, "data", None)
    if type(references) is not set:
        return []
    living = [reference() for reference in list(references)[:_MOST]]
    return [task for task in living if task is not None]


def coroutine_of(task: object) -> Any:
    """Return the coroutine of a task that is not done; None if it cannot be seen."""
    attributes = plain.namespace(task) or {}
    c_task: Any = getattr(sys.modules.get("_asyncio"), "Task", None)
    known: Any = type(task)
    coroutine = known.get_coro(task) if known is c_task else dict.get(attributes, "_coro")
    return coroutine if type(coroutine) is CoroutineType and coroutine.cr_frame is not None else None


def threads() -> list[object]:
    """Return the threads that are alive and registered with `threading`."""
    active = getattr(sys.modules.get("threading"), "_active", None)
    return list(dict.values(active)) if type(active) is dict else []


def code_of_thread(thread: object) -> Any:
    """Return the code of a thread's target, else of its class's `run`; None if neither is a Python function."""
    attributes = plain.namespace(thread)
    target = dict.get(attributes, "_target") if attributes is not None else None
    code = plain.function_code(target)
    if code is not None:
        return code
    run = plain.class_dict(type(thread)).get("run")
    return plain.function_code(run) if type(run) is FunctionType else None


def _tasks(garbage: list[object]) -> list[tuple[str, str, CodeType]]:
    living = tasks()
    garbage += living
    running = [coroutine.cr_code for coroutine in map(coroutine_of, living) if coroutine is not None]
    return [(TASKS, plain.code_name(code), code) for code in running]


def _threads(garbage: list[object]) -> list[tuple[str, str, CodeType]]:
    living = threads()
    garbage += living
    running = [code for code in map(code_of_thread, living) if code is not None]
    return [(THREADS, plain.code_name(code), code) for code in running]
