"""A known leak stays known when its code is renamed or moved, and a new leak does not pass for an old one."""

from dataclasses import replace

import pytest

from leakgate.model.baseline import AcceptedLeak, Baseline, BaselineEntry, EntryName
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
