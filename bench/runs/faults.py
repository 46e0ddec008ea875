"""Kills leakgate, its guards or the program in each phase of a run: nothing may be left, and nothing may be green.

make bench-faults
python -m bench.runs.faults --kills 150 --seed 1

Each run measures a real program that leaks. When the run has reached a phase and the victim has been started, the
victim is killed with SIGKILL, or the program calls `os._exit(0)`, at a random moment of that phase. If the phase has
ended before that moment, the run is done again with half of the delay. Then no process, no folder and no unfinished
file may be left, and the verdict may never be `ok`. It may be `inconclusive`, which passes by default, if the program
ends by itself. ``--more`` continues after the last kill of an earlier run with the same seed.
"""

import argparse
import json
import os
import random
import shutil
import subprocess
import sys
import tempfile
import time
import uuid
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, dataclass, fields, replace
from pathlib import Path
from typing import Final

import psutil

from bench.runs.fault_phases import MARK, PHASES, Scene
from bench.runs.known_cases import BENCH
from bench.runs.marked import command_line, kill
from bench.runs.table import Row, publish, recorded
from bench.runs.table import keep as keep_result

PROGRAM: Final = BENCH / "inside" / "faulty.py"
HELPER: Final = BENCH / "inside" / "faulty_helper.py"
ATTEMPTS: Final = 6
"""Most runs for one kill. How long a phase lasts depends on the machine."""
PATIENCE_S: Final = 120.0
"""Seconds in which everything must be gone, also on a busy machine."""
OWN: Final = frozenset(
    {
        "faulty.py",
        "faulty_helper.py",
        "leakgate.yaml",
        "stopping",
        "leave",
        "in-setup",
        "in-services",
        "in-calls",
        "kept",
        "pipe",
        ".leakgate",
        "tmp",
        "results.json",  # it gets this name when it is complete
    }
)
"""What may lie in the folder of a run that was killed: its input, the signs of the programs, sessions and results."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Fault:
    """What is done to one run, and what was seen after it."""

    phase: str
    victim: str
    delay_s: float
    reached: bool = False
    """Whether the run reached the phase and the victim was alive."""
    attempts: int = 1
    """How many runs it took to meet the victim alive; each but the last had a longer delay."""
    status: int | None = None
    """Exit status of leakgate; None if it did not end in time."""
    verdict: str = ""
    """The worst verdict in results.json; empty without one."""
    left: tuple[str, ...] = ()
    """Processes and files that are left."""

    @property
    def wrong(self) -> str:
        """What is wrong after it; empty if nothing is."""
        if self.status is None:
            return "leakgate did not end"
        green = f"green: {self.verdict or 'without a verdict'}" if self.is_green else ""
        return "; ".join(filter(None, (green, *self.left)))

    @property
    def is_green(self) -> bool:
        """Whether the run passed although it did not see that the program is healthy."""
        return self.status == 0 and self.verdict != "inconclusive"


def drawn(kills: int, seed: int) -> list[Fault]:
    """Return so many faults, spread evenly over phases and victims, with their moments drawn at random."""
    chance = random.Random(seed)  # noqa: S311 - a sample that can be drawn again
    pairs = [(name, victim) for name, phase in PHASES.items() for victim in phase.victims]
    chance.shuffle(pairs)
    return [
        Fault(phase=phase, victim=victim, delay_s=round(chance.uniform(0.0, PHASES[phase].lasts_s), 3))
        for phase, victim in (pairs[number % len(pairs)] for number in range(kills))
    ]


def suffered(fault: Fault, keep: Path | None) -> Fault:
    """Run leakgate, do the fault, and return it with what was seen; earlier in the phase if its victim had gone.

    ``keep``: folder for the files of a run after which something was wrong.
    """
    seen = _run_with(fault, keep)
    while not seen.reached and not seen.wrong and seen.attempts < ATTEMPTS:
        seen = _run_with(replace(fault, delay_s=round(seen.delay_s / 2, 3), attempts=seen.attempts + 1), keep)
    return seen


def _run_with(fault: Fault, keep: Path | None) -> Fault:
    """Run leakgate once with the fault."""
    folder = Path(tempfile.mkdtemp(prefix="faults-"))
    try:
        (folder / "tmp").mkdir()
        for program in (PROGRAM, HELPER):
            shutil.copy(program, folder)
        os.mkfifo(folder / "pipe")
        phase = PHASES[fault.phase]
        (folder / "leakgate.yaml").write_text(f"version: 1\nscripts:\n{phase.scripts}", "utf-8")
        mark = uuid.uuid4().hex
        env = {**os.environ, MARK: mark, "TMPDIR": str(folder / "tmp")}
        with (folder / "tmp" / "output.txt").open("w") as output:
            started = psutil.Popen(
                [sys.executable, "-m", "leakgate", "run", "--no-baseline", "--json", "results.json", *phase.options],
                cwd=folder,
                env=env,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )
        scene = Scene(folder=folder, leakgate=started, mark=mark)
        try:
            seen = _observed(fault, scene)
        finally:
            for process in scene.family():
                kill(process)
        if seen.wrong and keep is not None:
            shutil.copytree(folder, keep / folder.name, symlinks=True, ignore=shutil.ignore_patterns("pipe"))
        return seen
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _observed(fault: Fault, scene: Scene) -> Fault:
    is_reached = PHASES[fault.phase].is_reached
    while scene.leakgate.poll() is None and not (is_reached(scene) and all(scene.victims(fault.victim))):
        time.sleep(0.01)
    time.sleep(fault.delay_s)
    reached = scene.leakgate.poll() is None and _do(fault.victim, scene)
    try:
        status = scene.leakgate.wait(PATIENCE_S)
    except psutil.TimeoutExpired:
        status = None
    until_s = time.monotonic() + PATIENCE_S
    while scene.family() and time.monotonic() < until_s:
        time.sleep(0.05)
    alive = [f"process left: {command_line(one)[:90]}" for one in scene.family()]
    files = [f"left: {path.relative_to(scene.folder)}" for path in _files_left(scene.folder)]
    return replace(fault, reached=reached, status=status, verdict=_verdict(scene.folder), left=(*alive, *files))


_WORST_FIRST: Final = ("leak", "over-budget", "error", "inconclusive", "ok")


def _verdict(folder: Path) -> str:
    try:
        scripts = json.loads((folder / "results.json").read_text("utf-8"))["scripts"]
    except FileNotFoundError:
        return ""
    return min((str(one["verdict"]) for one in scripts), key=_WORST_FIRST.index, default="")


def _files_left(folder: Path) -> list[Path]:
    left = [path for path in (folder / "tmp").iterdir() if path.name != "output.txt"]
    return left + [path for path in folder.iterdir() if path.name not in OWN]


def _do(victim: str, scene: Scene) -> bool:
    """Do the fault; return whether all of its victims were there."""
    doomed = scene.victims(victim)
    if victim == "os._exit":
        (scene.folder / "leave").touch()
        return all(doomed)
    killed = [process is not None and kill(process) for process in doomed]
    return all(killed)


def run(faults: list[Fault], to_do: list[Fault], keep: str, jobs: int, until_s: float) -> None:
    """Do the faults after the given ones, ``jobs`` at the same time, print each, and store the result after each.

    No run begins after ``until_s`` of the monotonic clock.
    """
    folder = Path(keep) if keep else None

    def done(fault: Fault) -> Fault | None:
        return suffered(fault, folder) if time.monotonic() < until_s else None

    with ThreadPoolExecutor(jobs) as pool:
        for number, one in enumerate(pool.map(done, to_do), start=len(faults) + 1):
            if one is None:
                break
            faults.append(one)
            what = one.wrong or ("nothing left" if one.reached else "nothing left; the victim was not there any more")
            when = f"{one.phase:16} +{one.delay_s:.3f} s"
            print(f"{number:4} {when}  {one.victim:24} {one.status} {one.verdict:12} {what}", flush=True)
            keep_result("faults", _rows(faults), _records(faults))
    publish("faults", "Kills in each phase of a run", _rows(faults), _records(faults))


def _rows(faults: list[Fault]) -> list[Row]:
    done = [one for one in faults if one.reached]
    rows = [
        Row("kills in a phase with their victim alive", f"{len(done)} of {len(faults)}", "150"),
        Row("runs after which something was left", f"{sum(bool(one.left) for one in faults)}", "0"),
        Row("runs that passed without being inconclusive", f"{sum(one.is_green for one in faults)}", "0"),
        Row("runs that did not end", f"{sum(one.status is None for one in faults)}", "0"),
    ]
    for phase in PHASES:
        counts = Counter(one.victim for one in done if one.phase == phase)
        rows.append(
            Row(f"kills while {phase}", ", ".join(f"{victim} {count}" for victim, count in sorted(counts.items())))
        )
    return rows


def _records(faults: list[Fault]) -> list[dict[str, object]]:
    return [{**asdict(one), "wrong": one.wrong} for one in faults]


def _earlier() -> list[Fault]:
    """Return the kills of an earlier run."""
    names = {one.name for one in fields(Fault)}
    return [
        Fault(**{key: value for key, value in {**record, "left": tuple(record["left"])}.items() if key in names})
        for record in recorded("faults")
    ]


def main() -> None:
    """Read the command line and run."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--kills", type=int, default=150, help="how many runs")
    parser.add_argument("--seed", type=int, default=1, help="of the moments")
    parser.add_argument("--keep", default="", help="folder for the files of runs after which something was wrong")
    parser.add_argument("--jobs", type=int, default=1, help="how many runs at the same time")
    parser.add_argument("--minutes", type=float, default=float("inf"), help="begin no run after so long")
    parser.add_argument("--more", action="store_true", help="continue after the last kill of an earlier run")
    chosen = parser.parse_args()
    earlier = _earlier() if chosen.more else []
    to_do = drawn(chosen.kills, chosen.seed)[len(earlier) :]
    run(earlier, to_do, chosen.keep, chosen.jobs, time.monotonic() + 60 * chosen.minutes)


if __name__ == "__main__":
    main()
