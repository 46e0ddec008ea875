"""A run that measures nothing writes every requested report, in place of those of an earlier run."""

import json
from pathlib import Path

import pytest

from leakgate.cli.report_options import option_of
from leakgate.report.formats import FILE_FORMATS
from tests.helpers.command_line import leakgate
from tests.helpers.gate_project import write_config

FORMATS = tuple(one.value for one in FILE_FORMATS)
ASKED = tuple(f"{option_of(one)}=reports/{one.value}" for one in FILE_FORMATS)
WRONG = "version: 1\nscripts:\n  - {path: app/gate_ends.py}\n  - {pth: app/gate_ends.py}\n"
RIGHT = "version: 1\nscripts:\n  - {path: app/gate_ends.py}\n"


@pytest.mark.parametrize(
    ("config", "options", "said"),
    [
        (WRONG, (), "an entry of 'scripts' needs"),
        (RIGHT, ("nosuch",), "no script named 'nosuch'"),
        (RIGHT, ("--config=gone.yaml",), "gone.yaml"),
        (RIGHT, ("--shard=3/2",), "3/2"),
        (RIGHT, ("--python=no-such-python",), "no-such-python"),
        (RIGHT, ("--compare-with=gone.json",), "gone.json"),
    ],
)
def test_every_report_says_why_nothing_was_measured(
    tmp_path: Path, config: str, options: tuple[str, ...], said: str
) -> None:
    write_config(tmp_path, config)
    (tmp_path / "reports").mkdir()
    for name in FORMATS:
        (tmp_path / "reports" / name).write_text("of an earlier run", "utf-8")
    answer = leakgate(tmp_path, "run", *ASKED, *options)
    assert answer.status == 2, answer.text
    results = json.loads((tmp_path / "reports" / "json").read_text("utf-8"))
    assert (results["verdict"], results["exit_code"], results["scripts"]) == ("error", 2, [])
    assert said in results["problems"][0]["message"]
    for name in FORMATS:
        assert "of an earlier run" not in (tmp_path / "reports" / name).read_text("utf-8")
    again = leakgate(tmp_path, "report", "reports/json")
    assert (again.status, "nothing was measured" in again.text) == (2, True)


def test_problems_of_a_config_have_their_lines(tmp_path: Path) -> None:
    write_config(tmp_path, WRONG)
    leakgate(tmp_path, "run", "--json=results.json")
    problems = json.loads((tmp_path / "results.json").read_text("utf-8"))["problems"]
    assert [(one["where"]["line"], one["where"]["column"]) for one in problems] == [(5, 5), (5, 6)]


def test_shards_that_could_not_read_the_config_merge_to_one_report(tmp_path: Path) -> None:
    write_config(tmp_path, WRONG)
    for shard in ("1", "2"):
        leakgate(tmp_path, "run", f"--shard={shard}/2", f"--json=results-{shard}.json")
    merged = leakgate(tmp_path, "merge", "results-1.json", "results-2.json", "--json=merged.json")
    assert merged.status == 2, merged.text
    assert len(json.loads((tmp_path / "merged.json").read_text("utf-8"))["problems"]) == 2


def test_results_that_cannot_be_merged_leave_a_report(tmp_path: Path) -> None:
    (tmp_path / "broken.json").write_text("{", "utf-8")
    answer = leakgate(tmp_path, "merge", "broken.json", "--json=merged.json")
    assert answer.status == 2, answer.text
    assert "broken.json" in json.loads((tmp_path / "merged.json").read_text("utf-8"))["problems"][0]["message"]


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("monitor", "gone.py"), "gone.py"),
        (("attach", "999999999"), "999999999"),
        (("call", "no-module"), "no-module"),
        (("pytest", "--time=0"), "--time"),
        (("report", "gone.json"), "gone.json"),
    ],
)
def test_every_command_that_fails_writes_the_reports(tmp_path: Path, words: tuple[str, ...], said: str) -> None:
    (tmp_path / "results.json").write_text("of an earlier run", "utf-8")
    answer = leakgate(tmp_path, *words, "--json=results.json", "--markdown=leaks.md")
    results = json.loads((tmp_path / "results.json").read_text("utf-8"))
    assert (answer.status, results["exit_code"], results["scripts"]) == (2, 2, []), answer.text
    assert said in results["problems"][0]["message"]
    assert "nothing was measured" in (tmp_path / "leaks.md").read_text("utf-8")
