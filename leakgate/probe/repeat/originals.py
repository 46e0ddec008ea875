"""Functions of `gc`, `sys` and `os` as they were before the project's code ran. A `conftest.py` may replace them."""

from __future__ import annotations

import gc
import os
import sys

from ..system import system


def _nothing(*_: object) -> None:
    return None


class Original:
    """The original functions, as static methods."""

    collect = staticmethod(gc.collect)
    is_enabled = staticmethod(gc.isenabled)
    enable = staticmethod(gc.enable)
    disable = staticmethod(gc.disable)
    freeze = staticmethod(getattr(gc, "freeze", _nothing))
    unfreeze = staticmethod(getattr(gc, "unfreeze", _nothing))
    objects = staticmethod(gc.get_objects)
    clear_type_cache = staticmethod(getattr(sys, "_clear_internal_caches", getattr(sys, "_clear_type_cache", _nothing)))
    clock = staticmethod(system.perf_counter)
    fork = staticmethod(getattr(os, "fork", _nothing))
    end_process = staticmethod(os._exit)
    own_pid = staticmethod(system.getpid)
    parent_pid = staticmethod(system.getppid)
    wait_for = staticmethod(getattr(os, "waitpid", _nothing))
    kill = staticmethod(os.kill)
    sleep = staticmethod(system.sleep)
