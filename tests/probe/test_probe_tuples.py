"""A program that makes tuples from generators all the time is examined repeatedly, and continues.

CPython refuses to resize a tuple to which something else refers: the program would end with a SystemError.
"""

from pathlib import Path

from tests.probe.probe_tools import HOLDERS, probed, wait_for

SCRIPT = """
import itertools
kept = {}
for number in itertools.count():
    kept[number] = tuple({"part": part} for part in range(30))
    if len(kept) > 5_000:
        kept.clear()
"""


def test_a_tuple_that_is_being_made_has_no_other_reference(python: str, channel: Path, tmp_path: Path) -> None:
    script = tmp_path / "tuples.py"
    script.write_text(SCRIPT)
    with probed(python, script, channel) as run:
        wait_for(lambda: len(run.records()) > 5)
        for _ in range(2):
            run.explain(HOLDERS, 0.2)
        assert run.process.poll() is None, run.process.communicate()[1]
