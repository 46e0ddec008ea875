"""The answers of other tools for the same real leaks and their fixed versions, each for the same 20 seconds.

* tracemalloc: two snapshots, after 5 and 20 s, ten frames deep; no verdict of its own, so 100 KB more at the largest
  traceback counts as a leak;
* memray: `run --trace-python-allocators`, then the largest entry of the leak report; no verdict;
* pytest-memray: a test of 15 s around the program with `limit_leaks("100 KB")`, after 5 s of warm-up in a fixture;
* psleak: its defaults, with PYTHONMALLOC=malloc, on the function that the program repeats, if it is a plain function;
* mprof: samples of RSS and the slope of `mprof plot --slope --window 5,20`; no verdict, so 2 KB/s count; no place.

New answers are added to the file of results. make bench-peers
"""

import argparse
import ast
import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, Final

from bench.runs.arms import end_on_sigterm
from bench.runs.environments import STORE, MissingError, find_python, python_for
from bench.runs.known_cases import BENCH, REAL_DURATION_S, Case, all_cases
from bench.runs.loops import plain_environment
from bench.runs.table import Row, keep, publish, recorded

INSIDE: Final = BENCH / "inside" / "peers.py"
REQUIREMENTS: Final = BENCH / "requirements-peers.txt"
PEERS: Final = ("tracemalloc", "memray", "pytest-memray", "psleak", "mprof")
NO_VERDICT: Final = "none of its own"
SLOPE_KB_PER_S: Final = 2.0
WARM_UP_S: Final = 5.0
PATIENCE_S: Final = 180.0
Record = dict[str, Any]


