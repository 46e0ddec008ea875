"""GitLab's code quality report, which a merge request shows beside the changed lines."""

import hashlib
import json
from collections.abc import Iterator
from typing import Any

from leakgate.model.report import GateReport, Leak, TargetResult
from leakgate.model.verdict import Expectation, Verdict
from leakgate.report.anchors import Anchor, leak_anchor, problem_anchor, script_anchor, source_places
from leakgate.report.escape import one_line
from leakgate.report.number_words import rate
from leakgate.report.script_order import blocks_gate
from leakgate.report.script_words import status
from leakgate.report.style import Style


def render(report: GateReport, style: Style) -> str:
    """Return a list of violations; those that fail the gate are ``critical``. The list is empty if there are none."""
    found = [*_problems(report, style.source_root)]
    for result in report.results:
        found += _violations(report, result, style.source_root)
    return json.dumps(found, indent=2) + "\n"


def _problems(report: GateReport, source_root: str) -> Iterator[dict[str, Any]]:
    for problem in report.problems:
        anchor = problem_anchor(report, problem, source_root)
        yield _violation("error", one_line(problem.message), anchor, "critical", f"{anchor.path}{problem.message}")


def _violations(report: GateReport, result: TargetResult, source_root: str) -> Iterator[dict[str, Any]]:
    failing = blocks_gate(report, result)
    if not failing and (result.passed or result.target.expect is Expectation.LEAK):
        return
    places = source_places(report, result, source_root)
    severity = "critical" if failing else "minor"
    name = one_line(result.target.name)
    new = [leak for leak in result.leaks if not leak.known and result.verdict is not Verdict.ERROR]
    for leak in new:
        text = f"{name}: {_leak_text(leak)}"
        yield _violation(
            status(result), text, leak_anchor(report, result, leak, places), severity, f"{name}{leak.signature}"
        )
    if not new:
        text = f"{name}: {one_line(result.reason)}"
        yield _violation(
            status(result), text, script_anchor(report, result, places), severity, f"{name}{result.verdict}"
        )


def _leak_text(leak: Leak) -> str:
    held = f", held by {one_line(leak.holder.path)}" if leak.holder and not leak.holder.weak else ""
    return f"{rate(leak.bytes_per_s)} is not given back{held}"


def _violation(check: str, text: str, anchor: Anchor, severity: str, identity: str) -> dict[str, Any]:
    """Return one violation. ``identity`` stays the same from run to run, so that GitLab recognises old violations."""
    return {
        "description": text,
        "check_name": f"leakgate {check}",
        "fingerprint": hashlib.sha256(identity.encode("utf-8", "backslashreplace")).hexdigest(),
        "severity": severity,
        "location": {"path": anchor.path, "lines": {"begin": anchor.line}},
    }
