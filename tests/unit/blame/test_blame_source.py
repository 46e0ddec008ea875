"""Reading sources that a traceback names: paths come from the measured program."""

import os
from pathlib import Path

import pytest

from leakgate.blame.source import LARGEST_SOURCE_BYTES, FunctionNames

TEXT = "def load():\n    return 1\n"


def test_a_line_has_the_name_of_its_function(tmp_path: Path) -> None:
    (tmp_path / "a.py").write_text(TEXT, "utf-8")
    names = FunctionNames(tmp_path)
    assert names("a.py", 2) == "load"
    assert names(str(tmp_path / "a.py"), 2) == "load"
    assert names.source("a.py") == TEXT


def test_a_file_is_read_once(tmp_path: Path) -> None:
    (tmp_path / "a.py").write_text(TEXT, "utf-8")
    names = FunctionNames(tmp_path)
    names("a.py", 2)
    (tmp_path / "a.py").unlink()
    assert names("a.py", 2) == "load"


@pytest.mark.parametrize("file", ["none.py", ".", "<string>", "a\0b"])
def test_what_is_no_file_has_no_source(tmp_path: Path, file: str) -> None:
    (tmp_path / "<string>").write_text(TEXT, "utf-8")
    assert FunctionNames(tmp_path).source(file) == ""
    assert FunctionNames(tmp_path)(file, 1) == ""


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="no FIFOs on Windows")
def test_a_fifo_is_not_read(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe.py")
    assert FunctionNames(tmp_path).source("pipe.py") == ""


@pytest.mark.parametrize(("more", "read"), [(0, True), (1, False)])
def test_a_file_is_read_up_to_the_limit(tmp_path: Path, more: int, *, read: bool) -> None:
    with (tmp_path / "a.py").open("wb") as file:
        file.truncate(LARGEST_SOURCE_BYTES + more)
    assert bool(FunctionNames(tmp_path).source("a.py")) is read


def test_no_more_than_500_files_are_read(tmp_path: Path) -> None:
    names = FunctionNames(tmp_path)
    for at in range(500):
        names(f"{at}.py", 1)
    (tmp_path / "a.py").write_text(TEXT, "utf-8")
    assert names("a.py", 2) == ""
