"""The coverage of the probe: what each version of Python leaves out, and what a report of coverage says."""

from __future__ import annotations

import re

import pytest

from bench.runs.probe_coverage import elsewhere, read_report, together


@pytest.mark.parametrize(
    ("comment", "left_out_under"),
    [
        ("# from 3.12: `sys.monitoring` is new", {"3.9", "3.10"}),
        ("# before 3.10: the line table has another form", {"3.10", "3.12", "3.13"}),
        ("# from Python 3.12 on it is faster", set()),
    ],
)
def test_code_that_a_python_cannot_reach_is_left_out(comment: str, left_out_under: set[str]) -> None:
    found = {version for version in ("3.9", "3.10", "3.12", "3.13") if re.search(elsewhere(version), comment)}
    assert found == left_out_under


def test_a_report_is_read_by_module() -> None:
    counts = {
        "num_statements": 10,
        "covered_lines": 9,
        "num_branches": 4,
        "covered_branches": 1,
        "excluded_lines": 3,
    }
    file = {"summary": counts, "missing_lines": [7], "missing_branches": [[5, 7], [6, -1]]}
    found = read_report({"files": {"/work/leakgate/probe/repeat/again.py": file, "/work/leakgate/probe/wire.py": file}})
    assert list(found) == ["repeat/again.py", "wire.py"]
    assert (str(found["wire.py"]), found["wire.py"].missing) == ("90 % / 25 %", "7, 5->7, 6->-1")
    whole = together(list(found.values()))
    assert (whole.lines, whole.branches_covered, whole.left_out, round(whole.per_cent, 1)) == (20, 2, 6, 71.4)
