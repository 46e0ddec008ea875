"""What `python PATH` and `python -m NAME` run in `__main__`: found here as the interpreter itself finds it."""

from __future__ import annotations

import os
import sys

MODULE = "-m"
"""In the place of a path: the next word is the name of a module. Paths that leakgate gives are absolute."""


def prepare_module() -> None:
    """Leave `sys.argv` as it is while `python -m NAME` looks for the module."""
    del sys.argv[1]


def run_module(name: str) -> None:
    """Run a module or package as `__main__`. The frames of `runpy` belong to the traceback of `python -m` too."""
    import runpy  # noqa: PLC0415 - `python -m` loads it as well, `python PATH` does not

    runpy._run_module_as_main(name)  # type: ignore[attr-defined]


def is_importable(path: str) -> bool:
    """Whether Python would run the `__main__` that lies in this folder or zip file."""
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
    """Run the `__main__` of a folder or zip file, which is the first entry of `sys.path` then."""
    import runpy  # noqa: PLC0415 - Python loads it as well to run a folder

    if sys.path and os.path.realpath(os.path.dirname(path)) == sys.path[0]:
        sys.path[0] = path
    else:
        sys.path.insert(0, path)
    runpy._run_module_as_main("__main__", alter_argv=False)  # type: ignore[attr-defined]


def unmarshal(data: bytes) -> object:
    """The code of a `.pyc` file. Raises RuntimeError where another version of Python has written it."""
    import marshal  # noqa: PLC0415 - most scripts are sources
    from importlib._bootstrap_external import MAGIC_NUMBER  # noqa: PLC0415

    if data[: len(MAGIC_NUMBER)] != MAGIC_NUMBER:
        raise RuntimeError("Bad magic number in .pyc file")
    return marshal.loads(data[16:])  # noqa: S302 - the user's own program
