"""The tests of a suite: how many have each answer, and a table of those that are not ``ok``."""

from typing import Final

from leakgate.model.repeated import TestAnswer
from leakgate.model.report import TargetResult
from leakgate.report.answer_words import ANSWER_WORDS, WORST_FIRST, counts_line, per_call_size
from leakgate.report.html.blocks import MISSING, head_cell, part, table
from leakgate.report.html.markup import NOTHING, Html, line, tag
from leakgate.verdict.exclusions import excluded_in_suite

_MOST_TESTS: Final = 100


def repeated_tests(result: TargetResult) -> Html:
    """Return the part of the page about tests; nothing for a target that is not a test suite."""
    if not result.tests:
        return NOTHING
    listed = [test for answer in WORST_FIRST for test in result.tests if test.answer is answer is not TestAnswer.OK]
    rows = (
        tag(
            "tr",
            tag("th", tag("code", line(test.id)), scope="row"),
            tag("td", ANSWER_WORDS[test.answer]),
            tag("td", per_call_size(test) or MISSING, class_="num"),
            tag("td", line(test.message)),
        )
        for test in listed[:_MOST_TESTS]
    )
    rest = len(listed) - _MOST_TESTS
    excluded = excluded_in_suite(result.tests)
    head = tuple(head_cell(name) for name in ("Test", "Answer", "Each call leaves", "Why"))
    return part(
        "Tests",
        tag("p", counts_line(result)),
        tag("p", f"{excluded[0].upper()}{excluded[1:]}.", class_="soft") if excluded else NOTHING,
        table(head, rows, "Tests that are not ok") if listed else NOTHING,
        tag("p", f"{rest:,} more in results.json.", class_="soft") if rest > 0 else NOTHING,
    )
