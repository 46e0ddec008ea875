"""The generated parts of the pages are those that the code gives now."""

from pathlib import Path

import pytest

from docs.generate import PAGES, PARTS, PLACE, filled
from leakgate.model.metrics import METRICS, Metric
from leakgate.model.verdict import EXIT_CODES, VERDICTS, ExitCode, Verdict


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_a_page_is_the_generated_one(page: Path) -> None:
    text = page.read_text("utf-8")
    assert text == filled(text), "run `make docs`"


def test_every_part_is_on_a_page() -> None:
    assert {found[1] for page in PAGES for found in PLACE.finditer(page.read_text("utf-8"))} == PARTS.keys()


def test_every_word_of_the_contract_is_explained() -> None:
    assert list(VERDICTS) == list(Verdict)
    assert list(EXIT_CODES) == list(ExitCode)
    assert list(METRICS) == list(Metric)


def test_a_part_that_differs_is_written_again() -> None:
    stale = "before\n<!-- generated: exit-codes -->\n| 0 | stale |\n<!-- end -->\nafter\n"
    assert "stale" not in filled(stale)
    assert filled(stale).startswith("before\n")
    assert filled(stale).endswith("after\n")
