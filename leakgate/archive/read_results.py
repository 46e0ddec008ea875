"""Reads the results that another job left as an artifact: data of an untrusted pull request, refused where it is odd.

Only the one file that is expected is ever read, into memory; nothing is unpacked to the disk. What the bytes mean is
for ``archive/forms`` to judge.
"""

import stat
import zipfile
import zlib
from pathlib import Path, PurePosixPath
from typing import Final

from leakgate.errors import SessionError
from leakgate.files import RefusedFileError, read_whole_file

RESULTS_NAME: Final = "results.json"
RESULTS_LIMIT_BYTES: Final = 32 * 1024**2

_ENTRIES_LIMIT: Final = 1000
_ZIP_LIMIT_BYTES: Final = 64 * 1024**2


def read_results(path: Path) -> bytes:
    """The content of ``results.json``: a file of any name, or the one in a folder or zip of that name.

    Raises SessionError for links, files that are too large, and archives with anything suspicious in them.
    """
    if path.is_dir() and not path.is_symlink():
        return _read_file(path / RESULTS_NAME)
    if path.suffix == ".zip":
        return _read_zip(path)
    return _read_file(path)


def find_results(folder: Path) -> tuple[Path, ...]:
    """What the shards of a run left in a folder: each ``NAME/results.json`` or ``NAME.zip`` in it, sorted.

    Raises SessionError where there is none.
    """
    if not folder.is_dir():
        raise SessionError(f"{folder} is no folder of results")
    entries = sorted(folder.iterdir())
    found = tuple(entry for entry in entries if entry.suffix in (".zip", ".json") or (entry / RESULTS_NAME).exists())
    if not found:
        raise SessionError(f"there is no {RESULTS_NAME} in {folder}", hint="download every shard's artifact to it")
    return found


def _read_file(path: Path) -> bytes:
    try:
        return read_whole_file(path, RESULTS_LIMIT_BYTES)
    except RefusedFileError as error:
        raise SessionError(f"{path}: {error.reason}") from None


def _read_zip(path: Path) -> bytes:
    try:
        mode = path.lstat()
        if not stat.S_ISREG(mode.st_mode) or mode.st_size > _ZIP_LIMIT_BYTES:
            raise SessionError(f"{path} is no zip file of a size that results have")
        with zipfile.ZipFile(path) as archive:
            return _read_entry(archive, path)
    except OSError as error:
        raise SessionError(f"{path} cannot be read: {error.strerror}") from error
    except (zipfile.BadZipFile, NotImplementedError, RuntimeError, EOFError, ValueError, zlib.error) as error:
        raise SessionError(f"{path} is a broken zip file: {error}") from error


def _read_entry(archive: zipfile.ZipFile, path: Path) -> bytes:
    entries = archive.infolist()
    if len(entries) > _ENTRIES_LIMIT:
        raise SessionError(f"{path} holds {len(entries)} files")
    for entry in entries:
        _refuse_odd(entry, path)
    named = [entry for entry in entries if entry.filename == RESULTS_NAME]
    if len(named) != 1:
        raise SessionError(f"{path} holds {len(named)} files named {RESULTS_NAME}")
    with archive.open(named[0]) as file:
        # The size in the header is the archive's own word; what is read is what counts.
        return _bounded(file.read(RESULTS_LIMIT_BYTES + 1), path)


def _refuse_odd(entry: zipfile.ZipInfo, path: Path) -> None:
    """Nothing is unpacked, but an archive that tries to leave its folder is not to be trusted in anything else."""
    name = PurePosixPath(entry.filename)
    leaves = name.is_absolute() or ".." in name.parts or "\\" in entry.filename or ":" in entry.filename
    if leaves or stat.S_ISLNK(entry.external_attr >> 16):
        raise SessionError(f"{path} holds a file that would leave its folder: {entry.filename!r}")
    if entry.flag_bits & 0x1:
        raise SessionError(f"{path} holds an encrypted file")


def _bounded(content: bytes, path: Path) -> bytes:
    if len(content) > RESULTS_LIMIT_BYTES:
        raise SessionError(f"{path}: {RESULTS_NAME} is larger than {RESULTS_LIMIT_BYTES // 1024**2} MiB")
    return content
