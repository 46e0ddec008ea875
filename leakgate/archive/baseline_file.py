"""Reads the baseline file, and writes it atomically. Only ``leakgate baseline`` may write it."""

from pathlib import Path

from leakgate.archive.forms.baseline_form import MOST_BYTES, dump_baseline, parse_baseline
from leakgate.errors import BaselineError, OutputError
from leakgate.files import Refusal, RefusedFileError, read_whole_file, replace_file
from leakgate.model.baseline import Baseline


def load_baseline(path: Path) -> Baseline:
    """Return the baseline in a file; an empty one if the file is missing. Raises BaselineError for an invalid file."""
    text = read_baseline_text(path)
    return Baseline() if text is None else parse_baseline(text, str(path))


def read_baseline_text(path: Path) -> str | None:
    """Return the text of a baseline file, which may contain a merge conflict; None if missing. Raises BaselineError."""
    try:
        content = read_whole_file(path, MOST_BYTES, follow_links=True)
    except RefusedFileError as error:
        if error.refusal is Refusal.MISSING:
            return None
        raise BaselineError(f"{path}: {error.reason}") from None
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        raise BaselineError(f"{path}:{line}:1: is not UTF-8 text", hint="save the file as UTF-8") from None


def write_baseline(path: Path, baseline: Baseline) -> bool:
    """Write the file unless it has the same content already. Return whether it was written.

    A link is followed: the file that it names is replaced. Raises OutputError.
    """
    content = dump_baseline(baseline).encode("utf-8")
    try:
        if path.exists() and path.read_bytes() == content:
            return False
        replace_file(path, content)
    except (OSError, ValueError, RuntimeError) as error:
        raise OutputError(f"{path}: the baseline cannot be written: {error}") from error
    return True
