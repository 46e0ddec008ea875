"""The verdict on the whole run: from the results of scripts to the report of the gate and its exit code."""

from collections.abc import Iterable
from dataclasses import replace
from datetime import date
from typing import Final

from leakgate.model.baseline import BaselineState
from leakgate.model.report import Circumstances, GateReport, RunProblem, TargetResult
from leakgate.model.session_record import Session
from leakgate.model.suppression import Suppression, SuppressionUse
from leakgate.model.verdict import ExitCode, Expectation, GateVerdict, Verdict
from leakgate.verdict.suppressions import notes_on, uses_of

ADVISORY: Final = (
    "advisory: fail-on names no verdict, so no leak, budget or regression fails the gate; "
    "a script that cannot be measured, or a planted leak that is not caught, still fails it"
)


def conclude(
    results: tuple[TargetResult, ...],
    about: Circumstances,
    suppressions: tuple[Suppression, ...] = (),
    *,
    partial: bool = True,
) -> GateReport:
    """Return the report of the whole run. Its exit code follows only from verdicts, ``fail_on`` and ``interrupted``.

    ``suppressions``: those of the config; paths in their patterns are relative to ``about.root``. ``partial``: some
    scripts of the config were left out, so no suppression can be called unused.
    """
    exit_code = exit_code_of(results, about.fail_on, interrupted=about.interrupted)
    complete = not (partial or about.interrupted) and are_decided(results)
    uses = _uses(results, suppressions, about.root, complete=complete)
    return GateReport(
        results=results,
        verdict=gate_verdict(exit_code),
        exit_code=exit_code,
        about=replace(about, notes=(*about.notes, *notes_on(uses), *(() if about.fail_on else (ADVISORY,)))),
        suppressions=uses,
    )


def failed_run(
    problems: tuple[RunProblem, ...], exit_code: ExitCode, *, config_path: str = "", command: str = ""
) -> GateReport:
    """Return the report of a run that measured nothing, so that the report of an earlier run is not taken for it.

    Raises ValueError if ``exit_code`` is ``PASS``: such a run does not pass.
    """
    if exit_code is ExitCode.PASS:
        raise ValueError("a run that measured nothing does not pass")
    return GateReport(
        results=(),
        verdict=gate_verdict(exit_code),
        exit_code=exit_code,
        about=Circumstances(config_path=config_path, command=command, interrupted=exit_code is ExitCode.INTERRUPTED),
        problems=problems,
    )


def _uses(
    results: tuple[TargetResult, ...], suppressions: tuple[Suppression, ...], root: str, *, complete: bool
) -> tuple[SuppressionUse, ...]:
    if not suppressions:
        return ()
    days = [result.measurement.day for result in results]
    leaks = [(leak, day) for result, day in zip(results, days, strict=True) for leak in result.leaks]
    return uses_of(suppressions, leaks, root, today=max(days, default=date.min), complete=complete)


def are_decided(results: Iterable[TargetResult]) -> bool:
    """Whether every script has a decided verdict: neither ``error`` nor ``inconclusive``."""
    return not any(result.verdict in (Verdict.ERROR, Verdict.INCONCLUSIVE) for result in results)


def rejudged(report: GateReport, fail_on: frozenset[Verdict] | None = None) -> GateReport:
    """Judge a report that was read from a file: its verdict and exit code follow from its scripts.

    ``fail_on``: the verdicts that fail the gate, instead of those in the report. Without it, an exit code other than 0
    stays: its cause may be something other than a script, such as a missing shard.
    """
    chosen = report.about.fail_on if fail_on is None else fail_on
    exit_code = exit_code_of(report.results, chosen, interrupted=report.about.interrupted)
    if fail_on is None and report.exit_code is not ExitCode.PASS:
        exit_code = report.exit_code
    about = replace(report.about, fail_on=chosen)
    return replace(report, about=about, verdict=gate_verdict(exit_code), exit_code=exit_code)


def exit_code_of(results: tuple[TargetResult, ...], fail_on: frozenset[Verdict], *, interrupted: bool) -> ExitCode:
    """0 if the gate passes, 1 if it fails, 3 if a script could not be measured and none failed, 130 if interrupted.

    An empty ``fail_on`` is advisory: no verdict on memory fails the gate. A script that could not be measured still
    gives 3, and a planted leak that was not caught still gives 1, because then the report cannot be trusted.
    """
    if interrupted:
        return ExitCode.INTERRUPTED
    if any(fails(result, fail_on) for result in results):
        return ExitCode.FAIL
    if not results or any(result.verdict is Verdict.ERROR for result in results):
        return ExitCode.UNMEASURED
    return ExitCode.PASS


def fails(result: TargetResult, fail_on: frozenset[Verdict]) -> bool:
    """Whether the script causes exit code 1. An error does not: nothing was measured, whatever was expected."""
    if result.verdict is Verdict.ERROR:
        return False
    if result.target.expect is Expectation.LEAK:
        return not result.passed
    return result.verdict in fail_on


def gate_verdict(exit_code: ExitCode) -> GateVerdict:
    """The verdict on the whole run that belongs to an exit code."""
    match exit_code:
        case ExitCode.PASS:
            return GateVerdict.PASS
        case ExitCode.FAIL:
            return GateVerdict.FAIL
        case _:
            return GateVerdict.ERROR


def joint_state(sessions: Iterable[Session]) -> BaselineState | None:
    """The state of the baseline for a whole run; None without sessions. See ``strongest_state``."""
    return strongest_state(session.baseline_state for session in sessions)


def strongest_state(states: Iterable[BaselineState | None]) -> BaselineState | None:
    """``BASE_RUN`` if another run was used for any script, else ``FOUND`` if any environment was known."""
    given = {state for state in states if state is not None}
    for state in (BaselineState.BASE_RUN, BaselineState.FOUND):
        if state in given:
            return state
    return min(given, default=None)
