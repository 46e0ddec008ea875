"""A process that measures a script as leakgate does, and prints its phase on stdout. Tests kill it.

Usage: measuring_process.py FOLDER PHASE: it stays in this phase for as long as it can.
"""

import sys
from dataclasses import replace
from pathlib import Path

from leakgate.measure.surroundings import Surroundings
from leakgate.measure.trial import run_trial
from leakgate.model.staging import StopSpec
from leakgate.model.step import ExplainPlan
from leakgate.model.target import TargetSpec
from tests.helpers.outside import KeepingExplainer, Onlooker, PatientPacer, is_probed, never
from tests.helpers.real_runs import spec_of


class Speaker(Onlooker):
    """Prints each phase."""

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
    """Print a line without buffering."""
    sys.stdout.write(word + "\n")
    sys.stdout.flush()


def main() -> None:
    """Measure until killed, or until the phase has passed. Each phase takes minutes unless this process is killed."""
    folder, phase = Path(sys.argv[1]), sys.argv[2]
    explain = ExplainPlan(window_s=600.0) if phase == "explaining" else None
    watches_on = phase in ("starting", "watching", "reading")
    spec = spec_of("target_family.py", folder)  # one of its processes ignores SIGTERM
    run_trial(
        replace(spec, stop=StopSpec(timeout_s=600.0)) if phase == "stopping" else spec,
        pacer=PatientPacer(never if watches_on else is_probed, explain, patience_s=600.0),
        explainer=KeepingExplainer(),
        logs=folder / "logs",
        surroundings=Surroundings(progress=Speaker()),
    )


if __name__ == "__main__":
    main()
