"""One run of the runner: read the order, repeat the tests or the callable, and write the results to the journal."""

from __future__ import annotations

import json
import os
import sys
import traceback
from _thread import get_ident

from .. import gauges
from .journal import VERSION, Journal, short
from .own_builtins import OwnBuiltins, restore_builtins, with_reason
from .repeat_order import Order
from .rule import counts

CANNOT_START = 74
"""Exit status of a runner that could not do its work. The journal says why."""

_INTERNAL_ERROR = 3
"""Exit status of pytest after an error of its own or of a plugin."""


def run(channel: str) -> int:
    """Carry out the order of a channel, and return the exit status."""
    journal = Journal(channel)
    with open(os.path.join(journal.channel, "order.json"), encoding="utf-8") as file:
        order = Order(json.load(file))
    with OwnBuiltins():
        gauges.Reader(get_ident())  # tests the counters while there is only one thread
        if order.confirming:
            from . import window  # noqa: F401, PLC0415 - only suspects are explained
    journal.add("header", version=VERSION, pid=os.getpid(), python=sys.version.split()[0], rule=vars(counts.RULE))
    sys.argv[:] = [sys.argv[0]]
    if not getattr(sys.flags, "safe_path", False):  # as `python -m` does
        sys.path.insert(0, os.getcwd())
    try:
        if order.kind == "pytest":
            return _run_pytest(journal, order)
        with OwnBuiltins():
            from . import callables, programs  # noqa: PLC0415 - not needed for pytest
        return callables.run(journal, order) if order.kind == "call" else programs.run(journal, order)
    except Exception as error:
        journal.add("failed", message="the runner failed: %s: %s" % (type(error).__name__, error), trace=_trace(error))
        return CANNOT_START


def _run_pytest(journal: Journal, order: Order) -> int:
    try:
        import pytest  # noqa: PLC0415 - it belongs to the project
    except ImportError as error:
        journal.add("failed", message="pytest is not installed for %s: %s" % (sys.executable, error), trace="")
        return CANNOT_START
    with OwnBuiltins():
        from . import plugin  # noqa: PLC0415 - needs pytest

    sys.argv[:] = [os.path.join(os.path.dirname(pytest.__file__), "__main__.py"), *order.args]
    try:
        status = int(
            pytest.main(
                [*order.args, *plugin.extra_arguments(order.args)], plugins=[plugin.RepeatingPlugin(journal, order)]
            )
        )
    except Exception as error:  # raised by a plugin or conftest.py, where pytest itself does not catch it
        why = restore_builtins()
        trace = _trace(error)
        sys.stderr.write(trace)
        journal.add("broken", id="pytest", text=with_reason(trace, why))
        status = _INTERNAL_ERROR
    journal.add("end", status=status)
    return status


def _trace(error: BaseException) -> str:
    return short("".join(traceback.format_exception(type(error), error, error.__traceback__)))
