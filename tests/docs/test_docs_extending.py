"""The page for contributors names tests that exist, and its table of changes is counted here."""

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs" / "extending.md").read_text("utf-8")
TESTS = sorted(set(re.findall(r"`(test_\w+\.py)::(test_\w+)`", PAGE)))


def modules_with(pattern: str) -> set[str]:
    """The modules of leakgate whose text has the pattern."""
    package = ROOT / "leakgate"
    found = (path for path in package.rglob("*.py") if re.search(pattern, path.read_text("utf-8")))
    return {path.relative_to(package).as_posix() for path in found}


@pytest.mark.parametrize(("file", "test"), TESTS)
def test_every_test_that_is_named_exists(file: str, test: str) -> None:
    (path,) = (ROOT / "tests").rglob(file)
    assert f"def {test}(" in path.read_text("utf-8")


def test_every_path_that_is_named_exists() -> None:
    examples = {"leakgate/report/csv_report.py", "leakgate/verdict/rules/threads_rule.py"}
    named = set(re.findall(r"`((?:leakgate|tests)/[\w/]+\.py)`", PAGE)) - examples
    assert named
    assert not [path for path in named if not (ROOT / path).is_file()]


def test_a_reporter_is_one_module_and_two_lines() -> None:
    assert modules_with(r"(?i)bencher\b") == {"report/formats.py", "report/reporters.py", "report/trend_exports.py"}
    assert len(re.findall("BENCHER", (ROOT / "leakgate/report/formats.py").read_text("utf-8"))) == 1
    assert len(re.findall("BENCHER", (ROOT / "leakgate/report/reporters.py").read_text("utf-8"))) == 1


def test_a_target_kind_is_one_module_and_its_entry_and_line() -> None:
    """The command line knows some kinds by name, as `monitor -m` and `call` do; no other room does."""
    beyond_cli = {path for path in modules_with(r"\bModuleKind\b") if not path.startswith("cli/")}
    assert beyond_cli == {"targets/kind.py", "targets/module_kind.py"}
    assert len(re.findall(r"\bModuleKind\b", (ROOT / "leakgate/targets/kind.py").read_text("utf-8"))) == 2


def test_a_counter_of_the_probe_is_in_the_table_and_on_both_sides_of_the_channel() -> None:
    """Reports and verdicts may have a case of their own for it: without asyncio there are no tasks."""
    named = {path for path in modules_with(r"\bMetric\.TASKS\b") if not path.startswith(("report/", "verdict/"))}
    assert named == {"model/metrics.py", "measure/feed.py"}
    assert modules_with(r"\bcount_tasks\b") == {"probe/gauges.py", "probe/repeat/count_readings.py"}


def test_a_metric_from_outside_is_in_the_table_and_in_the_poller() -> None:
    """What piles up has a case of its own for it: the first thread of a child is not a thread that piles up."""
    named = {path for path in modules_with(r"\bMetric\.CHILDREN\b") if not path.startswith("report/")}
    assert named == {"model/metrics.py", "measure/poller.py", "growth/pile_ups.py"}


def test_a_rule_is_one_module_and_one_line() -> None:
    assert modules_with(r"\bjudge_idle_server\b") == {"verdict/rules/idle_rule.py", "verdict/rules/registry.py"}
