"""Protects the files by which a step sends commands to the runner, while untrusted code runs.

A script can find these files by itself: their folder has a fixed name under the runner's temporary folder, and the
environment of an older process may name them.
"""

import os
import shutil
import stat
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Final

from leakgate.files import read_plain_file

NAMES: Final = ("GITHUB_ENV", "GITHUB_OUTPUT", "GITHUB_PATH", "GITHUB_STATE", "GITHUB_STEP_SUMMARY")
"""Variables that name such a file."""
MOST_BYTES: Final = 64 * 1024 * 1024
"""The largest number of bytes of all files together; the runner itself reads less from a step."""


@contextmanager
def command_files_kept(env: Mapping[str, str]) -> Iterator[None]:
    """Restore every file in the folder of the step's own files after the block, and remove files that are new there."""
    folders = {Path(env[name]).parent for name in NAMES if env.get(name)}
    modes = {folder: stat.S_IMODE(folder.stat().st_mode) for folder in folders if folder.is_dir()}
    before = _contents(folders)
    try:
        yield
    finally:
        for folder, mode in modes.items():
            with suppress(OSError):
                folder.chmod(mode)
        _put_back(folders, before)


def _contents(folders: set[Path]) -> dict[Path, bytes | None]:
    contents: dict[Path, bytes | None] = {}
    room = MOST_BYTES
    for file in _files(folders):
        with suppress(OSError):
            contents[file] = content = file.read_bytes() if file.stat().st_size <= room else None
            room -= len(content or b"")
    return contents


def _put_back(folders: set[Path], before: Mapping[Path, bytes | None]) -> None:
    for entry in _entries(folders):
        if entry not in before:
            _remove(entry)
    for file, content in before.items():
        if content is not None and _is_changed(file, content):
            _replace(file, content)


def _replace(file: Path, content: bytes) -> None:
    """Write a new file, so that nothing is written through a link. If the folder is not writable, write in place."""
    _remove(file)
    flags = os.O_WRONLY | os.O_CREAT | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_NONBLOCK", 0)
    with suppress(OSError), os.fdopen(os.open(file, flags, 0o644), "wb") as opened:
        opened.truncate()
        opened.write(content)


def _remove(entry: Path) -> None:
    with suppress(OSError):
        if entry.is_dir() and not entry.is_symlink():
            shutil.rmtree(entry, ignore_errors=True)
        else:
            entry.unlink()


def _is_changed(file: Path, content: bytes) -> bool:
    """Whether the file is not what it was. Opening it never waits: it may be a pipe now."""
    try:
        return file.lstat().st_nlink != 1 or read_plain_file(file, len(content) + 1) != content
    except OSError:
        return True


def _files(folders: set[Path]) -> list[Path]:
    return [entry for entry in _entries(folders) if entry.is_symlink() or entry.is_file()]


def _entries(folders: set[Path]) -> list[Path]:
    found: list[Path] = []
    for folder in folders:
        with suppress(OSError):
            found += folder.iterdir()
    return sorted(found)
