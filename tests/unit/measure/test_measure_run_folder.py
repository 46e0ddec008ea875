"""The temporary folder of a run: it is removed at the end, after an exception, and by the second process."""

import os
import stat
import tempfile
from pathlib import Path

import pytest

from leakgate.errors import MeasureError
from leakgate.gate import temporary_folder
from leakgate.measure import folder_keeper
from leakgate.measure.run_folder import restore_folder, run_folder


@pytest.fixture
def temporary(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    return tmp_path


def test_the_folder_is_private_and_is_removed_with_its_content(temporary: Path) -> None:
    with run_folder() as folder:
        assert folder.parent == temporary
        assert folder.name.startswith(folder_keeper.RUN_PREFIX)
        assert stat.S_IMODE(folder.stat().st_mode) == 0o700
        (folder / "inside").mkdir()
        (folder / "inside" / "file.txt").write_text("x", encoding="utf-8")
    assert list(temporary.iterdir()) == []


def test_the_folder_is_removed_after_an_exception(temporary: Path) -> None:
    with pytest.raises(ZeroDivisionError), run_folder():
        raise ZeroDivisionError
    assert list(temporary.iterdir()) == []


def test_a_folder_that_cannot_be_made_is_an_error_that_says_so(
    temporary: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tempfile.tempdir", str(temporary / "missing"))
    with pytest.raises(MeasureError, match="could not make a temporary folder"), run_folder():
        pass


def test_the_second_process_removes_what_is_there_and_gives_up_in_the_end(tmp_path: Path) -> None:
    full = tmp_path / "full"
    (full / "inside").mkdir(parents=True)
    assert folder_keeper.remove_folder(str(full))
    assert folder_keeper.remove_folder(str(full)), "it is gone already"
    file = tmp_path / "file.txt"
    file.write_text("rmtree removes no file", encoding="utf-8")
    assert not folder_keeper.remove_folder(str(file), patience_s=0.0)


def test_a_script_that_empties_the_temporary_folder_does_not_keep_the_next_one_from_being_measured(
    temporary: Path,
) -> None:
    with run_folder() as folder:
        folder.rmdir()
        with temporary_folder(folder) as logs:
            assert Path(logs).parent == folder
    assert list(temporary.iterdir()) == []


@pytest.mark.skipif(not hasattr(os, "geteuid"), reason="Windows has no user IDs")
def test_a_folder_that_another_user_has_made_meanwhile_is_refused(tmp_path: Path) -> None:
    with pytest.raises(PermissionError, match="another user"):
        restore_folder(tmp_path, os.geteuid() + 1)


def test_no_temporary_folder_at_all_is_said_and_what_to_check(monkeypatch: pytest.MonkeyPatch) -> None:
    def finds_none() -> str:
        raise FileNotFoundError(2, "No usable temporary directory found in ['/tmp']")

    monkeypatch.setattr(tempfile, "gettempdir", finds_none)
    with (
        pytest.raises(MeasureError, match=r"could not make a temporary folder: No usable temporary") as failed,
        run_folder(),
    ):
        pass
    assert "TMPDIR" in failed.value.hint
