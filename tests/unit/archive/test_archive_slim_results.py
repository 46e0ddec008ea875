"""Results of very many scripts stay small enough to be read again."""

import pytest

from leakgate.archive import slim_results
from leakgate.archive.forms.results_form import dump_results, load_results
from leakgate.archive.slim_results import FEWEST_READINGS, slim
from tests.helpers.reports import many, sample_report


def test_a_usual_report_is_kept_as_it_is() -> None:
    report = sample_report("mixed")
    assert slim(report) is report


def test_very_many_scripts_keep_their_verdicts_and_fewer_readings(monkeypatch: pytest.MonkeyPatch) -> None:
    report = many(30)
    whole = len(dump_results(report))
    monkeypatch.setattr(slim_results, "MOST_READINGS", 2_000)
    text = dump_results(report)
    again = load_results(text)
    assert len(text) < whole / 2
    assert [result.verdict for result in again.results] == [result.verdict for result in report.results]
    series = [one for result in again.results for one in result.measurement.trial.tree]
    assert series
    assert all(len(one.values) <= FEWEST_READINGS + 2 for one in series)
