"""Twenty programs with known answers in each of the surroundings: no wrong verdict, and no leak that passes.

make bench-surroundings
python -m bench.runs.surroundings --only "plain,gc.freeze" --jobs 4

One `leakgate run` measures the twenty programs in one of the surroundings. `error` and `inconclusive` are right where
the surroundings hide the memory, and are counted; `ok` for a leak and `leak` for a healthy program are wrong. After
each run no process and no temporary folder may be left, and leakgate may not have failed with an error of its own.
"""

import argparse
import ast
import json
import os
import resource
import shutil
import signal
import subprocess
import sys
import tempfile
import uuid
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any, Final

from bench.runs.environments import environment
from bench.runs.known_cases import BENCH
from bench.runs.marked import command_line, kill, marked
from bench.runs.table import Row, keep, publish, recorded
from leakgate.model.verdict import ExitCode

PROGRAMS: Final = BENCH / "cases" / "surrounded" / "programs.py"
REQUIREMENTS: Final = BENCH / "requirements-surroundings.txt"
DURATION_S: Final = 8
MARK: Final = "BENCH_SURROUNDINGS"
"""Variable of the environment by which all processes of a run are found."""
HONEST: Final = frozenset({"error", "inconclusive"})
Record = dict[str, Any]
"""The results in one of the surroundings, as they stand in the result file."""
LIBRARIES: Final = Path("/usr/lib/x86_64-linux-gnu")


@dataclass(frozen=True, slots=True, kw_only=True)
class Surroundings:
    """What is odd around the programs: in their environment, in their own habits, or in what leakgate itself gets."""

    env: Mapping[str, str] = field(default_factory=dict)
    """Variables of the programs."""
    habit: str = "none"
    """The function in `programs.py` that makes the program odd."""
    own_env: Mapping[str, str | None] = field(default_factory=dict)
    """Variables of leakgate itself; None removes one."""
    before: Callable[[], object] | None = None
    """Is called in the process that becomes leakgate."""


def _limit(kind: int, most: int) -> Callable[[], object]:
    return lambda: resource.setrlimit(kind, (most, most))


def _preloaded(library: str) -> Surroundings:
    return Surroundings(env={"LD_PRELOAD": str(LIBRARIES / library)})


