"""The pytest plugin: pytest runs each test once as usual, then the plugin repeats it with new function fixtures."""

from __future__ import annotations

import os
import sys
import warnings
from importlib.util import find_spec

import pytest
from _pytest.runner import runtestprotocol

from . import again
from .engine import repeat
from .journal import short
from .originals import Original
from .own_builtins import restore_builtins, with_reason
from .parameters import Parameters

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from .journal import Journal
    from .repeat_order import Order

_CHUNK = 16
"""Neighbouring tests of one module that stay in one process, so that their broader fixtures are set up once."""
_LONGEST_CONFIRMATION_S = 360.0
"""Seconds for a child that confirms one suspect, beside its repetitions. The explanation takes 300 s at most."""


def extra_arguments(args: list[str]) -> list[str]:
    """Return arguments to add after the user's: pytest-xdist must not start processes, because leakgate does."""
    joined = " ".join(args)
    return ["-n0"] if find_spec("xdist") is not None and "no:xdist" not in joined else []


class RepeatingPlugin:
    """The plugin of one runner."""

    def __init__(self, journal: Journal, order: Order) -> None:
        self._journal, self._order = journal, order
        self._only = None if order.only is None else frozenset(order.only)
        self._skip = frozenset(order.skip)
        self._fixtures = again.BroadFixtures()
        self._failed: list[Any] = []
        """Reports of this test that failed. Those of subtests are only here: not all versions fail the test itself."""

    @pytest.hookimpl(trylast=True)
    def pytest_configure(self, config: Any) -> None:
        """Register the marker, which `--strict-markers` requires."""
        config.addinivalue_line("markers", "leakgate(budget, repetitions, skip): how leakgate judges this test")

    @pytest.hookimpl(trylast=True)
    def pytest_collection_modifyitems(self, config: Any, items: list[Any]) -> None:
        """Keep the tests that this process is to run."""
        kept = [item for item, part in zip(items, _parts(items)) if part % self._order.parts == self._order.part]
        if self._only is not None:
            kept = [item for item in items if item.nodeid in self._only]
        kept = [item for item in kept if item.nodeid not in self._skip]
        self._journal.add("collected", tests=len(items), here=len(kept), pytest=pytest.__version__)
        del config
        items[:] = kept

    def pytest_collectreport(self, report: Any) -> None:
        """Report a module that cannot be collected."""
        if report.failed:
            self._journal.add("broken", id=report.nodeid, text=short(str(report.longrepr)))

    def pytest_internalerror(self, excrepr: Any) -> None:
        """Report an error inside pytest."""
        self._journal.add("broken", id="pytest", text=short(str(excrepr)))

    @pytest.hookimpl(tryfirst=True)
    def pytest_fixture_setup(self, fixturedef: Any) -> None:
        """Record fixtures of broader scope."""
        self._fixtures.note(fixturedef)

    @pytest.hookimpl(tryfirst=True)
    def pytest_runtestloop(self, session: Any) -> bool | None:
        """Confirm suspects, each in its own process, forked before any test has run. Else leave the loop to pytest."""
        if not self._order.confirming or not hasattr(os, "fork") or sys.platform == "darwin":
            return None
        if session.testsfailed and not session.config.option.continue_on_collection_errors:
            return None
        for item in session.items:
            self._in_child(item)
        return True

    def _in_child(self, item: Any) -> None:
        sys.stdout.flush()
        sys.stderr.flush()
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # Python warns about a fork with threads
            pid = Original.fork()
        if pid:
            _wait(pid, _LONGEST_CONFIRMATION_S + 3 * self._order.time_s)
            return
        status = 1
        try:
            self._journal = self._journal.in_child()
            self._run_item(item, None, log=False)
            status = 0
        except BaseException as error:
            why = restore_builtins()
            self._journal.add("failed", message=with_reason(short("%s: %s" % (type(error).__name__, error)), why))
        finally:
            Original.end_process(status)

    @pytest.hookimpl(tryfirst=True)
    def pytest_runtest_logreport(self, report: Any) -> None:
        """Record a failure of a test or of one of its subtests."""
        if report.failed:
            self._failed.append(report)

    @pytest.hookimpl(tryfirst=True)
    def pytest_runtest_protocol(self, item: Any, nextitem: Any) -> bool:
        """Run the test normally, then repeat it, then tear down the fixtures that no further test needs."""
        item.ihook.pytest_runtest_logstart(nodeid=item.nodeid, location=item.location)
        self._run_item(item, nextitem, log=True)
        item.ihook.pytest_runtest_logfinish(nodeid=item.nodeid, location=item.location)
        return True

    def _run_item(self, item: Any, nextitem: Any, *, log: bool) -> None:
        self._journal.add("start", id=item.nodeid)
        sibling = again.sibling_of(item)
        parameters = Parameters(item)
        collects = Original.is_enabled()
        self._failed = []
        started = Original.clock()
        reports = runtestprotocol(item, log=log, nextitem=sibling)
        plain_s = Original.clock() - started
        reports, self._failed = [*self._failed, *reports], []
        outcome = _outcome(reports)
        # If the test switched the collector off, its cycles stay and count. If it was off before, as in suites that
        # switch it off for speed, collections run.
        collects = Original.is_enabled() or not collects
        try:
            if outcome == "passed" and not (item.session.shouldfail or item.session.shouldstop):
                self._repeat(item, sibling, parameters, plain_s, collects=collects)
            else:
                self._add_outcome(item, outcome, reports, plain_s)
        finally:
            again.tear_down(item, nextitem, log=log)

    def _add_outcome(self, item: Any, outcome: str, reports: list[Any], plain_s: float) -> None:
        text = next((str(report.longrepr) for report in reports if report.failed), "")
        if outcome == "skipped":
            text = _skip_reason(reports)
        self._journal.add("once", id=item.nodeid, outcome=outcome, text=short(text), plain_s=round(plain_s, 6))

    def _repeat(self, item: Any, sibling: Any, parameters: Parameters, plain_s: float, *, collects: bool) -> None:
        marks = again.marks_of(item)
        skip = marks.get("skip")
        if skip:
            self._journal.add(
                "once", id=item.nodeid, outcome="not-repeated", text=short(str(skip)), plain_s=round(plain_s, 6)
            )
            return
        self._journal.add("repeat", id=item.nodeid)
        plan = self._order.plan(item.nodeid, collects=collects, most=_whole(marks.get("repetitions")))
        with again.Again(item, sibling, self._fixtures, parameters) as once:
            result = repeat(once, plan)
            where: dict[str, Any] = {}
            if self._order.confirming and result.answer == "leak":
                from . import window  # noqa: PLC0415 - few tests leak

                # An explanation that takes too long ends with the process: the answer itself must not be lost.
                self._write(self._journal, item, result, plain_s, confirming=True)
                with self._fixtures.named():
                    where = window.explain(once, self._journal, result, fully=item.nodeid in self._order.explaining)
            suspicious = result.answer == "inconclusive"
            if self._order.confirms_here and suspicious:
                self._confirm_here(once, item, plain_s, collects=collects)
        self._write(self._journal, item, result, plain_s, confirming=self._order.confirming, **where)

    @staticmethod
    def _write(journal: Journal, item: Any, result: Any, plain_s: float, *, confirming: bool, **where: Any) -> None:
        journal.add_result(
            item.nodeid,
            result,
            plain_s=round(plain_s, 6),
            budget=str(again.marks_of(item).get("budget") or ""),
            confirming=confirming,
            line=_line_of(item),
            **where,
        )

    def _confirm_here(self, once: Any, item: Any, plain_s: float, *, collects: bool) -> None:
        """Repeat a suspect for longer, in a forked child if possible, so that this process keeps nothing of it."""
        forks = hasattr(os, "fork") and sys.platform != "darwin"
        plan = self._order.confirming_plan(collects=collects)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # Python warns about a fork with threads
            pid = Original.fork() if forks else 0
        if pid:
            _wait(pid, _LONGEST_CONFIRMATION_S + 3 * plan.time_s)
            return
        try:
            from . import window  # noqa: PLC0415 - few tests leak

            journal = self._journal.in_child()
            if forks:
                once = _WhileParentLives(once)
            result = repeat(once, plan)
            self._write(journal, item, result, plain_s, confirming=True)
            if result.answer == "leak":
                with self._fixtures.named():
                    where = window.explain(once, journal, result, fully=True)
                self._write(journal, item, result, plain_s, confirming=True, **where)
        finally:
            if forks:
                Original.end_process(0)


