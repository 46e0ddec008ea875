"""The words of all reports for repeated tests: growth per call, which tests show a leak, which were not judged."""

from typing import Final

from leakgate.model.repeated import JudgedTest, TestAnswer
from leakgate.model.report import Leak, TargetResult
from leakgate.model.units import format_size
from leakgate.verdict.per_call import growth_text

SHOWN_TESTS: Final = 5

ANSWER_WORDS: Final[dict[TestAnswer, str]] = {
    TestAnswer.OK: "ok",
    TestAnswer.KNOWN: "known leak",
    TestAnswer.LEAK: "leak",
    TestAnswer.OVER_BUDGET: "over budget",
    TestAnswer.REGRESSION: "worse than the baseline",
    TestAnswer.INCONCLUSIVE: "inconclusive",
    TestAnswer.TOO_SLOW: "too slow",
    TestAnswer.NOT_REPEATABLE: "not repeatable",
    TestAnswer.NOT_REPEATED: "not repeated",
    TestAnswer.FAILED: "failed",
}

WORST_FIRST: Final = (
    TestAnswer.FAILED,
    TestAnswer.LEAK,
    TestAnswer.OVER_BUDGET,
    TestAnswer.REGRESSION,
    TestAnswer.INCONCLUSIVE,
    TestAnswer.KNOWN,
    TestAnswer.NOT_REPEATABLE,
    TestAnswer.TOO_SLOW,
    TestAnswer.NOT_REPEATED,
    TestAnswer.OK,
)


def leak_amount(leak: Leak) -> str:
    """Return how much one leak leaves behind per call; empty if calls were not counted."""
    return growth_text(leak.per_call) if leak.per_call is not None else ""


def shown_by(leak: Leak, most: int = SHOWN_TESTS) -> tuple[str, ...]:
    """Return the ids of the tests that show a leak; if there are more than ``most``, the last item counts the rest."""
    rest = len(leak.tests) - most
    return leak.tests if rest <= 0 else (*leak.tests[:most], f"{rest:,} more")


def counts(result: TargetResult) -> tuple[tuple[TestAnswer, int], ...]:
    """Return how many tests have each answer, worst first, without answers that no test has."""
    found = ((answer, sum(test.answer is answer for test in result.tests)) for answer in WORST_FIRST)
    return tuple((answer, count) for answer, count in found if count)


def counts_line(result: TargetResult) -> str:
    """Return the counts in one line: ``5 leak, 2 too slow, 113 ok``."""
    return ", ".join(f"{count:,} {ANSWER_WORDS[answer]}" for answer, count in counts(result))


def unjudged(result: TargetResult) -> tuple[JudgedTest, ...]:
    """Return the tests without a clear answer (failed, inconclusive, not repeatable, too slow), worst first."""
    answers = (TestAnswer.FAILED, TestAnswer.INCONCLUSIVE, TestAnswer.NOT_REPEATABLE, TestAnswer.TOO_SLOW)
    return tuple(test for answer in answers for test in result.tests if test.answer is answer)


def per_call_size(test: JudgedTest) -> str:
    """Return the bytes per call of one test; empty if they are not known."""
    return format_size(test.per_call.bytes) if test.per_call.bytes else ""
