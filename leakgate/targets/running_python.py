"""Which Python runs in a process. It is found from outside; no code runs in the process."""

import re
import sys
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

import psutil

from leakgate.targets.elf import ElfFile, NotElfError, read_elf

_LIBRARY: Final = re.compile(r"^(?:lib)?python(\d)\.?(\d{1,2})(t?)d?\.(?:so|dylib|dll)", re.IGNORECASE)
"""The shared library of CPython: ``libpython3.11.so.1.0``, ``libpython3.13t.so``, ``python314.dll``."""
_PROGRAM: Final = re.compile(r"^python(\d)\.(\d{1,2})(t?)", re.IGNORECASE)
_NAMED_PYTHON: Final = re.compile(r"^python", re.IGNORECASE)
_C_LIBRARY: Final = re.compile(r"^(?:libc\.so|libc-\d|ld-musl|libc\.musl)")
FUNCTIONS: Final = frozenset({"Py_AddPendingCall", "PyRun_SimpleString", "Py_MakePendingCalls"})
"""Functions that each CPython exports. A process that has all of them runs CPython."""
WAITING: Final = frozenset({"PyGILState_Check", "PyGILState_Ensure", "PyGILState_Release", "PyErr_Occurred"})
_MAP: Final = frozenset({"mmap"})
_MOST_MAPS_BYTES: Final = 64 * 1024 * 1024


@dataclass(frozen=True, slots=True, kw_only=True)
class RunningPython:
    """The interpreter in a process."""

    implementation: str
    """``cpython`` or ``pypy``."""
    version: tuple[int, int] | None
    """Major and minor version; None if it is not known."""
    free_threaded: bool = False
    bits: int = 64
    musl: bool = False
    functions: tuple[tuple[str, int], ...] = field(default=(), repr=False)
    """C functions of the interpreter and the C library with their addresses in the process (Linux only)."""

    def address(self, name: str) -> int | None:
        """Return the address of a function in the process; None if it is not exported."""
        return dict(self.functions).get(name)


def find_python(process: psutil.Process, program: str, platform: str = sys.platform) -> RunningPython | None:
    """Return the interpreter in a process; None if there is none that leakgate knows."""
    if Path(program).name.lower().startswith("pypy"):
        return RunningPython(implementation="pypy", version=None)
    if platform == "linux":
        return _find_on_linux(process.pid, program)
    names = [Path(program).name, *_mapped_names(process)]
    version, free_threaded = _version(names)
    if version is None and not _NAMED_PYTHON.match(names[0]):
        return None
    return RunningPython(
        implementation="cpython",
        version=version,
        free_threaded=free_threaded,
        bits=64 if sys.maxsize > 2**32 else 32,
    )


def _mapped_names(process: psutil.Process) -> list[str]:
    try:
        return [Path(one.path).name for one in process.memory_maps()]
    except (psutil.Error, OSError, NotImplementedError, AttributeError):  # macOS has no such list
        return []


def _version(names: list[str]) -> tuple[tuple[int, int] | None, bool]:
    for pattern in (_LIBRARY, _PROGRAM):
        for found in filter(None, map(pattern.match, names)):
            return (int(found[1]), int(found[2])), found[3] == "t"
    return None, False


def _find_on_linux(pid: int, program: str) -> RunningPython | None:
    mapped = dict(_mapped_files(pid))
    wanted = {path: base for path, base in mapped.items() if path == program or _holds_functions(Path(path).name)}
    functions: dict[str, int] = {}
    bits, musl = 64, any("musl" in Path(path).name for path in mapped)
    for path, base in wanted.items():
        elf = _read(pid, path, program)
        if elf is None:
            continue
        if path == program:
            bits, musl = elf.bits, musl or "musl" in elf.loader
        shift = base - elf.first_address
        functions |= {name: shift + address for name, address in elf.symbols}
    version, free_threaded = _version([Path(path).name for path in (*wanted, program)])
    if not functions.keys() >= FUNCTIONS and not (version is not None and bits == 32):
        return None
    return RunningPython(
        implementation="cpython",
        version=version,
        free_threaded=free_threaded,
        bits=bits,
        musl=musl,
        functions=tuple(sorted(functions.items())),
    )


def _holds_functions(name: str) -> bool:
    return _LIBRARY.match(name) is not None or _C_LIBRARY.match(name) is not None


def _mapped_files(pid: int) -> Iterator[tuple[str, int]]:
    """Yield the files that are mapped from their first byte, with the address of that byte."""
    try:
        text = _read_proc(Path(f"/proc/{pid}/maps"))
    except OSError:
        return
    seen: set[str] = set()
    for line in text.splitlines():
        fields = line.split(maxsplit=5)
        if len(fields) == 6 and fields[2].strip("0") == "" and fields[5].startswith("/") and fields[5] not in seen:
            seen.add(fields[5])
            yield fields[5], int(fields[0].partition("-")[0], 16)


def _read_proc(path: Path) -> str:
    with path.open("rb") as file:
        return file.read(_MOST_MAPS_BYTES).decode(errors="replace")


def _read(pid: int, path: str, program: str) -> ElfFile | None:
    """Read a mapped file; None if it cannot be read. For the program, the link stays right if its file was replaced."""
    place = Path(f"/proc/{pid}/exe") if path == program else Path(path)
    try:
        return read_elf(place, FUNCTIONS | WAITING | _MAP)
    except (OSError, NotElfError):
        return None
