"""Programs that an earlier leakgate judged wrongly, run through the whole gate: verdict, kind, holder and wording.

make bench-misjudged
python -m bench.runs.misjudged --only subinterpreters,recycled_pool --jobs 1
"""

import argparse
import json
import subprocess
import sys
import tempfile
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import yaml

from bench.runs.environments import MissingError, environment, find_python
from bench.runs.known_cases import BENCH
from bench.runs.table import Row, publish

MISJUDGED: Final = BENCH / "cases" / "misjudged"
DURATION_S: Final = 20


@dataclass(frozen=True, slots=True)
class Answer:
    """A program and its right answers: an entry of answers.yaml."""

    given: dict[str, Any]

    @property
    def name(self) -> str:
        """The name of the program and its variant."""
        return str(self.given["name"])

    def entry(self, folder: Path) -> dict[str, Any]:
        """Return the entry of leakgate.yaml; ``folder`` is for its files. Raises MissingError."""
        env = dict(self.given.get("env", {}))
        if self.given.get("own_temp"):
            own = folder / f"tmp-{self.name}"
            own.mkdir()
            env["TMPDIR"] = str(own)
        return {
            "name": self.name,
            "path": str(MISJUDGED / f"{self.given['program']}.py"),
            "env": env,
            "python": str(self._python(folder)),
            "duration": self.given.get("duration", DURATION_S),
            "trace": self.given.get("trace", "auto"),
        }

    def faults(self, result: dict[str, Any]) -> tuple[str, ...]:
        """Return what is wrong in the result of a run; empty if all is right."""
        found = []
        if result["verdict"] not in self.given["verdict"]:
            found.append(f"verdict {result['verdict']}: {result['reason']}")
        else:
            kind, text = self.given.get("kind"), json.dumps(result, ensure_ascii=False)
            if kind and result["kind"] != kind:
                found.append(f"kind {result['kind']}")
            holder = self.given.get("holder")
            first = json.dumps(result["leaks"][:1])
            if holder and holder not in first:
                found.append(f"holder {holder} is not named first")
            found += [f"does not say {words!r}" for words in self.given.get("says", ()) if words not in text]
            found += [f"says {words!r}" for words in self.given.get("never", ()) if words in text]
        return tuple(found)

    def _python(self, folder: Path) -> Path:
        base = find_python(self.given.get("python", ""))
        requires = self.given.get("requires")
        if not requires:
            return base
        listed = folder / f"requirements-{self.name}.txt"
        listed.write_text("\n".join(requires), "utf-8")
        return environment(self.given["program"], listed, base)


def answers(only: Iterable[str] = ()) -> list[Answer]:
    """Return the programs whose names begin with one of ``only``; all of them if it is empty."""
    chosen = tuple(only)
    given = yaml.safe_load((MISJUDGED / "answers.yaml").read_text("utf-8"))
    return [Answer(one) for one in given if not chosen or one["name"].startswith(chosen)]


def run(chosen: list[Answer], jobs: int) -> tuple[dict[str, dict[str, Any]], list[str]]:
    """Return the results of one `leakgate run` by name, and the programs that were left out."""
    with tempfile.TemporaryDirectory(prefix="leakgate-bench-") as name:
        folder, entries, left_out = Path(name), [], []
        for one in chosen:
            try:
                entries.append(one.entry(folder))
            except MissingError as missing:
                left_out.append(f"{one.name}: {missing}")
        config, out = folder / "leakgate.yaml", folder / "results.json"
        config.write_text(json.dumps({"version": 1, "scripts": entries}), "utf-8")  # JSON is YAML
        command = [sys.executable, "-m", "leakgate", "run", "-c", str(config), "--jobs", str(jobs), "--json", str(out)]
        ran = subprocess.run([*command, "--quiet", "--no-baseline"], check=False, stdout=subprocess.DEVNULL)
        if not out.exists():
            raise SystemExit(f"leakgate ended with {ran.returncode} and left no results")
        return {one["name"]: one for one in json.loads(out.read_text("utf-8"))["scripts"]}, left_out


def main() -> None:
    """Run the bench and print its table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--only", default="", help="beginnings of names, with commas between them")
    parser.add_argument("--jobs", type=int, default=1)
    parser.add_argument("--name", default="misjudged", help="of the result file")
    options = parser.parse_args()
    chosen = answers(filter(None, options.only.split(",")))
    results, left_out = run(chosen, options.jobs)
    rows, records = [], []
    for one in chosen:
        if one.name not in results:
            continue
        result = results[one.name]
        faults = one.faults(result)
        said = f"{result['verdict']} {result['kind']}: {result['reason']}"
        rows.append(Row(one.name, "right" if not faults else "; ".join(faults), said[:200].replace("|", "/")))
        records.append({"name": one.name, "right": not faults, "faults": faults, "said": said})
    right = sum(bool(record["right"]) for record in records)
    rows.append(Row("right in all", f"{right} of {len(records)}", "all"))
    publish(options.name, "Programs that were misjudged once", rows, records, left_out)


if __name__ == "__main__":
    main()
