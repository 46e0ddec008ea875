"""Profile functions in the program's threads, set between two bytecodes. They never replace the program's own."""

from __future__ import annotations

import sys

from . import interpreters, main_thread, plain

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Generator
    from types import FrameType
    from typing import Any

    Profile = Callable[[FrameType, str, object], None]

_PATIENCE_S = 0.5
_OURS_AND_MAIN = 2

was_installed = False
"""Whether a profile function was ever set by this module."""
misses_threads = False
"""Whether there were other threads than the main thread and the newest profile function is not set on them."""
_for_new_threads: Profile | None = None
"""The profile function that `threading` sets on each thread that starts; None if it is not one of the probe."""


def install(profile: Profile) -> Generator[float, None, str]:
    """Set a profile function on all threads that can be reached. Returns the reason if that failed; else empty."""
    global misses_threads, was_installed  # noqa: PLW0603 - there is one profile function at a time
    misses_threads = False
    if interpreters.may_be_others():
        return "the program uses subinterpreters"
    was_installed = True
    theirs = yield from main_thread.call(sys.getprofile, patience_s=_PATIENCE_S)
    if theirs.result is not None:
        return "the script has a profiler of its own"
    follows_others = _follow_new_threads(profile)
    if theirs.made and follows_others and hasattr(sys, "_setprofileallthreads"):  # from 3.12: the function is new
        sys._setprofileallthreads(profile)
        sys.setprofile(None)  # on the probe's thread; where tests are repeated, this is the main thread, which needs it
        yield from main_thread.call(sys.setprofile, profile, patience_s=_PATIENCE_S)
        return ""
    if theirs.made:
        theirs = yield from main_thread.call(sys.setprofile, profile, patience_s=_PATIENCE_S)
    others = len(interpreters.current_frames()) > _OURS_AND_MAIN
    reached = others and follows_others and _reach_others(profile)
    misses_threads = others and not reached
    return "" if theirs.made or reached else "the main thread stays in C"


def _follow_new_threads(profile: Profile) -> bool:
    """Set it on each thread that starts from now on, unless the program has a profiler for its threads.

    Returns whether the program has none. Only threads that `threading` starts are reached.
    """
    global _for_new_threads  # noqa: PLW0603 - there is one profile function at a time
    module = _threading()
    if _has_its_own(module):
        return False
    if module is not None:
        _for_new_threads = module["_profile_hook"] = profile
    return True


def release_new_threads() -> None:
    """Threads that start from now on get no profile function. The program's own hook stays."""
    global _for_new_threads  # noqa: PLW0603
    module = _threading()
    if module is not None and _for_new_threads is not None and not _has_its_own(module):
        module["_profile_hook"] = None
    _for_new_threads = None


def _has_its_own(module: Any) -> bool:
    """Whether the program has set a profiler for its threads."""
    hook = module.get("_profile_hook") if module is not None else None
    return hook is not None and hook is not _for_new_threads


def _threading() -> Any:
    """Return the namespace of `threading`; None if the program has not loaded it."""
    return plain.module_dict(sys.modules.get("threading"))


def _reach_others(profile: Profile) -> bool:
    """Set it on all threads except the main one. Returns whether this Python can do that."""
    try:
        from . import cabi  # noqa: PLC0415 - some Pythons are built without ctypes

        cabi.profile_other_threads(profile)
    except Exception:
        return False
    return True


def remove() -> Generator[float]:
    """Remove it from the main thread. Each other thread removes it at its next event."""
    release_new_threads()
    yield from main_thread.call(sys.setprofile, None, patience_s=_PATIENCE_S)


def remove_from_threads() -> None:
    """Remove it from all threads now, also from threads that wait and have no next event."""
    if _has_its_own(_threading()):
        return  # the probe's function is not set on these threads
    release_new_threads()
    try:
        if hasattr(sys, "_setprofileallthreads"):  # from 3.12: the function is new
            sys._setprofileallthreads(None)
            return
        from . import cabi  # noqa: PLC0415 - some Pythons are built without ctypes

        cabi.take_profile_off_threads()
    except Exception:
        return
