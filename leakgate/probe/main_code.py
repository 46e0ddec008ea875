"""Finds and runs the code of `python PATH` and `python -m NAME` in `__main__`, as the interpreter itself does."""

from __future__ import annotations

import os
import sys

MODULE = "-m"
"""Stands in place of a path: the next argument is the name of a module. Paths that leakgate passes are absolute."""


def prepare_module() -> None:
    """Give `sys.argv` the entries that it has while `python -m NAME` looks for the module."""
    del sys.argv[1]


def run_module(name: str) -> None:
    """Run a module or package as `__main__`. A traceback has the frames of `runpy`, as with `python -m`."""
    import runpy  # noqa: PLC0415 - `python -m` loads it as well, `python PATH` does not

    runpy._run_module_as_main(name)  # type: ignore[attr-defined]


def is_importable(path: str) -> bool:
    """Whether Python would run the `__main__` in this folder or zip file."""
    if os.path.isdir(path):
        return True
    for hook in sys.path_hooks:
        try:
            hook(path)
        except ImportError:
            continue
        return True
    return False


def run_importable(path: str) -> None:
    """Run the `__main__` of a folder or zip file. The path becomes the first entry of `sys.path`."""
    import runpy  # noqa: PLC0415 - Python loads it as well to run a folder

    if sys.path and os.path.realpath(os.path.dirname(path)) == sys.path[0]:
        sys.path[0] = path
    else:
        sys.path.insert(0, path)
    runpy._run_module_as_main("__main__", alter_argv=False)  # type: ignore[attr-defined]


def unmarshal(data: bytes) -> object:
    """Return the code in a `.pyc` file. Raises RuntimeError if another version of Python has written it."""
    import marshal  # noqa: PLC0415 - most scripts are sources
    from importlib._bootstrap_external import MAGIC_NUMBER  # noqa: PLC0415

    if data[: len(MAGIC_NUMBER)] != MAGIC_NUMBER:
        raise RuntimeError("Bad magic number in .pyc file")
    return marshal.loads(data[16:])  # noqa: S302 - the user's own program
