"""How reports name places in code: short paths, and tracebacks with folded library frames."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import groupby
from pathlib import PurePath

from leakgate.model.explanation import Frame
from leakgate.model.origin import library_part
from leakgate.model.report import GateReport, TargetResult


@dataclass(frozen=True, slots=True)
class Collapsed:
    """Library frames that are not shown one by one."""

    count: int
    packages: tuple[str, ...]
    """Their top-level names, innermost first, without repetition."""

    def __str__(self) -> str:
        return f"{self.count} {'frame' if self.count == 1 else 'frames'} of {', '.join(self.packages)}"


@dataclass(frozen=True, slots=True)
class Places:
    """Names places relative to the folders of the project."""

    roots: tuple[str, ...]

    def path(self, file: str) -> str:
        """Return ``shop/api.py`` for a file of the project, ``asyncio/events.py`` for a library's, otherwise ``file``.

        The separator is ``/``, on Windows too.
        """
        return self.relative(file) or library_part(file) or _slashed(file, file)

    def relative(self, file: str) -> str:
        """Return the path of a file of the project from the project's folder; empty for any other file."""
        for root in self.roots:
            rest = file.removeprefix(root)
            if root and rest != file and rest[:1] in ("/", "\\") and not library_part(rest):
                return _slashed(rest[1:], file)
        return ""

    def line(self, frame: Frame) -> str:
        """Return ``shop/api.py:112``, or the path alone if the line is not known."""
        return f"{self.path(frame.file)}:{frame.line}" if frame.line > 0 else self.path(frame.file)

    def fold(self, frames: tuple[Frame, ...]) -> Iterator[Frame | Collapsed]:
        """Yield the frames in their order, with runs of library frames collapsed."""
        for own, run in groupby(frames, key=lambda frame: frame.own):
            if own:
                yield from run
            else:
                hidden = tuple(run)
                names = dict.fromkeys(_package(self.path(frame.file)) for frame in hidden)
                yield Collapsed(len(hidden), tuple(names))


def places_of(report: GateReport, result: TargetResult, source_root: str = "") -> Places:
    """Return places relative to the repository (if given), the config's folder, or the script's working directory."""
    config = PurePath(report.about.config_path)
    folders = [str(config.parent)] if config.is_absolute() else []
    checkouts = checkouts_of(report, result, source_root) if source_root else ()
    return Places(tuple(filter(None, (*checkouts, *folders, result.root, str(result.target.cwd)))))


def checkouts_of(report: GateReport, result: TargetResult, source_root: str) -> tuple[str, ...]:
    """Return where the repository was: on the machine that measured the script, if known, then ``source_root``.

    A report may be made on another machine, in another folder or container, than the measurement.
    """
    measured = repository_of(result.root, report.about.folder)
    return tuple(filter(None, (measured, source_root.rstrip("/\\"))))


def repository_of(root: str, folder: str | None) -> str:
    """Return the root of the repository, from the project's folder and its path in it; empty if not known."""
    trimmed = root.rstrip("/\\")
    if folder is None or not _stays_inside(folder) or not trimmed:
        return ""
    if not folder:
        return trimmed
    fits = trimmed.replace("\\", "/").endswith(f"/{folder}")
    return trimmed[: -len(folder) - 1] if fits else ""


def config_in_repository(report: GateReport) -> str:
    """Return the path of the config from the root of the repository, with ``/``; empty if it is not known."""
    name = re.split(r"[/\\]", report.about.config_path)[-1]
    if report.about.folder is None or not _stays_inside(report.about.folder) or not name:
        return ""
    return f"{report.about.folder}/{name}" if report.about.folder else name


def _stays_inside(folder: str) -> bool:
    """Whether a path, which may be hostile, leads from a folder to one below it."""
    return not folder.startswith("/") and not any(part in ("..", ".") for part in folder.split("/"))


def _slashed(path: str, file: str) -> str:
    """Return the path with ``/``. A file without any ``/`` is from Windows; otherwise a backslash is part of a name."""
    return path if "/" in file else path.replace("\\", "/")


def _package(path: str) -> str:
    return re.split(r"[/\\]", path.lstrip("/\\"))[0].removesuffix(".py")