SURROUNDINGS: Final[dict[str, Surroundings]] = {
    "plain": Surroundings(),
    "PYTHONMALLOC=malloc": Surroundings(env={"PYTHONMALLOC": "malloc"}),
    "PYTHONMALLOC=pymalloc_debug": Surroundings(env={"PYTHONMALLOC": "pymalloc_debug"}),
    "-X dev": Surroundings(env={"PYTHONDEVMODE": "1"}),
    "jemalloc": _preloaded("libjemalloc.so.2"),
    "tcmalloc": _preloaded("libtcmalloc_minimal.so.4"),
    "mimalloc": _preloaded("libmimalloc.so.2"),
    "PYTHONTRACEMALLOC=5": Surroundings(env={"PYTHONTRACEMALLOC": "5"}),
    "MALLOC_PERTURB_ and one arena": Surroundings(env={"MALLOC_PERTURB_": "77", "MALLOC_ARENA_MAX": "1"}),
    "PYTHONOPTIMIZE=2 and PYTHONHASHSEED=0": Surroundings(env={"PYTHONOPTIMIZE": "2", "PYTHONHASHSEED": "0"}),
    "PYTHONWARNINGS=error": Surroundings(env={"PYTHONWARNINGS": "error"}),
    "PYTHONPATH with shadows": Surroundings(env={"PYTHONPATH": "{shadows}"}),
    "file size limit": Surroundings(habit="limits_file_size"),
    "24 open files": Surroundings(habit="limits_open_files"),
    "threads with small stacks": Surroundings(habit="limits_threads"),
    "swept temporary folder": Surroundings(habit="sweeps_temp", env={"TMPDIR": "{tmp}"}),
    "closed descriptors": Surroundings(habit="closes_descriptors"),
    "closed standard streams": Surroundings(habit="closes_standard_streams"),
    "stopped clock (freezegun)": Surroundings(habit="stops_clock"),
    "files in memory (pyfakefs)": Surroundings(habit="fakes_files"),
    "audit hook that raises": Surroundings(habit="refuses_by_audit"),
    "gc.freeze": Surroundings(habit="freezes_heap"),
    "subinterpreter": Surroundings(habit="uses_subinterpreters"),
    "all signals blocked": Surroundings(habit="blocks_signals"),
    "sys.setprofile": Surroundings(habit="traces_itself"),
    "recursion limit of 70": Surroundings(habit="allows_little_recursion"),
    "working directory removed": Surroundings(habit="leaves_its_folder"),
    "sys.stdout replaced": Surroundings(habit="replaces_streams"),
    "os.environ cleared": Surroundings(habit="clears_environment"),
    "SIGCHLD ignored": Surroundings(before=lambda: signal.signal(signal.SIGCHLD, signal.SIG_IGN)),
    "umask 777": Surroundings(before=lambda: os.umask(0o777)),
    "umask 077": Surroundings(before=lambda: os.umask(0o077)),
    "without HOME and PATH and TERM": Surroundings(own_env={"HOME": None, "TERM": None, "LANG": "C", "PATH": None}),
    "TMPDIR that does not exist": Surroundings(own_env={"TMPDIR": "/nonexistent"}),
    "stdin closed": Surroundings(before=lambda: os.close(0)),
    "standard streams closed for leakgate": Surroundings(before=lambda: os.closerange(0, 3)),
    "stack of 512 KB": Surroundings(before=_limit(resource.RLIMIT_STACK, 512 * 1_024)),
    "256 open files for leakgate": Surroundings(before=_limit(resource.RLIMIT_NOFILE, 256)),
    "file size limit for leakgate": Surroundings(before=_limit(resource.RLIMIT_FSIZE, 64 * 1_024)),
    "nice 19": Surroundings(before=lambda: os.nice(19)),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Cell:
    """One program in one of the surroundings."""

    program: str
    leaks: bool
    verdict: str
    """Empty if leakgate gave no results."""
    reason: str

    @property
    def is_right(self) -> bool:
        """Whether the verdict is the known answer."""
        return self.verdict == ("leak" if self.leaks else "ok")


@cache
def known_programs() -> Mapping[str, bool]:
    """Return the names of the programs and whether they leak, as they stand in the file."""
    tree = ast.parse(PROGRAMS.read_text("utf-8"))
    lists = {
        node.targets[0].id: [item.id for item in node.value.elts if isinstance(item, ast.Name)]
        for node in tree.body
        if isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Name) and isinstance(node.value, ast.Tuple)
    }
    return dict.fromkeys(lists["LEAKS"], True) | dict.fromkeys(lists["HEALTHY"], False)


def swept(name: str, programs: Mapping[str, bool], jobs: int, python: Path) -> Record:
    """Measure the programs in these surroundings, and return the record of the results."""
    odd, folder = SURROUNDINGS[name], Path(tempfile.mkdtemp(prefix="surroundings-"))
    try:
        places = {"shadows": str(_shadows(folder)), "tmp": str(folder / "tmp")}
        (folder / "tmp").mkdir()
        env = {key: value.format_map(places) for key, value in odd.env.items()}
        entries = [
            {"name": one, "path": str(PROGRAMS), "args": [one, odd.habit], "env": env, "python": str(python)}
            for one in programs
        ]
        config = {"version": 1, "defaults": {"duration": DURATION_S}, "scripts": entries}
        (folder / "leakgate.yaml").write_text(json.dumps(config), "utf-8")  # JSON is YAML
        mark = uuid.uuid4().hex
        status, stderr = _run(folder, odd, mark, jobs)
        faults = [f"left: {path.name}" for path in (folder / "tmp").iterdir()]
        faults += [f"process left: {command}" for command in _ended(mark)]
        if status == ExitCode.BUG:
            faults.append(f"an error of leakgate itself: {stderr[-300:]}")
        cells = _cells(programs, folder / "results.json", stderr)
        return {
            "surroundings": name,
            "verdicts": {cell.program: cell.verdict for cell in cells},
            "not_right": {cell.program: cell.reason for cell in cells if not cell.is_right},
            "faults": faults,
        }
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _run(folder: Path, odd: Surroundings, mark: str, jobs: int) -> tuple[int, str]:
    """Run leakgate; return its exit status and what it wrote to stderr."""
    own: dict[str, str | None] = {**os.environ, MARK: mark, "TMPDIR": str(folder / "tmp"), **odd.own_env}
    command = [sys.executable, "-m", "leakgate", "run", "--no-baseline", "--quiet", "--json", "results.json"]
    done = subprocess.run(
        [*command, "--jobs", str(jobs)],
        cwd=folder,
        env={key: value for key, value in own.items() if value is not None},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
        errors="replace",
        check=False,
        preexec_fn=odd.before,
    )
    return done.returncode, done.stderr


