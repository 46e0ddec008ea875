"""Reads sessions and results back as untrusted data: opens only files with fixed names, and follows no links."""

import os
from dataclasses import replace
from itertools import islice
from pathlib import Path
from typing import Final

from leakgate.archive.folder_names import STDERR, STDOUT
from leakgate.archive.foreign_files import HINT, read_lines, read_text, require_file, require_folder
from leakgate.archive.forms import results_form
from leakgate.archive.forms.json_lines import LONGEST_LINE
from leakgate.archive.forms.recording_form import EVIDENCE_MOST_BYTES, SNAPSHOT_MOST_BYTES
from leakgate.archive.forms.session_form import (
    EVIDENCE,
    HISTORY,
    HISTORY_MOST_BYTES,
    META,
    META_MOST_BYTES,
    SNAPSHOT,
    SessionTexts,
    check_session,
    load_session,
)
from leakgate.archive.write_session import LOG_MOST_BYTES
from leakgate.errors import SessionError
from leakgate.model.report import GateReport
from leakgate.model.session_record import Session

MOST_ENTRIES: Final = 10_000
MOST_TOTAL_BYTES: Final = 512 * 1024 * 1024
_SMALL_BYTES: Final = 1024 * 1024
"""A smaller session is checked while it is loaded. A larger one is checked before, line by line: one that is refused at
its end is never in memory as a whole."""
_LOG_ROOM_BYTES: Final = 1024
"""Bytes for the line that says what was left out."""


def load_any(path: Path) -> GateReport | tuple[Session, ...]:
    """Return a report from a ``results.json``, or the sessions in a folder. Raises SessionError."""
    if path.is_dir():
        return read_sessions(path)
    if not os.path.lexists(path):
        raise SessionError(
            f"there is no {path}", hint="give a folder that `leakgate run --output` wrote, or a results.json"
        )
    return results_form.load_results(read_text(path, results_form.MOST_BYTES), str(path))


def read_sessions(path: Path) -> tuple[Session, ...]:
    """Return the session of a session folder, or all sessions in a folder, in the order of their config.

    Raises SessionError with file, line and field of the first problem, and if there is no session.
    """
    if os.path.lexists(path / META):
        _check(path)
        return (_read(path),)
    folders = [entry for entry in _entries(path) if _is_session_folder(entry)]
    if not folders:
        raise SessionError(f"{path}: contains no session", hint="`leakgate run --output DIR` keeps sessions in DIR")
    if sum(map(_size, folders)) > MOST_TOTAL_BYTES:
        raise SessionError(f"{path}: has more than {MOST_TOTAL_BYTES:,} bytes", hint="report fewer sessions at once")
    for folder in folders:
        _check(folder)
    return tuple(sorted(map(_read, folders), key=_order))


def _is_session_folder(entry: Path) -> bool:
    # Hidden folders are sessions that were not complete when leakgate was killed.
    if entry.name.startswith("."):
        return False
    if entry.is_symlink():
        raise SessionError(f"{entry}: is a link; links are not followed", hint=HINT)
    return os.path.lexists(entry / META)


def _entries(folder: Path) -> list[Path]:
    try:
        found = list(islice(folder.iterdir(), MOST_ENTRIES + 1))
    except (OSError, ValueError) as error:
        raise SessionError(f"{folder}: cannot be read: {error}", hint=HINT) from None
    if len(found) > MOST_ENTRIES:
        raise SessionError(f"{folder}: has more than {MOST_ENTRIES:,} entries", hint=HINT)
    return sorted(found)


def _size(folder: Path) -> int:
    files = (folder / name for name in (META, EVIDENCE, HISTORY, SNAPSHOT))
    return sum(file.lstat().st_size for file in files if os.path.lexists(file))


def _check(folder: Path) -> None:
    if _size(folder) > _SMALL_BYTES:
        lines = read_lines(folder / EVIDENCE, EVIDENCE_MOST_BYTES, LONGEST_LINE)
        check_session(_texts(folder), lines, str(folder))


def _read(folder: Path) -> Session:
    evidence = read_text(folder / EVIDENCE, EVIDENCE_MOST_BYTES)
    session = load_session(replace(_texts(folder), evidence=evidence), str(folder))
    stdout_path, stderr_path = _log(folder / STDOUT), _log(folder / STDERR)
    return replace(session, measurement=replace(session.measurement, stdout_path=stdout_path, stderr_path=stderr_path))


def _texts(folder: Path) -> SessionTexts:
    """Return the texts of a session without its evidence, which may be large."""
    return SessionTexts(
        meta=read_text(folder / META, META_MOST_BYTES),
        history=read_text(folder / HISTORY, HISTORY_MOST_BYTES),
        evidence="",
        snapshot=_snapshot(folder),
    )


def _snapshot(folder: Path) -> str | None:
    file = folder / SNAPSHOT
    # The folder is empty if nothing was explained, and archives may omit empty folders.
    if not os.path.lexists(file.parent):
        return None
    require_folder(file.parent)
    for entry in _entries(file.parent):
        require_file(entry, SNAPSHOT_MOST_BYTES)
    return read_text(file, SNAPSHOT_MOST_BYTES) if os.path.lexists(file) else None


def _log(file: Path) -> str:
    """Return the path of a log in this session's folder. Paths that the session itself names are never used."""
    if not os.path.lexists(file.parent) or not os.path.lexists(file):
        return ""
    require_folder(file.parent)
    require_file(file, LOG_MOST_BYTES + _LOG_ROOM_BYTES)
    return str(file)


def _order(session: Session) -> tuple[bool, str, int, int, str, str]:
    origin, started_at, name = session.target.origin, session.measurement.started_at, session.target.name
    if origin is None:
        return (True, "", 0, 0, started_at, name)
    return (False, origin.path, origin.line, origin.column, started_at, name)
