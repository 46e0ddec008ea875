"""Reads the results that another job left as an artifact. They come from an untrusted pull request.

Only the one expected file is read, into memory; nothing is unpacked to disk. ``archive/forms`` checks its content.
"""

import os
import stat
import zipfile
import zlib
from pathlib import Path, PurePosixPath
from typing import BinaryIO, Final

from leakgate.archive.folder_names import RESULTS_NAME
from leakgate.archive.foreign_files import require_narrow
from leakgate.archive.forms.results_form import MOST_BYTES
from leakgate.errors import SessionError
from leakgate.files import RefusedFileError, read_whole_file

_ENTRIES_LIMIT: Final = 1000
_DIRECTORY_LIMIT_BYTES: Final = 512 * _ENTRIES_LIMIT
"""Bytes of a row of the zip file's table, without the name."""
_END_SEARCH_BYTES: Final = 22 + 65_535
"""Bytes of the end record with the longest comment after it."""
_ZIP_LIMIT_BYTES: Final = MOST_BYTES
"""Bytes. A zip file is larger than its content only by its table, so results never need more."""
_METHODS: Final = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)
"""The allowed compression methods. Other methods may need gigabytes of memory before they return a byte."""


def read_results(path: Path) -> bytes:
    """Return the content of ``results.json``: from a file of any name, or from a folder or zip that contains it.

    Raises SessionError for links, files that are too large, and archives with suspicious content.
    """
    if path.is_dir() and not path.is_symlink():
        path = path / RESULTS_NAME
        content = _read_file(path)
    elif path.suffix == ".zip":
        content = _read_zip(path)
    else:
        content = _read_file(path)
    require_narrow(path, content, MOST_BYTES)
    return content


def find_results(folder: Path) -> tuple[Path, ...]:
    """Return the results of the shards in a folder, sorted: each ``NAME/results.json``, ``NAME.json`` or ``NAME.zip``.

    Raises SessionError if there are none.
    """
    if not folder.is_dir():
        raise SessionError(f"{folder} is not a folder with results")
    entries = sorted(folder.iterdir())
    found = tuple(entry for entry in entries if entry.suffix in (".zip", ".json") or (entry / RESULTS_NAME).exists())
    if not found:
        raise SessionError(f"there is no {RESULTS_NAME} in {folder}", hint="download every shard's artifact to it")
    return found


def _read_file(path: Path) -> bytes:
    try:
        return read_whole_file(path, MOST_BYTES)
    except RefusedFileError as error:
        raise SessionError(f"{path}: {error.reason}") from None


def _read_zip(path: Path) -> bytes:
    try:
        mode = path.lstat()
        if not stat.S_ISREG(mode.st_mode) or mode.st_size > _ZIP_LIMIT_BYTES:
            raise SessionError(f"{path} is not a regular file, or is larger than any zip file with results")
        with path.open("rb") as file:
            if _directory_bytes(file) > _DIRECTORY_LIMIT_BYTES:
                raise SessionError(f"{path} is a zip file with too many files")
            with zipfile.ZipFile(file) as archive:
                return _read_entry(archive, path)
    except OSError as error:
        raise SessionError(f"{path} cannot be read: {error.strerror}") from error
    except (zipfile.BadZipFile, NotImplementedError, RuntimeError, EOFError, ValueError, zlib.error) as error:
        raise SessionError(f"{path} is a broken zip file: {error}") from error


def _directory_bytes(file: BinaryIO) -> int:
    """Return the size of a zip file's table according to the end record; opening the file reads the whole table.

    Return 0 if there is no end record: then it is not a zip file, and opening it will fail. A table that only the
    64-bit record describes counts as too large.
    """
    size = file.seek(0, os.SEEK_END)
    file.seek(max(0, size - _END_SEARCH_BYTES))
    tail = file.read(_END_SEARCH_BYTES)
    at = tail.rfind(b"PK\x05\x06")
    return int.from_bytes(tail[at + 12 : at + 16], "little") if at >= 0 else 0


def _read_entry(archive: zipfile.ZipFile, path: Path) -> bytes:
    entries = archive.infolist()
    if len(entries) > _ENTRIES_LIMIT:
        raise SessionError(f"{path} contains {len(entries)} files")
    for entry in entries:
        _refuse_odd(entry, path)
    named = [entry for entry in entries if entry.filename == RESULTS_NAME]
    if len(named) != 1:
        raise SessionError(f"{path} contains {len(named)} files named {RESULTS_NAME}")
    if named[0].compress_type not in _METHODS:
        raise SessionError(f"{path} uses an unsupported compression method; supported are stored and deflated")
    with archive.open(named[0]) as file:
        # The size in the header is only a claim of the archive; the bytes that were read count.
        content = file.read(MOST_BYTES + 1)
    if len(content) > MOST_BYTES:
        raise SessionError(f"{path}: {RESULTS_NAME} is larger than {MOST_BYTES // 1024**2} MiB")
    return content


def _refuse_odd(entry: zipfile.ZipInfo, path: Path) -> None:
    """Refuse an archive with an entry outside its folder: nothing is unpacked, but the rest is not trusted either."""
    name = PurePosixPath(entry.filename)
    leaves = name.is_absolute() or ".." in name.parts or "\\" in entry.filename or ":" in entry.filename
    if leaves or stat.S_ISLNK(entry.external_attr >> 16):
        raise SessionError(f"{path} contains a file that would be written outside of its folder: {entry.filename!r}")
    if entry.flag_bits & 0x1:
        raise SessionError(f"{path} contains an encrypted file")
