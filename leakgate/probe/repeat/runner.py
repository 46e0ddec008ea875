"""One run of the runner: read the order, repeat the tests or the callable, and write the results to the journal."""

from __future__ import annotations

import json
import os
import sys
import traceback
from _thread import get_ident

from .. import gauges
from .engine import RepeatPlan
from .journal import VERSION, Journal, short, steps
from .own_builtins import OwnBuiltins, restore_builtins, with_reason
from .rule import counts

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from .engine import RepeatResult

CANNOT_START = 74
"""Exit status of a runner that could not do its work. The journal says why."""

_INTERNAL_ERROR = 3
"""Exit status of pytest after an error of its own or of a plugin."""


class Order:
    """What to repeat: the contents of `order.json` of the channel."""

    def __init__(self, values: dict[str, Any]) -> None:
        self.kind: str = values["kind"]
        """``pytest``, ``call``, ``path`` or ``module``."""
        self.args: list[str] = values.get("args", [])
        """Arguments of pytest, or of the script."""
        self.call: str = values.get("call", "")
        """``package.module:name``, the path of a script, or the name of a module."""
        self.name: str = values.get("name", self.call)
        """Name of the callable or the script in results."""
        self.time_s: float = values["time_s"]
        """Seconds for the repetitions of one test."""
        self.confirming: bool = values.get("confirming", False)
        self.explaining: list[str] = values.get("explaining", [])
        """Ids of suspects that get all parts of the explanation; other tests get only the allocation sites."""
        self.shorter: dict[str, int] = values.get("shorter", {})
        """Largest number of repetitions by test id, for tests that need fewer."""
        self.confirms_here: bool = values.get("confirms_here", False)
        """Whether suspects are confirmed at once, in a forked child; used inside the user's own pytest."""
        self.part: int = values.get("part", 0)
        self.parts: int = values.get("parts", 1)
        """Number of equal parts of the suite; this process runs part ``part``, from 0."""
        self.only: list[str] | None = values.get("only")
        """Ids of the tests to run; None: all tests of the part."""
        self.skip: list[str] = values.get("skip", [])
        """Ids of tests that ran before this process was started."""

    def confirming_plan(self, *, collects: bool) -> RepeatPlan:
        """Return the plan of a suspect that is confirmed at once."""
        return RepeatPlan(counts.RULE.confirming_times * self.time_s, confirming=True, collects=collects)

    def plan(self, name: str, *, collects: bool, most: int = 0) -> RepeatPlan:
        """Return the plan of one test. `most`: repetitions at most; 0: as the order or the rule says."""
        return RepeatPlan(
            self.time_s,
            confirming=self.confirming,
            most=most or self.shorter.get(name, 0),
            collects=collects,
            counts_containers=self.kind != "pytest",
        )


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


def write_result(journal: Journal, name: str, result: RepeatResult, **values: Any) -> None:
    """Append the line of one test to the journal."""
    journal.add(
        "test",
        id=name,
        answer=result.answer,
        repetitions=result.repetitions,
        stopped=result.stopped,
        seconds=round(result.seconds, 4),
        failure=short(result.failure),
        caches=result.caches,
        readings={key: steps(series) for key, series in result.readings.items()},
        **values,
    )
