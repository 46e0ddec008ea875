"""Every report format has its reporter, and every reporter can render every situation."""

import pytest

from leakgate.report.formats import ReportFormat
from leakgate.report.reporters import REPORTERS, render, reporter_of
from leakgate.report.style import Style
from tests.helpers.reports import KINDS, sample_report


def test_every_format_has_one_reporter_in_the_order_of_the_enum() -> None:
    assert list(REPORTERS) == list(ReportFormat)


@pytest.mark.parametrize("report_format", ReportFormat)
@pytest.mark.parametrize("kind", KINDS)
def test_every_format_renders_every_situation(kind: str, report_format: ReportFormat) -> None:
    report = sample_report(kind)
    text = render(report_format, report, Style())
    assert text.endswith("\n")
    assert text == reporter_of(report_format)(report, Style())
    text.encode("utf-8")
