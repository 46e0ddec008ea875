"""Least squares for a few unknowns, with standard errors that also hold if the noise differs from row to row."""

from collections.abc import Sequence
from dataclasses import dataclass
from math import sqrt
from statistics import median
from typing import Final

_HUBER: Final = 3.0
"""Rows whose residual exceeds this many times the usual deviation have less weight (P. J. Huber, 1964)."""
_MOST_ROUNDS: Final = 30
"""Rounds after which the weights are used as they are."""
_SETTLED: Final = 0.001
"""The weights have settled when none changes by more than this."""
_MAD_TO_SIGMA: Final = 1.4826
"""The standard deviation of a normal distribution, as a multiple of its median absolute deviation."""
_SINGULAR: Final = 1e-9
"""A smaller pivot of the scaled matrix means that the rows do not determine all unknowns."""

Row = Sequence[float]


@dataclass(frozen=True, slots=True)
class Fit:
    """The estimate of one unknown."""

    value: float
    error: float
    """Standard error; infinite if the rows do not determine it."""


def fit(rows: Sequence[Row], values: Sequence[float]) -> tuple[Fit, ...]:
    """Return the unknowns ``b`` of ``row . b = value``, by least squares in which outlying rows have less weight.

    Standard errors are those of H. White (1980) with the correction for few rows (HC1).
    """
    weights = [1.0] * len(rows)
    inverse = _inverse(_normal(rows, weights))
    found = _solve(inverse, rows, values, weights)
    for _ in range(_MOST_ROUNDS):
        before, weights = weights, _weights(rows, _residuals(rows, values, found))
        if max(abs(new - old) for new, old in zip(weights, before, strict=True)) < _SETTLED:
            break
        inverse = _inverse(_normal(rows, weights))
        found = _solve(inverse, rows, values, weights)
    return _with_errors(rows, _residuals(rows, values, found), weights, found, inverse)


def _normal(rows: Sequence[Row], weights: Sequence[float]) -> list[list[float]]:
    size = len(rows[0])
    matrix = [[0.0] * size for _ in range(size)]
    for row, weight in zip(rows, weights, strict=True):
        used = [index for index, value in enumerate(row) if value]
        for i in used:
            for j in used:
                matrix[i][j] += weight * row[i] * row[j]
    return matrix


def _inverse(matrix: list[list[float]]) -> list[list[float]] | None:
    """Return the inverse by Gauss-Jordan elimination; None if the matrix is singular."""
    size = len(matrix)
    scale = [sqrt(matrix[i][i]) for i in range(size)]
    if not all(scale):
        return None
    left = [[matrix[i][j] / (scale[i] * scale[j]) for j in range(size)] for i in range(size)]
    right = [[float(i == j) for j in range(size)] for i in range(size)]
    for column in range(size):
        pivot = max(range(column, size), key=lambda row: abs(left[row][column]))
        if abs(left[pivot][column]) < _SINGULAR:
            return None
        for side in (left, right):
            side[column], side[pivot] = side[pivot], side[column]
        factor = left[column][column]
        left[column] = [value / factor for value in left[column]]
        right[column] = [value / factor for value in right[column]]
        for row in range(size):
            factor = left[row][column]
            if row != column and factor:
                left[row] = [a - factor * b for a, b in zip(left[row], left[column], strict=True)]
                right[row] = [a - factor * b for a, b in zip(right[row], right[column], strict=True)]
    return [[right[i][j] / (scale[i] * scale[j]) for j in range(size)] for i in range(size)]


def _solve(
    inverse: list[list[float]] | None, rows: Sequence[Row], values: Sequence[float], weights: Sequence[float]
) -> list[float]:
    size = len(rows[0])
    if inverse is None:
        return [0.0] * size
    right = [
        sum(weight * row[i] * value for row, value, weight in zip(rows, values, weights, strict=True) if row[i])
        for i in range(size)
    ]
    return [sum(a * b for a, b in zip(line, right, strict=True)) for line in inverse]


def _residuals(rows: Sequence[Row], values: Sequence[float], found: Sequence[float]) -> list[float]:
    return [
        value - sum(a * b for a, b in zip(row, found, strict=True)) for row, value in zip(rows, values, strict=True)
    ]


def _weights(rows: Sequence[Row], residuals: Sequence[float]) -> list[float]:
    """The weight of each row. A row is compared with rows of the same unknowns: noise differs between unknowns."""
    kinds: dict[tuple[int, ...], list[float]] = {}
    keys = [tuple(index for index, value in enumerate(row) if value) for row in rows]
    for key, residual in zip(keys, residuals, strict=True):
        kinds.setdefault(key, []).append(abs(residual))
    everything = median(map(abs, residuals))
    usual = {key: max(median(few), everything / 10) if len(few) > 2 else everything for key, few in kinds.items()}
    limits = [_HUBER * _MAD_TO_SIGMA * usual[key] for key in keys]
    return [
        1.0 if abs(residual) <= limit else limit / abs(residual)
        for residual, limit in zip(residuals, limits, strict=True)
    ]


def _with_errors(
    rows: Sequence[Row],
    residuals: Sequence[float],
    weights: Sequence[float],
    found: Sequence[float],
    inverse: list[list[float]] | None,
) -> tuple[Fit, ...]:
    free = len(rows) - len(found)
    if inverse is None or free <= 0:
        return tuple(Fit(value, float("inf")) for value in found)
    correction = len(rows) / free
    errors = []
    for line in inverse:
        variance = sum(
            (weight * residual * sum(a * b for a, b in zip(line, row, strict=True) if b)) ** 2
            for row, residual, weight in zip(rows, residuals, weights, strict=True)
        )
        errors.append(sqrt(correction * variance))
    return tuple(Fit(value, error) for value, error in zip(found, errors, strict=True))
