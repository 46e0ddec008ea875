"""What a comment on a pull request asks to be accepted: ``/leakgate accept worker : bounded by tenants``.

The text comes from a person who may comment, so it is data: names and a reason, never options.
"""

import re
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from leakgate.errors import UsageError
from leakgate.files import RefusedFileError, read_whole_file

COMMAND: Final = "/leakgate accept"
LONGEST_COMMENT_BYTES: Final = 256 * 1024
"""GitHub takes comments of 65,536 characters, each of four bytes at most."""
_FORM: Final = re.compile(rf"{re.escape(COMMAND)}(?P<names>(?:[ \t]+[^\s:]+)*)[ \t]*(?::[ \t]*(?P<reason>.*))?")


@dataclass(frozen=True, slots=True, kw_only=True)
class AcceptRequest:
    """What a comment asks for."""

    names: tuple[str, ...]
    """Of scripts; empty: all that the results have."""
    reason: str
    """Empty where none is given."""


def accept_request(text: str) -> AcceptRequest:
    """The request in the first line of a comment. Raises UsageError for any other text, and for words like options."""
    line = text.lstrip().partition("\n")[0].strip()
    match = _FORM.fullmatch(line)
    names = tuple(match["names"].split()) if match else ()
    if match is None or any(name.startswith("-") for name in names):
        raise UsageError(
            "--comment: this is no request to accept something",
            hint=f"the first line is {COMMAND} NAME... : REASON, and names and reason may be left out",
        )
    return AcceptRequest(names=names, reason=(match["reason"] or "").strip())


def read_comment(path: Path) -> str:
    """The text of a comment in a file. Raises UsageError."""
    try:
        return read_whole_file(path, LONGEST_COMMENT_BYTES).decode("utf-8")
    except RefusedFileError as error:
        raise UsageError(f"--comment: {path}: {error.reason}") from None
    except UnicodeDecodeError:
        raise UsageError(f"--comment: {path} is not UTF-8 text") from None
