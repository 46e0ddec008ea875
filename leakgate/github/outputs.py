"""What a step hands to the job: its outputs and its part of the job summary, in the files that the runner reads."""

import secrets
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Final

SUMMARY_LIMIT_BYTES: Final = 1024**2
"""The most that GitHub takes of one step; a larger summary is dropped as a whole."""

_BYTES_PER_CHAR_AT_MOST: Final = 4


def format_outputs(outputs: Mapping[str, str]) -> str:
    """The outputs in the runner's file format.

    Each has a delimiter of its own that cannot be guessed, so that no value can end itself and set another output.
    """
    return "".join(_format_output(name, value) for name, value in outputs.items())


def append_outputs(path: Path, outputs: Mapping[str, str]) -> None:
    """Add the outputs to the file that ``GITHUB_OUTPUT`` names."""
    with path.open("a", encoding="utf-8", errors="backslashreplace", newline="\n") as file:
        file.write(format_outputs(outputs))


def append_summary(path: Path, render: Callable[[int], str]) -> None:
    """Add a report to the file that ``GITHUB_STEP_SUMMARY`` names, within what GitHub still takes.

    ``render`` gives the Markdown from the most characters that it may have.
    """
    taken = path.stat().st_size if path.exists() else 0
    room = SUMMARY_LIMIT_BYTES - taken - 1
    for limit_chars in (room, room // _BYTES_PER_CHAR_AT_MOST):
        text = render(limit_chars).encode("utf-8", "backslashreplace") + b"\n"
        if len(text) <= room:
            with path.open("ab") as file:
                file.write(text)
            return


def _format_output(name: str, value: str) -> str:
    delimiter = f"leakgate_{secrets.token_hex(16)}"
    return f"{name}<<{delimiter}\n{value}\n{delimiter}\n"
