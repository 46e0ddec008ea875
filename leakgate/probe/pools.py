"""Whether this process is a pool worker that gets many tasks, not a process that is started for one job."""

from __future__ import annotations

import sys

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

_WORKERS = (("multiprocessing.pool", "worker"), ("concurrent.futures.process", "_process_worker"))
"""Functions that such workers run. The fifth argument of both is the number of tasks until a worker is replaced."""
_MOST_TASKS = 4


def is_pool_worker() -> bool:
    """Whether a loaded library shows that this process is such a worker. False if that is not known."""
    try:
        process = _current("multiprocessing.process")
        target = getattr(process, "_target", None)
        if (getattr(target, "__module__", ""), getattr(target, "__name__", "")) in _WORKERS:
            arguments = process._args
            return _several(arguments[_MOST_TASKS] if len(arguments) > _MOST_TASKS else None)
        worker = getattr(_current("billiard.process"), "_target", None)
        if any(one.__module__ == "billiard.pool" for one in type(worker).__mro__):  # Celery has a class of its own
            return _several(getattr(worker, "maxtasks", None))
    except Exception:  # objects of the program may raise any exception
        return False
    return False


def _current(module: str) -> Any:
    return getattr(sys.modules.get(module), "_current_process", None)


def _several(most: object) -> bool:
    return most is None or (isinstance(most, int) and most > 1)
