"""Reports are written completely or not at all. One that cannot be written does not stop the others."""

import os
import stat
import subprocess
import sys
from pathlib import Path

import pytest

from leakgate.errors import OutputError
from leakgate.report.sink import Output, require_writable, write_all, write_text

posix = pytest.mark.skipif(os.name != "posix", reason="limits, modes and devices are POSIX")


def test_files_are_written_and_standard_output_is_given_back(tmp_path: Path) -> None:
    deep = tmp_path / "a" / "b c" / "r.xml"
    deep.parent.mkdir(parents=True)
    wrote: list[str] = []
    printed = write_all([Output("-", "one\n"), Output(str(deep), "caf\u00e9\n"), Output("-", "two\n")], wrote.append)
    assert printed == ("one\n", "two\n")
    assert wrote == [str(deep)]
    assert deep.read_bytes() == "caf\u00e9\n".encode()
    assert [path.name for path in deep.parent.iterdir()] == ["r.xml"]


def test_no_folder_is_made_for_a_report(tmp_path: Path) -> None:
    with pytest.raises(OutputError, match="there is no folder") as caught:
        write_all([Output(str(tmp_path / "reslts" / "r.xml"), "1"), Output(f"{tmp_path}/out/", "2")])
    assert "it is a folder, not a file" in caught.value.message
    assert list(tmp_path.iterdir()) == []


def test_paths_are_tried_and_nothing_stays(tmp_path: Path) -> None:
    old = tmp_path / "old.json"
    old.write_text("kept", encoding="utf-8")
    require_writable([str(old), str(tmp_path / "new.json"), "-"])
    bad = [str(tmp_path), str(tmp_path / "no" / "r.xml"), "a\0b", f"{tmp_path}/new/"]
    with pytest.raises(OutputError) as caught:
        require_writable([str(old), *bad])

    assert len(caught.value.message.splitlines()) == len(bad)
    assert "nothing was run" in caught.value.message
    assert [path.name for path in tmp_path.iterdir()] == ["old.json"]
    assert old.read_text(encoding="utf-8") == "kept"


