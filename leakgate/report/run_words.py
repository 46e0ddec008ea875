"""The whole run in the words of all reports: the headline, and what the run was compared with. Pure."""

from collections import Counter
from typing import Final

from leakgate.model.baseline import BaselineState
from leakgate.model.entry import CallEntry, TestsEntry
from leakgate.model.report import GateReport, TargetResult
from leakgate.model.verdict import ExitCode, GateVerdict, Verdict
from leakgate.report.number_words import plural
from leakgate.report.script_order import WORST_FIRST_VERDICTS
from leakgate.report.script_words import is_caught, is_missed

_ONE_AND_MANY: Final[dict[Verdict, tuple[str, str]]] = {
    Verdict.OK: ("ok", "ok"),
    Verdict.KNOWN: ("known leak", "known leaks"),
    Verdict.LEAK: ("leak", "leaks"),
    Verdict.OVER_BUDGET: ("over budget", "over budget"),
    Verdict.REGRESSION: ("regression", "regressions"),
    Verdict.INCONCLUSIVE: ("inconclusive", "inconclusive"),
    Verdict.TOO_SLOW: ("too slow", "too slow"),
    Verdict.NOT_REPEATABLE: ("not repeatable", "not repeatable"),
    Verdict.ERROR: ("error", "errors"),
}


def headline(report: GateReport) -> str:
    """Return one sentence about the whole run, in leakgate's own words only."""
    return f"interrupted: {summary(report)}" if report.about.interrupted else summary(report)


def summary(report: GateReport) -> str:
    """Return the headline without the word ``interrupted``, for use beside a word that says how the run ended."""
    scripts = plural(len(report.results), _noun(report))
    wrong, caught = _counts(report), sum(map(is_caught, report.results))
    caught_text = [f"{plural(caught, 'planted leak')} caught"] if caught else []
    if not report.results:
        return f"nothing was measured{_why_nothing(report)}"
    if report.about.interrupted:
        return ", ".join((scripts, *wrong, *caught_text))
    if report.verdict is GateVerdict.PASS:
        return ", ".join((scripts, *(wrong or ["no leak"] * (caught < len(report.results))), *caught_text))
    return ", ".join((f"{', '.join(wrong)} in {scripts}" if wrong else scripts, *caught_text))


def _noun(report: GateReport) -> str:
    """Return what the run measured: ``test suite`` or ``callable`` if all entries are of that kind, else ``script``."""
    entries = [result.target.entry for result in report.results]
    if all(isinstance(entry, TestsEntry) for entry in entries):
        return "test suite"
    return "callable" if all(isinstance(entry, CallEntry) for entry in entries) else "script"


def _causes(result: TargetResult) -> int:
    if result.verdict is not Verdict.LEAK or not result.tests:
        return 1
    return max(1, sum(not leak.known for leak in result.leaks))


def _why_nothing(report: GateReport) -> str:
    if report.about.interrupted:
        return ""
    if not report.problems:
        return ": no script was run"
    return (
        ": leakgate has a bug" if report.exit_code is ExitCode.BUG else f": {plural(len(report.problems), 'problem')}"
    )


def _counts(report: GateReport) -> list[str]:
    """Return how many scripts have each verdict other than ok, worst first; empty if all are ok.

    A suite counts once for each cause, because its tests are judged one by one.
    """
    missed = sum(map(is_missed, report.results))
    counts = [f"{plural(missed, 'planted leak')} not caught"] if missed else []
    found: Counter[Verdict] = Counter()
    for result in report.results:
        if not is_missed(result) and not is_caught(result):
            found[result.verdict] += _causes(result)
    for verdict in WORST_FIRST_VERDICTS:
        if found[verdict]:
            one, many = _ONE_AND_MANY[verdict]
            counts.append(f"{found[verdict]} {one if found[verdict] == 1 else many}")
    return counts


def comparison(report: GateReport) -> str:
    """Return what the run was compared with; empty for ``monitor``, which compares with nothing."""
    words = {
        BaselineState.FOUND: "compared with the baseline",
        BaselineState.MISSING: "no baseline yet",
        BaselineState.OTHER_ENVIRONMENT: "the baseline has no entry for this environment",
        BaselineState.BASE_RUN: "compared with the base run if the baseline has no entry",
        BaselineState.DISABLED: "baseline not used",
    }
    if report.about.baseline_state is BaselineState.DISABLED and not report.about.config_path:
        return ""
    return words[report.about.baseline_state] if report.about.baseline_state is not None else ""
