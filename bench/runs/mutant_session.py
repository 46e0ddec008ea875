"""A plugin of pytest that tries mutants of functions: collect the tests once, then fork for each mutant.

Only the code of live functions is exchanged in the fork, so that neither a module nor a test is loaded again. A mutant
takes a tenth of a second instead of several seconds. Operators outside of functions cannot be changed like this.
"""

import ast
import gc
import json
import os
import resource
import sys
import traceback
from collections.abc import Callable, Iterable
from dataclasses import asdict, dataclass, field
from pathlib import Path
from types import CodeType, FunctionType
from typing import Final

import pytest

from bench.runs.tests_of_lines import Recorder, TestsOfLines

MOST_CPU_S: Final = 120
"""Seconds of processor time for the tests of one mutant; a mutant that does not end counts as detected."""
MOST_BYTES: Final = 4 << 30
"""Address space of a fork; a mutant that never stops allocating counts as detected."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Mutant:
    """One module with one changed operator."""

    module: str
    """Its path, relative to the current folder."""
    line: int
    """The line of the operator."""
    around: tuple[int, int]
    """First and last line of the outermost function that holds the operator."""
    source: str
    """The text of the changed module."""


Report = Callable[[int, bool, int], object]
"""Takes the number of a mutant from 0, whether a test detected it, and how many tests run its function."""


@dataclass(slots=True)
class MutantSession:
    """Tries mutants with the tests that pytest collected, and runs none of them otherwise."""

    watched: list[str]
    """Patterns of the files that mutants change."""
    mutants: list[Mutant]
    report: Report
    _failed: bool = field(default=False, init=False)

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """Note whether a test failed, and say why: without a mutant, no test may fail."""
        if report.failed:
            self._failed = True
            print(f"{report.nodeid}\n{report.longreprtext}", flush=True)

    @pytest.hookimpl(tryfirst=True)
    def pytest_runtestloop(self, session: pytest.Session) -> bool:
        """Record which tests run which lines, then try each mutant in a fork."""
        if session.testsfailed:
            raise session.Interrupted("tests cannot be collected")
        of_lines = self._recorded(session)
        items = {item.nodeid: item for item in session.items}
        for number, mutant in enumerate(self.mutants):
            tests = of_lines.nearest(mutant.module, mutant.line, range(mutant.around[0], mutant.around[1] + 1))
            chosen = [items[test] for test in tests]
            status = in_fork(lambda mutant=mutant, chosen=chosen: self._try(mutant, chosen))  # type: ignore[misc]
            self.report(number, status != 0, len(chosen))
        return True

    def _recorded(self, session: pytest.Session) -> TestsOfLines:
        """Run all tests in a fork, so that the mutants start from a process in which no test has run.

        The code of all modules is exchanged for the same code before: tests that fail then say nothing about mutants.
        """
        place = Path("lines.json").absolute()

        def record() -> int:
            for module in sorted({one.module for one in self.mutants}):
                exchange(Path(module).absolute(), Path(module).read_text("utf-8"))
            recorder = Recorder(self.watched)
            session.config.pluginmanager.register(recorder)
            self._run(session.items)
            place.write_text(json.dumps(asdict(recorder.recorded())), "utf-8")
            return int(recorder.failed)

        if os.waitpid(forked(record), 0)[1] != 0:
            raise session.Failed("a test fails without a mutant")
        content = json.loads(place.read_text("utf-8"))
        by_line = {
            module: {int(line): tests for line, tests in lines.items()} for module, lines in content["by_line"].items()
        }
        return TestsOfLines(by_line=by_line, took_s=content["took_s"])

    def _try(self, mutant: Mutant, items: list[pytest.Item]) -> int:
        exchange(Path(mutant.module).absolute(), mutant.source)
        return int(self._run(items))

    def _run(self, items: list[pytest.Item]) -> bool:
        """Run tests up to the first failure, and return whether one failed."""
        for item, following in zip(items, [*items[1:], None], strict=True):
            item.config.hook.pytest_runtest_protocol(item=item, nextitem=following)
            if self._failed:
                return True
        return False


def forked(run: Callable[[], int]) -> int:
    """Call a function in a fork and return the id of that process; its status is 0 only if the function returned 0."""
    pid = os.fork()
    if pid:
        return pid
    status = 1
    try:
        status = run()
    except BaseException:  # noqa: BLE001 - the process ends here, and its parent sees the status
        traceback.print_exc()
    finally:
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(status)


def in_fork(run: Callable[[], int]) -> int:
    """Call a function in a fork, within the limits of a mutant, and return the status of the fork."""

    def run_within_limits() -> int:
        resource.setrlimit(resource.RLIMIT_CPU, (MOST_CPU_S, MOST_CPU_S))
        resource.setrlimit(resource.RLIMIT_AS, (MOST_BYTES, MOST_BYTES))
        return run()

    return os.waitpid(forked(run_within_limits), 0)[1]


def function_around(tree: ast.Module, line: int) -> tuple[int, int] | None:
    """First and last line of the body of the outermost function around a line; None outside of functions.

    Signatures and decorators run when a module is imported.
    """
    functions = [node for node in ast.walk(tree) if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)]
    bodies = [(one.body[0].lineno, one.end_lineno or one.lineno) for one in functions]
    return max(
        (body for body in bodies if body[0] <= line <= body[1]), key=lambda body: body[1] - body[0], default=None
    )


def exchange(file: Path, source: str) -> None:
    """Give the live functions of a file the code of a changed source, and empty all caches of functions.

    Raises LookupError if no function of the file is loaded: then nothing would be changed.
    """
    gc.unfreeze()  # frozen objects are not listed
    changed = {(one.co_qualname, one.co_firstlineno): one for one in _codes([compile(source, str(file), "exec")])}
    live = [one for one in gc.get_objects() if type(one) is FunctionType and one.__code__.co_filename == str(file)]
    if not live:
        raise LookupError(f"no function of {file} is loaded")
    for function in live:
        function.__code__ = changed[function.__code__.co_qualname, function.__code__.co_firstlineno]
    for cached in [one for one in gc.get_objects() if type(one).__name__ == "_lru_cache_wrapper"]:
        cached.cache_clear()


def _codes(codes: Iterable[object]) -> Iterable[CodeType]:
    for code in codes:
        if isinstance(code, CodeType):
            yield code
            yield from _codes(code.co_consts)
