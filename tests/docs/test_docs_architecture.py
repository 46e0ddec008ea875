"""The drawing of the rooms in docs/architecture.md, and the contracts of import-linter, name every room."""

import re
import tomllib
from itertools import pairwise
from pathlib import Path
from typing import Any, Final

import grimp

import leakgate

PACKAGE: Final = Path(leakgate.__file__).parent
ROOT: Final = PACKAGE.parent
CONTRACTS: Final[list[dict[str, Any]]] = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["tool"][
    "importlinter"
]["contracts"]


def rooms() -> set[str]:
    """The modules and packages directly inside of the package."""
    found = {path.stem for path in PACKAGE.glob("*.py")} | {path.parent.name for path in PACKAGE.glob("*/__init__.py")}
    return found - {"__init__"}


def drawn() -> list[list[str]]:
    """The rooms in each line of the drawing, from the top."""
    page = (ROOT / "docs/architecture.md").read_text("utf-8")
    drawing = page.split("```text\n")[1].split("```")[0]
    column = drawing.index("What did") - drawing.index("  __main__")
    lines = [line[:column].split() for line in drawing.splitlines()]
    return [found for words in lines if (found := [word for word in words if word in rooms()])]


def test_the_drawing_has_every_room_once() -> None:
    assert sorted(room for line in drawn() for room in line) == sorted(rooms())


def test_no_room_is_drawn_above_one_that_may_import_it() -> None:
    layers = [re.split(r" \| ", layer) for layer in CONTRACTS[0]["layers"]]
    height = {room: len(layers) - at for at, layer in enumerate(layers) for room in layer}
    heights = [[height[room] for room in line if room in height] for line in drawn()]
    for above, below in pairwise(heights):
        assert not below or min(above) >= max(below)


def test_the_contracts_about_the_probe_name_every_other_room() -> None:
    others = {f"leakgate.{room}" for room in rooms() - {"probe"}}
    by_name = {contract["name"]: contract for contract in CONTRACTS}
    assert others <= set(by_name["The probe imports nothing of leakgate"]["forbidden_modules"])
    assert others == set(by_name["Nothing of leakgate imports the probe"]["source_modules"])


def test_no_modules_import_each_other_in_a_circle() -> None:
    """Imports for types and those inside of functions count too. Modules that nothing left imports are taken away."""
    graph = grimp.build_graph("leakgate", cache_dir=None)
    left = {module: graph.find_modules_directly_imported_by(module) for module in graph.modules}
    while free := [module for module, imported in left.items() if not imported & left.keys()]:
        for module in free:
            del left[module]
    assert sorted(left) == []
