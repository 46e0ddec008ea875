"""The test whether floors rise, or only wander: Student's test of the mean step."""

import math
from collections.abc import Sequence
from itertools import pairwise
from statistics import fmean

LEAST_STEPS = 3
"""With fewer steps, their scatter cannot be estimated."""


def surety(values: Sequence[float], *, lags: int = 0) -> float:
    """Return how many standard errors the mean step lies above zero, as the equivalent of a normal distribution.

    Few steps give a poor estimate of their scatter. Student's distribution allows for this: a result of 3.5 is as
    improbable as 3.5 standard deviations, for any number of steps. ``lags``: steps up to this far apart may depend on
    each other; the standard error is then that of Newey and West ("A simple, positive semi-definite, heteroskedasticity
    and autocorrelation consistent covariance matrix", Econometrica 55, 1987). The result is zero if the values do not
    rise or are too few, and infinite if the steps do not scatter.
    """
    steps = [after - before for before, after in pairwise(values)]
    count = len(steps)
    if count < LEAST_STEPS:
        return 0.0
    mean = fmean(steps)
    if mean <= 0:
        return 0.0
    variance = _long_run_variance([step - mean for step in steps], min(lags, count - 2))
    if variance <= 0:
        return math.inf
    return _as_normal(mean * math.sqrt((count - 1) / variance), count - 1)


def _long_run_variance(errors: list[float], lags: int) -> float:
    count = len(errors)

    def covariance(lag: int) -> float:
        return sum(errors[index] * errors[index - lag] for index in range(lag, count)) / count

    return covariance(0) + 2 * sum((1 - lag / (lags + 1)) * covariance(lag) for lag in range(1, lags + 1))


def _as_normal(t: float, freedom: int) -> float:
    """The normal deviate that is as improbable as Student's ``t``.

    Source: D. L. Wallace, "Bounds on normal approximations to Student's and the chi-square distributions", Annals of
    Mathematical Statistics 30 (1959).
    """
    return (8 * freedom + 1) / (8 * freedom + 3) * math.sqrt(freedom * math.log1p(t * t / freedom))
