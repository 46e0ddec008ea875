"""Headline, kind, place and holder of one report agree, and lead to the line that keeps the memory."""

import json
import sys
from pathlib import Path
from typing import Any

import pytest

from tests.helpers.command_line import leakgate
from tests.helpers.gate_project import leaking_line, write_config

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="resident memory by /proc")
CONFIG = """\
version: 1
defaults: {duration: 12s}
scripts:
  - {name: maps, path: app/gate_keeps_maps.py}
  - {name: items, path: app/gate_keeps_items.py}
"""


@pytest.fixture(scope="module")
def scripts(tmp_path_factory: pytest.TempPathFactory) -> dict[str, dict[str, Any]]:
    folder = tmp_path_factory.mktemp("truth")
    write_config(folder, CONFIG)
    leakgate(folder, "run", "--jobs=2", "--json=results.json")
    found = json.loads((folder / "results.json").read_text(encoding="utf-8"))["scripts"]
    return {one["name"]: one for one in found}


@pytest.mark.parametrize(
    ("name", "program", "kind", "holder"),
    [
        ("maps", "gate_keeps_maps.py", "native", "__main__.FRAMES"),
        ("items", "gate_keeps_items.py", "python", "__main__.kept"),
    ],
)
def test_kind_place_and_holder_agree(
    scripts: dict[str, dict[str, Any]], name: str, program: str, kind: str, holder: str
) -> None:
    script = scripts[name]
    worst = script["leaks"][0]
    assert (script["verdict"], script["kind"], worst["holder"]["path"]) == ("leak", kind, holder)
    assert (Path(worst["file"]).name, worst["line"]) == (program, leaking_line(program))
    assert f"kept by {holder}" in script["reason"]
    assert f"{program}:{leaking_line(program)}" in script["reason"]
    assert "LD_PRELOAD" not in script["hint"]


def test_places_that_one_holder_keeps_are_one_leak_whose_shares_add_up(scripts: dict[str, dict[str, Any]]) -> None:
    worst = scripts["items"]["leaks"][0]
    assert len(worst["places"]) > 1
    assert worst["share"] == pytest.approx(sum(place["share"] for place in worst["places"]), abs=0.01)
    assert sum(leak["share"] for leak in scripts["items"]["leaks"]) <= 1.001
