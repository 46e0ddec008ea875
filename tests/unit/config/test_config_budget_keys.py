"""A budget that the form accepts but no code builds would allow all growth."""

import json
from pathlib import Path

import pytest

from leakgate.config.settings_form import BudgetsForm
from leakgate.errors import ConfigError
from leakgate.model.metrics import Metric
from tests.helpers.projects import Project


def test_every_budget_of_the_form_reaches_the_target(tmp_path: Path) -> None:
    project = Project.create(tmp_path / "project")
    (project.root / "worker.py").write_text("", encoding="utf-8")
    keys = [key for key in BudgetsForm.model_fields if key != "blocks"]
    script = {"path": "worker.py", "budgets": dict.fromkeys(keys, 7)}
    (target,) = project.load(json.dumps({"version": 1, "scripts": [script]})).targets
    assert [budget.limit for budget in target.budgets] == [7] * len(keys)


def test_what_is_repeated_takes_budgets_of_each_call(tmp_path: Path) -> None:
    project = Project.create(tmp_path / "project")
    keys = [key for key in BudgetsForm.model_fields if key not in ("peak", "children")]
    budgets = {**dict.fromkeys(keys, "7/call"), **dict.fromkeys(("rss", "heap", "native"), "7B/call")}
    script = {"call": "shop:order", "budgets": budgets}
    (target,) = project.load(json.dumps({"version": 1, "scripts": [script]})).targets
    assert [budget.limit for budget in target.budgets] == [7] * len(keys)


@pytest.mark.parametrize(
    ("script", "said"),
    [
        ({"call": "shop:order", "budgets": {"heap": "1MB"}}, "write 1MB/call"),
        ({"pytest": "tests", "budgets": {"fds": 3}}, "write 3/call"),
        ({"pytest": "tests", "budgets": {"children": 3}}, "child processes are not counted"),
        ({"call": "shop:order", "repeat": True}, "remove 'repeat'"),
        (
            {"path": "worker.py", "repeat": True, "load": {"requests": ["/"]}},
            "'load' is for programs that keep",
        ),
        ({"path": "worker.py", "repeat": "yes"}, "must be true or false"),
    ],
)
def test_what_does_not_go_with_repeating_is_a_problem(tmp_path: Path, script: dict[str, object], said: str) -> None:
    project = Project.create(tmp_path / "project")
    (project.root / "worker.py").write_text("", encoding="utf-8")
    with pytest.raises(ConfigError, match=said):
        project.load(json.dumps({"version": 1, "scripts": [script]}))


def test_budgets_of_the_defaults_that_do_not_fit_are_left_out(tmp_path: Path) -> None:
    project = Project.create(tmp_path / "project")
    (project.root / "worker.py").write_text("", encoding="utf-8")
    defaults = {"budgets": {"rss": "20MB", "blocks": "2/call", "peak": "1GB"}}
    scripts = [{"path": "worker.py"}, {"path": "worker.py", "name": "job", "repeat": True}]
    watched, repeated = project.load(json.dumps({"version": 1, "defaults": defaults, "scripts": scripts})).targets
    assert [budget.metric for budget in watched.budgets] == [Metric.RSS, Metric.RSS]
    assert [budget.metric for budget in repeated.budgets] == [Metric.BLOCKS, Metric.RSS]