class _WhileParentLives:
    """A repetition in a forked child, which ends if its parent has ended: `kill -9` of pytest ends only the parent."""

    def __init__(self, once: Any) -> None:
        self._once, self._parent = once, Original.parent_pid()

    def __call__(self) -> str | None:
        if Original.parent_pid() != self._parent:
            Original.end_process(1)
        failure: str | None = self._once()
        return failure


def _parts(items: list[Any]) -> list[int]:
    """Return the chunk number of each test. A chunk has neighbouring tests of one module, `_CHUNK` at most."""
    found: list[int] = []
    chunk, inside, before = -1, 0, None
    for item in items:
        module = item.nodeid.partition("::")[0]
        inside = inside + 1 if module == before and inside < _CHUNK else 1
        if inside == 1:
            chunk += 1
        before = module
        found.append(chunk)
    return found


def _outcome(reports: list[Any]) -> str:
    if any(report.failed for report in reports):
        return "failed"
    if any(hasattr(report, "wasxfail") for report in reports):
        return "xfailed"
    if any(report.skipped for report in reports):
        return "skipped"
    return "passed"


def _skip_reason(reports: list[Any]) -> str:
    for report in reports:
        if report.skipped and isinstance(report.longrepr, tuple):
            return str(report.longrepr[-1])
    return ""


def _line_of(item: Any) -> list[Any]:
    """Return the file and the line (from 1) of the test; ["", 0] if they are not known."""
    try:
        path, line, _ = item.reportinfo()
        return [str(path), int(line or 0) + 1]
    except Exception:
        return ["", 0]


def _whole(value: object) -> int:
    return value if type(value) is int and value > 0 else 0


def _wait(pid: int, longest_s: float) -> None:
    """Wait for a child that confirms one suspect. A child that hangs is killed, and then there is no result."""
    until = Original.clock() + longest_s
    while Original.clock() < until:
        done, _ = Original.wait_for(pid, os.WNOHANG)
        if done:
            return
        Original.sleep(0.005)
    Original.kill(pid, 9)
    Original.wait_for(pid, 0)
