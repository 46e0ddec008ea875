"""Which counts rise in every part of the watch."""

import pytest

from leakgate.growth.floors import Points
from leakgate.growth.pile_ups import growing_counts
from leakgate.model.metrics import Metric
from tests.helpers.trials import Curve, flat, sampled, series, trial_from


def growing(*, start_s: float = 1.0, **counts: Curve) -> tuple[Metric, ...]:
    tree = tuple(series(Metric(name), sampled(curve, 30.0, interval_s=1.0)) for name, curve in counts.items())
    return growing_counts(trial_from(end_s=30.0, heap=flat(), tree=tree), start_s)


def steps(*counts: float) -> Curve:
    """A count that changes after each quarter of the watch."""
    return lambda t_s: counts[min(3, int(t_s / 7.6))]


@pytest.mark.parametrize(
    ("counts", "grows"),
    [
        ((5, 6, 7, 8), True),  # by three
        ((5, 5.9, 6.9, 7.9), False),  # by less than three
        ((5, 8, 8, 11), False),  # not in every part
        ((5, 8, 7, 11), False),
        ((8, 7, 6, 5), False),
    ],
)
def test_a_count_rises_in_each_quarter_and_by_three_in_all(counts: tuple[float, ...], *, grows: bool) -> None:
    assert (growing(fds=steps(*counts)) == (Metric.FDS,)) is grows


def test_the_first_thread_of_each_child_is_not_counted() -> None:
    rises = steps(5, 9, 13, 17)
    assert growing(threads=rises) == (Metric.THREADS,)
    assert growing(threads=rises, children=flat(3)) == (Metric.THREADS,)
    assert growing(threads=rises, children=rises) == (Metric.CHILDREN,)
    assert growing(fds=rises, children=rises) == (Metric.FDS, Metric.CHILDREN)


def test_children_are_those_of_the_newest_reading_before() -> None:
    threads = series(Metric.THREADS, sampled(steps(5, 9, 13, 17), 30.0, interval_s=1.0))
    late = Points((12.0, 20.0, 28.0), (4.0, 8.0, 12.0))
    trial = trial_from(end_s=30.0, heap=flat(), tree=(threads, series(Metric.CHILDREN, late)))
    assert growing_counts(trial, 1.0) == ()
    assert growing_counts(trial_from(end_s=30.0, heap=flat(), tree=(threads,)), 1.0) == (Metric.THREADS,)
