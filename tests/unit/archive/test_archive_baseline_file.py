"""The baseline file on a real disk."""

import resource
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from leakgate.archive.baseline_file import load_baseline, write_baseline
from leakgate.errors import BaselineError, OutputError
from leakgate.model.baseline import Baseline, BaselineEntry
from leakgate.model.verdict import Verdict

ENTRY = BaselineEntry(verdict=Verdict.OK, peak_bytes=64_000_000, growth_bytes_per_s=0.0)
BASELINE = Baseline({"cpython-3.11-linux-x86_64": {"worker": ENTRY}})


@contextmanager
def full_disk(limit: int) -> Iterator[None]:
    """Limit the size of files in this process to ``limit`` bytes, as on a full disk."""
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (limit, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))


def test_no_file_is_an_empty_baseline(tmp_path: Path) -> None:
    assert load_baseline(tmp_path / "none.json") == Baseline()


def test_what_is_written_reads_back_and_is_not_written_twice(tmp_path: Path) -> None:
    path = tmp_path / "deep" / "baseline.json"
    assert write_baseline(path, BASELINE)
    assert load_baseline(path) == BASELINE
    assert b"\r" not in path.read_bytes()
    before = path.stat().st_mtime_ns
    assert not write_baseline(path, BASELINE)
    assert path.stat().st_mtime_ns == before
    assert [entry.name for entry in path.parent.iterdir()] == ["baseline.json"]


def test_a_new_text_keeps_the_mode_and_follows_a_link(tmp_path: Path) -> None:
    real, link = tmp_path / "real.json", tmp_path / "link.json"
    write_baseline(real, Baseline())
    real.chmod(0o664)
    link.symlink_to(real)
    assert write_baseline(link, BASELINE)
    assert link.is_symlink()
    assert load_baseline(real) == BASELINE
    assert real.stat().st_mode & 0o777 == 0o664


def test_a_mark_of_windows_editors_and_its_line_ends_do_no_harm(tmp_path: Path) -> None:
    path = tmp_path / "baseline.json"
    write_baseline(path, BASELINE)
    path.write_bytes(b"\xef\xbb\xbf" + path.read_bytes().replace(b"\n", b"\r\n"))
    assert load_baseline(path) == BASELINE


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "baseline.json:1:1: the file is empty"),
        (b"{\n\xff", "baseline.json:2:1: is not UTF-8 text"),
        (b" " * (8 * 1024**2 + 1), "baseline.json: is larger than 8.39 MB"),
    ],
)
def test_a_file_that_is_not_sound_is_refused(tmp_path: Path, content: bytes, message: str) -> None:
    path = tmp_path / "baseline.json"
    path.write_bytes(content)
    with pytest.raises(BaselineError) as caught:
        load_baseline(path)
    assert message in caught.value.message


def test_a_folder_is_no_baseline(tmp_path: Path) -> None:
    with pytest.raises(BaselineError, match="is a folder"):
        load_baseline(tmp_path)
    with pytest.raises(OutputError, match="the baseline cannot be written"):
        write_baseline(tmp_path, BASELINE)


def test_a_full_disk_leaves_the_old_file_and_nothing_else(tmp_path: Path) -> None:
    path = tmp_path / "baseline.json"
    write_baseline(path, Baseline())
    before = path.read_bytes()
    with full_disk(100), pytest.raises(OutputError, match="cannot be written"):
        write_baseline(path, BASELINE)
    assert path.read_bytes() == before
    assert list(tmp_path.iterdir()) == [path]
