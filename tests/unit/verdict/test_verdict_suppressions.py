"""The state of each suppression in a run: used, unused, expired, or not tried."""

from datetime import date

import pytest

from leakgate.model.source_ref import SourceRef
from leakgate.model.suppression import Suppression, SuppressionState, SuppressionSubject, SuppressionUse
from leakgate.verdict.suppressions import joined, notes_on, suppressing, uses_of
from tests.helpers.judged import ROOT, SIGNATURE, leak

TODAY = date(2026, 3, 1)
WHERE = SourceRef("leakgate.yaml", 9, 5)
USED, UNUSED, EXPIRED, UNTRIED = SuppressionState


def suppression(pattern: str = "*", expires: date | None = None, owner: str = "") -> Suppression:
    return Suppression(
        subject=SuppressionSubject.SIGNATURE,
        pattern=pattern,
        reason="bounded by tenants",
        expires=expires,
        owner=owner,
        origin=WHERE,
    )


def test_the_first_in_force_counts() -> None:
    old, first, second = suppression(expires=date(2026, 2, 28)), suppression(expires=TODAY), suppression()
    assert suppressing((old, first, second), leak(), ROOT, TODAY) is first
    assert suppressing((old, first, second), leak(), ROOT, date(2026, 3, 2)) is second
    assert suppressing((suppression("no*"),), leak(), ROOT, TODAY) is None


@pytest.mark.parametrize(
    ("one", "complete", "state", "leaks"),
    [
        (suppression(SIGNATURE), True, USED, 2),
        (suppression("no*"), True, UNUSED, 0),
        (suppression("no*"), False, UNTRIED, 0),
        (suppression(SIGNATURE, date(2026, 2, 28)), True, EXPIRED, 0),
        (suppression("no*", date(2026, 2, 28)), False, EXPIRED, 0),
    ],
)
def test_what_each_did(one: Suppression, state: SuppressionState, leaks: int, *, complete: bool) -> None:
    found = uses_of((one,), [(leak(), TODAY), (leak(), TODAY)], ROOT, today=TODAY, complete=complete)
    assert found == (SuppressionUse(suppression=one, leaks=leaks, state=state),)


def use(state: SuppressionState, leaks: int = 0, **fields: object) -> SuppressionUse:
    return SuppressionUse(suppression=suppression(**fields), leaks=leaks, state=state)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("parts", "complete", "expected"),
    [
        ((use(USED, 2), use(USED, 3)), True, use(USED, 5)),
        ((use(UNTRIED), use(USED, 1)), True, use(USED, 1)),
        ((use(UNTRIED), use(UNTRIED)), True, use(UNUSED)),
        ((use(UNTRIED), use(UNTRIED)), False, use(UNTRIED)),
        ((use(EXPIRED), use(EXPIRED)), True, use(EXPIRED)),
        ((use(EXPIRED), use(USED, 1)), True, use(USED, 1)),  # one shard ran before midnight
    ],
)
def test_shards_are_added_up(parts: tuple[SuppressionUse, ...], expected: SuppressionUse, *, complete: bool) -> None:
    assert joined([(part,) for part in parts], complete=complete) == (expected,)


def test_nothing_is_joined_to_nothing() -> None:
    assert joined([(), ()], complete=True) == ()


@pytest.mark.parametrize(
    ("one", "said"),
    [
        (
            use(USED, 2, expires=date(2030, 1, 2), owner="payments"),
            (
                "the suppression at leakgate.yaml:9:5 of signature '*' (payments) covers 2 leaks, until 2030-01-02: "
                "bounded by tenants"
            ),
        ),
        (use(USED, 1), "the suppression at leakgate.yaml:9:5 of signature '*' covers 1 leak: bounded by tenants"),
        (
            use(UNUSED),
            "unused suppression at leakgate.yaml:9:5 of signature '*': it no longer covers a leak, so remove it",
        ),
        (
            use(EXPIRED, expires=date(2026, 2, 28)),
            (
                "expired suppression at leakgate.yaml:9:5 of signature '*': its last day was 2026-02-28, so the leaks "
                "that it covered count again"
            ),
        ),
    ],
)
def test_what_is_said_of_it(one: SuppressionUse, said: str) -> None:
    assert notes_on((one,)) == (said,)


def test_of_what_was_not_tried_nothing_is_said_and_a_place_may_be_unknown() -> None:
    assert notes_on((use(UNTRIED),)) == ()
    nowhere = Suppression(subject=SuppressionSubject.LIBRARY, pattern="x", reason="y")
    assert notes_on((SuppressionUse(suppression=nowhere, leaks=0, state=UNUSED),))[0].startswith(
        "unused suppression of library 'x'"
    )
