"""Entries of another run, such as of the base of a pull request, for scripts without an own entry. Pure."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import PurePath

from leakgate.baseline.update import updated
from leakgate.model.baseline import Baseline
from leakgate.model.explanation import Frame
from leakgate.model.report import GateReport, TargetResult


@dataclass(frozen=True, slots=True, kw_only=True)
class BaseRun:
    """How scripts behaved in the other run, and why some of them are not compared with it."""

    baseline: Baseline
    notes: tuple[str, ...] = ()


def base_run_of(report: GateReport, root: str) -> BaseRun:
    """Return the entries of the other run. ``root``: the folder of the project that is compared with it.

    The other run has a folder of its own. If one of its scripts leaks in code of ``root``, the script did not run its
    own code: an installation that both share led to the newer code. If its leaks counted as known, every new leak would
    pass. So the script is left out, with a note.
    """
    left_out = {
        result.target.name: path for result in report.results if (path := _file_of_this_project(report, result, root))
    }
    own = tuple(result for result in report.results if result.target.name not in left_out)
    update = updated(Baseline(), own)
    notes = [f"{name} is not compared with the other run, which could not say: {why}" for name, why in update.refused]
    notes += [
        f"{name} is not compared with the other run, which ran this project's own {path}: give each an installation"
        for name, path in left_out.items()
    ]
    return BaseRun(baseline=update.baseline, notes=tuple(notes))


def _file_of_this_project(report: GateReport, result: TargetResult, root: str) -> str:
    """A file of the project that the other run executed; empty if it executed only its own files."""
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
