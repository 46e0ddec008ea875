"""Read the baseline file, and write it atomically. Only ``leakgate baseline update`` may call the writing half."""

import os
import shutil
from contextlib import suppress
from pathlib import Path

from leakgate.archive.forms.baseline_form import MOST_BYTES, dump_baseline, parse_baseline
from leakgate.errors import BaselineError, OutputError
from leakgate.model.baseline import Baseline


def load_baseline(path: Path) -> Baseline:
    """The baseline in a file; an empty one where there is none. Raises BaselineError for one that is not sound."""
    try:
        with path.open("rb") as file:
            content = file.read(MOST_BYTES + 1)
    except FileNotFoundError:
        return Baseline()
    except OSError as error:
        raise BaselineError(f"{path}: cannot be read: {error.strerror}") from error
    if len(content) > MOST_BYTES:
        raise BaselineError(f"{path}: is larger than {MOST_BYTES // 1024**2} MiB, which no baseline is")
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        raise BaselineError(f"{path}:{line}:1: is not UTF-8 text", hint="save the file as UTF-8") from None
    return parse_baseline(text, str(path))


def write_baseline(path: Path, baseline: Baseline) -> bool:
    """Write the file, or leave it alone where it says the same already; True when it was written.

    Whoever reads at the same time, or after a crash, finds the old text or the new one. A link is followed, so that
    the file it names is replaced and not the link. Raises OutputError.
    """
    text = dump_baseline(baseline)
    target = Path(os.path.realpath(path))
    part = target.with_name(f".{target.name}.{os.getpid()}.part")
    try:
        if target.exists() and target.read_text("utf-8") == text:
            return False
        target.parent.mkdir(parents=True, exist_ok=True)
        with part.open("w", encoding="utf-8", newline="\n") as file:
            file.write(text)
            file.flush()
            os.fsync(file.fileno())
        if target.exists():
            shutil.copymode(target, part)
        part.replace(target)
    except (OSError, UnicodeDecodeError) as error:
        with suppress(OSError):
            part.unlink()
        raise OutputError(f"{path}: the baseline cannot be written: {error}") from error
    return True
