"""Gives the modules of the runner builtins of their own: a `conftest.py` may replace `len`, `open` or `sorted`."""

from __future__ import annotations

import _frozen_importlib_external
import sys

TYPE_CHECKING = False
if TYPE_CHECKING:
    from types import ModuleType
    from typing import Any

_PREFIX = __name__.partition(".")[0] + "."
_importlib: Any = _frozen_importlib_external
_builtins = dict(vars(sys.modules["builtins"]))
globals()["__builtins__"] = _builtins  # for the functions below, which are called when the program has replaced some


_MOST_NAMED = 5


def replaced_builtins() -> str:
    """Return a sentence about builtins that the program has replaced; empty if there are none.

    If `len` returns a wrong value, pytest itself fails at a place that is unrelated to the cause.
    """
    now = vars(sys.modules["builtins"])
    names = [name for name in _builtins if now.get(name) is not _builtins[name]]
    if not names:
        return ""
    more = " and %d more" % (len(names) - _MOST_NAMED) if len(names) > _MOST_NAMED else ""
    return "conftest.py, a plugin or a test has replaced the builtin %s%s" % (", ".join(names[:_MOST_NAMED]), more)


def restore_builtins() -> str:
    """Give the process the builtins of Python again, so that its end can be reported. Returns `replaced_builtins()`."""
    why = replaced_builtins()
    vars(sys.modules["builtins"]).update(_builtins)
    return why


def with_reason(text: str, why: str) -> str:
    """Return the text of a failure, whose last line is the error, with a reason for it."""
    return "%s (%s)" % (text.rstrip(), why) if why else text


class _PrivateLoader(_importlib.SourceFileLoader):  # type: ignore[misc]
    def exec_module(self, module: ModuleType) -> None:
        """Run the module. Its functions find builtins in `__builtins__` of the module."""
        vars(module)["__builtins__"] = _builtins
        super().exec_module(module)


class _PrivateFinder:
    def find_spec(self, name: str, path: Any = None, target: Any = None) -> Any:
        """Return the spec of a module of the probe; None for all other modules."""
        del target
        if not name.startswith(_PREFIX):
            return None
        spec = _importlib.PathFinder.find_spec(name, path)
        if spec is not None and spec.origin.endswith(".py"):
            spec.loader = _PrivateLoader(name, spec.origin)
        return spec


class OwnBuiltins:
    """A context. Modules of the probe that are imported inside it get their own builtins, and keep them."""

    def __enter__(self) -> None:
        self._finder = _PrivateFinder()
        sys.meta_path.insert(0, self._finder)

    def __exit__(self, *_: object) -> None:
        sys.meta_path.remove(self._finder)
