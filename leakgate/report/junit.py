"""The report as JUnit XML: one suite, one case for each script, or for each test of a test suite.

It is built with junit-xml, and then made strict where junit-xml is not.

What the consumers need: a suite has a name and correct counts. A case has a time. ``message`` is also the first line
of the text, because GitLab drops one of the two. Names are unique, because GitLab keeps only the first. For the schema
of Jenkins, times have at most three decimals and nothing is ``disabled``. Elements are in Ant's order.
"""

import re
import xml.etree.ElementTree as ET
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Final

from junit_xml import TestCase, TestSuite

from leakgate.model.repeated import JudgedTest, TestAnswer
from leakgate.model.report import GateReport, TargetResult
from leakgate.model.verdict import Verdict
from leakgate.report.answer_words import ANSWER_WORDS
from leakgate.report.escape import one_line, xml_text
from leakgate.report.places import places_of
from leakgate.report.run_words import headline
from leakgate.report.script_order import blocks_gate, noteworthy
from leakgate.report.script_words import status, took_s
from leakgate.report.style import Style
from leakgate.report.terminal import explanation_text
from leakgate.targets.kind import default_name, pinned_file

_SUITE: Final = "leakgate"
_WIDTH: Final = 110
_MESSAGE_LIMIT: Final = 500
_TEXT_LIMIT: Final = 8_000
_ALL_TEXT: Final = 12_000_000
"""The largest number of characters of all cases together: GitLab accepts files of 30 MB."""
MOST_EXPLAINED: Final = 100
"""The largest number of scripts with the whole explanation, the worst first: to draw one takes about 20 ms of processor
time."""
_TIMESTAMP: Final = re.compile(r"\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}")
_NEVER: Final = "1970-01-01T00:00:00"
"""The time of a run without scripts; the strict schemas require a time."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Scope:
    """The parameters of all cases of one document."""

    report: GateReport
    style: Style
    limit: int
    """The largest number of characters of the text of one case."""
    explained: frozenset[str]
    """The scripts whose cases have the whole explanation."""


def render(report: GateReport, style: Style) -> str:
    """Return the XML document. A strict one has no ``file`` and ``line``, which no schema allows."""
    limit = min(_TEXT_LIMIT, _ALL_TEXT // max(1, len(report.results)))
    worst_first = dict.fromkeys(result.target.name for result in (*noteworthy(report), *report.results))
    explained = frozenset(list(worst_first)[:MOST_EXPLAINED])
    scope = _Scope(report=report, style=style, limit=limit, explained=explained)
    names: set[str] = set()
    cases = [case for result in report.results for case in _cases(scope, result, names)]
    suite = TestSuite(
        _SUITE,
        cases or [_nothing(report)],
        id="0",
        package=_SUITE,
        hostname="localhost",
        timestamp=_timestamp(report),
        properties=_properties(report),
    ).build_xml_doc()
    _make_strict(suite, report)
    root = ET.Element("testsuites")
    if not style.strict:
        for key in ("tests", "failures", "errors", "time"):
            root.set(key, suite.get(key, ""))
    root.append(suite)
    ET.indent(root)
    return f'<?xml version="1.0" encoding="utf-8"?>\n{ET.tostring(root, encoding="unicode")}\n'


def render_strict(report: GateReport, style: Style) -> str:
    """Return the same document without what the strict schemas do not allow."""
    return render(report, replace(style, strict=True))


def _cases(scope: _Scope, result: TargetResult, names: set[str]) -> Iterator[TestCase]:
    """Yield a case for a script. For a test suite, yield one per test, and one for an error of the suite itself."""
    failed = any(test.answer is TestAnswer.FAILED for test in result.tests)
    if not result.tests or (result.verdict is Verdict.ERROR and not failed):
        yield _case(scope, result, _unique(result.target.name, names))
    explained: set[str] = set()
    for test in result.tests:
        name = _unique(test.id, names)
        yield _test_case(scope, result, test, name, explained)


def _test_case(scope: _Scope, result: TargetResult, test: JudgedTest, name: str, explained: set[str]) -> TestCase:
    """Return the case of one test. The first test that shows a leak has the whole explanation; the others do not."""
    report, style, limit = scope.report, scope.style, scope.limit
    places = places_of(report, result, style.source_root)
    file = one_line(places.relative(test.file)) if test.file else ""
    case = TestCase(
        name,
        classname=f"{_SUITE}.{_slug(result.target.name)}",
        elapsed_sec=test.seconds,
        file=None if style.strict or not file else file,
        line=None if style.strict or not file else test.line,
    )
    word = ANSWER_WORDS[test.answer]
    message = one_line(f"{word}: {test.message}", _MESSAGE_LIMIT)
    kind = f"leakgate.{_slug(word)}"
    parts = [message]
    if test.leaks and explained.isdisjoint(test.leaks):
        parts.append(_explained(scope, result))
    explained.update(test.leaks)
    text = xml_text("\n\n".join(filter(None, parts)), limit)
    match test.answer:
        case TestAnswer.FAILED:
            case.add_error_info(message, text, kind)
        case TestAnswer.LEAK | TestAnswer.OVER_BUDGET | TestAnswer.REGRESSION if blocks_gate(report, result):
            case.add_failure_info(message, text, kind)
        case TestAnswer.OK | TestAnswer.KNOWN:
            if not style.strict:  # what an `ok` excludes
                case.stdout = text
        case _:
            case.add_skipped_info(message, text)
    return case


def _case(scope: _Scope, result: TargetResult, name: str) -> TestCase:
    """Return the case of a script: failed if it fails the gate, error if not judged, skipped if it did not pass."""
    report, style = scope.report, scope.style
    file, line = _source(report, result, style.source_root)
    case = TestCase(
        name,
        classname=f"{_SUITE}.{_slug(default_name(result.target.entry))}",
        elapsed_sec=max(0.0, took_s(result)),
        file=None if style.strict else file,
        line=None if style.strict else line,
    )
    message = one_line(f"{status(result)}: {result.reason}", _MESSAGE_LIMIT)
    text = xml_text("\n\n".join(filter(None, (message, one_line(result.hint), _explained(scope, result)))), scope.limit)
    kind = f"leakgate.{_slug(status(result))}"
    if result.verdict is Verdict.ERROR:
        case.add_error_info(message, text, kind)
    elif blocks_gate(report, result):
        case.add_failure_info(message, text, kind)
    elif not result.passed:
        case.add_skipped_info(message, text)
    elif (result.verdict is not Verdict.OK or result.measurement.trial.work is not None) and not style.strict:
        case.stdout = text
    return case


def _nothing(report: GateReport) -> TestCase:
    """Return a case for a run without scripts: a suite without cases would look like a pass."""
    case = TestCase(_SUITE, classname=_SUITE)
    case.add_error_info(headline(report), xml_text(_about_the_run(report), _TEXT_LIMIT), f"{_SUITE}.error")
    return case


def _about_the_run(report: GateReport) -> str:
    return "\n".join((headline(report), *map(one_line, report.remarks)))


def _explained(scope: _Scope, result: TargetResult) -> str:
    relevant = result.verdict is not Verdict.OK or result.measurement.trial.work is not None
    shown = relevant and result.target.name in scope.explained
    return explanation_text(scope.report, result, _WIDTH) if shown else ""


def _source(report: GateReport, result: TargetResult, source_root: str) -> tuple[str, int]:
    """Return the line to annotate: the first leak's line that is in the project, otherwise the script's first line."""
    places = places_of(report, result, source_root)
    for leak in result.leaks:
        frame = leak.place
        if frame.own and frame.line > 0 and places.relative(frame.file):
            return one_line(places.relative(frame.file)), frame.line
    file, origin = pinned_file(result.target), result.target.origin
    if file is not None or origin is None:
        return one_line(places.path(str(file or ""))), 1
    return one_line(places.path(origin.path)), max(1, origin.line)


def _unique(name: str, taken: set[str]) -> str:
    """Return a name that no other case has; two names may be equal after cleaning."""
    base = " ".join(one_line(name).split()) or "(unnamed)"
    unique, number = base, 2
    while unique in taken:
        unique, number = f"{base} ({number})", number + 1
    taken.add(unique)
    return unique


def _slug(text: str) -> str:
    return re.sub(r"[^A-Za-z0-9_]+", "_", text).strip("_")[:80] or "script"


def _timestamp(report: GateReport) -> str:
    """Return when the first script was started, without a time zone."""
    starts = (_TIMESTAMP.match(result.measurement.started_at) for result in report.results)
    return min((start.group() for start in starts if start), default=_NEVER)


def _properties(report: GateReport) -> dict[str, str]:
    environment = report.results[0].measurement.environment if report.results else None
    known = {
        "verdict": report.verdict.value,
        "exit_code": str(int(report.exit_code)),
        "summary": headline(report),
        "environment": environment.key if environment else "",
        "leakgate": environment.leakgate if environment else "",
        "command": report.about.command,
        "shard": str(report.about.shard or ""),
    }
    return {key: one_line(value) for key, value in known.items() if value}


def _make_strict(suite: ET.Element, report: GateReport) -> None:
    """Add what junit-xml does not do: element order, times with three decimals, no ``disabled``, both outputs."""
    del suite.attrib["disabled"]
    seconds = [max(0.0, took_s(result)) for result in report.results] or [0.0]
    suite.set("time", f"{sum(seconds):.3f}")
    for case in suite.iter("testcase"):
        case.set("time", f"{float(case.attrib.pop('time', '0')):.3f}")
    for tag, text in (("system-out", _about_the_run(report)), ("system-err", "")):
        ET.SubElement(suite, tag).text = xml_text(text)
