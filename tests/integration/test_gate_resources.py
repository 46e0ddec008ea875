"""Descriptors that pile up, and the effect of suppressions, from the command line to every report, also with shards."""

import json
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from tests.helpers.command_line import Answer, leakgate
from tests.helpers.real_runs import marked

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="who opens descriptors is told on Linux")

CONFIG = """\
version: 1
defaults: {duration: 14s}
scripts:
  - {name: files, path: files.py}
  - {name: sockets, path: sockets.py, budgets: {fds: 10}}
  - {name: caching, path: caching.py}
suppressions:
  - {site: "caching.py:remember", reason: bounded by tenants, owner: payments}
  - {holder: "nobody.*", reason: was mended long ago}
  - {site: "files.py:*", reason: only for a while, expires: 2020-01-01}
"""
FILES = """
import os, time
kept = []
def opens():
    kept.append(os.open(__file__, os.O_RDONLY))
while True:
    opens()
    time.sleep(0.1)
"""
SOCKETS = """
import socket, time
kept = []
def connect():
    kept.append(socket.socket(socket.AF_INET, socket.SOCK_DGRAM))
while True:
    connect()
    socket.socket().close()
    time.sleep(0.1)
"""
CACHING = """
import time
cache = {}
def remember(number):
    cache[number] = "x" * 1000 + str(number)
number = 0
while True:
    for _ in range(5):
        remember(number)
        number += 1
    time.sleep(0.01)
"""


@dataclass(frozen=True)
class Run:
    folder: Path
    answer: Answer
    results: dict[str, Any]

    def script(self, name: str) -> dict[str, Any]:
        return next(one for one in self.results["scripts"] if one["name"] == name)


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Run:
    folder = tmp_path_factory.mktemp("resources")
    for name, text in (
        ("leakgate.yaml", CONFIG),
        ("files.py", FILES),
        ("sockets.py", SOCKETS),
        ("caching.py", CACHING),
    ):
        (folder / name).write_text(text, encoding="utf-8")
    with marked() as mark:
        answer = leakgate(folder, "run", "--jobs=3", "--json=r.json", "--markdown=r.md", "--html=r.html", mark=mark)
    return Run(folder, answer, json.loads((folder / "r.json").read_text(encoding="utf-8")))


def test_a_healthy_script_is_told_to_keep_files_open_and_where(run: Run) -> None:
    files = run.script("files")
    assert files["verdict"] == "ok"
    (found,) = files["resources"]
    assert (found["metric"], found["what"]) == ("fds", "file")
    blamed = found["traceback"][found["blame"]]
    assert (Path(blamed["file"]).name, blamed["function"]) == ("files.py", "opens")
    assert found["per_min"] > 60
    assert "what piles up" in run.answer.stdout


def test_a_budget_that_is_broken_names_the_line(run: Run) -> None:
    sockets = run.script("sockets")
    assert run.answer.status == 1
    assert sockets["verdict"] == "over-budget"
    assert "created at sockets.py:5 in connect" in sockets["reason"]
    assert sockets["resources"][0]["what"] == "socket (AF_INET, SOCK_DGRAM)"


def test_each_report_has_it(run: Run) -> None:
    for name in ("r.md", "r.html"):
        text = (run.folder / name).read_text(encoding="utf-8")
        assert "What piles up" in text, name
        assert "SOCK" in text, name


def test_what_suppressions_did_is_reported(run: Run) -> None:
    assert run.script("caching")["verdict"] == "known"
    uses = [(use["pattern"], use["leaks"], use["state"]) for use in run.results["suppressions"]]
    assert uses == [("caching.py:remember", 1, "used"), ("nobody.*", 0, "unused"), ("files.py:*", 0, "expired")]
    for text in (run.answer.stdout, (run.folder / "r.md").read_text(encoding="utf-8")):
        words = " ".join(text.replace("&#46;", ".").split())
        assert "unused suppression" in words
        assert "expired suppression" in words
        assert "1 leak" in words


def test_shards_say_it_together(run: Run, tmp_path: Path) -> None:
    for index, names in ((1, ["files"]), (2, ["sockets", "caching"])):
        part = dict(run.results)
        part["scripts"] = [one for one in part["scripts"] if one["name"] in names]
        part["shard"] = {"index": index, "count": 2, "names": ["files", "sockets", "caching"]}
        used = {"caching": "used"}.get(names[-1], "untried")
        part["suppressions"] = [
            {**use, "leaks": use["leaks"] if used == "used" else 0, "state": used if at == 0 else "untried"}
            for at, use in enumerate(run.results["suppressions"])
        ]
        part["suppressions"][2]["state"] = "expired"
        part["notes"] = []
        (tmp_path / f"part-{index}.json").write_text(json.dumps(part), encoding="utf-8")
    merged = leakgate(tmp_path, "merge", "part-1.json", "part-2.json", "--json=all.json")
    assert merged.status == 1
    uses = json.loads((tmp_path / "all.json").read_text(encoding="utf-8"))["suppressions"]
    assert [(use["leaks"], use["state"]) for use in uses] == [(1, "used"), (0, "unused"), (0, "expired")]
    assert "unused suppression" in merged.stdout
