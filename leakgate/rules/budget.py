"""The rule on explicit budgets: growth, rates and ceilings that the config sets."""

from leakgate.model.report import Finding
from leakgate.model.target import BudgetForm
from leakgate.model.verdict import Verdict
from leakgate.rules.budgets import exceeded
from leakgate.rules.evidence import Evidence
from leakgate.rules.known import is_known


def judge_budgets(evidence: Evidence) -> Finding | None:
    """``over-budget`` when any budget is exceeded; the message names all that are.

    Growth that the baseline accepted is not charged to a growth budget again; a ceiling admits no exception.
    """
    accepted = is_known(evidence)
    broken = [
        (budget, text)
        for budget in evidence.target.budgets
        if (budget.form is BudgetForm.PEAK or not accepted) and (text := exceeded(budget, evidence))
    ]
    if not broken:
        return None
    first = broken[0][0]
    return Finding(
        rule="peak" if first.form is BudgetForm.PEAK else "budget",
        verdict=Verdict.OVER_BUDGET,
        message="; ".join(text for _, text in broken),
        hint="use less memory, or raise the budget on purpose",
        metric=first.metric,
        where=first.origin,
    )
