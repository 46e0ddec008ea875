"""The line of a file in the repository to which a result is attached, for tools that show results beside the code."""

from dataclasses import dataclass
from pathlib import PurePath, PurePosixPath

from leakgate.model.report import GateReport, Leak, RunProblem, TargetResult
from leakgate.model.source_ref import SourceRef
from leakgate.report.places import Places, checkouts_of, config_in_repository, places_of, repository_of
from leakgate.targets.kind import pinned_file


@dataclass(frozen=True, slots=True)
class Anchor:
    """A place within the repository: never an absolute path, never a path that leads outside."""

    path: str
    """Path from the root of the repository, with ``/`` as separator."""
    line: int
    """From 1."""


def source_places(report: GateReport, result: TargetResult, source_root: str) -> Places:
    """Return paths from the root of the repository; a file outside it has no path.

    If the root is not known, or the run was made elsewhere, paths start at the config's folder or the working
    directory.
    """
    repository = Places(checkouts_of(report, result, source_root))
    # The config may be a relative path, as typed; then only the scripts' working directories tell its folder.
    inside_it = any(map(repository.relative, (report.about.config_path, str(result.target.cwd / "x"))))
    return repository if inside_it else places_of(report, result)


def problem_anchor(report: GateReport, problem: RunProblem, source_root: str) -> Anchor:
    """Return the line of the config that is wrong; if the problem has no place, the first line of the config."""
    where = problem.where or SourceRef(report.about.config_path or "leakgate.yaml", 1, 1)
    measured = repository_of(report.about.root, report.about.folder)
    return config_anchor(report, where, Places((measured, source_root.rstrip("/\\"))))


def inside(places: Places, file: str) -> str:
    """Return the path of a file from the root; empty for a file outside, or if the path contains ``..``."""
    path = places.relative(file)
    return "" if ".." in PurePosixPath(path).parts else path


def leak_anchor(report: GateReport, result: TargetResult, leak: Leak, places: Places) -> Anchor:
    """Return the line to look at first, if it is in the repository.

    Otherwise the innermost line of the traceback that is, otherwise the script.
    """
    for frame in (leak.place, leak.site.blamed, *(frame for frame in leak.site.frames if frame.own)):
        path = inside(places, frame.file)
        if frame.own and path and frame.line > 0:
            return Anchor(path, frame.line)
    return script_anchor(report, result, places)


def script_anchor(report: GateReport, result: TargetResult, places: Places) -> Anchor:
    """Return the script's first line. If the script is not a file of the repository, return its entry in the config."""
    file = pinned_file(result.target)
    if file is not None and (path := inside(places, str(file))):
        return Anchor(path, 1)
    if result.target.origin is not None:
        return config_anchor(report, result.target.origin, places)
    return Anchor(file.name if file is not None and file.name else "script", 1)


def config_anchor(report: GateReport, where: SourceRef, places: Places) -> Anchor:
    """Return a line of the config. The config may be a relative path, from a folder below the repository's root."""
    pure, config = PurePath(where.path), PurePath(report.about.config_path)
    known = config_in_repository(report)
    if known and pure.name == config.name and ".." not in PurePath(known).parts:
        return Anchor(known, max(1, where.line))
    if config.is_absolute() and config.name == pure.name:
        pure = config
    path = inside(places, str(pure)) if pure.is_absolute() else pure.as_posix()
    if not path or ".." in pure.parts:
        path = pure.name.replace("..", "") or "leakgate.yaml"
    return Anchor(path, max(1, where.line))
