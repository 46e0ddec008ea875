"""Writes the evidence on one script as a folder that appears in one step."""

import os
import shutil
from pathlib import Path
from typing import Final

from leakgate.archive.folder_names import STDERR, STDOUT, folder_name
from leakgate.archive.foreign_files import read_text
from leakgate.archive.forms.session_form import (
    EVIDENCE,
    HISTORY,
    META,
    META_MOST_BYTES,
    SNAPSHOT,
    dump_session,
    is_session,
)
from leakgate.errors import OutputError, SessionError
from leakgate.model.session_record import Session

_MOST_LOGS: Final = 40
LOG_MOST_BYTES: Final = 16 * 1024 * 1024


def write_session(folder: Path, session: Session) -> Path:
    """Write a session into a folder of its own inside ``folder``, and return that folder.

    It is written under a hidden name and renamed when it is complete, so that a killed run leaves only complete
    sessions. A session of an earlier run is replaced; anything else with that name is left alone. Raises OutputError.
    """
    name = folder_name(session.target.name)
    place, part, old = folder / name, folder / f".{name}.part", folder / f".{name}.old"
    try:
        folder.mkdir(parents=True, exist_ok=True)
        _require_replaceable(place)
        for leftover in (part, old):
            if os.path.lexists(leftover):
                shutil.rmtree(leftover)
        _fill(part, session)
        if os.path.lexists(place):
            place.rename(old)
        part.rename(place)
        shutil.rmtree(old, ignore_errors=True)
    except OSError as error:
        raise OutputError(f"{place}: the session cannot be written: {error}") from error
    return place


def _require_replaceable(place: Path) -> None:
    if not os.path.lexists(place):
        return
    try:
        replaceable = not place.is_symlink() and is_session(read_text(place / META, META_MOST_BYTES))
    except SessionError:
        replaceable = False
    if not replaceable:
        raise OutputError(
            f"{place}: exists and is not a session of leakgate, so it was not changed",
            hint="remove it, or give --output another folder",
        )


def _fill(part: Path, session: Session) -> None:
    texts = dump_session(session)
    for inside in (part, part / "snapshots", part / "logs"):
        inside.mkdir()
    _copy_log(session.measurement.stdout_path, part / STDOUT)
    _copy_log(session.measurement.stderr_path, part / STDERR)
    _copy_companion_logs(session.measurement.stdout_path, part / "logs")
    _write(part / EVIDENCE, texts.evidence)
    _write(part / HISTORY, texts.history)
    if texts.snapshot is not None:
        _write(part / SNAPSHOT, texts.snapshot)
    _write(part / META, texts.meta)


def _write(path: Path, text: str) -> None:
    path.write_text(text, encoding="ascii", newline="\n")


def _copy_companion_logs(stdout_path: str, folder: Path) -> None:
    """Copy the output of the set-up, the services and the load: ``load.stdout.log`` and similar files."""
    if stdout_path:
        for log in sorted(Path(stdout_path).parent.glob("*.std???.log"))[:_MOST_LOGS]:
            _copy_log(str(log), folder / f"{log.stem}.txt")


def _copy_log(source: str, copy: Path) -> None:
    """Copy the output of the script, only its end if it is very long; nothing if the file does not exist."""
    if not source or not Path(source).is_file():
        return
    with Path(source).open("rb") as log, copy.open("wb") as file:
        left_out = max(0, os.fstat(log.fileno()).st_size - LOG_MOST_BYTES)
        if left_out:
            file.write(f"[leakgate left out {left_out} bytes here]\n".encode("ascii"))
            log.seek(left_out)
        shutil.copyfileobj(log, file)
