"""When a route leaks, when it does not, and when the answer is open: from fits with exact errors."""

import math
from dataclasses import replace

import pytest

from leakgate.growth.assess import Growth, judge_growth
from leakgate.growth.least_squares import Fit
from leakgate.growth.routes import SMALL_SHARE, TURN_NOISE, _verdict
from leakgate.growth.stretches import Stretch
from leakgate.growth.unjudged import UnjudgedRole
from leakgate.model.work_record import RouteVerdict
from tests.helpers.trials import KB, flat, linear, trial_from

GROWS = judge_growth(trial_from(heap=linear(100 * KB), native=flat()))
STEADY = judge_growth(trial_from(heap=flat(), native=flat()))
COUNT = 12
"""Stretches of a second with 100 requests to one route and as many to the other: ten degrees of freedom."""
T_OF_10, SURE_OF_10 = 2.23, 4.14
NOISE = TURN_NOISE * COUNT / (100 * COUNT)
"""Bytes for each request that a route may gain by noise."""


def verdict(value: float, error: float, *, grew: float = 100_000.0, growth: Growth = Growth.GROWS) -> RouteVerdict:
    stretches = [Stretch(counts=(100.0, 100.0), grew=grew, took_s=1.0)] * COUNT
    judgement = replace(GROWS, growth=growth)
    return _verdict(0, judgement, stretches, (Fit(value, error), Fit(0.0, 1.0)))


def test_a_route_leaks_if_it_is_above_noise_and_surely_above_zero() -> None:
    assert verdict(NOISE * 1.01, 1.0) is RouteVerdict.LEAK
    assert verdict(NOISE, 1.0, grew=900_000.0) is not RouteVerdict.LEAK
    assert verdict(500.0, 499.0 / SURE_OF_10) is RouteVerdict.LEAK
    assert verdict(500.0, 501.0 / SURE_OF_10) is RouteVerdict.UNSURE


@pytest.mark.parametrize("grew", [2_000.0, 100_000.0])
def test_a_route_is_cleared_below_twice_the_noise_or_a_tenth_of_all_growth(grew: float) -> None:
    limit = max(2 * NOISE, SMALL_SHARE * grew / 100)
    assert verdict(0.0, 0.99 * limit / T_OF_10, grew=grew) is RouteVerdict.OK
    assert verdict(0.0, 1.01 * limit / T_OF_10, grew=grew) is RouteVerdict.UNSURE


def test_no_route_is_cleared_if_workers_ended_before_they_could_be_judged() -> None:
    unseen = UnjudgedRole(command="gunicorn app:app", lives=2, life_s=9.0, pooled=False, busy=1.0)
    assert _verdict(0, replace(STEADY, unseen=(unseen,)), [], ()) is RouteVerdict.UNSURE
    assert _verdict(0, replace(STEADY, unseen=(replace(unseen, life_s=0.5),)), [], ()) is RouteVerdict.OK


def test_without_growth_every_route_is_cleared_and_without_a_fit_none_is() -> None:
    assert verdict(9_999.0, 1.0, growth=Growth.STEADY) is RouteVerdict.OK
    assert verdict(9_999.0, 1.0, growth=Growth.UNDECIDED) is RouteVerdict.UNSURE
    assert verdict(9_999.0, math.inf) is RouteVerdict.UNSURE
    assert _verdict(0, GROWS, [], ()) is RouteVerdict.UNSURE
    assert _verdict(0, STEADY, [], ()) is RouteVerdict.OK
