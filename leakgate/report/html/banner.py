"""The top of the page: the verdict of the gate, and every leak with its place, holder, change and next step."""

from collections.abc import Iterable
from typing import Final

from leakgate.model.evidence import TrialFailed
from leakgate.model.report import GateReport, Leak, TargetResult
from leakgate.model.verdict import Expectation, GateVerdict, Verdict
from leakgate.report.change_words import leak_change
from leakgate.report.html.labels import GATE_MARKS, status_badge, tone
from leakgate.report.html.markup import LONGEST_NAME, NOTHING, Html, line, sentence, tag
from leakgate.report.leak_words import container, held_word, leak_rate, main_leaks
from leakgate.report.next_commands import accept_command
from leakgate.report.number_words import plural
from leakgate.report.places import Places, places_of
from leakgate.report.run_words import headline
from leakgate.report.script_order import blocks_gate

_GATE: Final[dict[GateVerdict, str]] = {
    GateVerdict.PASS: "The gate passes",
    GateVerdict.FAIL: "The gate fails",
    GateVerdict.ERROR: "The gate could not judge everything",
}
_SHOWN_SCRIPTS: Final = 10
_SHOWN_LEAKS: Final = 5
"""The largest number of leaks of one script; a script with more has them in its own part of the page."""


def banner(report: GateReport, ranked: tuple[TargetResult, ...]) -> Html:
    """Return the verdict of the run, and below it each script of ``ranked`` that fails or leaks, worst first."""
    mark = tag("span", f"{GATE_MARKS[report.verdict]} ", aria_hidden="true")
    title = headline(report)
    found = [(number, result) for number, result in enumerate(ranked, start=1) if _is_noteworthy(report, result)]
    rest = len(found) - _SHOWN_SCRIPTS
    items = [_script(report, result, number) for number, result in found[:_SHOWN_SCRIPTS]]
    more = tag("a", f"and {plural(rest, 'more script')}, in the table", href="#scripts") if rest > 0 else NOTHING
    return tag(
        "section",
        tag("p", mark, _GATE[report.verdict], class_="gate"),
        tag("h1", f"{title[:1].upper()}{title[1:]}", id="verdict"),
        tag("ol", *items, class_="found") if items else NOTHING,
        tag("p", more) if rest > 0 else NOTHING,
        class_=f"verdict v-{report.verdict}",
        aria_labelledby="verdict",
    )


def _is_noteworthy(report: GateReport, result: TargetResult) -> bool:
    """Whether a script fails the gate or is not ``ok``; a planted leak that was caught does not count."""
    if result.target.expect is Expectation.LEAK and result.passed:
        return False
    return blocks_gate(report, result) or result.verdict is not Verdict.OK


def _script(report: GateReport, result: TargetResult, number: int) -> Html:
    places = places_of(report, result)
    shown, rest = main_leaks(result, _SHOWN_LEAKS)
    name = tag("a", line(result.target.name, LONGEST_NAME), href=f"#script-{number}")
    paragraphs = [] if shown and result.verdict is not Verdict.OVER_BUDGET else [tag("p", line(result.reason))]
    trial = result.measurement.trial
    if isinstance(trial, TrialFailed) and (tail := trial.stderr_tail.strip()):
        paragraphs.append(tag("p", tag("code", line(tail.splitlines()[-1]))))
    return tag(
        "li",
        tag("p", status_badge(result), name, class_="who"),
        *paragraphs,
        *(_leak(result, leak, places) for leak in shown),
        *([tag("p", rest, class_="soft")] if rest else []),
        *_next(report, result),
        class_=f"v-{tone(result)}",
    )


def _next(report: GateReport, result: TargetResult) -> Iterable[Html]:
    """Yield the next step: the advice on the largest leak that has one, or the hint; and the command to accept it."""
    step = next((leak.advice for leak in result.leaks if leak.advice), "") or result.hint
    accept = accept_command(report, result) if blocks_gate(report, result) else ""
    if not step and not accept:
        return
    words = " Or accept it: " if step else "Fix it, or accept it: "
    also: list[Html | str] = [words, tag("code", accept)] if accept else []
    yield tag("p", tag("b", "Next: "), sentence(_ended(step)), *also, class_="next")


def _ended(step: str) -> str:
    return f"{step}." if step and step[-1] not in ".!?`" else step


def _leak(result: TargetResult, leak: Leak, places: Places) -> Html:
    change = "suppressed" if leak.suppressed_by else leak_change(result, leak) or ("known" if leak.known else "")
    function = f" in {leak.place.function}" if leak.place.function else ""
    return tag(
        "p",
        tag("strong", leak_rate(leak), class_="figures"),
        tag("span", " at ", tag("code", places.line(leak.place)), function),
        *_held(leak),
        *([tag("span", f" ({change})", class_="soft")] if change else []),
        class_="one",
    )


def _held(leak: Leak) -> Iterable[Html]:
    if leak.holder is None:
        return
    entries = f" of {leak.holder.entry_type}" if leak.holder.entry_type else ""
    yield tag(
        "span",
        f", {held_word(leak.holder)} ",
        tag("code", line(leak.holder.path, LONGEST_NAME)),
        line(f", {container(leak.holder)}{entries}"),
    )
