"""The rule on explicit budgets: growth, rates and ceilings that the config sets."""

from leakgate.blame.signature import portable_path
from leakgate.model.metrics import COUNTED, Metric
from leakgate.model.report import Finding
from leakgate.model.target import BudgetForm
from leakgate.model.verdict import Verdict
from leakgate.verdict.case import Evidence
from leakgate.verdict.known import is_known
from leakgate.verdict.rules.budget_rule import exceeded


def judge_budgets(evidence: Evidence) -> Finding | None:
    """Return ``over-budget`` if any budget is exceeded; the message names all exceeded budgets.

    Growth that the baseline accepted does not count against a growth budget. It does count for ceilings and for budgets
    of counted resources.
    """
    accepted = is_known(evidence)
    broken = [
        (budget, text)
        for budget in evidence.target.budgets
        if (budget.form is BudgetForm.PEAK or not accepted or budget.metric in COUNTED)
        and (text := exceeded(budget, evidence))
    ]
    if not broken:
        return None
    first = broken[0][0]
    return Finding(
        rule="peak" if first.form is BudgetForm.PEAK else "budget",
        verdict=Verdict.OVER_BUDGET,
        message="; ".join(text + _made_at(budget.metric, evidence) for budget, text in broken),
        hint=("close resources that are no longer needed" if first.metric in COUNTED else "use less memory")
        + ", or raise the budget if this is intended",
        metric=first.metric,
        where=first.origin,
    )


def _made_at(metric: Metric, evidence: Evidence) -> str:
    """The place that creates most of a growing resource, if it is known."""
    first = next((one for one in evidence.resources if one.metric is metric and one.blamed is not None), None)
    if first is None or first.blamed is None:
        return ""
    function = f" in {first.blamed.function}" if first.blamed.function else ""
    return f", most of them created at {portable_path(first.blamed.file, evidence.root)}:{first.blamed.line}{function}"
