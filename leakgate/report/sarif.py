"""The report as SARIF 2.1.0, for code scanning: one result per leak, budget or regression, at a line of the repository.

A script that could not be judged is not a defect of the code; it is a notification of the invocation. The number of
results is bounded to what GitHub shows. Paths outside the repository never get into a location.
"""

import json
import re
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import PurePath
from typing import Any, Final
from urllib.parse import quote

from leakgate import __version__
from leakgate.model.explanation import Frame
from leakgate.model.report import Finding, GateReport, Leak, TargetResult
from leakgate.model.verdict import ExitCode, Expectation, Verdict
from leakgate.report.anchors import Anchor, config_anchor, inside, leak_anchor, script_anchor, source_places
from leakgate.report.escape import one_line, plain, sarif_text
from leakgate.report.leak_words import allocated_at, certainty, holder_growth, leak_rate
from leakgate.report.number_words import plural, share
from leakgate.report.places import Places, config_in_repository
from leakgate.report.run_words import headline
from leakgate.report.sarif_rules import LEAK_RULES, RULES, RuleId
from leakgate.report.script_order import blocks_gate, urgency
from leakgate.report.style import Style

MOST_RESULTS: Final = 5_000
"""GitHub accepts 25,000 results and shows this many."""
_MOST_FRAMES: Final = 60
_MOST_RELATED: Final = 20
_MOST_NAMES: Final = 5
_SCHEMA: Final = "https://json.schemastore.org/sarif-2.1.0.json"
_ROOT: Final = "%SRCROOT%"
_UTC: Final = re.compile(r"\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}Z")
_RULE_INDEX: Final = {rule: index for index, rule in enumerate(RULES)}
_BY_VERDICT: Final = {Verdict.OVER_BUDGET: RuleId.OVER_BUDGET, Verdict.REGRESSION: RuleId.REGRESSION}

Json = dict[str, Any]


@dataclass(frozen=True, slots=True)
class _Alert:
    """One result before it is written: its rule, identity and rank."""

    rule: RuleId
    fingerprint: str
    script: str
    rank: tuple[bool, int, float]
    body: Json


def render(report: GateReport, style: Style) -> str:
    """Return the SARIF log as JSON."""
    alerts: dict[tuple[RuleId, str], list[_Alert]] = {}
    for alert in sorted(_alerts(report, style.source_root), key=lambda alert: alert.rank):
        alerts.setdefault((alert.rule, alert.fingerprint), []).append(alert)
    results = [_result(*same) for same in alerts.values()]
    run = {
        "tool": {"driver": _driver()},
        "automationDetails": {"id": _category(report, style.source_root)},
        "invocations": [_invocation(report, left_out=max(0, len(results) - MOST_RESULTS))],
        "originalUriBaseIds": {_ROOT: {"description": {"text": "The root of the repository."}}},
        "columnKind": "unicodeCodePoints",
        "results": results[:MOST_RESULTS],
    }
    return json.dumps({"$schema": _SCHEMA, "version": "2.1.0", "runs": [run]}, indent=1, allow_nan=False) + "\n"


def _result(first: _Alert, *others: _Alert) -> Json:
    """Return one alert for several scripts with the same leak: code scanning would show the shared line once anyway."""
    names = list(dict.fromkeys(alert.script for alert in others if alert.script != first.script))
    if not names:
        return first.body
    more = f" and {len(names) - _MOST_NAMES} more" if len(names) > _MOST_NAMES else ""
    text = f"{first.body['message']['text']} Also in {', '.join(map(sarif_text, names[:_MOST_NAMES]))}{more}."
    return {**first.body, "message": {"text": text}}


def _driver() -> Json:
    return {
        "name": "leakgate",
        "semanticVersion": __version__,
        "rules": [
            {
                "id": rule,
                "name": words.name,
                "shortDescription": {"text": words.short},
                "fullDescription": {"text": words.full},
                "help": {"text": words.help, "markdown": words.help},
                "defaultConfiguration": {"level": "error"},
                "properties": {"tags": ["memory", "reliability"]},
            }
            for rule, words in RULES.items()
        ],
    }


