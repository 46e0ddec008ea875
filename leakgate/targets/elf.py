"""Reads ELF files: word size, dynamic loader, and the addresses of exported functions.

leakgate reads them itself, so that a debugger needs no symbols while it holds a process.
"""

import mmap
import struct
from collections.abc import Iterator
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from pathlib import Path
from typing import Final

_IDENT: Final = b"\x7fELF"
_CLASSES: Final = {1: 32, 2: 64}
_LITTLE_ENDIAN: Final = 1
_HEADER: Final = struct.Struct("<16sHHIQQQIHHHHHH")
_SEGMENT: Final = struct.Struct("<IIQQQQQQ")
_SECTION: Final = struct.Struct("<IIQQQQIIQQ")
_SYMBOL: Final = struct.Struct("<IBBHQQ")
_PT_LOAD: Final = 1
_PT_INTERP: Final = 3
_SHT_DYNSYM: Final = 11
_MOST_SYMBOLS: Final = 1_000_000
_LONGEST_NAME: Final = 4096


class NotElfError(ValueError):
    """The file is no ELF file that can be read here. The message says why."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ElfFile:
    """The facts that were read from one file."""

    bits: int
    """32 or 64. Nothing else is read from a 32-bit file."""
    loader: str = ""
    """Path of the dynamic loader, such as ``/lib64/ld-linux-x86-64.so.2``; empty for a library."""
    first_address: int = 0
    """Virtual address of the first byte of the file; 0 if it can be loaded anywhere."""
    symbols: tuple[tuple[str, int], ...] = ()
    """Requested names that the file exports, each with its virtual address in the file."""


def read_elf(path: Path, names: AbstractSet[str]) -> ElfFile:
    """Read a file. Raises OSError, and NotElfError if it is not a little-endian ELF file, or is damaged."""
    with path.open("rb") as file:
        try:
            with mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as data:
                return _read(data, names)
        except (struct.error, IndexError, OverflowError) as error:
            raise NotElfError(f"{path} is damaged") from error
        except ValueError as error:  # an empty file cannot be mapped
            raise NotElfError(f"{path}: {error}") from error


def _read(data: mmap.mmap, names: AbstractSet[str]) -> ElfFile:
    ident = data[:6]
    if ident[:4] != _IDENT or ident[4] not in _CLASSES or ident[5] != _LITTLE_ENDIAN:
        raise NotElfError("not an ELF file with little-endian numbers")
    bits = _CLASSES[ident[4]]
    if bits == 32:
        return ElfFile(bits=bits)
    fields = _HEADER.unpack_from(data)
    segments_at, sections_at, segment_size, segments, section_size, sections = (*fields[5:7], *fields[9:13])
    loader, first_address = "", None
    for at in range(segments_at, segments_at + segments * segment_size, segment_size or 1):
        kind, _, offset, address, _, size, _, _ = _SEGMENT.unpack_from(data, at)
        if kind == _PT_INTERP:
            loader = data[offset : offset + min(size, _LONGEST_NAME)].split(b"\0")[0].decode(errors="replace")
        elif kind == _PT_LOAD and first_address is None:
            first_address = address - offset
    tables = [
        _SECTION.unpack_from(data, at)
        for at in range(sections_at, sections_at + sections * section_size, section_size or 1)
    ]
    found = dict(_symbols(data, tables, names))
    return ElfFile(bits=bits, loader=loader, first_address=first_address or 0, symbols=tuple(sorted(found.items())))


def _symbols(data: mmap.mmap, tables: list[tuple[int, ...]], names: AbstractSet[str]) -> Iterator[tuple[str, int]]:
    wanted = {name.encode() for name in names}
    for table in (one for one in tables if one[1] == _SHT_DYNSYM):
        texts_at, texts_size = tables[table[6]][4:6]
        texts = data[texts_at : texts_at + texts_size]
        count = min(table[5] // _SYMBOL.size, _MOST_SYMBOLS)
        for name_at, _, _, section, value, _ in _SYMBOL.iter_unpack(data[table[4] : table[4] + count * _SYMBOL.size]):
            if section and value:
                name = texts[name_at : texts.find(b"\0", name_at)]
                if name in wanted:
                    yield name.decode(), value
