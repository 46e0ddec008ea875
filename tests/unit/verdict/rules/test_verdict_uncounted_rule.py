"""The rule on the key ``work``, and growth with each call."""

from dataclasses import replace

import pytest

from leakgate.growth.assess import judge_growth
from leakgate.growth.routes import routes_of
from leakgate.model.report import bytes_per_iteration
from leakgate.model.verdict import Verdict
from leakgate.model.work_record import RouteCount, Turn, WorkRecord, WorkUnit
from leakgate.verdict.rules.growth_rule import judge_leak
from leakgate.verdict.rules.uncounted_rule import judge_uncounted_work
from tests.helpers.judged import evidence_of
from tests.helpers.trials import flat, linear, trial_from

CALLS = WorkRecord(
    routes=("mail:send",),
    turns=tuple(Turn(at / 2, (at + 1) / 2, (RouteCount(0, 50, 0),)) for at in range(60)),
    unit=WorkUnit.CALL,
)


def test_a_function_that_was_never_called_is_inconclusive() -> None:
    finding = judge_uncounted_work(evidence_of(replace(trial_from(heap=flat()), work=replace(CALLS, turns=()))))
    assert finding is not None
    assert finding.verdict is Verdict.INCONCLUSIVE
    assert "mail:send" in finding.message


def test_calls_and_requests_that_were_counted_are_no_finding() -> None:
    assert judge_uncounted_work(evidence_of(replace(trial_from(heap=flat()), work=CALLS))) is None
    requests = replace(CALLS, turns=(), unit=WorkUnit.REQUEST)
    assert judge_uncounted_work(evidence_of(replace(trial_from(heap=flat()), work=requests))) is None
    assert judge_uncounted_work(evidence_of(trial_from(heap=flat()))) is None


def test_growth_is_said_with_each_call_and_without_routes() -> None:
    trial = replace(trial_from(end_s=30.0, heap=linear(100_000.0)), work=CALLS)
    evidence = evidence_of(trial)
    each = bytes_per_iteration(evidence.trends)
    assert each is not None
    assert each.estimate == pytest.approx(1_000, rel=0.05)
    finding = judge_leak(evidence)
    assert finding is not None
    assert "B/call (" in finding.message
    assert routes_of(trial, judge_growth(trial)) == ()