def _category(report: GateReport, source_root: str) -> str:
    """Return a category for each config (and shard) of a repository, so that uploads do not replace one another."""
    typed = report.about.config_path
    name = PurePath(config_in_repository(report) or Places((source_root.rstrip("/\\"),)).relative(typed) or typed)
    path = name.name if name.is_absolute() or ".." in name.parts else name.as_posix()
    shard = f"shard-{report.about.shard.index}-of-{report.about.shard.count}" if report.about.shard else ""
    return "".join(f"{_quoted(part)}/" for part in ("leakgate", path, shard) if part and part != ".")


def _invocation(report: GateReport, *, left_out: int) -> Json:
    notes = [
        _notification(result, "error" if result.verdict is Verdict.ERROR else "warning")
        for result in report.results
        if result.verdict in (Verdict.ERROR, Verdict.INCONCLUSIVE) and result.target.expect is Expectation.OK
    ]
    if left_out:
        text = f"{plural(left_out, 'less severe result')} left out; results.json has them all."
        notes.append({"level": "note", "message": {"text": text}})
    starts = [
        result.measurement.started_at for result in report.results if _UTC.fullmatch(result.measurement.started_at)
    ]
    started = {"startTimeUtc": min(starts)} if starts else {}
    return {
        "executionSuccessful": report.exit_code in (ExitCode.PASS, ExitCode.FAIL),
        "exitCode": int(report.exit_code),
        "exitCodeDescription": headline(report),
        **started,
        "toolExecutionNotifications": notes[:MOST_RESULTS],
    }


def _notification(result: TargetResult, level: str) -> Json:
    hint = f" Hint: {sarif_text(result.hint)}" if result.hint else ""
    text = f"{sarif_text(result.target.name)} is {result.verdict}: {sarif_text(result.reason)}{hint}"
    return {"level": level, "message": {"text": text}}


def _alerts(report: GateReport, source_root: str) -> Iterable[_Alert]:
    for result in report.results:
        places = source_places(report, result, source_root)
        if result.target.expect is Expectation.LEAK:
            if not result.passed:
                yield _plain_alert(
                    report, result, RuleId.CANARY_MISSED, result.reason, script_anchor(report, result, places)
                )
            continue
        for leak in result.leaks:
            yield _leak_alert(report, result, leak, places)
        for finding in result.findings:
            yield from _finding_alerts(report, result, finding, places)


def _finding_alerts(report: GateReport, result: TargetResult, finding: Finding, places: Places) -> Iterable[_Alert]:
    """Yield a budget at its line of the config, other findings at the script; a leak only if it has no line."""
    rule = _BY_VERDICT.get(finding.verdict)
    if finding.verdict is Verdict.LEAK and not result.leaks:
        rule = LEAK_RULES[result.kind]
    if rule is None:
        return
    anchor = config_anchor(report, finding.where, places) if finding.where else script_anchor(report, result, places)
    yield _plain_alert(report, result, rule, finding.message, anchor, f":{finding.rule}:{finding.metric or ''}")


def _plain_alert(
    report: GateReport, result: TargetResult, rule: RuleId, message: str, anchor: Anchor, detail: str = ""
) -> _Alert:
    text = f"{sarif_text(result.target.name)}: {sarif_text(message)}."
    hint = f" Hint: {sarif_text(result.hint)}" if result.hint else ""
    fingerprint = one_line(f"{rule}:{result.target.name}{detail}")
    body = _body(rule, _level(report, result), f"{text}{hint}", _location(anchor), fingerprint)
    return _Alert(rule, fingerprint, result.target.name, _rank(report, result, 0.0), body)


def _leak_alert(report: GateReport, result: TargetResult, leak: Leak, places: Places) -> _Alert:
    rule = LEAK_RULES[leak.site.kind]
    level = "note" if leak.known else _level(report, result)
    fingerprint = one_line(leak.signature)
    body = _body(
        rule, level, _leak_text(result, leak, places), _location(leak_anchor(report, result, leak, places)), fingerprint
    )
    body["stacks"] = [_stack(leak, places)]
    if related := list(_related(leak, places)):
        body["relatedLocations"] = related
    if leak.known:
        reason = sarif_text(leak.suppressed_by) or "Recorded in the baseline."
        body["suppressions"] = [{"kind": "external", "status": "accepted", "justification": reason}]
    return _Alert(rule, fingerprint, result.target.name, _rank(report, result, leak.bytes_per_s), body)


