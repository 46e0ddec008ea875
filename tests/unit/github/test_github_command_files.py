"""The runner's files are restored, whatever a script did with them."""

import os
import sys
from pathlib import Path

import pytest

from leakgate.github.command_files import command_files_kept


@pytest.fixture
def files(tmp_path: Path) -> dict[str, str]:
    folder = tmp_path / "_runner_file_commands"
    folder.mkdir()
    found = {name: str(folder / f"{name.lower()}_1") for name in ("GITHUB_ENV", "GITHUB_OUTPUT", "GITHUB_PATH")}
    for path in found.values():
        Path(path).write_text("of an earlier step\n", "utf-8")
    return found


CHANGES = ("append", "replace", "remove", "link", "hard link", "new file", "pipe", "folder", "locked")


@pytest.mark.parametrize("change", CHANGES)
def test_every_change_is_undone(files: dict[str, str], tmp_path: Path, change: str) -> None:
    if change == "pipe" and sys.platform == "win32":
        pytest.skip("no pipes with a path")
    path = Path(files["GITHUB_ENV"])
    elsewhere = tmp_path / "elsewhere"
    elsewhere.write_text("of the user\n", "utf-8")
    with command_files_kept(files):
        match change:
            case "append":
                path.write_text(path.read_text("utf-8") + "BASH_ENV=/evil\n", "utf-8")
            case "replace":
                path.write_text("BASH_ENV=/evil\n", "utf-8")
            case "remove":
                path.unlink()
            case "link":
                path.unlink()
                path.symlink_to(elsewhere)
            case "hard link":
                path.unlink()
                path.hardlink_to(elsewhere)
            case "pipe":  # Opening it would wait for a writer.
                path.unlink()
                os.mkfifo(path)
                os.mkfifo(path.with_name("another"))
            case "folder":
                path.unlink()
                (path / "deep").mkdir(parents=True)
                (path.with_name("another") / "deep").mkdir(parents=True)
            case "locked":
                path.write_text("BASH_ENV=/evil\n", "utf-8")
                path.chmod(0o400)
                path.parent.chmod(0o500)
            case _:
                path.with_name("set_env_2").write_text("BASH_ENV=/evil\n", "utf-8")
    assert path.read_text("utf-8") == "of an earlier step\n"
    assert not path.is_symlink()
    assert elsewhere.read_text("utf-8") == "of the user\n"
    assert sorted(one.name for one in path.parent.iterdir()) == ["github_env_1", "github_output_1", "github_path_1"]


def test_without_a_runner_nothing_is_done() -> None:
    with command_files_kept({"GITHUB_OUTPUT": ""}):
        pass


def test_an_exception_leaves_them_as_they_were(files: dict[str, str]) -> None:
    path = Path(files["GITHUB_OUTPUT"])

    def forge_and_fail() -> None:
        with command_files_kept(files):
            path.write_text("verdict=pass\n", "utf-8")
            raise ValueError("x")

    with pytest.raises(ValueError, match="x"):
        forge_and_fail()
    assert path.read_text("utf-8") == "of an earlier step\n"
