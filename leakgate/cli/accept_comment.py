"""Reads the request in a comment on a pull request: ``/leakgate accept worker : bounded by tenants``.

The text comes from a person who may comment, so it is data: it gives names and a reason, never options.
"""

import re
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from leakgate.errors import UsageError
from leakgate.files import RefusedFileError, read_whole_file

COMMAND: Final = "/leakgate accept"
LONGEST_COMMENT_BYTES: Final = 256 * 1024
"""GitHub accepts comments of up to 65,536 characters, each of at most four bytes."""
_FORM: Final = re.compile(rf"{re.escape(COMMAND)}(?P<names>(?:[ \t]+[^\s:]+)*)[ \t]*(?::[ \t]*(?P<reason>.*))?")


@dataclass(frozen=True, slots=True, kw_only=True)
class AcceptRequest:
    """The scripts that a comment asks to accept, and why."""

    names: tuple[str, ...]
    """Names of scripts. Empty: all scripts of the results."""
    reason: str
    """Empty if the comment gives no reason."""


def accept_request(text: str) -> AcceptRequest:
    """Return the request in the first line of a comment. Raises UsageError for other text and for options."""
    line = text.lstrip().partition("\n")[0].strip()
    match = _FORM.fullmatch(line)
    names = tuple(match["names"].split()) if match else ()
    if match is None or any(name.startswith("-") for name in names):
        raise UsageError(
            "--comment: the text is not a request to accept a leak",
            hint=f"write {COMMAND} NAME... : REASON in the first line; names and reason are optional",
        )
    return AcceptRequest(names=names, reason=(match["reason"] or "").strip())


def read_comment(path: Path) -> str:
    """Return the text of a comment from a file. Raises UsageError if the file is refused or is not UTF-8."""
    try:
        return read_whole_file(path, LONGEST_COMMENT_BYTES).decode("utf-8")
    except RefusedFileError as error:
        raise UsageError(f"--comment: {path}: {error.reason}") from None
    except UnicodeDecodeError:
        raise UsageError(f"--comment: {path} is not UTF-8 text") from None