def _body(rule: RuleId, level: str, text: str, location: Json, fingerprint: str) -> Json:
    return {
        "ruleId": rule,
        "ruleIndex": _RULE_INDEX[rule],
        "level": level,
        "message": {"text": text},
        "locations": [location],
        "partialFingerprints": {"leakgateSignature/v1": fingerprint},
    }


def _level(report: GateReport, result: TargetResult) -> str:
    return "error" if blocks_gate(report, result) else "warning"


def _rank(report: GateReport, result: TargetResult, bytes_per_s: float) -> tuple[bool, int, float]:
    """Return the sort key: failing scripts first, then the most severe verdict, then the fastest growth."""
    return (not blocks_gate(report, result), urgency(result)[0], -bytes_per_s)


def _leak_text(result: TargetResult, leak: Leak, places: Places) -> str:
    site = leak.site
    where = f" in {sarif_text(leak.place.function)}" if leak.place.function else ""
    sure = f" ({certainty(site)} sure of the line)" if certainty(site) else ""
    line = sarif_text(places.line(leak.place))
    parts = [f"{sarif_text(result.target.name)} leaks {leak_rate(leak)} at {line}{where}."]
    parts.append(f"That is {share(leak.share)} of the explained growth{sure}.")
    parts += [f"Allocated at {sarif_text(text)}." for text in allocated_at(leak, places)[:_MOST_RELATED]]
    if leak.holder and not leak.holder.weak:
        parts.append(
            f"Held by {sarif_text(leak.holder.path)}: {sarif_text(holder_growth(leak.holder, timed=not leak.tests))}."
        )
        if leak.holder.writer and leak.holder.writer != leak.place:
            parts.append(f"Inserted by {sarif_text(places.line(leak.holder.writer))}.")
    if leak.advice:
        parts.append(f"Advice: {sarif_text(leak.advice)}")
    return " ".join(parts)


def _stack(leak: Leak, places: Places) -> Json:
    frames = [{"location": _frame_location(frame, places)} for frame in leak.site.frames[:_MOST_FRAMES]]
    return {"message": {"text": "Where the memory is allocated, innermost call first."}, "frames": frames}


def _frame_location(frame: Frame, places: Places) -> Json:
    """Return a line of the repository, or only the name of a line elsewhere."""
    path = inside(places, frame.file)
    text = sarif_text(f"{places.line(frame)} in {frame.function}" if frame.function else places.line(frame))
    if not frame.own or not path or frame.line < 1:
        return {
            "message": {"text": text},
            "logicalLocations": [{"fullyQualifiedName": one_line(frame.function) or text}],
        }
    return {"message": {"text": text}, **_location(Anchor(path, frame.line))}


def _related(leak: Leak, places: Places) -> Iterable[Json]:
    """Yield the lines that fill the container and allocate, and their callers in the repository, each once."""
    labels: dict[Frame, str] = {}
    if leak.holder and leak.holder.writer:
        labels[leak.holder.writer] = "entries are inserted here"
    for part in leak.parts:
        labels.setdefault(part.site.blamed, "allocated here")
    for frame in leak.site.frames:
        labels.setdefault(frame, "called from here")
    labels.pop(leak.place, None)
    shown = [one for one in labels.items() if one[0].own and one[0].line > 0 and inside(places, one[0].file)]
    for number, (frame, label) in enumerate(shown[:_MOST_RELATED], start=1):
        anchor = Anchor(inside(places, frame.file), frame.line)
        yield {"id": number, "message": {"text": label}, **_location(anchor)}


def _location(anchor: Anchor) -> Json:
    return {
        "physicalLocation": {
            "artifactLocation": {"uri": _quoted(anchor.path), "uriBaseId": _ROOT},
            "region": {"startLine": anchor.line},
        }
    }


def _quoted(path: str) -> str:
    return quote(plain(path), safe="/")
