"""`pytest --leakgate`: the runner inside the user's own pytest, with results in pytest's summary and exit status."""

from contextlib import ExitStack
from dataclasses import replace
from datetime import date
from pathlib import Path
from types import SimpleNamespace
from typing import Any, Final

import pytest

from leakgate.blame.source import FunctionNames
from leakgate.checking import runner
from leakgate.errors import MeasureError
from leakgate.measure.journals import JournalReader, LoggedTest, read_journals
from leakgate.measure.run_folder import run_folder
from leakgate.measure.suite_explanations import explanation_of
from leakgate.model.evidence import RepeatedTest
from leakgate.model.repeated import JudgedTest, TestAnswer
from leakgate.model.report import Leak
from leakgate.report.answer_words import ANSWER_WORDS, WORST_FIRST, shown_by
from leakgate.report.escape import log_text
from leakgate.report.leak_words import holder_growth
from leakgate.report.places import Places
from leakgate.verdict.causes import by_cause
from leakgate.verdict.exclusions import excluded_in_suite
from leakgate.verdict.one_test import Accepted, judge_test
from leakgate.verdict.per_call import growth_text

_WORKER_CHANNEL: Final = "leakgate_channel"
_SHOWN: Final = 10
"""Number of tests without an answer that the summary names at most."""


class InsidePytest:
    """Registers the repeating plugin and judges. With pytest-xdist, workers repeat; the controller judges."""

    def __init__(self, config: pytest.Config) -> None:
        worker: dict[str, Any] = getattr(config, "workerinput", {})
        self._is_worker = bool(worker)
        self._kept = ExitStack()
        """The channel, if this process made it."""
        try:
            channel = worker.get(_WORKER_CHANNEL) or self._kept.enter_context(run_folder(as_guest=True))
        except MeasureError as error:
            raise pytest.UsageError(error.message) from None
        self.channel = str(channel)
        self._root = str(config.rootpath)
        self._tests: tuple[JudgedTest, ...] = ()
        self._leaks: tuple[Leak, ...] = ()
        self._spreads = not self._is_worker and bool(getattr(config.option, "dist", "no") != "no")
        if not self._spreads:
            order = runner("repeat_order").Order(
                {"kind": "pytest", "time_s": config.getoption("leakgate_time"), "confirms_here": True}
            )
            journal = runner("journal").Journal(self.channel)
            config.pluginmanager.register(runner("plugin").RepeatingPlugin(journal, order), "leakgate-runner")

    @pytest.hookimpl(optionalhook=True)
    def pytest_configure_node(self, node: Any) -> None:  # noqa: ANN401 - of pytest-xdist
        """Tell a worker of pytest-xdist where to write its results."""
        node.workerinput[_WORKER_CHANNEL] = self.channel

    @pytest.hookimpl(trylast=True)
    def pytest_sessionfinish(self, session: pytest.Session) -> None:
        """Judge all tests. A leak makes the session fail."""
        if self._is_worker:
            return
        journals: dict[str, JournalReader] = {}
        read_journals(Path(self.channel), journals)
        self._judge([line for journal in journals.values() for line in journal.tests])
        if any(test.answer is TestAnswer.LEAK for test in self._tests) and session.exitstatus == pytest.ExitCode.OK:
            session.exitstatus = pytest.ExitCode.TESTS_FAILED

    def _judge(self, lines: list[LoggedTest]) -> None:
        tests: dict[str, RepeatedTest] = {}
        names = FunctionNames(Path(self._root))
        for line in lines:
            test = line.test
            if line.confirming:
                found = explanation_of(line, Path(self.channel), 0.0, names)
                earlier = tests.get(test.id, test)
                test = replace(
                    test,
                    first=earlier.first,
                    budget=earlier.budget or test.budget,
                    explanation=None if found is None else found[0],
                    calls=0 if found is None else found[1],
                )
            elif test.id in tests:
                continue
            tests[test.id] = test
        against = Accepted(root=self._root, day=date.today())  # noqa: DTZ011 - the user's own day
        verdicts = [judge_test(test, against) for test in tests.values()]
        self._tests = tuple(verdict.judged for verdict in verdicts)
        self._leaks = by_cause(verdicts)

    def pytest_terminal_summary(self, terminalreporter: Any) -> None:  # noqa: ANN401 - private class of pytest
        """Write the leaks and the number of each answer."""
        if self._is_worker:
            return
        terminalreporter.section("leakgate")
        places = Places((self._root,))
        for leak in self._leaks:
            for line in _lines_of(leak, places):
                terminalreporter.line(log_text(line), red=not line.startswith(" "))
        shown = (TestAnswer.NOT_REPEATABLE, TestAnswer.INCONCLUSIVE)
        for test in [test for test in self._tests if test.answer in shown][:_SHOWN]:
            terminalreporter.line(log_text(f"{ANSWER_WORDS[test.answer]}: {test.id}: {test.message}"))
        counts = ((answer, sum(test.answer is answer for test in self._tests)) for answer in WORST_FIRST)
        leaking = [SimpleNamespace(nodeid=test.id) for test in self._tests if test.answer is TestAnswer.LEAK]
        if leaking:  # pytest's last line says it too: the session fails, although all tests passed
            terminalreporter.stats["leaking"] = leaking
        said = [f"{count} {ANSWER_WORDS[answer]}" for answer, count in counts if count]
        terminalreporter.line("; ".join(filter(None, (", ".join(said), excluded_in_suite(self._tests)))))

    def pytest_unconfigure(self) -> None:
        """Remove the channel, if this process made it."""
        self._kept.close()


def _lines_of(leak: Leak, places: Places) -> list[str]:
    function = f" in {leak.place.function}" if leak.place.function else ""
    amount = growth_text(leak.per_call) if leak.per_call is not None else "grows"
    lines = [f"leak {amount}, at {places.line(leak.place)}{function}"]
    if leak.holder is not None:
        lines.append(f"    held by {leak.holder.path}: {holder_growth(leak.holder, timed=False)}")
    lines += [f"    shown by {name}" for name in shown_by(leak)]
    if leak.advice:
        lines.append(f"    {leak.advice}")
    return lines
