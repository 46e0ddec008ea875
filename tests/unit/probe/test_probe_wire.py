"""The files of the channel where something is in the way: full disks, closed descriptors, missing folders."""

from __future__ import annotations

import errno
import os
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from leakgate.probe import answer, wire
from leakgate.probe.system import system

RECORD = bytearray(wire.RECORD.pack(1.0, 2, 3, 4, 5, 6, 0, 0, 0.0, 0.0))


def replace(monkeypatch: pytest.MonkeyPatch, name: str, function: Any) -> None:
    monkeypatch.setattr(system, name, staticmethod(function))


def refuse(*_: object, **__: object) -> Any:
    raise OSError(errno.ENOSPC, "no space")


def size_of_records(folder: Path) -> int:
    (path,) = folder.glob("gauges-*.bin")
    return path.stat().st_size - int(wire.HEADER.size)


def test_a_record_that_was_written_in_part_is_removed_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = wire.GaugeFile(str(tmp_path))
    file.append(RECORD)
    with monkeypatch.context() as patch:
        replace(patch, "write", lambda descriptor, data: os.write(descriptor, bytes(data)[:11]))
        file.append(RECORD)
    assert size_of_records(tmp_path) == wire.RECORD.size
    file.append(RECORD)
    assert size_of_records(tmp_path) == 2 * wire.RECORD.size
    file.forget()


def test_the_file_is_opened_again_when_the_program_has_closed_its_descriptor(tmp_path: Path) -> None:
    file = wire.GaugeFile(str(tmp_path))
    os.close(file._file.descriptor())
    file.append(RECORD)
    assert size_of_records(tmp_path) == wire.RECORD.size
    file.forget()


def test_a_descriptor_that_now_belongs_to_the_program_is_not_closed(tmp_path: Path) -> None:
    file = wire.GaugeFile(str(tmp_path))
    number = file._file.descriptor()
    with Path(tmp_path, "theirs").open("w") as theirs:
        os.dup2(theirs.fileno(), number)
        file.forget()
        assert os.fstat(number).st_ino == os.fstat(theirs.fileno()).st_ino
        os.close(number)
    file.forget()  # a second time, as after two forks, does nothing


def test_descriptors_are_high_and_do_not_reach_children(tmp_path: Path) -> None:
    file = wire.GaugeFile(str(tmp_path))
    number = file._file.descriptor()
    assert number >= 64
    assert not os.get_inheritable(number)
    file.forget()


def test_where_no_high_number_is_free_the_low_one_stays(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    fake = SimpleNamespace(fcntl=refuse, F_DUPFD_CLOEXEC=0)
    monkeypatch.setattr(wire, "standard", lambda _: fake)
    assert wire.raise_number(7) == 7

    def missing(_: str) -> Any:
        raise ImportError

    monkeypatch.setattr(wire, "standard", missing)  # as on Windows
    assert wire.raise_number(7) == 7


def test_there_is_no_command_before_leakgate_writes_one(tmp_path: Path) -> None:
    commands = wire.CommandFile(str(tmp_path))
    assert commands.read() is None
    path = tmp_path / "commands.bin"
    path.write_bytes(b"half of a comm")
    assert commands.read() is None
    path.write_bytes(wire.COMMAND.pack(3, wire.EXPLAIN, 5, 0, 2.5, 700))
    command = commands.read()
    assert command is not None
    assert (command.seq, command.opcode, command.bits, command.pid, command.seconds) == (3, wire.EXPLAIN, 5, 0, 2.5)
    assert command.blocks_per_s == 700
    commands.forget()


def test_a_pid_that_is_used_again_gets_a_file_of_its_own(tmp_path: Path) -> None:
    for name in ("gauges-%d.bin", "gauges-%d-1.bin", "gauges-%d-2.bin"):
        assert Path(wire._create(str(tmp_path), 77)).name == name % 77


def test_too_many_files_of_one_pid_are_an_error(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def exists(*_: object) -> int:
        raise FileExistsError

    replace(monkeypatch, "open", exists)
    with pytest.raises(OSError, match="too many gauges files for PID 77"):
        wire._create(str(tmp_path), 77)


def test_the_function_to_count_is_read_from_the_channel(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert wire.read_work(str(tmp_path)) == ""
    path = tmp_path / "work.txt"
    path.write_text("shop.orders:place")
    assert wire.read_work(str(tmp_path)) == "shop.orders:place"
    path.write_bytes(b"\xff\xfe")
    assert wire.read_work(str(tmp_path)) == ""
    replace(monkeypatch, "open", refuse)
    assert wire.read_work(str(tmp_path)) == ""


def test_an_error_is_written_with_its_place_and_the_file_stays_small(tmp_path: Path) -> None:
    def fails() -> None:
        raise ValueError("bad \udcff " + 10_000 * "x")

    for _ in range(5):
        try:
            fails()
        except ValueError as error:
            wire.report_error(str(tmp_path), "sampling", error)
    (path,) = tmp_path.glob("error-*.txt")
    text = path.read_text()
    assert text.startswith("sampling: ValueError: bad \\udcff xxx")
    assert path.stat().st_size < 2 * wire._LONGEST_ERROR


def test_an_error_that_cannot_be_written_does_not_reach_the_program(tmp_path: Path) -> None:
    class Error(Exception):
        def __str__(self) -> str:
            raise RuntimeError("no text either")

    wire.report_error(str(tmp_path / "missing"), "sampling", ValueError())
    wire.report_error(str(tmp_path), "sampling", Error())
    assert list(tmp_path.iterdir()) == []


def test_the_places_of_an_error_are_limited(tmp_path: Path) -> None:
    def deep(levels: int) -> None:
        if levels:
            deep(levels - 1)
        raise ValueError("deep")

    try:
        deep(80)
    except ValueError as error:
        wire.report_error(str(tmp_path), "sampling", error)
    (path,) = tmp_path.glob("error-*.txt")
    assert len(path.read_text().splitlines()) == 40


def test_plain_values_become_json_and_others_are_refused() -> None:
    value = {"a": [1, 2.5, True, False, None, "é\n"], "b": (1, {"c": 2})}
    assert answer.encode(value) == '{"a":[1,2.5,true,false,null,"\\u00e9\\n"],"b":[1,{"c":2}]}'
    with pytest.raises(TypeError, match="no plain value: object"):
        answer.encode({"a": object()})


def test_an_answer_has_its_name_only_when_it_is_complete(tmp_path: Path) -> None:
    made = answer.Answer(str(tmp_path), 4)
    made.held(0.25)
    made.held(0.125)
    made.note("given up")
    assert list(tmp_path.iterdir()) == []
    made.finish()
    (path,) = tmp_path.iterdir()
    assert path.name == f"explain-{os.getpid()}-4.jsonl"
    assert path.read_text().splitlines() == [
        f'{{"kind":"header","version":1,"pid":{os.getpid()}}}',
        '{"kind":"note","text":"given up"}',
        '{"kind":"end","pause_s":0.25}',
    ]


def test_a_forked_child_does_not_write_the_answer_of_its_parent(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = answer.Answer(str(tmp_path), 4)
    replace(monkeypatch, "getpid", lambda: os.getpid() + 1)
    made.finish()
    assert list(tmp_path.iterdir()) == []
