"""The calls that cause no event for a profile function, between two events of a function."""

from __future__ import annotations

import sys
from collections.abc import Callable
from types import CodeType
from typing import Any

import pytest

from leakgate.probe.instructions import SilentCalls, line_of


def work(first: Callable[[], Any], second: Callable[[], Any], third: Callable[[], Any]) -> None:
    first()
    second()
    third()


def twice(first: Callable[[], Any], second: Callable[[], Any]) -> None:
    for _ in range(2):
        first()
        second()


def noted(function: Callable[..., None], *arguments: Callable[[], Any]) -> list[tuple[str, int]]:
    """The events of the function itself and of its calls, with the instruction at which it stands."""
    found: list[tuple[str, int]] = []

    def profile(frame: Any, event: str, _: object) -> None:
        at = frame.f_back if event == "call" else frame
        if at.f_code is function.__code__:
            found.append((event, at.f_lasti))
        elif event == "call" and frame.f_code is function.__code__:
            found.append(("begin", frame.f_lasti))

    known = sys.getprofile()
    sys.setprofile(profile)
    try:
        function(*arguments)
    finally:
        sys.setprofile(known)
    return found


def calls_of(code: CodeType, events: list[tuple[str, int]]) -> SilentCalls:
    calls = SilentCalls(code)
    for event, at in events:
        if event in ("call", "c_call"):
            calls.remove(at)
    return calls


def lines(function: Any, *arguments: Any) -> list[int]:
    """The lines, from that of the function on, of the silent calls between each two events; negative without one."""
    events = noted(function, *arguments)
    calls = calls_of(function.__code__, events)
    found = [calls.between(since, until) for (_, since), (_, until) in zip(events, events[1:])]
    return [line_of(function.__code__, at) - function.__code__.co_firstlineno for at in found]


def python() -> None:
    return None


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        ((object, python, object), {1, 3}),
        ((python, object, python), {2}),
        ((object, object, python), {2}),
    ],
)
def test_the_last_call_of_a_type_between_two_events_is_found(arguments: tuple[Any, ...], expected: set[int]) -> None:
    assert {line for line in lines(work, *arguments) if line > 0} == expected


def test_calls_that_cause_events_are_never_silent() -> None:
    assert all(line < 0 for line in lines(work, python, python, python))


def test_in_a_loop_the_only_line_with_such_a_call_is_found() -> None:
    code = twice.__code__
    calls = calls_of(code, [*noted(twice, object, python), ("c_call", SilentCalls(code)._silent[0])])
    (silent,) = calls._silent
    assert line_of(code, silent) == code.co_firstlineno + 2
    until = noted(twice, object, python)[-2][1]
    assert calls.between(until, until) == silent
