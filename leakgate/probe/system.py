"""The functions of the system that the probe calls, as they were when the probe was loaded.

Programs replace functions of `time`, `os` and `io` while they run: test suites stop the clock (freezegun), keep a file
system in memory (pyfakefs), or mock one function. Such tools search the attributes of modules, but not those of
classes. So the probe keeps these functions in a class.
"""

from __future__ import annotations

import _frozen_importlib
import _frozen_importlib_external
import _io
import os
import sys
import time

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

FOLDER = os.path.dirname(os.path.abspath(__file__))
"""The folder of the probe."""
LIBRARY = os.path.dirname(os.__file__)
"""The folder of the standard library."""
_LIBRARY_PATHS = (
    LIBRARY,
    os.path.join(LIBRARY, "lib-dynload"),
    os.path.join(getattr(sys, "base_exec_prefix", sys.exec_prefix), "DLLs"),
)
_importlib: Any = _frozen_importlib
_importlib_external: Any = _frozen_importlib_external


class system:  # noqa: N801 - used like a module
    """Clocks, files and processes."""

    monotonic = staticmethod(time.monotonic)
    perf_counter = staticmethod(time.perf_counter)
    cpu_time: Callable[[], float] = staticmethod(getattr(time, "thread_time", time.perf_counter))
    """Processor time of this thread in seconds. Time in which the thread waits for a busy machine does not count."""
    clock_gettime: Callable[[int], float] = staticmethod(getattr(time, "clock_gettime", None))  # type: ignore[arg-type]
    sleep = staticmethod(time.sleep)

    getpid = staticmethod(os.getpid)
    getppid = staticmethod(os.getppid)

    open = staticmethod(os.open)
    read = staticmethod(os.read)
    write = staticmethod(os.write)
    close = staticmethod(os.close)
    seek = staticmethod(os.lseek)
    fstat = staticmethod(os.fstat)
    stat = staticmethod(os.stat)
    truncate = staticmethod(os.ftruncate)
    replace = staticmethod(os.replace)
    unlink = staticmethod(os.unlink)
    rmdir = staticmethod(os.rmdir)
    listdir = staticmethod(os.listdir)
    readlink: Callable[[str], str] = staticmethod(os.readlink)
    pipe = staticmethod(os.pipe)
    open_file: Callable[..., Any] = staticmethod(_io.open)

    SEP, READ, APPEND, CREATE = os.sep, os.O_RDONLY, os.O_WRONLY | os.O_APPEND, os.O_WRONLY | os.O_CREAT
    NONBLOCK, HAS_FIFOS = getattr(os, "O_NONBLOCK", 0), hasattr(os, "mkfifo")
    EXCLUSIVE, BINARY = os.O_EXCL, getattr(os, "O_BINARY", 0)
    PAGE_BYTES = os.sysconf("SC_PAGE_SIZE") if hasattr(os, "sysconf") else 0
    TICK_S = 1 / os.sysconf("SC_CLK_TCK") if hasattr(os, "sysconf") else 0.01
    MACHINE: str = os.uname().machine if hasattr(os, "uname") else ""
    BOOT_CLOCK: int = getattr(time, "CLOCK_BOOTTIME", -1)

    base_name: Callable[[str], str] = staticmethod(os.path.basename)  # type: ignore[assignment] # of two kinds
    folder_name: Callable[[str], str] = staticmethod(os.path.dirname)  # type: ignore[assignment]
    decode: Callable[[bytes], str] = staticmethod(os.fsdecode)
    at_fork: Callable[..., None] | None = staticmethod(getattr(os, "register_at_fork", None))  # type: ignore[arg-type]

    @staticmethod
    def exists(path: str) -> bool:
        """Whether there is a file or a folder at a path."""
        try:
            system.stat(path)
        except (OSError, ValueError):
            return False
        return True


def standard(name: str) -> Any:
    """Return a module of the standard library, also if the program has another module of that name. Raises ImportError.

    A module that is loaded here is not registered, so an import of the program finds what plain Python finds.
    """
    if name in sys.builtin_module_names:
        return __import__(name)  # found before any file
    spec = _importlib_external.PathFinder.find_spec(name, _LIBRARY_PATHS)
    if spec is None:
        raise ImportError("no module %s in the standard library" % name)
    known = sys.modules.get(name)
    if known is not None and getattr(known.__spec__, "origin", None) == spec.origin:
        return known
    module = _importlib.module_from_spec(spec)
    spec.loader.exec_module(module)
    if sys.modules.get(name) is module:  # C modules with single-phase initialisation register themselves
        del sys.modules[name]
    return module
