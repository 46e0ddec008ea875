"""The answers of other tools and of leakgate for the planted callables: found, false, seconds.

make bench-tests-peers
python -m bench.runs.tests_peers --only one_block ring

Each callable runs in a process of its own.

pytest-leaks (0.3.1) is left out: it needs a debug build of CPython (`sys.gettotalrefcount`).
"""

import argparse
import json
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Final

from bench.inside import planted_calls
from bench.runs.arms import end_on_sigterm, listen_to_interrupts
from bench.runs.environments import environment, find_python
from bench.runs.known_cases import BENCH
from bench.runs.loops import plain_environment
from bench.runs.table import Row, keep, publish

Record = dict[str, Any]

INSIDE: Final = BENCH / "inside"
REQUIREMENTS: Final = BENCH / "requirements-peers.txt"
MINOR: Final = "3.11"
PEERS: Final = ("leakgate", "psleak", "python-leak-hunter", "pytest-memray")
PATIENCE_S: Final = 120.0
LEFT_OUT: Final = ("pytest-leaks 0.3.1: it needs a debug build of CPython",)


def main() -> None:
    """Run every tool on every callable, print each answer, and write the results."""
    end_on_sigterm()
    listen_to_interrupts()
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--only", nargs="*", default=[], metavar="NAME")
    options = parser.parse_args()
    python = environment("tests-peers", REQUIREMENTS, find_python(MINOR), MINOR)
    records: list[Record] = []
    names = [(name, True) for name in planted_calls.LEAKS] + [(name, False) for name in planted_calls.HEALTHY]
    for name, leaks in names:
        if options.only and name not in options.only:
            continue
        for peer in PEERS:
            started = time.monotonic()
            verdict, said = _leakgate(name, python) if peer == "leakgate" else _ask(peer, name, python)
            seconds = round(time.monotonic() - started, 1)
            records.append(
                {"peer": peer, "name": name, "leaks": leaks, "verdict": verdict, "seconds": seconds, "said": said}
            )
            print(json.dumps(records[-1]), flush=True)
        if not options.only:
            keep("tests_peers", summary(records), records, LEFT_OUT)
    if not options.only:
        publish("tests_peers", "Peers on planted callables", summary(records), records, LEFT_OUT)


def _ask(peer: str, name: str, python: Path) -> tuple[bool | None, str]:
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as folder:
        out = Path(folder, "out.json")
        env = {**plain_environment(), "TMPDIR": folder}
        if peer == "psleak":
            env["PYTHONMALLOC"] = "malloc"
        command = [str(python), str(INSIDE / "peer_calls.py"), peer, name, str(out)]
        try:
            done = subprocess.run(command, env=env, cwd=INSIDE, capture_output=True, timeout=PATIENCE_S, check=False)
        except subprocess.TimeoutExpired:
            return None, f"no answer within {PATIENCE_S:.0f} s"
        if not out.exists():
            return None, done.stderr.decode("utf-8", "replace")[-200:]
        found = json.loads(out.read_text("utf-8"))
        return found["verdict"], found["said"].replace(folder, "").replace(str(INSIDE), "")[-200:]


def _leakgate(name: str, python: Path) -> tuple[bool | None, str]:
    with tempfile.TemporaryDirectory() as folder:
        out = Path(folder, "results.json")
        command = [sys.executable, "-m", "leakgate", "call", f"planted_calls:{name}", "--python", str(python)]
        subprocess.run(
            [*command, "--quiet", "--json", str(out)],
            cwd=INSIDE,
            capture_output=True,
            check=False,
        )
        script = json.loads(out.read_text("utf-8"))["scripts"][0]
    verdict = {"ok": False, "leak": True}.get(script["verdict"])
    return verdict, script["reason"]


def summary(records: Sequence[Record]) -> list[Row]:
    """Return a line for each tool, and one that says what each did not find."""
    rows = []
    for peer in PEERS:
        mine = [record for record in records if record["peer"] == peer]
        leaks, healthy = [one for one in mine if one["leaks"]], [one for one in mine if not one["leaks"]]
        if not mine:
            continue
        found = sum(one["verdict"] is True for one in leaks)
        false = sum(one["verdict"] is True for one in healthy)
        none = sum(one["verdict"] is None for one in mine)
        seconds = sorted(one["seconds"] for one in mine)[len(mine) // 2]
        missed = ", ".join(one["name"] for one in leaks if one["verdict"] is not True) or "nothing"
        wrong = ", ".join(one["name"] for one in healthy if one["verdict"] is True) or "nothing"
        text = f"found {found} of {len(leaks)}, called {false} of {len(healthy)} healthy ones a leak, "
        text += f"no answer to {none}; median {seconds:.1f} s"
        rows += [Row(peer, text), Row(f"{peer}: missed; wrong", f"{missed}; {wrong}")]
    return rows


if __name__ == "__main__":
    main()
