"""The recordings of generated programs; `bench/runs/record_generated.py` makes them."""

from collections.abc import Iterator
from pathlib import Path
from typing import Final

from bench.generated.programs import Program, programs
from tests.helpers.trials import Recording, read_recording

FOLDER: Final = Path(__file__).parent / "recordings"


def place_of(program: Program) -> Path:
    """Return the path of a program's recording."""
    return FOLDER / f"g{program.seed:03}.json.gz"


def all_recorded(count: int) -> Iterator[tuple[Program, Recording]]:
    """Yield those of the first ``count`` programs that have a recording."""
    for program in programs(count):
        if place_of(program).exists():
            yield program, read_recording(place_of(program))
