"""The rules, in one literal table, and how their findings become a verdict."""

from collections.abc import Callable, Iterable
from typing import Final

from leakgate.model.report import Finding
from leakgate.model.verdict import SEVERITY
from leakgate.verdict.case import Evidence
from leakgate.verdict.rules.allowances import judge_budgets
from leakgate.verdict.rules.cut_short_rule import judge_cut_short
from leakgate.verdict.rules.death_rule import judge_dead_workers
from leakgate.verdict.rules.growth_rule import judge_leak
from leakgate.verdict.rules.idle_rule import judge_idle_server
from leakgate.verdict.rules.recycled_rule import judge_unseen_workers
from leakgate.verdict.rules.regression_rule import judge_regression
from leakgate.verdict.rules.uncounted_rule import judge_uncounted_work
from leakgate.verdict.rules.unmeasured_rule import judge_unmeasured, judge_unmeasured_budgets

Rule = Callable[[Evidence], Finding | None]

RULES: Final[dict[str, Rule]] = {
    "unmeasured": judge_unmeasured,
    "growth": judge_leak,
    "cut-short": judge_cut_short,
    "budget": judge_budgets,
    "unmeasured-budget": judge_unmeasured_budgets,
    "regression": judge_regression,
    "idle-server": judge_idle_server,
    "recycled-workers": judge_unseen_workers,
    "dead-worker": judge_dead_workers,
    "uncounted-work": judge_uncounted_work,
}


def apply_rules(evidence: Evidence) -> tuple[Finding, ...]:
    """All rules' findings, the worst first."""
    return worst_first(finding for rule in RULES.values() if (finding := rule(evidence)) is not None)


def worst_first(findings: Iterable[Finding]) -> tuple[Finding, ...]:
    """Findings in the order of their severity; equals keep the order of the rules."""
    return tuple(sorted(findings, key=lambda finding: -SEVERITY.index(finding.verdict)))
