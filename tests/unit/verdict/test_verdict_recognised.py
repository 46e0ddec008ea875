"""A known leak stays known when its code is renamed or moved, and a new leak does not pass for an old one."""

from dataclasses import replace

import pytest

from leakgate.model.baseline import AcceptedLeak, Baseline, BaselineEntry, EntryName
from leakgate.model.metrics import Metric
from leakgate.model.repeated import PerCall
from leakgate.model.verdict import Verdict
from leakgate.verdict.recognised import recognised, renamed_in_tests
from leakgate.verdict.standing_in import entry_of_earlier_name, entry_of_other_environment
from tests.helpers.judged import ROOT, evidence_of, leak, leaking
from tests.helpers.trials import KB

KEY = "cpython-3.12-linux-x86_64"


def accepted(where: str, per_s: float = 100 * KB, signature: str = "aaaaaaaaaaaa") -> BaselineEntry:
    one = AcceptedLeak(signature=signature, bytes_per_s=per_s, where=where)
    return BaselineEntry(verdict=Verdict.KNOWN, peak_bytes=0, growth_bytes_per_s=per_s, leaks=(one,))


@pytest.mark.parametrize(
    ("where", "per_s", "known"),
    [
        ("worker.py:load", 100 * KB, True),  # what allocates below it has another name
        ("worker.py:fetch", 100 * KB, True),
        ("old/worker.py:load", 100 * KB, True),
        ("old/worker.py:fetch", 100 * KB, False),
        ("worker.py:fetch", 50 * KB, False),  # the new one is faster than the old one ever was
        ("worker.py:fetch", 300 * KB, False),  # the old one was fixed, and this is another one
    ],
)
def test_the_nearest_accepted_leak_of_the_same_growth_is_recognised(where: str, per_s: float, *, known: bool) -> None:
    (found,) = recognised(evidence_of(leaking(), leaks=(leak(),), baseline=accepted(where, per_s))).leaks
    assert (found.known, found.known_as) == (known, "aaaaaaaaaaaa" if known else "")


def test_one_accepted_leak_stands_for_one_leak_only() -> None:
    leaks = (leak(share=0.5), leak(share=0.5, signature="b" * 12, function="store"))
    found = recognised(evidence_of(leaking(200 * KB), leaks=leaks, baseline=accepted("worker.py:fetch"))).leaks
    assert [one.known for one in found] == [True, False]


def test_an_accepted_leak_that_is_still_there_stands_for_no_other() -> None:
    leaks = (leak(share=0.5, signature="a" * 12, known=True), leak(share=0.5, function="store"))
    found = recognised(evidence_of(leaking(200 * KB), leaks=leaks, baseline=accepted("worker.py:load"))).leaks
    assert [one.known for one in found] == [True, False]


@pytest.mark.parametrize(("bytes_per_call", "known"), [(40_000.0, True), (10_000.0, False), (160_000.0, False)])
def test_a_part_of_a_test_is_recognised_by_what_it_keeps_in_each_call(bytes_per_call: float, *, known: bool) -> None:
    """A leak with half of the growth keeps all of its own bytes: its share of the test does not count twice."""
    seen = replace(leak(share=0.5), per_call=PerCall(blocks=4.0, bytes=40_000.0))
    old = AcceptedLeak(
        signature="a" * 12, bytes_per_s=0.0, where="worker.py:fetch", blocks_per_call=4.0, bytes_per_call=bytes_per_call
    )
    entry = replace(accepted("worker.py:fetch"), leaks=(old,))
    assert renamed_in_tests((seen,), entry, 0.25, ROOT) == ({seen.signature: old.signature} if known else {})


