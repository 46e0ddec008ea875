"""Keeps the results of very many scripts small enough to be read back: with more series, each keeps fewer readings.

Verdicts do not depend on it: the readings in results are for charts only. A session keeps all readings.
"""

from dataclasses import replace
from typing import Final

from leakgate.growth.thinning import thinned
from leakgate.model.evidence import ProcessTrack, Series, Trial
from leakgate.model.report import GateReport, TargetResult

MOST_READINGS: Final = 600_000
"""The largest number of readings of all series together. One needs about 24 bytes: 14 MB of the 32 MiB of a results
file, and 38 MB of memory when it is read."""
CHARTED: Final = 600
"""The largest number of readings of one series in results: more than a chart has pixels."""
FEWEST_READINGS: Final = 24
"""The least number of readings of one series; a chart of fewer shows nothing."""


def slim(report: GateReport) -> GateReport:
    """Return the report with as many readings as fit into its results file; the same report if all fit."""
    count = sum(map(_count, report.results))
    readings = sum(min(len(one), CHARTED) for result in report.results for one in _series(result))
    if readings <= MOST_READINGS:
        return report
    most = max(FEWEST_READINGS, MOST_READINGS // max(1, count))
    return replace(report, results=tuple(_slim(result, most) for result in report.results))


def _series(result: TargetResult) -> tuple[Series, ...]:
    trial = result.measurement.trial
    return (*trial.tree, *(one for track in trial.processes for one in track.series))


def _count(result: TargetResult) -> int:
    return len(_series(result))


def _slim(result: TargetResult, most: int) -> TargetResult:
    trial: Trial = result.measurement.trial
    slimmed = replace(
        trial,
        tree=tuple(thinned(one, most) for one in trial.tree),
        processes=tuple(_slim_track(track, most) for track in trial.processes),
    )
    return replace(result, measurement=replace(result.measurement, trial=slimmed))


def _slim_track(track: ProcessTrack, most: int) -> ProcessTrack:
    return replace(track, series=tuple(thinned(one, most) for one in track.series))
