"""Profile functions in the program's threads, set between two bytecodes. They never replace the program's own."""

from __future__ import annotations

import sys

from . import interpreters, main_thread

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Generator
    from types import FrameType

    Profile = Callable[[FrameType, str, object], None]

_PATIENCE_S = 0.5
_OURS_AND_MAIN = 2

was_installed = False
"""Whether a profile function was ever set by this module."""
misses_threads = False
"""Whether there were other threads than the main thread and the newest profile function is not set on them."""


def install(profile: Profile) -> Generator[float, None, str]:
    """Set a profile function on all threads that can be reached. Returns why that failed; empty after success."""
    global misses_threads, was_installed  # noqa: PLW0603 - there is one profile function at a time
    misses_threads = False
    if interpreters.may_be_others():
        return "the program uses subinterpreters"
    was_installed = True
    theirs = yield from main_thread.call(sys.getprofile, patience_s=_PATIENCE_S)
    if theirs.result is not None:
        return "the script has a profiler of its own"
    if theirs.made and hasattr(sys, "_setprofileallthreads"):
        sys._setprofileallthreads(profile)
        sys.setprofile(None)
        return ""
    if theirs.made:
        theirs = yield from main_thread.call(sys.setprofile, profile, patience_s=_PATIENCE_S)
    others = len(interpreters.current_frames()) > _OURS_AND_MAIN
    reached = others and _reach_others(profile)
    misses_threads = others and not reached
    return "" if theirs.made or reached else "the main thread stays in C"


def _reach_others(profile: Profile) -> bool:
    """Set it on all threads except the main one, unless the program has a profiler for its threads."""
    if getattr(sys.modules.get("threading"), "_profile_hook", None) is not None:
        return False
    try:
        from . import cabi  # noqa: PLC0415 - some Pythons are built without ctypes

        cabi.profile_other_threads(profile)
    except Exception:
        return False
    return True


def remove() -> Generator[float]:
    """Remove it from the main thread. Each other thread removes it at its next event."""
    yield from main_thread.call(sys.setprofile, None, patience_s=_PATIENCE_S)


def remove_from_threads() -> None:
    """Remove it from all threads now, also from threads that wait and have no next event."""
    if getattr(sys.modules.get("threading"), "_profile_hook", None) is not None:
        return  # the program has a profiler for its threads: the probe's function was never set there
    try:
        if hasattr(sys, "_setprofileallthreads"):
            sys._setprofileallthreads(None)
            return
        from . import cabi  # noqa: PLC0415 - some Pythons are built without ctypes

        cabi.take_profile_off_threads()
    except Exception:
        return
