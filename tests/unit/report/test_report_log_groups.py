"""One group per script in the log of a step; text of a script cannot end it."""

import pytest

from leakgate.report.log_groups import MOST_GROUPS, log_groups
from tests.helpers.reports import KINDS, many, sample_report


@pytest.mark.parametrize("kind", KINDS)
def test_every_script_has_a_group_that_nothing_leaves(kind: str) -> None:
    report = sample_report(kind)
    lines = log_groups(report).splitlines()
    starts = [at for at, line in enumerate(lines) if line.startswith("::group::")]
    ends = [at for at, line in enumerate(lines) if line == "::endgroup::"]
    assert len(starts) == len(ends) == min(len(report.results), MOST_GROUPS)
    assert all(start < end for start, end in zip(starts, ends, strict=True))
    for at, line in enumerate(lines):
        if at not in (*starts, *ends):
            assert not line.lstrip().startswith("::")
            assert "##[" not in line


def test_leaks_come_first_and_what_is_left_out_is_counted() -> None:
    text = log_groups(many(1000))
    assert text.startswith("::group::")
    assert text.endswith("900 more scripts: see the job summary\n")
    assert ": ok" not in text.splitlines()[0]
