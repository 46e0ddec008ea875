"""Requests and the memory that they keep, in words."""

import math

import pytest

from leakgate.model.units import format_each
from leakgate.model.work_record import IterationRate, WorkUnit
from leakgate.report.work_words import rate_each, route_rows, work_lines
from tests.helpers.reports import healthy, leaky_server


@pytest.mark.parametrize(
    ("value", "text"),
    [(0.0, "0 B"), (-0.01, "0 B"), (0.42, "+0.4 B"), (-3.0, "-3.0 B"), (1_248.2, "+1,248 B"), (100_049.0, "+100 KB")],
)
def test_bytes_are_as_exact_as_makes_sense(value: float, text: str) -> None:
    assert format_each(value) == text


def test_a_rate_has_its_interval_where_it_is_known() -> None:
    assert rate_each(IterationRate(1_248.0, 1_231.0, 1_266.0)) == "+1,248 B/request (1,231 to 1,266)"
    assert rate_each(IterationRate(99_000.0, 98_000.0, 100_900.0)) == "+99,000 B/request (98,000 B to 101 KB)"
    assert rate_each(IterationRate(0.5, -1.0, 2.0), WorkUnit.CALL) == "+0.5 B/call (-1.0 to 2.0)"
    assert rate_each(IterationRate(5.0, -math.inf, math.inf)) == "+5.0 B/request"


def test_routes_that_leak_come_first_and_the_rest_is_counted() -> None:
    rows = route_rows(leaky_server(), 2)

    assert [row[0] for row in rows] == ["GET /items/{n}", "GET /about", "and 1 more"]
    assert rows[0][3:] == ("+1,248 B", "1,231 to 1,266", "leaks")


def test_a_script_without_a_load_has_no_lines() -> None:
    assert work_lines(healthy()) == []
