"""Reads the rows of an explanation that a probe wrote."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

Rows = list[dict[str, Any]]
Found = dict[str, dict[str, Any]]
"""Rows of holders by their path."""


def read_rows(answer: Path) -> Rows:
    """Return the rows of an answer's file."""
    return [json.loads(line) for line in answer.read_text("utf-8").splitlines()]


def of_kind(rows: Rows, *kinds: str) -> Rows:
    """Return the rows of some kinds."""
    return [row for row in rows if row["kind"] in kinds]


def holders(rows: Rows) -> Found:
    """Return the rows of the holders, by their path."""
    return {row["path"]: row for row in of_kind(rows, "holder")}


def notes(rows: Rows) -> list[str]:
    """Return the notes."""
    return [row["text"] for row in of_kind(rows, "note")]
