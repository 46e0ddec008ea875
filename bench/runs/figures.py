"""Fills the tables of `docs/figures.md` from the files in `bench/results`: no figure there is typed by hand.

make bench-figures
"""

import json
import re
from pathlib import Path
from typing import Final

from bench.runs.known_cases import BENCH
from bench.runs.table import RESULTS

PAGE: Final = BENCH.parent / "docs" / "figures.md"
PLACE: Final = re.compile(r"<!-- (\w+) ((?:bench-)?[\w-]+) -->\n.*?<!-- end -->", re.DOTALL)


def fill(found: re.Match[str]) -> str:
    """Return the table of a bench with machine, date, command and notes, between the marks that name the bench.

    Remarks on a single run stand in `notes`, which a person adds to the file of that run. The next run of the bench
    writes the file without them.
    """
    name, make = found.groups()
    place = Path(RESULTS, f"{name}.json")
    lines = [f"<!-- {name} {make} -->"]
    if place.exists():
        content = json.loads(place.read_text("utf-8"))
        lines += ["| | reached | bar |", "|---|---|---|"]
        lines += [f"| {row['what']} | {row['reached']} | {row['bar']} |" for row in content["table"]]
        lines += ["", f"`make {make}` (`{content['command']}`), {content['date']}, {content['machine']}."]
        lines += [f"Left out: {text}." for text in content["left_out"]]
        lines += [f"{text}." for text in content.get("notes", [])]
    return "\n".join([*lines, "<!-- end -->"])


def main() -> None:
    """Fill the page."""
    PAGE.write_text(PLACE.sub(fill, PAGE.read_text("utf-8")), "utf-8")


if __name__ == "__main__":
    main()
