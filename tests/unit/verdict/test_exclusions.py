"""What an ``ok`` excludes, in words: for one test and for a suite."""

import pytest

from leakgate.model.repeated import Excluded, JudgedTest, TestAnswer
from leakgate.verdict.exclusions import excluded_in_suite, excluded_text

FINE = Excluded(blocks=1 / 16, native_bytes=1 / 16)
FINE_TEXT = "1 block in 16 calls, 1 B of native memory a call"


def ok(excluded: Excluded | None) -> JudgedTest:
    return JudgedTest(id="test", answer=TestAnswer.OK, message="flat", excluded=excluded)


@pytest.mark.parametrize(
    ("excluded", "text"),
    [
        (FINE, FINE_TEXT),
        (Excluded(blocks=0.8, native_bytes=None), "1 block a call"),
        (Excluded(blocks=2.5, native_bytes=1_200.0), "2.5 blocks a call, 1.20 KB of native memory a call"),
        (Excluded(blocks=None, native_bytes=64.0), "64 B of native memory a call"),
        (Excluded(), ""),
    ],
)
def test_the_smallest_leaks_that_are_excluded(excluded: Excluded, text: str) -> None:
    assert excluded_text(excluded) == text


def test_tests_that_exclude_the_same_are_one_figure() -> None:
    assert excluded_in_suite([ok(FINE)]) == f"excluded: {FINE_TEXT}"
    assert excluded_in_suite([ok(FINE), ok(FINE), ok(None)]) == f"excluded in each: {FINE_TEXT}"


def test_the_weakest_test_has_its_own_figure() -> None:
    weak = Excluded(blocks=3.0, native_bytes=200.0)
    said = excluded_in_suite([*[ok(FINE)] * 95, *[ok(weak)] * 5])
    assert said == (f"excluded in 9 of 10: {FINE_TEXT}, in the weakest: 3 blocks a call, 200 B of native memory a call")


def test_the_usual_figure_holds_for_at_least_nine_of_ten_tests() -> None:
    weak = Excluded(blocks=3.0, native_bytes=200.0)
    assert excluded_in_suite([*[ok(FINE)] * 80, *[ok(weak)] * 20]).startswith("excluded in each: 3 blocks a call")


def test_a_suite_without_figures_says_nothing() -> None:
    assert excluded_in_suite([]) == excluded_in_suite([ok(None)]) == excluded_in_suite([ok(Excluded())]) == ""
