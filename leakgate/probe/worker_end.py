"""Lets a worker of `multiprocessing` finish its answer before it ends. Such a worker ends without `atexit`."""

from __future__ import annotations

import sys

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

_AFTER_ALL_OTHERS = -1_000
"""Priority of the finalizer. The worker has done its tasks, and what it holds is still alive."""


def call_before(finish: Callable[[], None]) -> Callable[[], object]:
    """Call `finish` on the main thread when this worker ends. Returns a function that cancels the call."""
    util = sys.modules.get("multiprocessing.util")
    if util is None:
        return bool
    finalizer = util.Finalize(None, finish, exitpriority=_AFTER_ALL_OTHERS)
    cancel: Callable[[], object] = finalizer.cancel
    return cancel
