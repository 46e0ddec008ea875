"""The check of one callable inside the user's own test: `leakgate.check` and the fixture `leak_check`."""

import sys
import types
from collections.abc import Callable
from dataclasses import replace
from importlib import import_module
from pathlib import Path
from threading import get_ident
from typing import Any, Final

import leakgate
from leakgate.blame.source import FunctionNames
from leakgate.growth import counts
from leakgate.measure.journals import LoggedTest
from leakgate.measure.run_folder import run_folder
from leakgate.measure.suite_explanations import explanation_of
from leakgate.model.check_result import CheckAnswer, CheckResult
from leakgate.model.evidence import RepeatedTest
from leakgate.model.repeated import JudgedTest, PerCall, Repetitions, TestAnswer, TestOutcome
from leakgate.model.report import Leak
from leakgate.report.leak_words import holder_growth
from leakgate.report.places import Places
from leakgate.verdict.one_test import Accepted, judge_test
from leakgate.verdict.per_call import growth_text

_PACKAGE: Final = "_leakgate_probe"
_HERE: Final = Path(leakgate.__file__).parent
_ANSWERS: Final[dict[TestAnswer, CheckAnswer]] = {
    TestAnswer.OK: "ok",
    TestAnswer.LEAK: "ok",  # within what is allowed
    TestAnswer.INCONCLUSIVE: "inconclusive",
    TestAnswer.TOO_SLOW: "too-slow",
}
"""An exception in a call ends the check, and there is no baseline, so there are no other answers."""


def runner(name: str) -> Any:  # noqa: ANN401 - the probe is not typed for leakgate
    """Return a module of the probe's runner, loaded into this process under the same name as in programs."""
    if _PACKAGE not in sys.modules:
        package = types.ModuleType(_PACKAGE)
        package.__path__ = [str(_HERE / "probe"), str(_HERE / "growth")]
        sys.modules[_PACKAGE] = package
        import_module(f"{_PACKAGE}.gauges").Reader(get_ident())
    return import_module(f"{_PACKAGE}.repeat.{name}")


def run_check(function: Callable[[], object], *, time_s: float, blocks: float, size: float) -> CheckResult:
    """Call ``function`` repeatedly, and return the result.

    Raises AssertionError for a leak of more than ``blocks`` blocks or ``size`` bytes per call, TypeError and ValueError
    for arguments that make no sense, and the exceptions of ``function``.
    """
    __tracebackhide__ = True
    _refuse_arguments(function, time_s, blocks, size)
    subject = runner("callables").Callee(function)
    try:
        subject.call()  # the first call is a normal one: its exception is raised to the caller
        test = _repeated(subject, time_s)
    finally:
        subject.close()
    verdict = judge_test(test, Accepted(root=str(Path.cwd())))
    judged = verdict.judged
    if judged.answer is TestAnswer.LEAK and not _within(judged.per_call, blocks, size):
        raise AssertionError(_failure(_name_of(function), judged, verdict.leaks))
    return CheckResult(
        answer=_ANSWERS[judged.answer],
        message=judged.message,
        calls=judged.repetitions + 1,
        blocks_per_call=judged.per_call.blocks,
        bytes_per_call=judged.per_call.bytes,
    )


def _refuse_arguments(function: object, time_s: float, blocks: float, size: float) -> None:
    __tracebackhide__ = True
    if not callable(function):
        raise TypeError(f"leakgate.check needs a callable without arguments, not {type(function).__name__}")
    if not time_s > 0:
        raise ValueError(f"time_s is {time_s}; it must be more than 0 seconds")
    if not (blocks >= 0 and size >= 0):
        raise ValueError("blocks_per_call and bytes_per_call must be 0 or more")


def _repeated(subject: Any, time_s: float) -> RepeatedTest:  # noqa: ANN401 - the probe is not typed for leakgate
    """Repeat the subject, for longer and with emptied caches if it is a suspect. If it leaks, explain the leak."""
    engine = runner("engine")

    def once() -> None:
        __tracebackhide__ = True
        subject.call()  # an exception ends the check and is raised to the caller

    result = engine.repeat(once, engine.RepeatPlan(time_s, confirming=False, counts_containers=True))
    if result.answer != counts.INCONCLUSIVE:
        return RepeatedTest(id="call", outcome=TestOutcome.PASSED, first=_repetitions(result))
    longer_s = counts.RULE.confirming_times * time_s
    result = engine.repeat(
        once, engine.RepeatPlan(longer_s, confirming=True, counts_containers=True, rest=subject.rest)
    )
    test = RepeatedTest(id="call", outcome=TestOutcome.PASSED, confirmed=_repetitions(result))
    if result.answer != counts.LEAK:
        return test
    with run_folder(as_guest=True) as folder:
        where = runner("window").explain(once, runner("journal").Journal(str(folder)), result, fully=True)
        line = LoggedTest(test, where["explanation"], moments=tuple(where["moments"]))
        found = explanation_of(line, folder, 0.0, FunctionNames(Path.cwd()))
    return test if found is None else replace(test, explanation=found[0], calls=found[1])


def _repetitions(result: Any) -> Repetitions:  # noqa: ANN401 - the probe is not typed for leakgate
    return Repetitions(
        answer=result.answer,
        count=result.repetitions,
        stopped=result.stopped,
        seconds=result.seconds,
        failure=result.failure,
        readings={name: tuple(values) for name, values in result.readings.items()},
        caches=tuple(result.caches),
    )


def _within(per_call: PerCall, blocks: float, size: float) -> bool:
    counted = per_call.fds or per_call.threads or per_call.tasks
    return not counted and (blocks > 0 or size > 0) and per_call.blocks <= blocks and per_call.bytes <= size


def _name_of(function: object) -> str:
    name = getattr(function, "__name__", "")
    return name if isinstance(name, str) and name.isidentifier() else "the callable"  # a lambda has no name


def _failure(name: str, judged: JudgedTest, leaks: tuple[Leak, ...]) -> str:
    """Return the message of the assertion: how much leaks, where, and what holds it."""
    places = Places((str(Path.cwd()),))
    lines = [f"{name} leaks {growth_text(judged.per_call)}, found in {judged.repetitions:,} calls"]
    for leak in leaks:
        function = f" in {leak.place.function}" if leak.place.function else ""
        lines.append(f"  at {places.line(leak.place)}{function}: {growth_text(leak.per_call or judged.per_call)}")
        if leak.holder is not None:
            lines.append(f"    held by {leak.holder.path}: {holder_growth(leak.holder, timed=False)}")
        if leak.advice:
            lines.append(f"    {leak.advice}")
    return "\n".join(lines)
