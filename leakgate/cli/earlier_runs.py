"""What a run takes from results of other runs, and from earlier versions of the baseline."""

from pathlib import Path
from typing import Final

from leakgate.archive.forms.results_form import load_results
from leakgate.archive.read_results import read_results
from leakgate.baseline.base_run import BaseRun, base_run_of
from leakgate.baseline.drift import drifts
from leakgate.baseline.git_history import read_history
from leakgate.errors import UsageError
from leakgate.model.baseline import Baseline
from leakgate.model.report import GateReport
from leakgate.shards import recorded_durations

DRIFT_VERSIONS: Final = 200
"""The largest number of versions of the baseline that a run reads, the newest ones. For ten scripts this takes at most
a second."""


def drift_notes(path: Path, accepted: Baseline) -> tuple[str, ...]:
    """Return a sentence for each accepted figure that rose several times; nothing if git does not know the file."""
    if not accepted.environments:
        return ()
    try:
        history = read_history(path, DRIFT_VERSIONS)
    except UsageError:
        return ()
    return tuple(f"drift: {drift}" for drift in drifts(history.versions, accepted))


def other_run(results: Path | None, root: str) -> BaseRun:
    """Return the entries that the results of another run add to the baseline; none without such results."""
    return BaseRun(baseline=Baseline()) if results is None else base_run_of(read_report(results), root)


def earlier_durations(results: Path | None) -> dict[str, float]:
    """Return the seconds that each script took in an earlier run, by name; empty without its results."""
    return {} if results is None else recorded_durations(read_report(results))


def read_report(results: Path) -> GateReport:
    """Return the report of an earlier run, from its results.json or from a folder or zip file that contains it."""
    try:
        return load_results(read_results(results).decode("utf-8"), str(results))
    except UnicodeDecodeError:
        raise UsageError(f"{results} is not a results.json: it is not UTF-8 text") from None
