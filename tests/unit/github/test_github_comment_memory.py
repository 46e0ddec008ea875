"""The memory of a comment about earlier runs, read as hostile text."""

import base64
import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from leakgate.github.comment_memory import LINE_LIMIT, MOST, carried_on, recall, remember
from leakgate.model.review import SeenLeak
from tests.helpers.reports import crashed, gate, healthy, known_leak, leaky_python

LEAK = SeenLeak(script="worker", place="shop/sessions.py:51", bytes_per_s=385_000.0)
SHA = "a" * 40


def line_of(value: object) -> str:
    return f"<!-- leakgate:memory {base64.urlsafe_b64encode(json.dumps(value).encode()).decode()} -->"


@given(st.text(max_size=100), st.text(max_size=100))
def test_what_is_remembered_reads_back(script: str, place: str) -> None:
    leak = SeenLeak(script=script, place=place, bytes_per_s=12.0)
    assert recall(f"<!-- first -->\ntext\n\n{remember([leak])}") == (leak,)


def test_the_line_is_bounded_and_closes_no_comment_early() -> None:
    many = [SeenLeak(script="-->\U0001f40d" * 40, place="\u00e9" * 300, bytes_per_s=1.0)] * 50
    line = remember(many)
    assert len(line) <= LINE_LIMIT
    assert line.count("-->") == 1
    assert 0 < len(recall(line)) <= MOST
    assert remember([]) == ""


@pytest.mark.parametrize(
    "body",
    [
        "",
        "<!-- leakgate:memory x -->",
        f"{line_of([['w', 'p', 1, '']])}\nmore text",
        line_of({"leaks": 1}),
        line_of([["w", "p", "many", ""]]),
        line_of([["w" * 101, "p", 1, ""]]),
        line_of([["w", "p", 1, "<script>"]]),
        line_of([["w", "p", 2**80, ""]]),
        "<!-- leakgate:memory " + base64.urlsafe_b64encode(b"[" * 9_000).decode() + " -->",
    ],
)
def test_anything_else_is_not_remembered(body: str) -> None:
    assert recall(body) == ()


def test_a_leak_is_fixed_once_its_script_is_healthy_and_stays_fixed() -> None:
    (fixed,) = carried_on((LEAK,), gate(healthy("worker")), (), SHA)
    assert (fixed.script, fixed.fixed_in) == ("worker", SHA)
    assert carried_on((fixed,), gate(healthy("worker")), (), "b" * 40) == (fixed,)
    assert carried_on((LEAK,), gate(known_leak("worker")), (), SHA)[0].fixed_in == SHA


def test_what_was_not_judged_fixes_nothing() -> None:
    assert carried_on((LEAK,), gate(crashed("worker")), (), SHA) == (LEAK,)
    assert carried_on((LEAK,), gate(), (), SHA) == (LEAK,)


def test_a_leak_that_is_back_is_no_longer_fixed() -> None:
    (fixed,) = carried_on((LEAK,), gate(healthy("worker")), (), SHA)
    assert carried_on((fixed,), gate(leaky_python("worker")), (LEAK,), "b" * 40) == (LEAK,)
