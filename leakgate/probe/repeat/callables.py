"""Calls a callable of the project repeatedly: a plain or async one, or one that a generator sets up and yields."""

from __future__ import annotations

import importlib
import inspect
import traceback

from .engine import repeat
from .journal import short
from .originals import Original

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

    from .journal import Journal
    from .repeat_order import Order

_LONGEST = 500


class NotCallableError(Exception):
    """The name does not lead to a callable, or its generator does not yield one."""


class Callee:
    """A callable with its set-up and its event loop. `call` calls it once; `close` tears down."""

    def __init__(self, function: Any) -> None:
        self._loop: Any = None
        self._generator: Any = None
        self._function = function
        if inspect.isgeneratorfunction(function):
            self._generator = function()
            self._function = next(self._generator)
        elif inspect.isasyncgenfunction(function):
            self._generator = function()
            self._function = self._await(self._generator.__anext__())
        if not callable(self._function):
            raise NotCallableError("what it yields is not a callable: %r" % type(self._function).__name__)

    def call(self) -> None:
        """Call once. A coroutine is awaited, on the same event loop each time."""
        __tracebackhide__ = True  # pytest leaves this frame out of a traceback from `leakgate.check`
        answer = self._function()
        if inspect.isawaitable(answer):
            self._await(answer)

    def rest(self, seconds: float) -> None:
        """Wait. If there is an event loop, it runs meanwhile."""
        if self._loop is None:
            Original.sleep(seconds)
        else:
            self._loop.call_later(seconds, self._loop.stop)
            self._loop.run_forever()

    def close(self) -> None:
        """Run the tear-down of the generator, and close the loop."""
        try:
            if inspect.isasyncgen(self._generator):
                self._await(_finish_async(self._generator))
            elif self._generator is not None:
                next(self._generator, None)
        finally:
            if self._loop is not None:
                self._loop.close()

    def _await(self, awaitable: Any) -> Any:
        __tracebackhide__ = True
        if self._loop is None:
            import asyncio  # noqa: PLC0415 - most callables are plain

            self._loop = asyncio.new_event_loop()
            asyncio.set_event_loop(self._loop)
        return self._loop.run_until_complete(_waiting(awaitable))


async def _waiting(awaitable: Any) -> Any:
    __tracebackhide__ = True
    return await awaitable


async def _finish_async(generator: Any) -> None:
    async for _ in generator:
        return


class Once:
    """One repetition. A call returns why it failed; None if it did not fail."""

    def __init__(self, subject: Any) -> None:
        self._call = subject.call

    def __call__(self) -> str | None:
        try:
            self._call()
        except KeyboardInterrupt:
            raise
        except BaseException as error:
            return ("%s: %s" % (type(error).__name__, error))[:_LONGEST]
        return None


def find(path: str) -> Any:
    """Return the object that `package.module:name` names; dots after the colon lead into attributes.

    Raises NotCallableError if the object is not callable, and ImportError or AttributeError if there is none.
    """
    module_name, _, attributes = path.partition(":")
    found: Any = importlib.import_module(module_name)
    for name in attributes.split("."):
        found = getattr(found, name)
    if not callable(found):
        raise NotCallableError("%s is not a callable: %r" % (path, type(found).__name__))
    return found


def run(journal: Journal, order: Order) -> int:
    """Call the callable of the order once as a normal call, then repeat it."""
    return repeat_subject(journal, order, lambda: Callee(find(order.call)), lambda: _line_of(order.call))


def repeat_subject(journal: Journal, order: Order, make: Callable[[], Any], line_of: Callable[[], list[Any]]) -> int:
    """Make the subject (`call`, `rest`, `close`), call it once as a normal call, then repeat it.

    Returns the exit status. `line_of` returns the file and the line that reports show for the subject.
    """
    name = order.name
    journal.add("collected", tests=1, here=1, pytest="")
    journal.add("start", id=name)
    started = Original.clock()
    collected = Original.is_enabled()
    try:
        subject = make()
        before_call = Original.clock()
        subject.call()
    except BaseException as error:
        if isinstance(error, KeyboardInterrupt):
            raise
        text = str(error)
        if not getattr(error, "without_trace", False):
            text = "".join(traceback.format_exception(type(error), error, _own_trace(error)))
        journal.add("once", id=name, outcome="failed", text=short(text), plain_s=Original.clock() - started)
        journal.add("end", status=1)
        return 1
    plain_s = Original.clock() - before_call
    journal.add("repeat", id=name)
    once = Once(subject)
    result = repeat(once, order.plan(name, collects=Original.is_enabled() or not collected, rest=subject.rest))
    where: dict[str, Any] = {}
    if order.confirming and result.answer == "leak":
        from . import window  # noqa: PLC0415 - few subjects leak

        where = window.explain(once, journal, result, fully=True)
    try:
        subject.close()
    except Exception as error:
        where["note"] = short("its tear-down failed: %s: %s" % (type(error).__name__, error))
    journal.add_result(name, result, plain_s=round(plain_s, 6), line=line_of(), confirming=order.confirming, **where)
    journal.add("end", status=0)
    return 0


def _own_trace(error: BaseException) -> Any:
    """Return the traceback without the frames of the runner and of `runpy` at its start."""
    trace = error.__traceback__
    while trace is not None and trace.tb_frame.f_globals.get("__name__", "").startswith(("_leakgate_probe", "runpy")):
        trace = trace.tb_next
    return trace


def _line_of(path: str) -> list[Any]:
    try:
        function = inspect.unwrap(find(path))
        code = getattr(function, "__code__", None)
        return [code.co_filename, code.co_firstlineno] if code is not None else ["", 0]
    except Exception:
        return ["", 0]
