"""What another run, such as of the base of a pull request, stands in for where the baseline has nothing. Pure."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import PurePath

from leakgate.baseline.update import updated
from leakgate.model.baseline import Baseline
from leakgate.model.explanation import Frame
from leakgate.model.report import GateReport, TargetResult


@dataclass(frozen=True, slots=True, kw_only=True)
class Beside:
    """How scripts behaved in the other run, and why some of it is not to be compared with."""

    baseline: Baseline
    notes: tuple[str, ...] = ()


def beside(report: GateReport, root: str) -> Beside:
    """What the other run says. ``root``: the folder of the project that is to be compared with it.

    A script that leaks in code of that very folder, although the other run has a folder of its own, was not run as it
    was then: an installation that both share led it to the newer code. To take its leaks for known would let every
    new leak pass, so it is left out, with a note.
    """
    strayed = {result.target.name: path for result in report.results if (path := _strayed(report, result, root))}
    own = tuple(result for result in report.results if result.target.name not in strayed)
    update = updated(Baseline(), own)
    notes = [f"{name} is not compared with the other run, which could not say: {why}" for name, why in update.refused]
    notes += [
        f"{name} is not compared with the other run, which ran this project's own {path}: give each an installation"
        for name, path in strayed.items()
    ]
    return Beside(baseline=update.baseline, notes=tuple(notes))


def _strayed(report: GateReport, result: TargetResult, root: str) -> str:
    """A file of the project that the other run executed; empty where it kept to its own."""
    theirs = PurePath(report.about.root or PurePath(report.about.config_path).parent)
    ours = PurePath(root)
    if theirs == ours:
        return ""
    nested = theirs.is_relative_to(ours)
    for frame in _frames(result):
        path = PurePath(frame.file)
        if frame.own and path.is_relative_to(ours) and not (nested and path.is_relative_to(theirs)):
            return path.relative_to(ours).as_posix()
    return ""


def _frames(result: TargetResult) -> Iterator[Frame]:
    for leak in result.leaks:
        for part in leak.parts:
            yield from part.site.frames
        if leak.holder is not None and leak.holder.writer is not None:
            yield leak.holder.writer
