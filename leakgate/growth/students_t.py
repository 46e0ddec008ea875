"""Student's t: how many standard errors an interval reaches, by degrees of freedom."""

from typing import Final

Table = tuple[tuple[int, float], ...]

T_95: Final[Table] = (
    (1, 12.71),
    (2, 4.30),
    (3, 3.18),
    (4, 2.78),
    (6, 2.45),
    (10, 2.23),
    (20, 2.09),
    (40, 2.02),
    (100, 1.98),
)
"""For an interval of 95 %."""
T_SURE: Final[Table] = (
    (1, 318.0),
    (2, 22.3),
    (3, 10.2),
    (4, 7.17),
    (6, 5.21),
    (10, 4.14),
    (20, 3.55),
    (40, 3.31),
    (100, 3.17),
)
"""For one end at 99.9 %: with five routes in each of twenty runs, an innocent route would be named in one of ten
cases."""


def quantile(table: Table, free: int) -> float:
    """The value for ``free`` degrees of freedom, or for the next lower number in the table (a larger value)."""
    return next((value for limit, value in reversed(table) if limit <= free), table[0][1])
