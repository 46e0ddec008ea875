"""One baseline from both sides of a merge conflict, read from git's own markers."""

import subprocess
from dataclasses import replace
from pathlib import Path

import pytest

from leakgate.archive.forms.baseline_form import dump_baseline, parse_baseline
from leakgate.baseline.git_history import conflicting_texts
from leakgate.baseline.joined import NoConflictError, joined, sides
from leakgate.model.baseline import AcceptedLeak, Baseline, BaselineEntry
from leakgate.model.verdict import Verdict
from tests.helpers.git_repository import GitRepository

KEY = "cpython-3.12-linux-x86_64"


def leak(name: str, per_s: float = 1_000.0) -> AcceptedLeak:
    return AcceptedLeak(signature=name * 4, bytes_per_s=per_s, where=f"{name}.py:f")


def entry(*leaks: AcceptedLeak, peak: int = 1_000_000) -> BaselineEntry:
    per_s = sum(one.bytes_per_s for one in leaks)
    return BaselineEntry(
        verdict=Verdict.KNOWN if per_s else Verdict.OK, peak_bytes=peak, growth_bytes_per_s=per_s, leaks=leaks
    )


def of(**entries: BaselineEntry) -> Baseline:
    return Baseline({KEY: entries})


BASE = of(api=entry(leak("a")), job=entry(leak("j")), old=entry())
OURS = of(api=entry(leak("a"), leak("o", 3_000.0), peak=2_000_000), job=entry(), new=entry(leak("n")))
THEIRS = of(api=entry(leak("a"), leak("t", 2_000.0), peak=3_000_000), job=entry(leak("j")), old=entry(peak=9_000_000))


def test_with_a_base_each_side_keeps_what_it_changed() -> None:
    assert joined(OURS, THEIRS, BASE) == of(
        api=entry(leak("a"), leak("o", 3_000.0), leak("t", 2_000.0), peak=3_000_000),
        job=entry(),  # ours fixed it, theirs did not touch it
        new=entry(leak("n")),
        old=entry(peak=9_000_000),  # removed by ours, changed by theirs: kept
    )


def test_without_a_base_everything_that_was_accepted_stays() -> None:
    both = joined(OURS, THEIRS)
    assert both.entry(KEY, "job") == entry(leak("j"))
    assert both.entry(KEY, "api") == entry(leak("a"), leak("o", 3_000.0), leak("t", 2_000.0), peak=3_000_000)
    assert joined(OURS, OURS) == OURS


def test_it_does_not_matter_which_side_is_ours() -> None:
    for base in (BASE, None):
        assert dump_baseline(joined(OURS, THEIRS, base)) == dump_baseline(joined(THEIRS, OURS, base))


def test_one_leak_that_both_raised_has_the_larger_figure() -> None:
    raised = [of(api=entry(leak("a", per_s))) for per_s in (5_000.0, 4_000.0)]
    assert joined(raised[0], raised[1], of(api=entry(leak("a")))) == raised[0]


@pytest.mark.parametrize("style", ["merge", "diff3", "zdiff3"])
def test_a_conflict_that_git_wrote_is_read_from_its_markers(tmp_path: Path, style: str) -> None:
    repository = GitRepository(tmp_path)
    repository.git("config", "merge.conflictStyle", style)
    file = tmp_path / "leakgate-baseline.json"
    repository.commit({file.name: dump_baseline(BASE)}, "base")
    repository.git("switch", "-c", "theirs")
    repository.commit({file.name: dump_baseline(THEIRS)}, "theirs")
    repository.git("switch", "main")
    repository.commit({file.name: dump_baseline(OURS)}, "ours")
    with pytest.raises(subprocess.CalledProcessError):
        repository.git("merge", "theirs")
    ours, theirs, base = sides(file.read_text("utf-8"))
    assert (base is None) is (style == "merge")
    both = joined(*(parse_baseline(text, "b.json") for text in (ours, theirs)))
    assert both.entry(KEY, "api") == joined(OURS, THEIRS).entry(KEY, "api")
    staged = conflicting_texts(file)
    assert staged == (dump_baseline(OURS), dump_baseline(THEIRS), dump_baseline(BASE))


@pytest.mark.parametrize(
    "text",
    [
        "{}\n",
        "<<<<<<< ours\n{}\n",
        "<<<<<<< ours\n=======\n=======\n>>>>>>> theirs\n",
        ">>>>>>> theirs\n",
        "<<<<<<< a\n<<<<<<< b\n=======\n>>>>>>> c\n",
    ],
)
def test_a_text_without_a_whole_conflict_is_refused(text: str) -> None:
    with pytest.raises(NoConflictError):
        sides(text)


def test_windows_line_ends_are_read() -> None:
    assert sides("a\r\n<<<<<<< x\r\no\r\n=======\r\nt\r\n>>>>>>> y\r\nz\r\n") == (
        "a\r\no\r\nz\r\n",
        "a\r\nt\r\nz\r\n",
        None,
    )


def test_growth_beyond_the_named_leaks_stays() -> None:
    ours = replace(entry(leak("a"), leak("o")), growth_bytes_per_s=2_200.0)
    theirs = replace(entry(leak("a"), leak("t")), growth_bytes_per_s=2_100.0)
    both = joined(of(api=ours), of(api=theirs), BASE).entry(KEY, "api")
    assert both is not None
    assert both.growth_bytes_per_s == pytest.approx(3_300.0)
