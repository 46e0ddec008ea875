"""The folder of an attachment: it is removed whatever happens to leakgate."""

import os
import subprocess
import sys
import textwrap
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from leakgate.errors import MeasureError
from leakgate.measure.attach_folder import ALIVE, attach_folder, guests_in, is_in_use
from leakgate.measure.channel import open_channel
from tests.helpers.real_runs import wait_until

NO_PID = 2**22 + 1
"""Above the largest PID of Linux, and far above those that macOS and Windows give."""
HOLDER = textwrap.dedent("""
    from leakgate.measure.attach_folder import attach_folder
    from leakgate.measure.channel import open_channel
    with attach_folder() as folder, open_channel(folder) as channel:
        print(channel.folder, flush=True)
        input()
""")


@contextmanager
def holding(temporary: Path) -> Iterator[tuple["subprocess.Popen[str]", Path]]:
    """A process that holds a folder with a channel in it, and the channel."""
    env = {**os.environ, "TMPDIR": str(temporary), "TEMP": str(temporary), "TMP": str(temporary)}
    with subprocess.Popen(
        [sys.executable, "-c", HOLDER], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, env=env
    ) as process:
        assert process.stdout is not None
        yield process, Path(process.stdout.readline().strip())
        process.kill()


def test_the_folder_is_removed_at_the_end() -> None:
    with attach_folder() as folder:
        with open_channel(folder) as channel:
            assert channel.folder.parent == folder
        assert folder.is_dir()
    assert not folder.exists()


def test_the_folder_is_removed_when_its_holder_is_killed(tmp_path: Path) -> None:
    with holding(tmp_path) as (process, channel):
        (channel / f"gauges-{NO_PID}.bin").touch()  # of a program that was killed too
        process.kill()
        wait_until(lambda: not list(tmp_path.iterdir()))


def test_the_folder_stays_until_the_probes_have_left(tmp_path: Path) -> None:
    with open_channel(tmp_path) as channel:
        assert not is_in_use(tmp_path, 0.0)
        (channel.folder / ALIVE).touch()
        assert is_in_use(tmp_path, 0.0), "a probe may be about to arrive"
        assert not is_in_use(tmp_path, 3600.0)
        (channel.folder / f"gauges-{os.getpid()}.bin").touch()
        (channel.folder / f"gauges-{NO_PID}.bin").touch()
        assert is_in_use(tmp_path, 3600.0)
        assert guests_in(channel.folder) == [os.getpid()]
        (channel.folder / f"left-{os.getpid()}.txt").touch()
        assert guests_in(channel.folder) == [os.getpid()], "the report is not written yet"
        (channel.folder / f"left-{os.getpid()}.txt").write_text("0.100 1\n")
        assert not is_in_use(tmp_path, 0.0)


def test_the_folder_stays_while_gdb_works_in_it(tmp_path: Path) -> None:
    place = tmp_path / "leakgate-gdb-1"
    place.mkdir()
    assert not is_in_use(tmp_path, 0.0)
    with subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE, cwd=place) as process:
        assert is_in_use(tmp_path, 0.0)
        process.kill()
        process.wait()
    assert not is_in_use(tmp_path, 0.0)


def test_a_folder_that_cannot_be_made_is_an_error(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PYTHONHOME", "no such folder")  # the second process cannot start
    with pytest.raises(MeasureError, match="temporary folder"), attach_folder():
        pass
