"""How benches publish: a table on the terminal, and a JSON file with the machine, the date and the command."""

import json
import os
import platform
import shlex
import sys
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from typing import Any, Final

from bench.runs.known_cases import BENCH

RESULTS: Final = BENCH / "results"


@dataclass(frozen=True, slots=True)
class Row:
    """One line of a bench's table."""

    what: str
    reached: str
    bar: str = ""


def publish(
    name: str, title: str, rows: Sequence[Row], records: Sequence[dict[str, object]], left_out: Sequence[str] = ()
) -> None:
    """Print the table and write `bench/results/NAME.json`."""
    print()
    print(f"## {title}")
    print()
    print("| | reached | bar |")
    print("|---|---|---|")
    for row in rows:
        print(f"| {row.what} | {row.reached} | {row.bar} |")
    for text in left_out:
        print(f"\nleft out: {text}")
    keep(name, rows, records, left_out)


def keep(name: str, rows: Sequence[Row], records: Sequence[dict[str, object]], left_out: Sequence[str] = ()) -> None:
    """Write `bench/results/NAME.json`; also while a long bench still runs."""
    RESULTS.mkdir(exist_ok=True)
    content = {
        "bench": name,
        "command": command(),
        "date": datetime.now(UTC).strftime("%Y-%m-%d"),
        "machine": machine(),
        "table": [asdict(row) for row in rows],
        "left_out": list(left_out),
        "records": list(records),
    }
    (RESULTS / f"{name}.json").write_text(json.dumps(content, indent=1) + "\n", "utf-8")


def recorded(name: str) -> list[dict[str, Any]]:
    """Return the records of `bench/results/NAME.json`; none if that bench has not run."""
    place = RESULTS / f"{name}.json"
    found: list[dict[str, Any]] = json.loads(place.read_text("utf-8"))["records"] if place.exists() else []
    return found


def machine() -> str:
    """Return the machine in one line, without its name."""
    python = f"{platform.python_implementation()} {platform.python_version()}"
    return f"{os.cpu_count()} cores, {platform.system()} {platform.machine()}, {python}"


def command() -> str:
    """Return the command that runs this bench again."""
    module = os.path.splitext(os.path.basename(sys.argv[0]))[0]  # noqa: PTH119, PTH122 - a name, not a path
    return shlex.join(["python", "-m", f"bench.runs.{module}", *sys.argv[1:]])