def peers_site(minor: str) -> Path:
    """Return the site-packages of an environment with the tools, made once per minor version. Raises MissingError."""
    place = STORE / "venvs" / f"peers-{minor}"
    if not (place / ".made").exists():
        shutil.rmtree(place, ignore_errors=True)
        subprocess.run([find_python(minor), "-m", "venv", place], check=True)
        install = [str(place / "bin" / "python"), "-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
        if subprocess.run([*install, "-r", str(REQUIREMENTS)], check=False, stderr=subprocess.DEVNULL).returncode != 0:
            raise MissingError(f"the peers cannot be installed for Python {minor}")
        (place / ".made").touch()
    return next(place.glob("lib/python*/site-packages"))


def ask(peer: str, case: Case) -> Record:
    """Return the answer of a tool for a case. Raises MissingError."""
    python, site = python_for(case), peers_site(case.python)
    began = time.monotonic()
    with tempfile.TemporaryDirectory(prefix="leakgate-bench-", ignore_cleanup_errors=True) as folder:
        found = _slope(python, case, folder) if peer == "mprof" else _inside(peer, python, site, case, folder)
    frames = [_named(*frame) for frame in found["frames"]]
    located = any(place.matches(file, function) for file, _, function in frames for place in case.places)
    return {
        "peer": peer,
        "case": case.name,
        "leaks": case.leaks,
        "verdict": found["verdict"],
        "located": located if case.leaks else None,
        "seconds": round(time.monotonic() - began, 1),
        "bytes": found["bytes"],
        "first": f"{Path(frames[0][0]).name}:{frames[0][1]} {frames[0][2]}" if frames else "",
        "said": found["said"][-200:].replace(folder, ""),
    }


def _inside(peer: str, python: Path, site: Path, case: Case, folder: str) -> Record:
    out = Path(folder, "out.json")
    env = {**plain_environment(), "TMPDIR": folder}
    if peer == "psleak":
        env["PYTHONMALLOC"] = "malloc"
    command = [str(python), str(INSIDE), str(site), peer, str(case.script), str(out)]
    try:
        ran = subprocess.run(
            command,
            env=env,
            cwd=folder,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            timeout=PATIENCE_S,
            check=False,
        )
    except subprocess.TimeoutExpired:
        return {"verdict": None, "bytes": 0, "frames": [], "said": f"no answer within {PATIENCE_S:.0f} s"}
    if not out.exists():
        return {"verdict": None, "bytes": 0, "frames": [], "said": ran.stderr.decode("utf-8", "replace")}
    found: Record = json.loads(out.read_text("utf-8"))
    return found


def _slope(python: Path, case: Case, folder: str) -> Record:
    mprof = peers_site(f"{sys.version_info[0]}.{sys.version_info[1]}").parents[2] / "bin" / "mprof"
    samples = Path(folder, "mprof.dat")
    process = subprocess.Popen(
        [mprof, "run", "--output", samples, python, case.script],
        cwd=folder,
        env=plain_environment(),
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    )
    time.sleep(REAL_DURATION_S)
    os.killpg(process.pid, 15)
    process.wait()
    points = [line.split()[1:3] for line in samples.read_text("utf-8").splitlines() if line.startswith("MEM")]
    points = [point for point in points if float(point[1]) >= float(points[0][1]) + WARM_UP_S]
    mb, at = [float(point[0]) for point in points], [float(point[1]) for point in points]
    mean_t, mean_mb = sum(at) / len(at), sum(mb) / len(mb)
    slope = sum((t - mean_t) * (m - mean_mb) for t, m in zip(at, mb, strict=True)) / sum((t - mean_t) ** 2 for t in at)
    kb_per_s = 1024 * 1.024 * slope
    return {"verdict": kb_per_s > SLOPE_KB_PER_S, "bytes": 0, "frames": [], "said": f"{kb_per_s:.1f} KB/s"}


def _named(file: str, line: int, function: str) -> tuple[str, int, str]:
    """Return a frame with its function, because tracemalloc has only lines."""
    if not function and Path(file).is_file():
        try:
            tree = ast.parse(Path(file).read_bytes())
        except SyntaxError:
            return file, line, ""
        inner = [
            node
            for node in ast.walk(tree)
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
            and node.lineno <= line <= (node.end_lineno or 0)
        ]
        function = max(inner, key=lambda node: node.lineno).name if inner else "<module>"
    return file, line, function


def summary(records: Sequence[Record]) -> list[Row]:
    """Return one line for each tool, and one for leakgate on the same programs."""
    return list(_rows([*_own({record["case"] for record in records}), *records]))


def _rows(records: Sequence[Record]) -> Iterator[Row]:
    for peer in ("leakgate", *PEERS):
        mine = [record for record in records if record["peer"] == peer]
        leaky, fixed = [r for r in mine if r["leaks"]], [r for r in mine if not r["leaks"]]
        if not mine:
            continue
        judged = [r for r in leaky if r["verdict"] is not None]
        accused = [r for r in fixed if r["verdict"] is not None]
        located = sum(bool(r["located"]) for r in leaky)
        seconds = sorted(r["seconds"] for r in mine)[len(mine) // 2]
        if judged or accused:
            found = f"found {sum(r['verdict'] for r in judged)} of {len(judged)}"
            found += f", failed {sum(r['verdict'] for r in accused)} of {len(accused)} fixed versions"
        else:
            found = f"verdict: {NO_VERDICT}"
        yield Row(peer, f"{found}; place right in {located} of {len(leaky)}; {seconds:.0f} s")


def _own(cases: set[str]) -> Iterator[Record]:
    """Yield leakgate's answers for the same programs, if the accuracy bench has recorded them."""
    for record in recorded("accuracy"):
        if record["case"] in cases:
            yield {**record, "peer": "leakgate", "verdict": record["verdict"] == "leak"}


def main() -> None:
    """Run every tool on every program that is not recorded yet."""
    end_on_sigterm()
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--peers", default=",".join(PEERS))
    parser.add_argument("--only", default="", help="names of pairs, with commas")
    parser.add_argument("--fresh", action="store_true", help="forget what is recorded")
    options = parser.parse_args()
    only = set(filter(None, options.only.split(",")))
    records: list[Record] = [] if options.fresh else recorded("peers")
    done = {(record["peer"], record["case"]) for record in records}
    left_out: list[str] = []
    for case in all_cases(("py", "native")):
        if only and case.script.parent.name not in only:
            continue
        for peer in options.peers.split(","):
            if (peer, case.name) in done or (peer == "psleak" and not _has_adaptor(case)):
                continue
            try:
                records.append(ask(peer, case))
            except MissingError as missing:
                left_out.append(f"{case.name} under {peer}: {missing}")
                continue
            print(json.dumps(records[-1]), flush=True)
            keep("peers", summary(records), records, left_out)
    publish("peers", "Peers on the real leaks", summary(records), records, left_out)


def _has_adaptor(case: Case) -> bool:
    return f'"{case.script.parent.name}": "lambda' in INSIDE.read_text("utf-8")


if __name__ == "__main__":
    main()
