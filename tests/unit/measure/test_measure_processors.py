"""How many processors may be used, according to files like those of the kernel."""

import os
from pathlib import Path

import pytest

from leakgate.measure.processors import usable_processors

MANY = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def told(folder: Path, membership: str, **files: str) -> int:
    """What is told where the files, named by their path with ``__`` for ``/`` and ``_`` for a dot, hold these texts."""
    for name, text in files.items():
        path = folder.joinpath(*name.split("__"))
        path.parent.mkdir(parents=True, exist_ok=True)
        path.with_name(path.name.replace("_", ".", 1)).write_text(text, "ascii")
    (folder / "membership").write_text(membership, "ascii")
    return usable_processors(folder, folder / "membership")


def test_without_control_groups_all_that_the_affinity_allows_are_used(tmp_path: Path) -> None:
    assert usable_processors(tmp_path, tmp_path / "absent") == MANY


@pytest.mark.parametrize("text", ["max 100000\n", "", "1\n", "x y\n", "-1 100000\n", "100000 0\n", "99900000 100000\n"])
def test_no_quota_withholds_nothing(tmp_path: Path, text: str) -> None:
    assert told(tmp_path, "0::/\n", cpu_max=text) == MANY


@pytest.mark.parametrize("text", ["100000 100000\n", "150000 100000\n", "20000 100000\n"])
def test_a_quota_is_rounded_down_but_one_is_always_used(tmp_path: Path, text: str) -> None:
    assert told(tmp_path, "0::/\n", cpu_max=text) == 1


def test_the_quota_of_a_group_above_counts_too(tmp_path: Path) -> None:
    assert told(tmp_path, "0::/ci/job\n", ci__cpu_max="100000 100000\n", ci__job__cpu_max="max 100000\n") == 1


def test_a_quota_of_the_older_kind(tmp_path: Path) -> None:
    files = {"cpu__job__cpu_cfs_quota_us": "100000\n", "cpu__job__cpu_cfs_period_us": "100000\n"}
    assert told(tmp_path, "3:memory:/\n4:cpu,cpuacct:/job\n", **files) == 1


def test_a_group_that_is_named_with_dots_leads_nowhere_else(tmp_path: Path) -> None:
    inside = tmp_path / "inside"
    inside.mkdir()
    (tmp_path / "cpu.max").write_text("100000 100000\n", "ascii")
    assert told(inside, "0::/..\n") == MANY


def test_nonsense_is_no_quota(tmp_path: Path) -> None:
    assert told(tmp_path, "nonsense\n\n:\n") == MANY
