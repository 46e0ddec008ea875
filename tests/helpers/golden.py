"""Compares a report with the accepted one in ``tests/golden``; see the README there."""

import os
from pathlib import Path
from typing import Final

_TESTS: Final = Path(__file__).parent.parent
_ACCEPT: Final = "LEAKGATE_ACCEPT_GOLDEN"


def check_golden(name: str, actual: str) -> None:
    """Fail unless ``tests/golden/NAME`` holds this text; what differs is kept under ``tests/actual``."""
    golden, kept = _TESTS / "golden" / name, _TESTS / "actual" / name
    if os.environ.get(_ACCEPT) == "1":
        golden.parent.mkdir(parents=True, exist_ok=True)
        golden.write_text(actual, encoding="utf-8", newline="\n")
    expected = golden.read_text(encoding="utf-8") if golden.exists() else ""
    if actual != expected:
        kept.parent.mkdir(parents=True, exist_ok=True)
        kept.write_text(actual, encoding="utf-8", newline="\n")
    else:
        kept.unlink(missing_ok=True)
    assert actual == expected, f"compare tests/golden/{name} with tests/actual/{name}; to accept: {_ACCEPT}=1"
