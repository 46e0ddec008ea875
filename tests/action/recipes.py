"""The recipes of the documentation: whole workflows, and differences that are applied to the basic one."""

import re
from pathlib import Path
from typing import Final

from leakgate.github.starter_workflow import starter_workflow
from tests.action.runner import ROOT

PAGES: Final = (ROOT / "docs" / "github-action.md", ROOT / "docs" / "recipes.md")
_BLOCK: Final = re.compile(r"<!-- recipe: ([a-z-]+) -->\n```(\w+)\n(.*?)```\n", re.DOTALL)


def together(*names: str) -> str:
    """The basic workflow with several of the differences applied, one after the other."""
    text = starter_workflow()
    for page in PAGES:
        for name, _kind, difference in _BLOCK.findall(page.read_text("utf-8")):
            text = changed(text, difference) if name in names else text
    return text


def recipes(*pages: Path) -> dict[str, str]:
    """Return every recipe of some pages by its name, as a complete workflow."""
    return {
        name: changed(starter_workflow(), text) if kind == "diff" else text
        for page in pages or PAGES
        for name, kind, text in _BLOCK.findall(page.read_text("utf-8"))
    }


def changed(text: str, difference: str) -> str:
    """Return a text with a difference applied.

    Its hunks have no numbers: each must match at exactly one place after the previous one.
    """
    at = 0
    for hunk in difference.split("@@\n"):
        lines = hunk.splitlines(keepends=True)
        old = "".join(line[1:] if line.strip() else line for line in lines if not line.startswith("+"))
        new = "".join(line[1:] if line.strip() else line for line in lines if not line.startswith("-"))
        place = text.find(old, at)
        if place < 0:
            raise AssertionError(f"these lines are not there, or stand before the last change:\n{old}")
        text = text[:place] + new + text[place + len(old) :]
        at = place + len(new)
    return text
