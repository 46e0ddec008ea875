"""A script that ends by itself, as a callable: each call runs it again in this process, as `python` would run it.

Modules that the script imports stay imported, as in a server that repeats the same work. After each call, the steps
at the end of a process are done: the exit functions of the script, and waiting for its threads.
"""

from __future__ import annotations

import atexit
import builtins
import importlib.util
import os
import runpy
import sys
import threading
import warnings

from .. import main_code
from .callables import repeat_subject
from .originals import Original

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

    from .journal import Journal
    from .repeat_order import Order


class ExitStatusError(Exception):
    """The script ended with a status that means failure."""

    without_trace = True
    """The message is shown without a traceback, which would only contain frames of the runner."""


class Program:
    """A script with its arguments. `call` runs it once; `rest` waits; `close` does nothing."""

    def __init__(self, kind: str, name: str, args: list[str]) -> None:
        self._run = _runner_of(kind, name)
        self._argv = [name, *args]
        self._exits: list[tuple[Any, Any, Any]] = []
        self._register = atexit.register
        if kind == "path" and sys.path and not getattr(sys.flags, "safe_path", False):  # as `python PATH` does
            sys.path[0] = os.path.dirname(os.path.realpath(name))
        atexit.register = self._on_register
        self._main = sys.modules["__main__"]

    def _on_register(self, function: Any, /, *args: Any, **kwargs: Any) -> Any:
        """Replaces `atexit.register`: functions that the script itself registers are called at the end of its run."""
        if sys._getframe(1).f_globals.get("__name__") != "__main__":
            return self._register(function, *args, **kwargs)
        self._exits.append((function, args, kwargs))
        return function

    def call(self) -> None:
        """Run the script to its end. Raises its exception, and ExitStatusError for a status other than 0."""
        before = _ProcessState()
        sys.argv[:] = self._argv
        try:
            with warnings.catch_warnings():
                self._run()
        except SystemExit as end:
            _check_status(end.code)
        finally:
            try:
                _join_threads(before.threads)
                _end_children()
                self._call_exits()
            finally:
                before.restore()
                sys.modules["__main__"] = self._main

    def _call_exits(self) -> None:
        while self._exits:
            function, args, kwargs = self._exits.pop()
            function(*args, **kwargs)

    def rest(self, seconds: float) -> None:
        """Wait."""
        Original.sleep(seconds)

    def close(self) -> None:
        """Do nothing: every call has ended."""


def _runner_of(kind: str, name: str) -> Callable[[], object]:
    """Return a function that runs the script once, in a new namespace of `__main__`."""
    if kind == "module":
        return lambda: runpy.run_module(name, run_name="__main__", alter_sys=True)
    if main_code.is_importable(name):
        return lambda: runpy.run_path(name, run_name="__main__")
    path = os.path.abspath(name)
    with open(path, "rb") as file:
        data = file.read()
    code: Any = main_code.unmarshal(data) if path.endswith(".pyc") else compile(data, path, "exec", dont_inherit=True)

    def run_file() -> None:
        main: Any = type(sys)("__main__")
        main.__file__ = path
        main.__builtins__ = builtins  # `__builtins__` of this module is a copy
        sys.modules["__main__"] = main
        exec(code, main.__dict__)  # noqa: S102 - it is what the runner is for

    return run_file


class _ProcessState:
    """State of the process that a script may change, as it was before a run."""

    def __init__(self) -> None:
        self.threads = frozenset(map(id, threading.enumerate()))
        self._folder = os.getcwd()
        self._environment = dict(os.environ)
        self._path = list(sys.path)
        self._streams = (sys.stdin, sys.stdout, sys.stderr)
        self._handlers = [(one, list(one.handlers)) for one in _loggers()]

    def restore(self) -> None:
        """Undo the changes of the script."""
        for stream in (sys.stdout, sys.stderr):
            _flush(stream)
        os.chdir(self._folder)
        if dict(os.environ) != self._environment:
            os.environ.clear()
            os.environ.update(self._environment)
        if sys.path != self._path:
            sys.path[:] = self._path
        sys.stdin, sys.stdout, sys.stderr = self._streams
        known = {id(logger): handlers for logger, handlers in self._handlers}
        for logger in _loggers():
            for handler in [one for one in logger.handlers if one not in known.get(id(logger), [])]:
                logger.removeHandler(handler)
                handler.close()


def _flush(stream: Any) -> None:
    try:
        stream.flush()
    except Exception:
        return


def _loggers() -> list[Any]:
    """Return all loggers: a script adds handlers to them at each run."""
    logging: Any = sys.modules.get("logging")
    if logging is None:
        return []
    return [logging.root, *(one for one in list(logging.root.manager.loggerDict.values()) if hasattr(one, "handlers"))]


def _join_threads(known: frozenset[int]) -> None:
    """Wait for the threads for which `python` waits at its end: those that are not daemons."""
    current = threading.current_thread()
    for thread in threading.enumerate():
        if id(thread) not in known and thread is not current and not thread.daemon:
            thread.join()


def _end_children() -> None:
    """End the children of `multiprocessing` as it does at the end of a process: terminate daemons, wait for all."""
    known: Any = sys.modules.get("multiprocessing.process")
    for child in known.active_children() if known is not None else ():
        if child.daemon:
            child.terminate()
        child.join()


def _check_status(code: object) -> None:
    if code is None or code == 0:
        return
    if isinstance(code, int):
        raise ExitStatusError("exited with status %d" % code)
    sys.stderr.write("%s\n" % (code,))
    raise ExitStatusError("exited with status 1: %s" % (code,))


def run(journal: Journal, order: Order) -> int:
    """Run the script of the order once normally, then repeat it."""
    return repeat_subject(
        journal,
        order,
        lambda: Program(order.kind, order.call, order.args),
        lambda: _line_of(order.kind, order.call),
    )


def _line_of(kind: str, name: str) -> list[Any]:
    if kind == "path":
        inner = os.path.join(name, "__main__.py")
        return [inner if os.path.isfile(inner) else name, 1]
    try:
        found = importlib.util.find_spec(name)
        if found is not None and found.submodule_search_locations:
            found = importlib.util.find_spec(name + ".__main__")
    except (ImportError, ValueError):
        found = None
    return [found.origin or "", 1] if found is not None else ["", 0]