def _shadows(folder: Path) -> Path:
    """Make modules with the names of modules that a watcher may import. They have nothing in them."""
    place = folder / "shadows"
    place.mkdir()
    for name in ("json", "psutil", "secrets", "pickle", "gzip", "uuid", "zipfile", "pprint"):
        (place / f"{name}.py").write_text("MINE = 1\n", "utf-8")
    return place


def _ended(mark: str) -> list[str]:
    """Kill the processes of a run that still live, and return their command lines."""
    alive = marked(MARK, mark)
    lines = [command_line(process)[:90] for process in alive]
    for process in alive:
        kill(process)
    return [line for line in lines if line]


def _cells(programs: Mapping[str, bool], results: Path, stderr: str) -> tuple[Cell, ...]:
    answers: dict[str, dict[str, Any]] = {}
    if results.exists():
        answers = {one["name"]: one for one in json.loads(results.read_text("utf-8"))["scripts"]}
    nothing = {"verdict": "", "reason": f"no results: {stderr[-200:]}"}
    return tuple(
        Cell(
            program=program,
            leaks=leaks,
            verdict=str(answers.get(program, nothing)["verdict"]),
            reason=str(answers.get(program, nothing)["reason"]),
        )
        for program, leaks in programs.items()
    )


def _rows(records: list[Record]) -> list[Row]:
    cells = [cell for record in records for cell in _cells_of(record)]
    green = sum(cell.leaks and cell.verdict == "ok" for cell in cells)
    cried = sum(not cell.leaks and cell.verdict not in HONEST | {"ok", ""} for cell in cells)
    rows = [
        Row("programs in surroundings", f"{len(cells)}", "400"),
        Row("right", f"{sum(cell.is_right for cell in cells)}"),
        Row("inconclusive or error", f"{sum(cell.verdict in HONEST for cell in cells)}"),
        Row("no results", f"{sum(not cell.verdict for cell in cells)}", "0"),
        Row("leaks that passed as ok", f"{green}", "0"),
        Row("healthy programs that were called a leak", f"{cried}", "0"),
        Row(
            "processes and folders left, errors of leakgate itself",
            f"{sum(len(record['faults']) for record in records)}",
            "0",
        ),
    ]
    for record in records:
        here = _cells_of(record)
        counts = Counter(cell.verdict or "no results" for cell in here if not cell.is_right)
        odd = "".join(f", {verdict} {count}" for verdict, count in sorted(counts.items()))
        rows.append(Row(record["surroundings"], f"{sum(cell.is_right for cell in here)} of {len(here)} right{odd}"))
    return rows


def _cells_of(record: Record) -> list[Cell]:
    leaks = known_programs()
    return [
        Cell(program=program, leaks=leaks[program], verdict=verdict, reason=record["not_right"].get(program, ""))
        for program, verdict in record["verdicts"].items()
    ]


def _earlier(name: str) -> dict[str, Record]:
    """Return the records of an earlier run of this bench, by surroundings."""
    return {record["surroundings"]: record for record in recorded(name)}


def main() -> None:
    """Run the bench and print its table. The result file is written after each of the surroundings."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--only", default="", help="names of surroundings, with commas between them")
    parser.add_argument("--more", action="store_true", help="keep the results of other surroundings from earlier runs")
    parser.add_argument("--programs", default="", help="names of programs, with commas between them")
    parser.add_argument("--jobs", type=int, default=2)
    parser.add_argument("--name", default="surroundings", help="of the result file")
    options = parser.parse_args()
    names = [name for name in options.only.split(",") if name] or list(SURROUNDINGS)
    wanted = {name for name in options.programs.split(",") if name}
    programs = {name: leaks for name, leaks in known_programs().items() if not wanted or name in wanted}
    python = environment("surroundings", REQUIREMENTS, Path(sys.executable))
    done = _earlier(options.name) if options.more else {}
    records: list[Record] = []
    for name in names:
        done[name] = swept(name, programs, options.jobs, python)
        for program, reason in done[name]["not_right"].items():
            print(f"{name}: {program}: {done[name]['verdicts'][program] or 'no results'}: {reason[:300]}")
        for fault in done[name]["faults"]:
            print(f"{name}: {fault}")
        print(f"{name}: done", flush=True)
        records = list(done.values())
        keep(options.name, _rows(records), records)
    publish(options.name, "Surroundings", _rows(records), records)


if __name__ == "__main__":
    main()
