"""leakgate: the gate that stops memory leaks in Python programs before they are merged."""

from __future__ import annotations

TYPE_CHECKING = False  # this module imports nothing, so that the command line can handle Ctrl-C at once
if TYPE_CHECKING:
    from collections.abc import Callable

    from leakgate.model.check_result import CheckResult, LeakCheck

__version__ = "0.1.0"
__all__ = ["CheckResult", "LeakCheck", "__version__", "check"]


def check(
    function: Callable[[], object], *, time_s: float = 2.0, blocks_per_call: float = 0.0, bytes_per_call: float = 0.0
) -> CheckResult:
    """Call ``function`` repeatedly, and fail if it leaves memory, descriptors, threads or tasks behind.

    Args:
        function: A callable without arguments. A coroutine function is awaited on one event loop. A generator function
            is set-up and tear-down around the callable that it yields.
        time_s: Seconds for the calls at first. A suspect is called for five times as long.
        blocks_per_call: Live blocks that each call may leave behind.
        bytes_per_call: Bytes that each call may leave behind.

    Returns:
        The result. Its ``answer`` is ``ok``, ``inconclusive`` or ``too-slow``.

    Raises:
        AssertionError: It leaks. The message has figures, the line that allocates, and what holds the objects.
        TypeError: ``function`` is not callable.
        ValueError: ``time_s`` is not positive, or an allowance is negative.
        Exception: Whatever ``function`` raises.

    """
    from importlib import import_module  # noqa: PLC0415 - see above

    __tracebackhide__ = True
    run_check: Callable[..., CheckResult] = import_module("leakgate.checking").run_check
    return run_check(function, time_s=time_s, blocks=blocks_per_call, size=bytes_per_call)


if not TYPE_CHECKING:  # a type checker would take any name for an attribute of this module

    def __getattr__(name: str) -> object:
        """Return a type of the API. It is loaded when it is used first."""
        if name in ("CheckResult", "LeakCheck"):
            from importlib import import_module  # noqa: PLC0415 - see above

            return getattr(import_module("leakgate.model.check_result"), name)
        raise AttributeError(f"module 'leakgate' has no attribute {name!r}")
