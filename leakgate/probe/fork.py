"""Sampling across `os.fork()`: the probe's thread ends before a fork, and starts again in the parent and in the child.

A thread could hold a lock that the child then waits for, and Python 3.12 and newer warn about a fork with threads.
Some versions count the threads after `after_in_parent`. There the thread may start only after `fork` has returned.
"""

from __future__ import annotations

import _thread
import sys

from . import wire
from .system import system

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from types import FrameType


def follow(channel: str, guarded: Callable[[str], None]) -> None:
    """Register the hooks for `os.fork`, if the platform has it. The arguments are those of `Forks`."""
    if system.at_fork is not None:
        forks = Forks(channel, guarded)
        system.at_fork(before=forks.before, after_in_parent=forks.in_parent, after_in_child=forks.in_child)


class Forks:
    """The hooks before and after a fork."""

    def __init__(self, channel: str, guarded: Callable[[str], None]) -> None:
        """`guarded` calls a method of the sampler by its name, and raises nothing."""
        self._channel = channel
        self._guarded = guarded
        self._main_thread = _thread.get_ident()
        self._caller: FrameType | None = None
        self._caller_at = -1
        self._prepared = sys.version_info < (3, 12)
        self._schedule: Callable[[], bool] | None = None

    def _prepare(self) -> None:
        """Prepare the pending call. This happens at the first fork, because most programs never fork."""
        self._prepared = True
        try:
            from . import cabi  # noqa: PLC0415 - some Pythons are built without ctypes

            self._schedule = cabi.prepare_pending_call(self._resume)
        except Exception as error:
            wire.report_error(self._channel, "preparing for fork", error)

    def before(self) -> None:
        """In the parent, before the fork: end the probe's thread."""
        if not self._prepared:
            self._prepare()
        self._caller = sys._getframe(1)
        self._caller_at = self._caller.f_lasti
        self._guarded("vanish")

    def in_parent(self) -> None:
        """In the parent, after the fork: start the thread, or schedule its start for when `fork` has returned."""
        if self._schedule is None or _thread.get_ident() != self._main_thread or not self._schedule():
            self._caller = None
            self._guarded("start")

    def in_child(self) -> None:
        """In the child, after the fork: continue as the probe of the child."""
        self._main_thread = _thread.get_ident()
        self._caller = None
        self._guarded("become_child")

    def _resume(self) -> int:
        """Start the thread. Runs between two bytecodes of the main thread; inside another fork hook it waits again."""
        if self._inside_fork(sys._getframe(1)) and self._schedule is not None and self._schedule():
            return 0
        self._caller = None
        self._guarded("start")
        return 0

    def _inside_fork(self, frame: FrameType | None) -> bool:
        if self._caller is None or frame is self._caller or self._caller.f_lasti != self._caller_at:
            return False
        while frame is not None:
            if frame is self._caller:
                return True
            frame = frame.f_back
        return False
