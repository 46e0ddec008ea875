"""Files are replaced in one step, and a process that is killed while it writes leaves no part of one."""

import os
import signal
import stat
import subprocess
import sys
from pathlib import Path

import pytest

from leakgate.files import replace_file

KILLED_WHILE_IT_WRITES = """
import os, signal, sys
from pathlib import Path
from leakgate.files import replace_file

os.fsync = lambda descriptor: os.kill(os.getpid(), signal.SIGKILL)
replace_file(Path(sys.argv[1]), b"new")
"""


@pytest.mark.skipif(sys.platform != "linux", reason="elsewhere, an unfinished file has a name")
def test_a_process_that_is_killed_while_it_writes_leaves_no_unfinished_file(tmp_path: Path) -> None:
    report = tmp_path / "report.html"
    report.write_bytes(b"old")
    done = subprocess.run([sys.executable, "-c", KILLED_WHILE_IT_WRITES, str(report)], check=False)
    assert done.returncode == -signal.SIGKILL
    assert [path.name for path in tmp_path.iterdir()] == ["report.html"]
    assert report.read_bytes() == b"old"


@pytest.mark.parametrize("named_at_once", [False, True])
def test_a_file_is_replaced_and_keeps_its_mode(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, *, named_at_once: bool
) -> None:
    if named_at_once:
        monkeypatch.delattr(os, "O_TMPFILE", raising=False)
    report = tmp_path / "report.html"
    report.write_bytes(b"old")
    report.chmod(0o640)
    replace_file(report, b"new")
    assert report.read_bytes() == b"new"
    assert stat.S_IMODE(report.stat().st_mode) == 0o640
    assert [path.name for path in tmp_path.iterdir()] == ["report.html"]


@pytest.mark.skipif(sys.platform != "linux", reason="elsewhere, every new file has a name at once")
def test_a_file_system_that_gives_no_name_later_gets_the_file_too(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuses(*_: object, **__: object) -> None:
        raise OSError

    monkeypatch.setattr(os, "link", refuses)
    replace_file(tmp_path / "report.html", b"new")
    assert [(path.name, path.read_bytes()) for path in tmp_path.iterdir()] == [("report.html", b"new")]
