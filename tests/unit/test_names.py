"""One meaning for each name: no module name and no class name stands twice in the package."""

import ast
from collections import Counter
from pathlib import Path
from typing import Final

import leakgate

PACKAGE: Final = Path(leakgate.__file__).parent
TWICE: Final = {
    "__init__": "every package has one",
    "__main__": "the command line, the load generator and the probe are started as modules or by path",
}
"""Names that may stand more than once, and why."""


def modules() -> list[Path]:
    return [path for path in PACKAGE.rglob("*.py") if "inherit" not in path.parts]


def repeated(names: list[str]) -> set[str]:
    return {name for name, count in Counter(names).items() if count > 1}


def test_no_module_name_stands_twice() -> None:
    assert repeated([path.stem for path in modules()]) <= TWICE.keys()


def test_no_test_module_name_stands_twice() -> None:
    """Pytest imports test modules by their names alone, so the second one of a name cannot be collected."""
    assert repeated([path.stem for path in Path(__file__).parents[1].rglob("test_*.py")]) == set()


def test_no_class_name_stands_twice() -> None:
    classes = [
        node.name
        for path in modules()
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.ClassDef)
    ]
    assert repeated(classes) == set()
