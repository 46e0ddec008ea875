"""Protects the files by which a step sends commands to the runner, while untrusted code runs.

A script can find these files by itself: their folder has a fixed name under the runner's temporary folder, and the
environment of an older process may name them.
"""

import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Final

NAMES: Final = ("GITHUB_ENV", "GITHUB_OUTPUT", "GITHUB_PATH", "GITHUB_STATE", "GITHUB_STEP_SUMMARY")
"""Variables that name such a file."""
MOST_BYTES: Final = 64 * 1024 * 1024
"""Most bytes of all files together; the runner itself reads less from a step."""


@contextmanager
def command_files_kept(env: Mapping[str, str]) -> Iterator[None]:
    """Restore every file in the folder of the step's own files after the block, and remove files that are new there."""
    folders = {Path(env[name]).parent for name in NAMES if env.get(name)}
    before = _contents(folders)
    try:
        yield
    finally:
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
    for file in _files(folders):
        if file not in before:
            with suppress(OSError):
                file.unlink()
    for file, content in before.items():
        if content is not None and _is_changed(file, content):
            _replace(file, content)


def _replace(file: Path, content: bytes) -> None:
    """Write a new file, so that nothing is written through a link. If the folder is not writable, write in place."""
    try:
        file.unlink(missing_ok=True)
        descriptor = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o644)
        with os.fdopen(descriptor, "wb") as opened:
            opened.write(content)
    except PermissionError:
        file.write_bytes(content)


def _is_changed(file: Path, content: bytes) -> bool:
    try:
        return file.is_symlink() or file.stat().st_nlink != 1 or file.read_bytes() != content
    except OSError:
        return True


def _files(folders: set[Path]) -> list[Path]:
    found: list[Path] = []
    for folder in folders:
        with suppress(OSError):
            found += [entry for entry in folder.iterdir() if entry.is_symlink() or entry.is_file()]
    return sorted(found)
