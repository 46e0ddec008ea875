"""The categories of a review, and the baseline with only some of the changes."""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from leakgate.archive.forms.baseline_form import dump_baseline, parse_baseline
from leakgate.baseline.changes import Category, Change, ChangedPart, apply, changes
from leakgate.cli.baseline_review import QuitError, reviewed
from leakgate.model.baseline import AcceptedLeak, Baseline, BaselineEntry
from leakgate.model.verdict import Verdict

KEY = "cpython-3.12-linux-x86_64"


def leak(name: str, per_s: float = 1_000.0) -> AcceptedLeak:
    return AcceptedLeak(signature=name * 4, bytes_per_s=per_s, where=f"{name}.py:f")


def entry(*leaks: AcceptedLeak, peak: int = 1_000_000, growth: float | None = None) -> BaselineEntry:
    per_s = sum(one.bytes_per_s for one in leaks) if growth is None else growth
    return BaselineEntry(
        verdict=Verdict.KNOWN if per_s else Verdict.OK, peak_bytes=peak, growth_bytes_per_s=per_s, leaks=leaks
    )


def of(**entries: BaselineEntry) -> Baseline:
    return Baseline({KEY: entries})


def named(found: Iterable[Change]) -> list[tuple[str, str, str, str]]:
    return [(one.category.value, one.script, one.subject.value, one.signature) for one in found]


BEFORE = of(api=entry(leak("a"), leak("b"), peak=5_000_000), old=entry(), job=entry(leak("j", 9_000.0)))
AFTER = of(api=entry(leak("a", 4_000.0), leak("c"), peak=9_000_000), job=entry(leak("j")), web=entry(leak("w")))


def test_every_change_has_its_category() -> None:
    assert named(changes(BEFORE, AFTER)) == [
        ("new", "api", "leak", "cccc"),
        ("new", "web", "script", ""),
        ("new", "web", "leak", "wwww"),
        ("worse", "api", "peak", ""),
        ("worse", "api", "growth", ""),
        ("worse", "api", "leak", "aaaa"),
        ("better", "job", "growth", ""),
        ("better", "job", "leak", "jjjj"),
        ("gone", "api", "leak", "bbbb"),
        ("gone", "old", "script", ""),
    ]
    assert changes(BEFORE, BEFORE) == ()


def test_one_leak_alone_brings_its_own_growth_and_nothing_else() -> None:
    chosen = [one for one in changes(BEFORE, AFTER) if one.signature == "cccc"]
    api = apply(BEFORE, AFTER, chosen).entry(KEY, "api")
    assert api == entry(leak("a"), leak("b"), leak("c"), peak=5_000_000)
    new = [one for one in changes(Baseline(), AFTER) if one.signature == "cccc"]
    assert apply(Baseline(), AFTER, new) == of(api=entry(leak("c"), peak=9_000_000))


def test_a_category_alone() -> None:
    def only(category: Category) -> Baseline:
        return apply(BEFORE, AFTER, [one for one in changes(BEFORE, AFTER) if one.category is category])

    assert only(Category.BETTER) == of(**{**BEFORE.environments[KEY], "job": entry(leak("j"))})
    assert only(Category.GONE).entry(KEY, "old") is None
    assert only(Category.GONE).entry(KEY, "api") == entry(leak("a"), peak=5_000_000)
    worse = only(Category.WORSE).entry(KEY, "api")
    assert worse is not None
    assert ([one.bytes_per_s for one in worse.leaks], worse.peak_bytes) == ([4_000.0, 1_000.0], 9_000_000)


LEAKS = st.lists(
    st.builds(leak, st.sampled_from("abcd"), st.floats(1.0, 1e6)), max_size=3, unique_by=lambda one: one.signature
)
ENTRIES = st.builds(
    lambda leaks, peak, more: entry(*leaks, peak=peak, growth=sum(one.bytes_per_s for one in leaks) + more),
    LEAKS,
    st.integers(0, 10**9),
    st.just(0.0) | st.floats(1.0, 1e6),
)
BASELINES = st.builds(
    lambda entries: Baseline({KEY: entries} if entries else {}),
    st.dictionaries(st.sampled_from("xyz"), ENTRIES, max_size=3),
)


@given(BASELINES, BASELINES)
def test_accepting_everything_gives_the_new_file_and_nothing_the_old_one(before: Baseline, after: Baseline) -> None:
    stored = parse_baseline(dump_baseline(before), "b.json")
    assert dump_baseline(apply(stored, after, changes(stored, after))) == dump_baseline(after)
    assert apply(stored, after, ()) == stored


def answers(*words: str) -> Iterator[str]:
    yield from words


def answering(*words: str) -> Callable[[str], str]:
    replies = answers(*words)
    return lambda _question: next(replies)


@pytest.mark.parametrize(
    ("words", "accepted"),
    [
        (("y", "y", "y", "y"), 10),
        (("n", "n", "n", "n"), 0),
        (("maybe", "Y", "no", "n", "n"), 3),
        (("each", "y", "n", "n", "n", "n", "n"), 1),
    ],
)
def test_a_review_asks_for_each_category_or_each_change(words: tuple[str, ...], accepted: int) -> None:
    replies = answers(*words)
    told: list[str] = []
    found = reviewed(changes(BEFORE, AFTER), lambda _question: next(replies), told.append)
    assert len(found) == accepted
    assert "worse: the gate passes with them from then on\n" in told
    assert next(replies, None) is None, "an answer was left over"


def test_who_leaves_a_review_accepts_nothing() -> None:
    for words in (("q",), ("y", "e", "q")):
        with pytest.raises(QuitError):
            reviewed(changes(BEFORE, AFTER), answering(*words), lambda _text: None)


def test_a_reason_alone_is_a_change_that_can_be_accepted() -> None:
    told = of(job=entry(leak("j", 9_000.0)))
    (change,) = changes(of(job=entry(leak("j", 9_000.0))), Baseline({KEY: {"job": _with_reason(told)}}))
    assert (change.category, change.subject) == (Category.BETTER, ChangedPart.LEAK)


def _with_reason(baseline: Baseline) -> BaselineEntry:
    found = baseline.entry(KEY, "job")
    assert found is not None
    return replace(found, leaks=(replace(found.leaks[0], reason="planned"),))
