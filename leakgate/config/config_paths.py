"""Paths of the config: resolved against the folder of the file, and checked to exist.

Readers get the folder as pydantic's validation context. Symlinks are kept, because an interpreter whose link is
resolved loses its virtual environment.
"""

import os
import shutil
from pathlib import Path
from typing import Annotated

from pydantic import PlainValidator, ValidationInfo, WithJsonSchema

from leakgate.config.field_basics import TEXT_SCHEMA
from leakgate.config.option_values import quote
from leakgate.config.text_fields import read_text
from leakgate.targets.path_kind import why_not_runnable


def resolved(text: str, info: ValidationInfo) -> Path:
    """Return a path of the file; a relative path starts at the folder of the file."""
    return Path(info.context or "") / text


def _is_missing(path: Path) -> bool:
    try:
        return not path.exists()
    except OSError:  # a name too long for the file system, a folder that may not be entered
        return True


def read_script(value: object, info: ValidationInfo) -> Path:
    """Return the path of an existing Python file, folder or zip file that Python can run. Raises ValueError."""
    text = read_text(value)
    path = resolved(text, info)
    if _is_missing(path):
        raise ValueError(f"there is no file {quote(text)} (paths start at the folder of this config)")
    reason = why_not_runnable(path)
    if reason:
        raise ValueError(reason)
    return path


def read_folder(value: object, info: ValidationInfo) -> Path:
    """Return the path of an existing folder. Raises ValueError."""
    text = read_text(value)
    path = resolved(text, info)
    if not _is_missing(path) and path.is_dir():
        return path
    raise ValueError(f"there is no folder {quote(text)} (paths start at the folder of this config)")


def read_baseline(value: object, info: ValidationInfo) -> Path:
    """Return the path of a file that may be missing."""
    return resolved(read_text(value), info)


def read_interpreter(value: object, info: ValidationInfo) -> Path:
    """Return an interpreter, given as a path or as a command on PATH. Raises ValueError.

    A virtual environment's ``bin/python`` also finds ``Scripts/python.exe``, so that one config serves Windows too.
    """
    text = read_text(value)
    path = resolved(text, info)
    if _is_missing(path) and path.parent.name == "bin":
        windows = path.parent.parent / "Scripts" / f"{path.name}.exe"
        path = path if _is_missing(windows) else windows
    if _is_missing(path):
        is_command = os.path.basename(text) == text  # noqa: PTH119 - Path would drop a leading ./
        found = shutil.which(text) if is_command else None
        if found is None:
            raise ValueError(f"there is no interpreter {quote(text)}{' here or on PATH' if is_command else ''}")
        path = Path(found).absolute()
    if not path.is_file() or not os.access(path, os.X_OK):
        raise ValueError(f"{quote(text)} is not an interpreter that can be started")
    return path


_SCHEMA = WithJsonSchema(TEXT_SCHEMA)
Script = Annotated[Path, PlainValidator(read_script), _SCHEMA]
Folder = Annotated[Path, PlainValidator(read_folder), _SCHEMA]
BaselineFile = Annotated[Path, PlainValidator(read_baseline), _SCHEMA]
Interpreter = Annotated[Path, PlainValidator(read_interpreter), _SCHEMA]
