"""Results that come as an artifact of an untrusted pull request."""

import stat
import zipfile
from pathlib import Path

import pytest

from leakgate.archive import read_results as artifact
from leakgate.archive.read_results import find_results, read_results
from leakgate.errors import SessionError


def zip_of(path: Path, *names: str, content: bytes = b"{}") -> Path:
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name in names:
            archive.writestr(zipfile.ZipInfo(name), content, zipfile.ZIP_DEFLATED)
    return path


def test_folder_file_and_zip_are_read_alike(tmp_path: Path) -> None:
    (tmp_path / "results.json").write_bytes(b'{"a": 1}')
    archive = zip_of(tmp_path / "a.zip", "report.html", "results.json", content=b'{"a": 1}')
    for path in (tmp_path, tmp_path / "results.json", archive):
        assert read_results(path) == b'{"a": 1}'


@pytest.mark.parametrize(
    "name", ["../results.json", "/etc/passwd", "a/../../b", "C:\\results.json", "..\\results.json", "a:b"]
)
def test_archive_that_leaves_its_folder_is_refused_as_a_whole(tmp_path: Path, name: str) -> None:
    with pytest.raises(SessionError, match="outside of its folder"):
        read_results(zip_of(tmp_path / "a.zip", "results.json", name))


def test_archive_with_a_link_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "a.zip"
    with zipfile.ZipFile(path, "w") as archive:
        link = zipfile.ZipInfo("results.json")
        link.external_attr = (stat.S_IFLNK | 0o777) << 16
        archive.writestr(link, "/etc/passwd")
    with pytest.raises(SessionError, match="outside of its folder"):
        read_results(path)


@pytest.mark.filterwarnings("ignore:Duplicate name")
@pytest.mark.parametrize("names", [(), ("other.json",), ("results.json", "results.json"), ("a/results.json",)])
def test_archive_without_exactly_one_result_is_refused(tmp_path: Path, names: tuple[str, ...]) -> None:
    with pytest.raises(SessionError, match=r"files named results\.json"):
        read_results(zip_of(tmp_path / "a.zip", *names))


def test_archive_of_many_files_is_refused(tmp_path: Path) -> None:
    with pytest.raises(SessionError, match="contains 1001 files"):
        read_results(zip_of(tmp_path / "a.zip", *(f"{index}.json" for index in range(1001)), content=b""))


def test_bomb_is_not_unpacked(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(artifact, "MOST_BYTES", 1024**2)
    bomb = zip_of(tmp_path / "a.zip", "results.json", content=b"0" * 50 * 1024**2)
    assert bomb.stat().st_size < 100_000
    with pytest.raises(SessionError, match="larger than 1 MiB"):
        read_results(bomb)


@pytest.mark.parametrize("content", [b"", b"PK\x03\x04 broken", b"not a zip"])
def test_broken_zip_is_refused(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "a.zip"
    path.write_bytes(content)
    with pytest.raises(SessionError, match="broken zip"):
        read_results(path)


def test_every_truncated_or_flipped_zip_is_refused_or_read_but_never_crashes(tmp_path: Path) -> None:
    whole = zip_of(tmp_path / "a.zip", "results.json", content=b'{"a": [1, 2, 3]}').read_bytes()
    path = tmp_path / "b.zip"
    for index in range(len(whole)):
        for broken in (whole[:index], whole[:index] + bytes([whole[index] ^ 0xFF]) + whole[index + 1 :]):
            path.write_bytes(broken)
            try:
                read_results(path)
            except SessionError:
                continue


def test_zip_that_says_it_is_encrypted_is_refused(tmp_path: Path) -> None:
    path = zip_of(tmp_path / "a.zip", "results.json")
    content = bytearray(path.read_bytes())
    content[content.rindex(b"PK\x01\x02") + 8] |= 1
    path.write_bytes(content)
    with pytest.raises(SessionError, match="encrypted"):
        read_results(path)


def test_links_and_folders_are_no_results(tmp_path: Path) -> None:
    (tmp_path / "secret").write_text("x")
    for name in ("results.json", "a.zip"):
        (tmp_path / name).symlink_to(tmp_path / "secret")
    (tmp_path / "folder.json").mkdir()
    for path in (tmp_path, tmp_path / "results.json"):
        with pytest.raises(SessionError, match=r"is not a regular file|is a folder"):
            read_results(path)
    with pytest.raises(SessionError, match="larger than any zip file with results"):
        read_results(tmp_path / "a.zip")
    with pytest.raises(SessionError, match="is missing"):
        read_results(tmp_path / "missing.json")
    with pytest.raises(SessionError, match="cannot be read"):
        read_results(tmp_path / "missing.zip")


def test_large_file_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(artifact, "MOST_BYTES", 1024**2)
    (tmp_path / "results.json").write_bytes(b"0" * (1024**2 + 1))
    with pytest.raises(SessionError, match="larger"):
        read_results(tmp_path)


def test_what_shards_left_is_found(tmp_path: Path) -> None:
    for name in ("shard-2", "shard-1"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "results.json").write_text("{}")
    (tmp_path / "shard-3").mkdir()
    zip_of(tmp_path / "shard-4.zip", "results.json")
    assert [path.name for path in find_results(tmp_path)] == ["shard-1", "shard-2", "shard-4.zip"]


def test_folder_without_results_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(SessionError, match="there is no"):
        find_results(tmp_path)
    with pytest.raises(SessionError, match="not a folder with results"):
        find_results(tmp_path / "missing")


def test_a_table_of_very_many_files_is_not_read(tmp_path: Path) -> None:
    """500,000 rows would cost some hundred megabytes before anything could be refused."""
    path = tmp_path / "a.zip"
    row = b"PK\x01\x02" + bytes(24) + b"\x01\x00" + bytes(16) + b"x"
    table = row * 500_000
    end = b"PK\x05\x06" + bytes(4) + b"\xff\xff\xff\xff" + len(table).to_bytes(4, "little") + bytes(6)
    path.write_bytes(table + end)
    with pytest.raises(SessionError, match="too many files"):
        read_results(path)


@pytest.mark.parametrize("method", [zipfile.ZIP_LZMA, zipfile.ZIP_BZIP2])
def test_what_is_packed_otherwise_is_refused(tmp_path: Path, method: int) -> None:
    path = tmp_path / "a.zip"
    with zipfile.ZipFile(path, "w", method) as archive:
        archive.writestr("results.json", "{}")
    with pytest.raises(SessionError, match="supported are stored and deflated"):
        read_results(path)