def test_the_nearest_environment_stands_in() -> None:
    def named(per_s: float) -> dict[str, BaselineEntry]:
        return {"worker": accepted("worker.py:load", per_s)}

    baseline = Baseline(
        {
            "cpython-3.12-windows-amd64": named(1.0),
            "pypy-3.12-linux-x86_64": named(2.0),
            "cpython-3.9-linux-x86_64": named(3.0),
            "cpython-3.11-linux-x86_64": named(4.0),
            "cpython-3.12-linux-aarch64": named(5.0),
            "odd": named(6.0),
        }
    )
    found = entry_of_other_environment(baseline, EntryName(KEY, "worker"))
    assert found is not None
    assert (found.growth_bytes_per_s, found.taken_from) == (4.0, EntryName("cpython-3.11-linux-x86_64", "worker"))
    assert entry_of_other_environment(baseline, EntryName(KEY, "other")) is None


def test_the_entry_of_a_script_that_left_the_config_stands_in_where_its_leaks_are_seen() -> None:
    baseline = Baseline(
        {
            KEY: {
                "gone": accepted("worker.py:other", signature="b" * 12),
                "renamed": accepted("x.py:y", signature="0123456789ab"),
                "stays": accepted("worker.py:load", signature="0123456789ab"),
                "healthy": replace(accepted("worker.py:load"), leaks=(), growth_bytes_per_s=0.0),
            }
        }
    )
    own = EntryName(KEY, "worker")
    found = entry_of_earlier_name(baseline, own, (leak(),), {"worker", "stays"}, ROOT)
    assert found is not None
    assert found.taken_from == EntryName(KEY, "renamed")
    assert entry_of_earlier_name(baseline, own, (), {"worker", "stays"}, ROOT) is None
    assert entry_of_earlier_name(baseline, own, (leak(),), (), ROOT) is None


def renamed_at(bytes_each: float, blocks: float, accepted_bytes: float, accepted_blocks: float) -> bool:
    """Whether a renamed leak of a test with these figures a call is taken for the accepted one; tolerance 25 %."""
    seen = replace(leak(), per_call=PerCall(blocks=blocks, bytes=bytes_each))
    old = AcceptedLeak(
        signature="a" * 12,
        bytes_per_s=0.0,
        where="worker.py:fetch",
        blocks_per_call=accepted_blocks,
        bytes_per_call=accepted_bytes,
    )
    return bool(renamed_in_tests((seen,), replace(accepted("x.py:y"), leaks=(old,)), 0.25, ROOT))


@pytest.mark.parametrize(
    ("bytes_each", "blocks", "same"),
    [
        (8_192.0, 64.0, True),
        (8_192.0, 47.0, True),  # a quarter and one block less
        (8_192.0, 46.0, False),
        (8_192.0, 81.0, True),  # a quarter and one block more
        (8_192.0, 82.0, False),
        (5_632.0, 64.0, True),  # a quarter and 512 bytes less
        (5_631.0, 64.0, False),
        (10_752.0, 64.0, True),  # a quarter and 512 bytes more
        (10_753.0, 64.0, False),
    ],
)
def test_a_renamed_leak_of_a_test_keeps_as_much_as_before_within_tolerance_and_one_block(
    bytes_each: float, blocks: float, *, same: bool
) -> None:
    assert renamed_at(bytes_each, blocks, 8_192.0, 64.0) is same


def test_an_entry_without_figures_a_call_recognises_nothing_in_a_test() -> None:
    assert not renamed_at(0.0, 0.0, 0.0, 0.0)
    assert renamed_at(16.0, 0.0, 16.0, 0.0), "memory of the C allocator has no blocks"
    assert renamed_at(0.0, 1.0, 0.0, 1.0)


def test_a_leak_of_a_test_that_is_known_or_has_no_figures_is_not_renamed() -> None:
    seen = replace(leak(), per_call=PerCall(blocks=4.0, bytes=400.0))
    old = AcceptedLeak(
        signature="a" * 12, bytes_per_s=0.0, where="worker.py:fetch", blocks_per_call=4.0, bytes_per_call=400.0
    )
    entry = replace(accepted("x.py:y"), leaks=(old,))
    assert renamed_in_tests((seen,), entry, 0.25, ROOT)
    for other in (replace(seen, known=True), replace(seen, per_call=None), replace(seen, site=leak(share=0.0).site)):
        assert renamed_in_tests((other,), entry, 0.25, ROOT) == {}