@posix
def test_a_device_is_not_tried(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    require_writable(["/dev/null", str(tmp_path / "pipe")])


def test_what_utf8_cannot_say_is_written_as_an_escape(tmp_path: Path) -> None:
    write_text(tmp_path / "x", "a\udc80b")
    assert (tmp_path / "x").read_bytes() == b"a\\udc80b"


def test_a_failure_names_the_path_and_the_other_reports_are_written(tmp_path: Path) -> None:
    blocker = tmp_path / "file"
    blocker.write_text("x", encoding="utf-8")
    folder = tmp_path / "folder"
    folder.mkdir()
    good = tmp_path / "good.json"
    with pytest.raises(OutputError) as caught:
        write_all([Output(str(blocker / "r.xml"), "1"), Output(str(folder), "2"), Output(str(good), "3")])
    assert str(blocker / "r.xml") in caught.value.message
    assert str(folder) in caught.value.message
    assert "the other reports were written" in caught.value.hint
    assert good.read_text(encoding="utf-8") == "3"
    assert sorted(path.name for path in tmp_path.iterdir()) == ["file", "folder", "good.json"]


def test_a_hostile_path_is_named_without_its_commands(tmp_path: Path) -> None:
    blocker = tmp_path / "file"
    blocker.write_text("x", encoding="utf-8")
    with pytest.raises(OutputError) as caught:
        write_all([Output(f"{blocker}/\x1b[31m\n::error::x", "1")])
    assert "\x1b" not in caught.value.message
    assert "\n" not in caught.value.message


def test_a_path_that_no_system_admits_is_an_output_error() -> None:
    with pytest.raises(OutputError, match="cannot write"):
        write_all([Output("a\0b", "1")])


@posix
def test_a_loop_of_links_is_an_output_error_or_replaced(tmp_path: Path) -> None:
    loop = tmp_path / "loop"
    loop.symlink_to(loop)
    try:
        write_all([Output(str(loop), "1")])
    except OutputError as error:
        assert "loop" in error.message  # noqa: PT017 - newer versions of Python break the loop instead
    else:
        assert loop.read_text(encoding="utf-8") == "1"


@posix
@pytest.mark.skipif(not Path("/dev/full").exists(), reason="needs the device that is always full")
def test_a_full_disk_is_an_output_error_that_says_so() -> None:
    with pytest.raises(OutputError, match="cannot write /dev/full: No space left on device"):
        write_all([Output("/dev/full", "1")])


@posix
def test_a_device_is_written_to_and_not_replaced() -> None:
    write_text(Path("/dev/null"), "x")
    assert stat.S_ISCHR(Path("/dev/null").stat().st_mode)


@posix
def test_a_write_that_ends_midway_leaves_the_old_report_and_nothing_else(tmp_path: Path) -> None:
    """A limit on file sizes is a disk that fills up while the report is being written."""
    report = tmp_path / "r.json"
    report.write_text("old", encoding="utf-8")
    program = (
        "import resource, signal, sys\n"
        "from leakgate.errors import OutputError\n"
        "from leakgate.report.sink import Output, write_all\n"
        "signal.signal(signal.SIGXFSZ, signal.SIG_IGN)\n"
        "resource.setrlimit(resource.RLIMIT_FSIZE, (1000, 1000))\n"
        "try:\n"
        "    write_all([Output(sys.argv[1], 'x' * 100_000), Output(sys.argv[2], 'small')])\n"
        "except OutputError as error:\n"
        "    sys.stdout.write(error.message)\n"
    )
    other = tmp_path / "other.md"
    done = subprocess.run([sys.executable, "-c", program, report, other], capture_output=True, text=True, check=True)
    assert done.stdout == f"cannot write {report}: File too large"
    assert report.read_text(encoding="utf-8") == "old"
    assert other.read_text(encoding="utf-8") == "small"
    assert sorted(path.name for path in tmp_path.iterdir()) == ["other.md", "r.json"]


@posix
def test_a_folder_that_is_read_only_is_an_output_error(tmp_path: Path) -> None:
    """Root may write anywhere, so the program gives that up first where it has it."""
    folder = tmp_path / "locked"
    folder.mkdir()
    for parent in (tmp_path, *tmp_path.parents[:3]):
        if parent.owner() == folder.owner() and parent != parent.parent:
            parent.chmod(parent.stat().st_mode | 0o055)
    folder.chmod(0o555)
    program = (
        "import os, sys\n"
        "from leakgate.errors import OutputError\n"
        "from leakgate.report.sink import Output, write_all\n"
        "if os.geteuid() == 0:\n"
        "    os.setuid(65534)\n"
        "try:\n"
        "    write_all([Output(sys.argv[1], 'x')])\n"
        "except OutputError as error:\n"
        "    sys.stdout.write(error.message)\n"
    )
    path = folder / "r.json"
    done = subprocess.run([sys.executable, "-c", program, path], capture_output=True, text=True, check=True)
    assert done.stdout == f"cannot write {path}: Permission denied"


@posix
def test_modes_links_and_the_umask_are_respected(tmp_path: Path) -> None:
    private, link, fresh = tmp_path / "private", tmp_path / "link", tmp_path / "fresh"
    private.write_text("old", encoding="utf-8")
    private.chmod(0o600)
    link.symlink_to(private)
    before = os.umask(0o027)
    try:
        write_all([Output(str(link), "new"), Output(str(fresh), "x")])
    finally:
        os.umask(before)
    assert link.is_symlink()
    assert private.read_text(encoding="utf-8") == "new"
    assert stat.S_IMODE(private.stat().st_mode) == 0o600
    assert stat.S_IMODE(fresh.stat().st_mode) == 0o640
