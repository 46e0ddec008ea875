"""Profile functions in the program's threads: put there between two bytecodes, and never in the place of its own."""

from __future__ import annotations

import sys

from . import main_thread

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Generator
    from types import FrameType

    Profile = Callable[[FrameType, str, object], None]

_PATIENCE_S = 0.5


def install(profile: Profile) -> Generator[float, None, str]:
    """Set a profile function on the main thread, since Python 3.12 on all; returns why not, empty when it was done."""
    theirs = yield from main_thread.call(sys.getprofile, patience_s=_PATIENCE_S)
    if not theirs.made:
        return "the main thread stays in C"
    if theirs.result is not None:
        return "the script has a profiler of its own"
    if hasattr(sys, "_setprofileallthreads"):
        sys._setprofileallthreads(profile)
        sys.setprofile(None)
        return ""
    done = yield from main_thread.call(sys.setprofile, profile, patience_s=_PATIENCE_S)
    return "" if done.made else "the main thread stays in C"


def remove() -> Generator[float]:
    """Take it off the main thread; elsewhere it goes with the next event."""
    yield from main_thread.call(sys.setprofile, None, patience_s=_PATIENCE_S)
