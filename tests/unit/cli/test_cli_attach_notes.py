"""The output of `leakgate attach` after the report: only the notes on the visit."""

from dataclasses import replace

from leakgate.cli.attach_command import visit_notes
from leakgate.measure.attached import ENDED_EARLY, FROM_OUTSIDE
from leakgate.measure.gdb_entry import HELD
from leakgate.measure.guests import USED
from leakgate.model.evidence import TrialOk
from tests.helpers.reports import crashed, healthy


def test_only_notes_on_the_visit_are_shown() -> None:
    shown = (f"{FROM_OUTSIDE}: RSS", f"{HELD} 7 for 90 ms", f"{USED} 1.0 s of processor time", f"{ENDED_EARLY} 9.4 s")
    result = healthy()
    trial = result.measurement.trial
    assert isinstance(trial, TrialOk)
    visited = replace(trial, notes=("process 7 did not say where its memory grows", *shown))
    result = replace(result, measurement=replace(result.measurement, trial=visited))
    assert visit_notes((result, crashed())) == shown