@pytest.mark.parametrize(
    ("recorded", "known"),
    [
        (131_072.0, True),  # exactly a quarter less than recorded
        (131_080.0, False),
        (77_040.0, True),  # exactly a quarter and 2 KB/s more than recorded
        (77_032.0, False),
    ],
)
def test_the_rate_of_a_renamed_leak_is_compared_within_tolerance(recorded: float, *, known: bool) -> None:
    evidence = evidence_of(leaking(), leaks=(leak(),), baseline=accepted("worker.py:fetch", recorded), tolerance=0.25)
    trends = tuple(
        replace(one, per_s=98_304.0 if recorded > 100_000 else 98_300.0) if one.metric is Metric.HEAP else one
        for one in evidence.trends
    )
    (found,) = recognised(replace(evidence, trends=trends)).leaks
    assert found.known is known


@pytest.mark.parametrize(("share", "known"), [(0.12, True), (0.11, False)])
def test_only_a_leak_that_matters_is_recognised(share: float, *, known: bool) -> None:
    leaks = (leak(share=1 - share, signature="b" * 12, known=True), leak(share=share))
    baseline = accepted("worker.py:fetch", share * 100 * KB)
    found = recognised(evidence_of(leaking(), leaks=leaks, baseline=baseline)).leaks
    assert found[1].known_as == ("aaaaaaaaaaaa" if known else "")


def test_a_known_leak_takes_the_place_of_no_other() -> None:
    mine = leak(known=True)
    (found,) = recognised(evidence_of(leaking(), leaks=(mine,), baseline=accepted("worker.py:load"))).leaks
    assert found == mine


def test_of_several_leaks_the_nearest_and_of_these_the_largest_is_recognised() -> None:
    far = leak(share=0.55, signature="f" * 12, function="store")
    near = leak(share=0.45, signature="c" * 12, function="load")
    found = recognised(evidence_of(leaking(200 * KB), leaks=(far, near), baseline=accepted("worker.py:load"))).leaks
    assert [one.known for one in found] == [False, True]
    small, large = (leak(share=part, signature=str(part) * 4, function="store") for part in (0.45, 0.55))
    found = recognised(evidence_of(leaking(200 * KB), leaks=(small, large), baseline=accepted("worker.py:load"))).leaks
    assert [one.known for one in found] == [False, True]


def test_an_entry_in_which_nothing_grew_does_not_stand_in() -> None:
    healthy = replace(accepted("x.py:y"), leaks=(), growth_bytes_per_s=0.0)
    only_rate = replace(healthy, growth_bytes_per_s=1.0)
    only_leaks = replace(accepted("x.py:y"), growth_bytes_per_s=0.0)
    for entry, stands_in in ((healthy, False), (only_rate, True), (only_leaks, True)):
        baseline = Baseline({"cpython-3.11-linux-x86_64": {"worker": entry}})
        assert (entry_of_other_environment(baseline, EntryName(KEY, "worker")) is not None) is stands_in


def test_the_own_environment_does_not_stand_in_for_itself() -> None:
    baseline = Baseline({KEY: {"worker": accepted("x.py:y")}})
    assert entry_of_other_environment(baseline, EntryName(KEY, "worker")) is None


def test_odd_versions_are_far_away_and_are_no_error() -> None:
    baseline = Baseline(
        {
            "cpython-3.999999-linux-x86_64": {"worker": accepted("x.py:y", 1.0)},
            "cpython-3.30-linux-x86_64": {"worker": accepted("x.py:y", 2.0)},
        }
    )
    found = entry_of_other_environment(baseline, EntryName(KEY, "worker"))
    assert found is not None
    assert found.growth_bytes_per_s == 1.0, "a version that is not read counts as minor version 0, which is nearer"
