"""From growing containers to holders: which come first, and which are left out."""

import pytest

from leakgate.analysis.holders import MAX_HOLDERS, MAX_TYPES, holders_of, types_of
from leakgate.model.evidence import Frame
from leakgate.model.explain_raw import RawExplanation, RawFrame, RawHolder, RawType, RawWindow


def framed(raw: tuple[RawFrame, ...]) -> tuple[Frame, ...]:
    return tuple(Frame(file, line, function) for file, line, function in raw)


def holder(path: str, grew: int, *, entry_bytes: int = 0, weak: bool = False, watched_s: float = 6.0) -> RawHolder:
    return RawHolder(
        path=path,
        root="module shop",
        container_type="dict",
        lengths=(1_000, 1_000 + grew),
        entry_bytes=entry_bytes,
        weak=weak,
        watched_s=watched_s,
    )


def paths(*holders: RawHolder) -> list[str]:
    return [one.path for one in holders_of((RawExplanation(pid=1, holders=holders),), framed)]


def test_what_keeps_most_comes_first_whatever_its_size() -> None:
    assert paths(holder("many", 90), holder("heavy", 9, entry_bytes=5_000)) == ["heavy", "many"]


def test_what_keeps_next_to_nothing_of_it_is_left_out() -> None:
    assert paths(holder("leak", 500, entry_bytes=1_000), holder("ripple", 2)) == ["leak"]


def test_weak_containers_count_only_where_there_is_nothing_else() -> None:
    weak = holder("registry", 900, weak=True)
    assert paths(weak, holder("list", 300)) == ["list"]
    (only,) = holders_of((RawExplanation(pid=1, holders=(weak,)),), framed)
    assert only.container_type == "weak dict"


def test_only_so_many_are_told() -> None:
    assert len(paths(*(holder(str(n), 100 + n) for n in range(40)))) == MAX_HOLDERS
    types = tuple(RawType(name=str(n), counts=(0, n), bytes=9) for n in range(40))
    found = types_of((RawExplanation(pid=1, types=types),))
    assert len(found) == MAX_TYPES
    assert found[0].name == "39"


@pytest.mark.parametrize(
    ("watched_s", "window", "per_min"),
    [
        (6.0, None, 100.0),
        (0.0, RawWindow(t0_s=10.0, t1_s=15.0), 120.0),
        (0.0, RawWindow(t0_s=10.0, t1_s=10.0), 6_000.0),
        (0.0, None, 600.0),
    ],
)
def test_rates_are_by_the_containers_own_watch_where_it_is_known(
    watched_s: float, window: RawWindow | None, per_min: float
) -> None:
    raw = RawExplanation(pid=1, window=window, holders=(holder("x", 10, watched_s=watched_s),))
    (found,) = holders_of((raw,), framed)
    assert found.grew_per_min == pytest.approx(per_min)
    assert (found.length, found.writer, found.frames) == (1_010, None, ())


def test_holders_of_all_processes_are_ranked_together() -> None:
    answers = (RawExplanation(pid=1, holders=(holder("a", 10),)), RawExplanation(pid=2, holders=(holder("b", 20),)))
    assert [one.path for one in holders_of(answers, framed)] == ["b", "a"]
