"""Each figure that decides names the test that holds it, and the bench can scale it to show its effect."""

import ast
import re
from collections.abc import Iterator
from dataclasses import fields
from pathlib import Path
from typing import Final

import pytest

from bench.runs.known_cases import BENCH
from bench.runs.thresholds import figures, scaled
from leakgate.growth import thresholds

TESTS: Final = Path(__file__).parents[2]
MOST_IN_THE_DECISION: Final = 15
"""The figures of the rule, and the two of the noise of the quantity that is judged."""


def described() -> Iterator[tuple[str, str]]:
    """Yield each figure with its description."""
    tree = ast.parse(Path(thresholds.__file__).read_text("utf-8"))
    for group in [node for node in tree.body if isinstance(node, ast.ClassDef) and node.name != "Thresholds"]:
        for figure, text in zip(group.body, group.body[1:], strict=False):
            if isinstance(figure, ast.AnnAssign) and isinstance(figure.target, ast.Name):
                assert isinstance(text, ast.Expr)
                assert isinstance(text.value, ast.Constant)
                yield f"{group.name}.{figure.target.id}", " ".join(str(text.value.value).split())


DESCRIBED: Final = dict(described())


def test_the_decision_of_growth_has_few_figures() -> None:
    of_noise = fields(thresholds.IN_FORCE.noise.heap)
    assert len(fields(thresholds.GrowthThresholds)) + len(of_noise) <= MOST_IN_THE_DECISION


def test_what_holds_each_figure_exists() -> None:
    sources = "".join(path.read_text("utf-8") for path in TESTS.rglob("test_*.py"))
    tests = set(re.findall(r"def (test_[a-z0-9_]+)\(", sources))
    recordings = {path.name.removesuffix(".json.gz") for path in (TESTS / "data/recordings").iterdir()}
    generated = {path.name.removesuffix(".json.gz") for path in (BENCH / "generated" / "recordings").iterdir()}
    for figure, text in DESCRIBED.items():
        if text.endswith("Checked by the same test."):
            continue  # that of the figure before
        named = set(re.findall(r"`(test_[a-z0-9_]+)`", text))
        recorded = set(re.findall(r"[a-z0-9_-]+-(?:leak|ok)\b", text))
        random_programs = set(re.findall(r"\bg[0-9]{3}\b", text))
        assert named | recorded | random_programs, f"neither a test nor a recording holds {figure}"
        assert random_programs <= generated, figure
        assert named <= tests, figure
        assert recorded <= recordings, figure


@pytest.mark.parametrize("factor", [0.5, 2.0])
def test_every_figure_can_be_scaled(factor: float) -> None:
    for room, name in figures(""):
        assert scaled(room, name, factor) != thresholds.IN_FORCE, f"{room}.{name}"
