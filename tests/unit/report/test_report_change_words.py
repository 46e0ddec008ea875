"""How a leak changed against the baseline."""

from dataclasses import replace

import pytest

from leakgate.model.baseline import AcceptedLeak, BaselineEntry
from leakgate.model.verdict import Verdict
from leakgate.report.change_words import NEW, leak_change, percent
from tests.helpers.report_leaks import CACHE_LEAK, LOGGER_LEAK
from tests.helpers.reports import leaky_python


@pytest.mark.parametrize(
    ("was", "now", "said"),
    [(62.0, 153.0, "+147 %"), (100.0, 50.0, "-50 %"), (0.0, 5.0, ""), (1.0, 1e9, ""), (100.0, 100.0, "+0 %")],
)
def test_a_change_in_per_cent(was: float, now: float, said: str) -> None:
    assert percent(was, now) == said


def test_a_leak_is_compared_with_what_the_baseline_accepts_of_it() -> None:
    entry = BaselineEntry(
        verdict=Verdict.KNOWN,
        peak_bytes=1,
        growth_bytes_per_s=0.0,
        leaks=(AcceptedLeak(signature=CACHE_LEAK.signature, bytes_per_s=155_000.0, where=""),),
    )
    result = leaky_python(baseline=entry)

    assert leak_change(result, CACHE_LEAK) == "+155 KB/s to +310 KB/s, +100 %"
    assert leak_change(result, LOGGER_LEAK) == NEW
    assert leak_change(replace(result, baseline=None), CACHE_LEAK) == ""
