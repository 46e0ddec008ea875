"""Runs leakgate with the arguments of this program, and writes to a file when each phase of a script began.

Arguments: the file, then those of leakgate. Each line has the seconds of the clock of the day, and the phase.
"""

import sys
import time
from pathlib import Path
from typing import Any

from leakgate.__main__ import main
from leakgate.cli.progress import LogLines


class TimedLines(LogLines):
    """The lines of a log, with a note of the time of each phase."""

    file: Path

    def target_started(self, target: Any) -> None:
        """Note the start of a script."""
        self._note("started")
        super().target_started(target)

    def phase(self, target: Any, phase: str) -> None:
        """Note the start of a phase."""
        self._note(phase)
        super().phase(target, phase)

    def target_finished(self, result: Any) -> None:
        """Note the verdict."""
        self._note("judged")
        super().target_finished(result)

    def _note(self, phase: str) -> None:
        with self.file.open("a", encoding="utf-8") as notes:
            notes.write(f"{time.time()} {phase}\n")


if __name__ == "__main__":
    TimedLines.file = Path(sys.argv.pop(1))
    sys.modules["leakgate.cli.progress"].LogLines = TimedLines  # type: ignore[attr-defined]
    main()
