"""The history of the baseline file, from real git repositories: complete, shallow, empty, long, and without a
repository.
"""

import os
from dataclasses import replace
from pathlib import Path

import pytest

from leakgate.archive.forms.baseline_form import dump_baseline
from leakgate.baseline.drift import drifts, steps
from leakgate.baseline.git_history import read_history
from leakgate.errors import UsageError
from leakgate.model.baseline import Baseline, BaselineEntry
from leakgate.model.verdict import Verdict
from tests.helpers.git_repository import GitRepository

KEY = "cpython-3.12-linux-x86_64"
NAME = "ci/leakgate-baseline.json"
ENTRY = BaselineEntry(verdict=Verdict.OK, peak_bytes=9_800_000, growth_bytes_per_s=0.0)


def of(peak: float) -> Baseline:
    return Baseline({KEY: {"worker": replace(ENTRY, peak_bytes=round(peak))}})


@pytest.fixture
def grown(tmp_path: Path) -> GitRepository:
    """Six accepted pull requests; each raises the peak by half."""
    repository = GitRepository(tmp_path / "repository")
    for step in range(7):
        repository.commit({NAME: dump_baseline(of(9_800_000 * 1.5**step))}, f"Accept step {step}")
    repository.commit({"other.txt": "x"}, "Something else")
    return repository


def test_a_script_that_grew_six_times_is_told_with_its_history(grown: GitRepository) -> None:
    history = read_history(grown.folder / NAME)
    assert [one.subject for one in history.versions] == [f"Accept step {step}" for step in range(7)]
    assert history.notes == ()
    (drift,) = drifts(history.versions, history.versions[-1].baseline)
    assert str(drift) == f"worker: the accepted peak rose 6 times since 2026-01-01, from 9.8 MB to 120 MB ({KEY})"
    told = steps(history.versions, of(5_000_000))
    assert [len(step.changes) for step in told] == [1] * 8
    assert (told[-1].day, told[-1].changes[0].category) == ("not committed", "better")
    assert told[1].changes[0].text == "peak 9.8 MB -> 15 MB"
    assert steps(history.versions, of(1), ["other"]) == ()


@pytest.mark.parametrize(
    ("peaks", "told"),
    [
        ((10, 30), False),  # one rise, which its own pull request shows
        ((10, 12, 15), False),  # not doubled
        ((10, 15, 21), True),
        ((10, 40, 10, 12), False),  # it fell again
        ((40, 10, 20, 30), True),
    ],
)
def test_what_is_drift_and_what_is_not(tmp_path: Path, peaks: tuple[int, ...], *, told: bool) -> None:
    repository = GitRepository(tmp_path)
    for peak in peaks[:-1]:
        repository.commit({NAME: dump_baseline(of(peak * 1_000_000))}, "step")
    assert bool(drifts(read_history(tmp_path / NAME).versions, of(peaks[-1] * 1_000_000))) is told


def test_a_shallow_clone_says_so(grown: GitRepository, tmp_path: Path) -> None:
    clone = tmp_path / "shallow"
    grown.git("clone", "-q", "--depth=1", grown.folder.as_uri(), str(clone))
    history = read_history(clone / NAME)
    assert "the clone is shallow" in history.notes[0]
    assert len(history.versions) == 1


def test_outside_of_a_repository_and_without_commits_there_is_a_plain_sentence(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with pytest.raises(UsageError, match="is not in a git repository, so it has no history"):
        read_history(tmp_path / "leakgate-baseline.json")
    repository = GitRepository(tmp_path / "empty")
    assert read_history(repository.folder / "leakgate-baseline.json").versions == ()
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(UsageError, match="git is not installed"):
        read_history(tmp_path / "leakgate-baseline.json")


def test_what_is_no_baseline_is_left_out_and_counted(tmp_path: Path) -> None:
    repository = GitRepository(tmp_path)
    for text in ("<<<<<<< x\n", dump_baseline(of(1_000_000)), "[]"):
        repository.commit({NAME: text}, "broken\tsubject")
    history = read_history(tmp_path / NAME)
    assert [one.subject for one in history.versions] == ["broken\tsubject"]
    assert history.notes == ("2 versions are not baselines that this leakgate can read",)


def test_a_thousand_commits_are_read_up_to_a_bound(tmp_path: Path) -> None:
    repository = GitRepository(tmp_path)
    stream = []
    for at in range(1_010):
        text = dump_baseline(of(1_000_000 + 1_000_000 * (at % 2))).encode()
        stream.append(
            b"commit refs/heads/main\ncommitter Ada <a@example.org> %d +0000\ndata 4\nstep\n" % (1_700_000_000 + at)
            + b"M 100644 inline leakgate-baseline.json\ndata %d\n%s\n" % (len(text), text)
        )
    repository.git("fast-import", "--quiet", stdin=b"".join(stream))
    history = read_history(tmp_path / "leakgate-baseline.json")
    assert len(history.versions) == 1_000
    assert "only the newest 1,000 commits" in history.notes[0]


def test_variables_of_a_hook_do_not_lead_to_another_repository(
    grown: GitRepository, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    other = GitRepository(tmp_path / "other")
    monkeypatch.setenv("GIT_DIR", str(other.folder / ".git"))
    monkeypatch.setenv("GIT_INDEX_FILE", os.devnull)
    assert len(read_history(grown.folder / NAME).versions) == 7
