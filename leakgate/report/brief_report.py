"""The report as a few lines of JSON for programs that must save space, such as coding agents.

It has the verdict, what to look at first and the next commands, but no series and no tracebacks. ``results.json`` has
everything.
"""

import json
from typing import Any, Final

from leakgate.model.explanation import Frame
from leakgate.model.report import GateReport, Leak, TargetResult
from leakgate.report.escape import one_line
from leakgate.report.leak_words import main_leaks
from leakgate.report.next_commands import accept_command, reproduce_command
from leakgate.report.places import Places, places_of
from leakgate.report.run_words import headline
from leakgate.report.script_order import noteworthy
from leakgate.report.script_words import status
from leakgate.report.style import Style

SCHEMA: Final = "leakgate.brief/1"
MOST_SCRIPTS: Final = 20
MOST_LEAKS: Final = 3


def render(report: GateReport, style: Style) -> str:
    """Return the report with at most 20 scripts, failing ones first, and at most three leaks per script."""
    shown = noteworthy(report)[:MOST_SCRIPTS]
    names = {result.target.name for result in shown}
    value = {
        "schema": SCHEMA,
        "verdict": report.verdict.value,
        "exit_code": int(report.exit_code),
        "headline": headline(report),
        "problems": [str(problem) for problem in report.problems],
        "notes": [one_line(note) for note in report.about.notes],
        "scripts": [_script(report, result, style.source_root) for result in shown],
        "healthy": sum(result.passed for result in report.results if result.target.name not in names),
        "left_out": max(0, len(noteworthy(report)) - MOST_SCRIPTS),
    }
    return json.dumps(value, indent=1) + "\n"


def _script(report: GateReport, result: TargetResult, source_root: str) -> dict[str, Any]:
    places = places_of(report, result, source_root)
    leaks, _ = main_leaks(result, MOST_LEAKS)
    found = {
        "name": one_line(result.target.name),
        "verdict": status(result),
        "kind": result.kind.value,
        "reason": one_line(result.reason),
        "hint": one_line(result.hint),
        "leaks": [_leak(leak, places) for leak in leaks],
        "measure_again": reproduce_command(report, result, source_root),
        "accept": accept_command(report, result, source_root),
    }
    return {key: value for key, value in found.items() if value}


def _leak(leak: Leak, places: Places) -> dict[str, Any]:
    found: dict[str, Any] = {
        "signature": leak.signature,
        "bytes_per_s": round(leak.bytes_per_s),
        "known": leak.known,
        "inserted_at": _place(leak.inserted_at, places) if leak.inserted_at else "",
        "allocated_at": _place(leak.site.blamed, places),
        "held_by": one_line(leak.holder.path) if leak.holder and not leak.holder.weak else "",
        "advice": one_line(leak.advice),
    }
    return {key: value for key, value in found.items() if value or key == "known"}


def _place(frame: Frame, places: Places) -> str:
    return one_line(f"{places.path(frame.file)}:{frame.line} in {frame.function}")
