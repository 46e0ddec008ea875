"""What an ``ok`` excludes: the smallest steady leaks that the readings of a test, or of a whole suite, would show."""

from collections.abc import Iterable, Sequence
from typing import Final

from leakgate.growth.counts import BLOCKS, CONTAINERS, NATIVE, REST, CountJudgement
from leakgate.model.repeated import Excluded, JudgedTest
from leakgate.model.units import format_size
from leakgate.verdict.per_call import counted

_USUAL_SHARE: Final = 0.9
"""The usual figure is true for this share of the tests: "in 9 of 10 tests"."""


def excluded_by(judged: CountJudgement) -> Excluded:
    """Return what the counters of one test exclude. A counter that is not at rest excludes nothing."""

    def least(counter: str) -> float | None:
        one = judged.counter(counter)
        return one.excludes if one is not None and one.state == REST else None

    return Excluded(blocks=least(BLOCKS), native_bytes=least(NATIVE), references=least(CONTAINERS) is not None)


def excluded_text(excluded: Excluded) -> str:
    """Return the excluded leaks in words: ``1 block in 16 calls or 64 B of native memory per call``; may be empty."""
    parts = []
    if excluded.blocks is not None:
        parts.append(_blocks(excluded.blocks))
    if excluded.native_bytes is not None:
        parts.append(f"{format_size(max(1.0, excluded.native_bytes))} of native memory per call")
    return " or ".join(parts)


def excluded_in_suite(tests: Iterable[JudgedTest]) -> str:
    """Return what the ``ok`` tests of a suite exclude: the usual figure, and the figure of the weakest test.

    The usual figure holds for nine of ten tests. Empty if the tests do not say what they exclude.
    """
    said = [one.excluded for one in tests if one.excluded is not None]
    usual = Excluded(
        blocks=_usual([one.blocks for one in said]), native_bytes=_usual([one.native_bytes for one in said])
    )
    weakest = Excluded(
        blocks=_weakest([one.blocks for one in said]), native_bytes=_weakest([one.native_bytes for one in said])
    )
    text, worst = excluded_text(usual), excluded_text(weakest)
    if not text:
        return ""
    if len(said) == 1:
        return f"no leak above {text}"
    if text == worst:
        return f"no leak above {text} in any test"
    return f"no leak above {text} in 9 of 10 tests, above {worst} in the others"


def _usual(figures: Sequence[float | None]) -> float | None:
    known = sorted(one for one in figures if one is not None)
    return known[min(len(known) - 1, int(_USUAL_SHARE * len(known)))] if known else None


def _weakest(figures: Sequence[float | None]) -> float | None:
    return max((one for one in figures if one is not None), default=None)


def _blocks(a_call: float) -> str:
    calls = round(1 / a_call)
    if calls > 1:
        return f"1 block in {calls} calls"
    return f"{counted(max(1.0, a_call), 'block')} per call"
