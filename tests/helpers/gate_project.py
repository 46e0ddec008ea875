"""A project of many small programs, healthy and not, and one real run of the gate over all of them."""

import json
import shutil
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Final

from tests.helpers.command_line import Answer, leakgate
from tests.helpers.real_runs import SCRIPTS

CONFIG: Final = """\
version: 1
defaults: {duration: 12s}
scripts:
  - {name: healthy, path: app/gate_healthy.py}
  - {name: python-leak, path: app/gate_python_leak.py}
  - {name: native-leak, path: app/gate_native_leak.py}
  - {name: child-leak, path: app/gate_child_leak.py}
  - {name: cache, path: app/gate_cache.py}
  - {name: hungry, path: app/gate_hungry.py, budgets: {peak: 60MB}}
  - {name: too-fast, path: app/gate_python_leak.py, env: {LEAK_KB_PER_S: "90"}, budgets: {heap: 256KB/min}}
  - {name: within-rate, path: app/gate_python_leak.py, env: {LEAK_KB_PER_S: "90"}, budgets: {heap: 1MB/s}}
  - {name: suppressed, path: app/gate_accepted_leak.py}
  - {name: crash, path: app/gate_ends.py, args: [2, raise]}
  - {name: status-7, path: app/gate_ends.py, args: [2, 7]}
  - {name: at-once, path: app/gate_ends.py, args: [0, 0]}
  - {name: os-exit, path: app/gate_ends.py, args: [1, os._exit]}
  - {name: killed, path: app/gate_ends.py, args: [1, kill]}
  - {name: finite, path: app/gate_ends.py, args: [8, 0]}
  - {name: caught, path: app/gate_python_leak.py, expect: leak}
  - {name: missed, path: app/gate_healthy.py, expect: leak}
suppressions:
  - {site: "app/gate_accepted_leak.py:remember", reason: bounded by the number of tenants}
"""
REPORTS: Final = {
    "json": "results.json",
    "junit": "junit.xml",
    "markdown": "summary.md",
    "sarif": "leakgate.sarif",
    "html": "report.html",
}

ANSWER: Final = "answer.json"


@dataclass(frozen=True)
class GateRun:
    """What one run left."""

    folder: Path
    answer: Answer
    results: dict[str, Any]

    @property
    def sessions(self) -> Path:
        """The folder of ``--output``."""
        return self.folder / "sessions"

    def script(self, name: str) -> dict[str, Any]:
        """What results.json says of one script."""
        found: dict[str, Any] = next(one for one in self.results["scripts"] if one["name"] == name)
        return found

    def text(self, report: str) -> str:
        """One of the reports."""
        return (self.folder / report).read_text(encoding="utf-8")


def copy_programs(folder: Path) -> Path:
    """A folder ``app`` with the programs ``gate_*.py``; one stands there under a second name, to be accepted."""
    app = folder / "app"
    app.mkdir(parents=True)
    for program in SCRIPTS.glob("gate_*.py"):
        shutil.copy(program, app)
    shutil.copy(SCRIPTS / "gate_python_leak.py", app / "gate_accepted_leak.py")
    return app


def leaking_line(program: str) -> int:
    """The line of a program that is marked as the leak."""
    lines = (SCRIPTS / program).read_text(encoding="utf-8").splitlines()
    return next(number for number, line in enumerate(lines, 1) if line.endswith("# the leak"))


def run_everything(folder: Path, mark: str) -> GateRun:
    """Run every program at once, with every report and the sessions."""
    folder.mkdir()
    write_config(folder, CONFIG)
    options = [f"--{form}={path}" for form, path in REPORTS.items()]
    answer = leakgate(folder, "run", "--jobs=17", "--output=sessions", *options, mark=mark)
    (folder / ANSWER).write_text(json.dumps(asdict(answer)), encoding="utf-8")
    return read_run(folder)


def read_run(folder: Path) -> GateRun:
    """A run that happened in this folder."""
    answer = Answer(**json.loads((folder / ANSWER).read_text(encoding="utf-8")))
    return GateRun(folder, answer, json.loads((folder / "results.json").read_text(encoding="utf-8")))


def write_config(folder: Path, text: str) -> None:
    """A project with the programs and this config; the programs themselves are never measured by coverage."""
    if not (folder / "app").exists():
        copy_programs(folder)
    bare = "defaults: {env: {COVERAGE_PROCESS_CONFIG: ''}"
    whole = (
        text.replace("defaults: {", f"{bare}, ")
        if "defaults: {" in text
        else text.replace("scripts:", f"{bare}}}\nscripts:")
    )
    (folder / "leakgate.yaml").write_text(whole, encoding="utf-8")
