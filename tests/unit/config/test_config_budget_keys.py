"""A budget that the form takes but nothing builds would allow everything."""

import json
from pathlib import Path

from leakgate.config.form import BudgetsForm
from tests.helpers.projects import Project


def test_every_budget_of_the_form_reaches_the_target(tmp_path: Path) -> None:
    project = Project.create(tmp_path / "project")
    (project.root / "worker.py").write_text("", encoding="utf-8")
    script = {"path": "worker.py", "budgets": dict.fromkeys(BudgetsForm.model_fields, 7)}
    (target,) = project.load(json.dumps({"version": 1, "scripts": [script]})).targets
    assert [budget.limit for budget in target.budgets] == [7] * len(BudgetsForm.model_fields)
