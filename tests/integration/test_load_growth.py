"""A server with a load, from the config to the report: which route leaks, and how much per request."""

import json
import sys
from pathlib import Path

import pytest

from tests.helpers.command_line import leakgate

SERVER = Path(__file__).parents[2] / "bench" / "inside" / "routes_server.py"
CONFIG = f"""\
version: 1
defaults: {{python: {sys.executable}, duration: 14s}}
scripts:
  - name: api
    path: {SERVER}
    args: ["{{port}}", "1:4000"]
    load: {{rate: 120, requests: ["/0/{{n}}", "/1/{{n}}", "/2/{{n}}"]}}
"""


@pytest.mark.slow
def test_the_route_that_leaks_is_named_and_a_session_says_the_same(tmp_path: Path) -> None:
    (tmp_path / "leakgate.yaml").write_text(CONFIG, encoding="utf-8")
    ran = leakgate(tmp_path, "run", "--json", "results.json", "--output", "out")
    assert ran.status == 1, ran.text
    script = json.loads((tmp_path / "results.json").read_text(encoding="utf-8"))["scripts"][0]
    routes = {one["route"]: one for one in script["routes"]}
    leaking = routes["GET /1/{n}"]

    assert script["verdict"] == "leak"
    assert [name for name, one in routes.items() if one["verdict"] == "leak"] == ["GET /1/{n}"]
    assert leaking["bytes_per_request"]["estimate"] == pytest.approx(4_008, rel=0.5)  # exact on a free machine
    assert script["iterations"] == sum(one["requests"] for one in routes.values())
    assert script["iterations"] == script["expected_iterations"] > 100
    assert "/request" in script["reason"]

    again = leakgate(tmp_path, "report", "out/api", "--json", "again.json")
    assert again.status == 1, again.text
    replayed = json.loads((tmp_path / "again.json").read_text(encoding="utf-8"))["scripts"][0]
    for key in ("verdict", "reason", "routes", "iterations", "bytes_per_iteration", "work"):
        assert replayed[key] == script[key], key
