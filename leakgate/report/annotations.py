"""The report as annotations of a GitHub Actions step: workflow commands that put messages beside lines of the code."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

from leakgate.model.report import Finding, GateReport, Leak, TargetResult
from leakgate.model.verdict import SEVERITY, Expectation, Verdict
from leakgate.report.anchors import Anchor, config_anchor, leak_anchor, problem_anchor, script_anchor, source_places
from leakgate.report.escape import one_line, workflow_data, workflow_property
from leakgate.report.places import Places
from leakgate.report.words import allocated_at, blocks_gate, container, leak_rate, plural, share

MOST_OF_A_LEVEL: Final = 10
"""GitHub shows ten errors and ten warnings of a step, and drops the rest without a word."""
_LONGEST_TEXT: Final = 1_200
"""GitHub takes 4,096 characters of one annotation, and every one of these may become three."""

_MOST_NAMES: Final = 3


@dataclass(frozen=True, slots=True)
class _Note:
    """One annotation before it is written."""

    level: str
    anchor: Anchor
    subject: str
    """What it is about: scripts that share a leaking line share the annotation."""
    verdict: Verdict
    script: str
    bytes_per_s: float
    text: str


def annotations(report: GateReport, root: str) -> tuple[str, ...]:
    """One command a line, the worst first, within GitHub's caps; the last says how many more there are.

    ``root`` is the absolute path of the repository; empty: the config's folder. What fails the gate is an error, what
    only should be seen a warning; a leak that is known has no annotation.
    """
    together: dict[tuple[str, Anchor, str], list[_Note]] = {}
    for note in sorted(_notes(report, root), key=lambda note: (-SEVERITY.index(note.verdict), -note.bytes_per_s)):
        together.setdefault((note.level, note.anchor, note.subject), []).append(note)
    commands: list[str] = []
    for level in ("error", "warning"):
        commands += [_command(notes) for key, notes in together.items() if key[0] == level][:MOST_OF_A_LEVEL]
    left_out = len(together) - len(commands)
    if left_out:
        # A notice, which has a cap of its own: it takes no room from the errors and warnings.
        commands.append(f"::notice title=leakgate::{plural(left_out, 'more result')}; the job summary lists them all")
    return tuple(commands)


def _notes(report: GateReport, root: str) -> Iterable[_Note]:
    for problem in report.problems:
        anchor = problem_anchor(report, problem, root)
        text = "\n".join(one_line(sentence) for sentence in (problem.message, problem.hint) if sentence)
        yield _Note("error", anchor, problem.message, Verdict.ERROR, "nothing was measured", 0.0, text)
    for result in report.results:
        failing = blocks_gate(report, result)
        if not failing and (result.passed or result.target.expect is Expectation.LEAK):
            continue
        level = "error" if failing else "warning"
        places = source_places(report, result, root)
        verdict, name = result.verdict, result.target.name
        new = [leak for leak in result.leaks if not leak.known]
        for leak in new:
            anchor = leak_anchor(report, result, leak, places)
            yield _Note(level, anchor, leak.signature, verdict, name, leak.bytes_per_s, _leak_text(leak, places))
        if not new:
            finding = next((one for one in result.findings if one.verdict is verdict), None)
            where = finding.where if finding else None
            anchor = config_anchor(report, where, places) if where else script_anchor(report, result, places)
            yield _Note(level, anchor, name, verdict, name, 0.0, _text(result, finding))


def _leak_text(leak: Leak, places: Places) -> str:
    what = "is inserted here" if leak.inserted_at else "is allocated here"
    lines = [f"{leak_rate(leak)}, {share(leak.share)} of the explained growth, {what} and not given back."]
    lines += [f"Allocated at {one_line(text)}." for text in allocated_at(leak, places)[:_MOST_NAMES]]
    if leak.holder and not leak.holder.weak:
        lines.append(f"Held by {one_line(leak.holder.path)} ({container(leak.holder)}).")
    if leak.advice:
        lines.append(one_line(leak.advice))
    return "\n".join(lines)


def _text(result: TargetResult, finding: Finding | None) -> str:
    said = (finding.message, finding.hint or result.hint) if finding else (result.reason, result.hint)
    return "\n".join(one_line(sentence) for sentence in said if sentence)


def _command(notes: list[_Note]) -> str:
    first = notes[0]
    names = list(dict.fromkeys(one_line(note.script, 60) for note in notes))
    more = f" and {len(names) - _MOST_NAMES} more" if len(names) > _MOST_NAMES else ""
    title = workflow_property(f"leakgate {first.verdict}: {', '.join(names[:_MOST_NAMES])}{more}")
    place = f"file={workflow_property(first.anchor.path)},line={first.anchor.line}"
    return f"::{first.level} {place},title={title}::{workflow_data(first.text, _LONGEST_TEXT)}"
