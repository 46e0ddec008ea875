"""A process that measures a script as leakgate does and says on stdout which phase it is in; made to be killed.

Usage: measuring_process.py FOLDER PHASE: it stays in this phase for as long as it can.
"""

import sys
from pathlib import Path

from leakgate.measure.surroundings import Surroundings
from leakgate.measure.trial import run_trial
from leakgate.model.step import ExplainPlan
from leakgate.model.target import TargetSpec
from tests.helpers.outside import KeepingExplainer, Onlooker, TimedPacer
from tests.helpers.real_runs import spec_of


class Speaker(Onlooker):
    """Says each phase aloud."""

    def target_started(self, target: TargetSpec) -> None:
        say("starting")

    def phase(self, target: TargetSpec, phase: str) -> None:
        say(phase)

    def reading(
        self, target: TargetSpec, at_s: float, rss_bytes: int, heap_bytes: int | None, native_bytes: int | None
    ) -> None:
        if at_s > 0.5:
            say("reading")


def say(word: str) -> None:
    """A line at once."""
    sys.stdout.write(word + "\n")
    sys.stdout.flush()


def main() -> None:
    """Measure until killed, or until the phase has come by."""
    folder, phase = Path(sys.argv[1]), sys.argv[2]
    explain = ExplainPlan(window_s=20.0) if phase == "explaining" else None
    watched_s = 60.0 if phase in ("starting", "watching", "reading") else 0.8
    run_trial(
        spec_of("target_family.py", folder),
        pacer=TimedPacer(watched_s, explain),
        explainer=KeepingExplainer(),
        logs=folder / "logs",
        surroundings=Surroundings(progress=Speaker()),
    )


if __name__ == "__main__":
    main()
