"""What an ``ok`` excludes, in words: for one test and for a suite."""

import pytest

from leakgate.model.repeated import Excluded, JudgedTest, TestAnswer
from leakgate.verdict.exclusions import excluded_in_suite, excluded_text

FINE = Excluded(blocks=1 / 16, native_bytes=1 / 16)
WEAK_TEXT = "3 blocks per call or 200 B of native memory per call"
FINE_TEXT = "1 block in 16 calls or 1 B of native memory per call"


def ok(excluded: Excluded | None) -> JudgedTest:
    return JudgedTest(id="test", answer=TestAnswer.OK, message="flat", excluded=excluded)


@pytest.mark.parametrize(
    ("excluded", "text"),
    [
        (FINE, FINE_TEXT),
        (Excluded(blocks=0.8, native_bytes=None), "1 block per call"),
        (Excluded(blocks=2.5, native_bytes=1_200.0), "2.5 blocks per call or 1.20 KB of native memory per call"),
        (Excluded(blocks=None, native_bytes=64.0), "64 B of native memory per call"),
        (Excluded(), ""),
    ],
)
def test_the_smallest_leaks_that_are_excluded(excluded: Excluded, text: str) -> None:
    assert excluded_text(excluded) == text


def test_tests_that_exclude_the_same_are_one_figure() -> None:
    assert excluded_in_suite([ok(FINE)]) == f"no leak above {FINE_TEXT}"
    assert excluded_in_suite([ok(FINE), ok(FINE), ok(None)]) == f"no leak above {FINE_TEXT} in any test"


def test_the_weakest_test_has_its_own_figure() -> None:
    weak = Excluded(blocks=3.0, native_bytes=200.0)
    said = excluded_in_suite([*[ok(FINE)] * 95, *[ok(weak)] * 5])
    assert said == f"no leak above {FINE_TEXT} in 9 of 10 tests, above {WEAK_TEXT} in the others"


def test_the_usual_figure_holds_for_at_least_nine_of_ten_tests() -> None:
    weak = Excluded(blocks=3.0, native_bytes=200.0)
    assert excluded_in_suite([*[ok(FINE)] * 80, *[ok(weak)] * 20]) == f"no leak above {WEAK_TEXT} in any test"


def test_a_suite_without_figures_says_nothing() -> None:
    assert excluded_in_suite([]) == excluded_in_suite([ok(None)]) == excluded_in_suite([ok(Excluded())]) == ""
