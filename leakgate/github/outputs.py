"""The outputs of a step and its part of the job summary, in the files that the runner reads."""

import secrets
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Final

SUMMARY_LIMIT_BYTES: Final = 1024**2
"""The most that GitHub accepts from one step; it drops a larger summary completely."""


def format_outputs(outputs: Mapping[str, str]) -> str:
    """Return the outputs in the runner's file format.

    Each has a random delimiter of its own, so that no value can end itself and set another output.
    """
    return "".join(_format_output(name, value) for name, value in outputs.items())


def append_outputs(path: Path, outputs: Mapping[str, str]) -> None:
    """Add the outputs to the file that ``GITHUB_OUTPUT`` names."""
    with path.open("a", encoding="utf-8", errors="backslashreplace", newline="\n") as file:
        file.write(format_outputs(outputs))


def append_summary(path: Path, render: Callable[[int], str]) -> bool:
    """Add a report to the file that ``GITHUB_STEP_SUMMARY`` names; return False if it would exceed GitHub's limit.

    ``render`` returns the Markdown for a maximum number of bytes in UTF-8.
    """
    taken = path.stat().st_size if path.exists() else 0
    room = SUMMARY_LIMIT_BYTES - taken - 1
    text = render(room).encode("utf-8", "backslashreplace") + b"\n"
    if len(text) > room:
        return False
    with path.open("ab") as file:
        file.write(text)
    return True


def _format_output(name: str, value: str) -> str:
    delimiter = f"leakgate_{secrets.token_hex(16)}"
    return f"{name}<<{delimiter}\n{value}\n{delimiter}\n"
