"""The questions of `leakgate baseline update --review`: the user accepts or rejects each category or each change."""

from collections.abc import Callable, Iterable

from leakgate.baseline.changes import Category, Change
from leakgate.report.escape import one_line

Ask = Callable[[str], str]
"""Shows a question and returns the answer."""

MEANING = {
    Category.NEW: "the baseline does not have them yet",
    Category.WORSE: "the gate passes with them from then on",
    Category.BETTER: "the gate becomes stricter, or passes as before",
    Category.GONE: "they are removed from the baseline",
}
ANSWERS = "[y]es, [n]o, [e]ach, [q]uit"


class QuitError(Exception):
    """The user left the review."""


def shown(change: Change) -> str:
    """Return one change as a line."""
    return f"{one_line(change.environment)} {one_line(change.script)}: {one_line(change.text, 600)}"


def reviewed(found: Iterable[Change], ask: Ask, show: Callable[[str], None]) -> tuple[Change, ...]:
    """Return the changes that the user accepts. Raises QuitError if the user quits; then nothing is written."""
    rest = tuple(found)
    accepted: list[Change] = []
    for category in Category:
        chosen = [change for change in rest if change.category is category]
        if not chosen:
            continue
        show(f"{category.value}: {MEANING[category]}\n")
        for change in chosen:
            show(f"  {shown(change)}\n")
        match _answer(f"accept {_count(len(chosen))} ({category.value})? {ANSWERS}", "yneq", ask):
            case "y":
                accepted += chosen
            case "e":
                accepted += [change for change in chosen if _is_accepted(change, ask)]
    return tuple(accepted)


def _is_accepted(change: Change, ask: Ask) -> bool:
    return _answer(f"  {shown(change)}: accept? [y]es, [n]o, [q]uit", "ynq", ask) == "y"


def _answer(question: str, letters: str, ask: Ask) -> str:
    while True:
        answer = ask(question).strip().lower()[:1]
        if answer == "q":
            raise QuitError
        if answer and answer in letters:
            return answer


def _count(number: int) -> str:
    return "this change" if number == 1 else f"these {number} changes"
