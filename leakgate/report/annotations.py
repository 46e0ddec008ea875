"""The report as annotations of a GitHub Actions step: workflow commands that attach messages to lines of code."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

from leakgate.model.report import Finding, GateReport, Leak, TargetResult
from leakgate.model.verdict import Expectation, Verdict
from leakgate.report.anchors import Anchor, config_anchor, leak_anchor, problem_anchor, script_anchor, source_places
from leakgate.report.escape import one_line, workflow_data, workflow_property
from leakgate.report.leak_words import LEAST_SHARE, allocated_at, container, leak_rate
from leakgate.report.number_words import plural, share
from leakgate.report.places import Places
from leakgate.report.script_order import blocks_gate, urgency
from leakgate.report.script_words import status

MOST_OF_A_LEVEL: Final = 10
"""GitHub shows ten errors, ten warnings and ten notices per step, and drops the rest without a message."""
_LEVELS: Final = {"error": MOST_OF_A_LEVEL, "warning": MOST_OF_A_LEVEL, "notice": MOST_OF_A_LEVEL - 4}
"""The step writes other notices too, such as the one that says how many annotations were left out."""
_LONGEST_TEXT: Final = 1_200
"""GitHub accepts 4,096 characters per annotation, and escaping may turn one character into three."""

_MOST_NAMES: Final = 3


@dataclass(frozen=True, slots=True)
class _Note:
    """One annotation before it is written."""

    level: str
    anchor: Anchor
    subject: str
    """The leak, script or problem. Scripts that share a leaking line share the annotation."""
    status: str
    """The verdict in words; for a planted leak that was missed ``not caught``."""
    script: str
    rank: tuple[int, float]
    """Sort key, the worst first."""
    text: str


def annotations(report: GateReport, root: str) -> tuple[str, ...]:
    """Return one command per line, the worst first, within GitHub's limits; the last line counts those left out.

    ``root`` is the absolute path of the repository; empty: the config's folder. A result that fails the gate is an
    error, another result to look at is a warning, and a place with less than 5 % of the growth is a notice. A known
    leak has no annotation unless it became faster than the baseline accepts.
    """
    together: dict[tuple[str, Anchor, str], list[_Note]] = {}
    for note in sorted(_notes(report, root), key=lambda note: note.rank):
        together.setdefault((note.level, note.anchor, note.subject), []).append(note)
    commands: list[str] = []
    for level, most in _LEVELS.items():
        commands += [_command(notes) for key, notes in together.items() if key[0] == level][:most]
    left_out = len(together) - len(commands)
    if left_out:
        # A notice: it takes no room from the errors and warnings, which have limits of their own.
        commands.append(f"::notice title=leakgate::{plural(left_out, 'more result')}; the job summary lists them all")
    return tuple(commands)


def _notes(report: GateReport, root: str) -> Iterable[_Note]:
    for problem in report.problems:
        anchor = problem_anchor(report, problem, root)
        text = "\n".join(one_line(sentence) for sentence in (problem.message, problem.hint) if sentence)
        yield _Note("error", anchor, problem.message, Verdict.ERROR.value, "nothing was measured", (0, 0.0), text)
    for result in report.results:
        failing = blocks_gate(report, result)
        if failing or not (result.passed or result.target.expect is Expectation.LEAK):
            yield from _notes_on(report, result, root, "error" if failing else "warning")


def _notes_on(report: GateReport, result: TargetResult, root: str, level: str) -> Iterable[_Note]:
    """Yield a note for each leak to look at, or one for the script. The largest leak always has ``level``."""
    places = source_places(report, result, root)
    name, rank = result.target.name, urgency(result)
    leaks = [leak for leak in result.leaks if not leak.known] or _worse(result)
    for at, leak in enumerate(leaks):
        small = at > 0 and leak.share < LEAST_SHARE
        anchor = leak_anchor(report, result, leak, places)
        place_rank = (rank[0], -leak.bytes_per_s)
        text = _leak_text(leak, places)
        yield _Note("notice" if small else level, anchor, leak.signature, status(result), name, place_rank, text)
    if not leaks:
        finding = next((one for one in result.findings if one.verdict is result.verdict), None)
        where = finding.where if finding else None
        anchor = config_anchor(report, where, places) if where else script_anchor(report, result, places)
        yield _Note(level, anchor, name, status(result), name, rank, _text(result, finding))


def _worse(result: TargetResult) -> list[Leak]:
    """Return the leaks of a regression: the baseline knows them, and they grow faster than it accepts."""
    grew = any(one.verdict is Verdict.REGRESSION and one.rule == "growth" for one in result.findings)
    return [leak for leak in result.leaks if not leak.suppressed_by] if grew else []


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
    sentences = (finding.message, finding.hint or result.hint) if finding else (result.reason, result.hint)
    return "\n".join(one_line(sentence) for sentence in sentences if sentence)


def _command(notes: list[_Note]) -> str:
    first = notes[0]
    names = list(dict.fromkeys(one_line(note.script, 60) for note in notes))
    more = f" and {len(names) - _MOST_NAMES} more" if len(names) > _MOST_NAMES else ""
    title = workflow_property(f"leakgate {first.status}: {', '.join(names[:_MOST_NAMES])}{more}")
    place = f"file={workflow_property(first.anchor.path)},line={first.anchor.line}"
    return f"::{first.level} {place},title={title}::{workflow_data(first.text, _LONGEST_TEXT)}"
