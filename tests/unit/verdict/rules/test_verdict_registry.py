"""A rule that is not in the registry would never be applied."""

import importlib
import inspect
from pathlib import Path

from leakgate.model.report import Finding
from leakgate.verdict.case import Evidence
from leakgate.verdict.rules import registry

FOLDER = Path(registry.__file__).parent


def test_every_rule_is_in_the_registry() -> None:
    modules = [importlib.import_module(f"leakgate.verdict.rules.{path.stem}") for path in FOLDER.glob("[a-z]*.py")]
    written = {
        function
        for module in modules
        for function in vars(module).values()
        if inspect.isfunction(function)
        and function.__module__ == module.__name__
        and inspect.get_annotations(function) == {"evidence": Evidence, "return": Finding | None}
    }
    assert written == set(registry.RULES.values())
    assert len(registry.RULES) == len(written)
