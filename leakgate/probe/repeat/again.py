"""Runs a test of pytest once more: with new function fixtures and the same broader ones, and leaves nothing behind.

Each line here that undoes something removes a leak that was found: pytest keeps records of its runs for reports, which
repetitions do not have.
"""

from __future__ import annotations

import random
import shutil
import sys
import warnings
from contextlib import contextmanager

import pytest
from _pytest import runner, tmpdir

from .own_builtins import replaced_builtins, with_reason

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import Any

    from .parameters import Parameters

_LONGEST = 500
_FIXTURES = "pytest.fixtures"
_REPORTS = "pytest_runtest_logreport"
_SILENCED = (_REPORTS, "pytest_warning_recorded", "pytest_exception_interact")
"""Hooks that report. The terminal and JUnit reporters and others keep the objects that they get."""
_TMP_PATH_RESULT: Any = getattr(tmpdir, "tmppath_result_key", None)


class _Sibling(pytest.Item):
    """A test that never runs. As the next test, it keeps class, module and session fixtures alive."""

    def runtest(self) -> None:
        """Do nothing."""


def sibling_of(item: Any) -> Any:
    """Return a test that never runs, in the class or module of `item`."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return _Sibling.from_parent(item.parent, name="leakgate-next")


class BroadFixtures:
    """Fixtures of class, module, package and session scope that are set up now."""

    def __init__(self) -> None:
        self._known: dict[int, Any] = {}

    def note(self, fixturedef: Any) -> None:
        """Record a fixture that is being set up, unless its scope is the function."""
        if fixturedef.scope != "function":
            self._known[id(fixturedef)] = fixturedef

    @contextmanager
    def named(self) -> Iterator[None]:
        """Give the values of these fixtures a short name, `pytest.fixtures.NAME`, for the search for holders."""
        module: Any = type(sys)(_FIXTURES)
        for one in self._known.values():
            if one.cached_result is not None and one.cached_result[2] is None:
                setattr(module, one.argname, one.cached_result[0])
        sys.modules[_FIXTURES] = module
        try:
            yield
        finally:
            del sys.modules[_FIXTURES]

    def finalizers(self) -> list[list[Any]]:
        """Return their lists of finalizers: every function fixture that uses a broader one adds a finalizer there."""
        for key in [key for key, one in self._known.items() if one.cached_result is None]:
            del self._known[key]
        return [one._finalizers for one in self._known.values()]


class Again:
    """A context for repetitions. A call runs the test once more and returns why it failed; None if it passed.

    If a repetition fails, its parameters get the contents that they had before the first run, and it runs again: a
    test may change a list that is its parameter. All later repetitions begin with these contents too. They do not from
    the start, because a parameter can be a registry of the project, whose growth is a leak.
    """

    def __init__(self, item: Any, sibling: Any, fixtures: BroadFixtures, parameters: Parameters) -> None:
        self._item, self._sibling, self._fixtures = item, sibling, fixtures
        self._parameters, self._restores = parameters, False
        self._silenced: list[tuple[dict[str, Any], str, Any]] = []
        self._levels: list[tuple[Any, int]] = []
        self._finalizers: list[tuple[list[Any], int]] = []
        self._states: list[tuple[Any, Any]] = []
        self._hypothesis: list[tuple[Any, Any]] = []
        self._of_subtest = ""
        """Why a subtest of this repetition failed; empty if none did."""
        self._renews_instance = isinstance(item.parent, pytest.Class) and type(item).__name__ != "TestCaseFunction"

    def __enter__(self) -> Again:  # noqa: PYI034 - Python 3.9
        item = self._item
        relays = [item.config.hook] if item.ihook is item.config.hook else [item.config.hook, item.ihook]
        for relay in relays:
            for name in _SILENCED:
                self._silenced.append((relay.__dict__, name, relay.__dict__.get(name)))
                relay.__dict__[name] = self._note_subtest if name == _REPORTS else _say_nothing
        self._quieten_logging()
        lists = [*self._fixtures.finalizers(), *_finalizers_of_nodes(item)]
        self._finalizers = [(one, len(one)) for one in lists]
        self._states = [(random.setstate, random.getstate())]
        numbers: Any = getattr(sys.modules.get("numpy"), "random", None)
        if hasattr(numbers, "get_state"):
            self._states.append((numbers.set_state, numbers.get_state()))
        self._hypothesis = _use_few_examples(item)
        return self

    def __exit__(self, *_: object) -> None:
        for where, name, before in self._silenced:
            if before is None:
                where.pop(name, None)
            else:
                where[name] = before
        for handler, level in self._levels:
            handler.setLevel(level)
        for function, before in self._hypothesis:
            function._hypothesis_internal_use_settings = before
        self._silenced, self._levels, self._hypothesis = [], [], []

    def _quieten_logging(self) -> None:
        """Silence `log_cli` and `log_file`, which would write the log of each repetition."""
        plugin = self._item.config.pluginmanager.get_plugin("logging-plugin")
        for name in ("log_cli_handler", "log_file_handler"):
            handler = getattr(plugin, name, None)
            if handler is not None:
                self._levels.append((handler, handler.level))
                handler.setLevel(10_000)

    def __call__(self) -> str | None:
        failure = self._run()
        if failure is None or self._restores or not self._parameters:
            return failure
        self._restores = True
        return self._run()

    def _run(self) -> str | None:
        item, hooks = self._item, self._item.ihook
        self._prepare()
        with warnings.catch_warnings(record=True):
            try:
                hooks.pytest_runtest_setup(item=item)
                hooks.pytest_runtest_call(item=item)
                failure = _stored_failure(item) or self._of_subtest or None
            except (KeyboardInterrupt, pytest.exit.Exception):
                raise
            except BaseException as error:
                failure = _describe(error)
            folder = _temporary_folder(item)
            try:
                hooks.pytest_runtest_teardown(item=item, nextitem=self._sibling)
            except (KeyboardInterrupt, pytest.exit.Exception):
                raise
            except BaseException as error:
                failure = failure or "in its tear-down: " + _describe(error)
        self._clean(folder)
        return failure

    def _note_subtest(self, report: Any) -> list[Any]:
        """Replaces the hook for reports, which only subtests call in a repetition. One that fails raises nothing."""
        if report.failed and not self._of_subtest:
            self._of_subtest = "in a subtest: %s" % _failure_of(report)[:_LONGEST]
        return []

    def _prepare(self) -> None:
        item, self._of_subtest = self._item, ""
        if self._renews_instance:  # pytest makes an instance of the class for each test, and keeps it with the item
            item.__dict__.pop("_instance", None)
            item.__dict__.pop("_obj", None)
        if hasattr(item, "_initrequest"):
            item._initrequest()
        if _TMP_PATH_RESULT is not None:
            item.stash[_TMP_PATH_RESULT] = {}
        for set_state, state in self._states:
            set_state(state)
        self._parameters.give_names()
        if self._restores:
            self._parameters.restore()

    def _clean(self, folder: Any) -> None:
        item = self._item
        if hasattr(item, "_request"):
            item._request = False
            item.funcargs = None
        if folder is not None:
            shutil.rmtree(str(folder), ignore_errors=True)
        if item._report_sections:
            del item._report_sections[:]
        if item.user_properties:
            del item.user_properties[:]
        for finalizers, length in self._finalizers:
            if len(finalizers) > length:
                del finalizers[length:]


def _finalizers_of_nodes(item: Any) -> list[list[Any]]:
    """Return the lists of finalizers of module, class and session.

    Before pytest 8, each use of a broader fixture adds a finalizer there too.
    """
    stack = getattr(item.session._setupstate, "stack", None)
    if type(stack) is not dict:
        return []
    return [entry[0] for entry in stack.values() if type(entry) is tuple and type(entry[0]) is list]


def _say_nothing(*_: Any, **__: Any) -> list[Any]:
    return []


def _stored_failure(item: Any) -> str | None:
    """Return why a test case of unittest failed or was skipped, and forget it; None if it passed.

    pytest does not raise such an exception. It keeps it with the item until it makes the report.
    """
    stored = getattr(item, "_excinfo", None)
    if not stored:
        return None
    failure = _describe(stored[0].value)
    del stored[:]
    return failure


def _failure_of(report: Any) -> str:
    """Return the first line of the exception in a report that failed."""
    crash = getattr(report.longrepr, "reprcrash", None)
    return str(getattr(crash, "message", None) or report.longrepr or "it failed").partition("\n")[0]


def _describe(error: BaseException) -> str:
    inside = getattr(error, "exc_info", None)  # of an exception in a doctest
    if type(inside) is tuple and isinstance(inside[1], BaseException):
        error = inside[1]
    why = replaced_builtins() if _is_of_pytest(error) else ""
    return with_reason(("%s: %s" % (type(error).__name__, error))[:_LONGEST], why)


def _is_of_pytest(error: BaseException) -> bool:
    """Whether pytest raised this exception, not the test: its last frame is in a module of pytest."""
    trace, name = error.__traceback__, ""
    while trace is not None:
        name = str(trace.tb_frame.f_globals.get("__name__"))
        trace = trace.tb_next
    return name.startswith(("_pytest.", "pluggy."))


def _temporary_folder(item: Any) -> Any:
    used = getattr(item, "funcargs", None) or {}
    return used.get("tmp_path") or used.get("tmpdir")


def _use_few_examples(item: Any) -> list[tuple[Any, Any]]:
    """Make Hypothesis use the same few examples in every repetition, without its database.

    Returns the functions with their settings before; an empty list for a test without Hypothesis.
    """
    hypothesis: Any = sys.modules.get("hypothesis")
    bound = getattr(item, "obj", None)
    function: Any = getattr(bound, "__func__", bound)
    before = getattr(function, "_hypothesis_internal_use_settings", None)
    if hypothesis is None or before is None:
        return []
    few = min(5, before.max_examples)
    function._hypothesis_internal_use_settings = hypothesis.settings(
        before,
        derandomize=True,
        database=None,
        max_examples=few,
        deadline=None,
        suppress_health_check=list(hypothesis.HealthCheck),
    )
    return [(function, before)]


def marks_of(item: Any) -> dict[str, Any]:
    """Return the arguments of the marker `leakgate` of a test. The closest marker takes precedence."""
    found: dict[str, Any] = {}
    for mark in item.iter_markers("leakgate"):
        for name, value in mark.kwargs.items():
            found.setdefault(name, value)
    return found


def tear_down(item: Any, nextitem: Any, *, log: bool) -> None:
    """Tear down the fixtures that no further test needs. With `log`, pytest reports an error there as usual."""
    state = item.session._setupstate
    if item.session.shouldfail or item.session.shouldstop:
        nextitem = None
    call = runner.CallInfo.from_call(
        lambda: state.teardown_exact(nextitem), when="teardown", reraise=(pytest.exit.Exception, KeyboardInterrupt)
    )
    if call.excinfo is None or not log:
        return
    report = item.ihook.pytest_runtest_makereport(item=item, call=call)
    item.ihook.pytest_runtest_logreport(report=report)
    if runner.check_interactive_exception(call, report):
        item.ihook.pytest_exception_interact(node=item, call=call, report=report)
