"""Reading ELF files: real ones of this machine, and files that are none."""

import struct
import subprocess
import sys
from pathlib import Path

import psutil
import pytest

from leakgate.targets.elf import NotElfError, read_elf
from leakgate.targets.running_python import FUNCTIONS, find_python
from tests.probe.probe_tools import find_interpreters

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="ELF is the format of Linux")


def test_the_running_interpreter_exports_what_gdb_calls() -> None:
    found = find_python(psutil.Process(), str(Path("/proc/self/exe").readlink()))
    assert found is not None
    assert found.version == sys.version_info[:2]
    assert set(dict(found.functions)) >= FUNCTIONS | {"mmap"}
    assert not found.musl
    assert found.bits == struct.calcsize("P") * 8


def test_addresses_are_those_of_the_process() -> None:
    import ctypes  # noqa: PLC0415 - its own way of finding the same address

    found = find_python(psutil.Process(), str(Path("/proc/self/exe").readlink()))
    assert found is not None
    here = ctypes.cast(ctypes.pythonapi.Py_AddPendingCall, ctypes.c_void_p).value
    assert found.address("Py_AddPendingCall") == here
    assert found.address("no such function") is None


@pytest.mark.parametrize("version", sorted(find_interpreters()))
def test_the_version_of_each_interpreter_is_found_from_outside(version: str) -> None:
    python = find_interpreters()[version]
    with subprocess.Popen([python, "-c", "input()"], stdin=subprocess.PIPE) as process:
        program = ""
        while "python" not in program:  # before `exec` it is a copy of this process
            program = str(Path(f"/proc/{process.pid}/exe").readlink())
        found = None
        while found is None:
            found = find_python(psutil.Process(process.pid), program)
        process.communicate(b"\n")
    assert found.version is not None
    assert ".".join(map(str, found.version)) == version


def test_another_program_has_no_python() -> None:
    with subprocess.Popen(["/bin/sleep", "60"]) as process:
        assert find_python(psutil.Process(process.pid), "/usr/bin/sleep") is None
        process.kill()


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"#!/bin/sh\n",
        b"\x7fELF",
        b"\x7fELF\x02\x02\x01" + b"\0" * 80,
        b"\x7fELF\x02\x01\x01" + b"\xff" * 200,
        b"\x7fELF\x02\x01\x01" + b"\0" * 20,
    ],
)
def test_what_is_no_elf_file_says_so(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "file"
    path.write_bytes(content)
    with pytest.raises(NotElfError):
        read_elf(path, FUNCTIONS)


def test_of_a_32_bit_file_no_more_than_that_is_read(tmp_path: Path) -> None:
    path = tmp_path / "file"
    path.write_bytes(b"\x7fELF\x01\x01\x01" + b"\0" * 60)
    assert read_elf(path, FUNCTIONS).bits == 32
