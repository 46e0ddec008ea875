"""How places in code are named for people: short paths, and tracebacks cut to what matters."""

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
    """Frames of libraries that are not shown one by one."""

    count: int
    packages: tuple[str, ...]
    """Their top-level names, innermost first, each once."""

    def __str__(self) -> str:
        return f"{self.count} {'frame' if self.count == 1 else 'frames'} of {', '.join(self.packages)}"


@dataclass(frozen=True, slots=True)
class Places:
    """Names places relative to the folders of the project."""

    roots: tuple[str, ...]

    def path(self, file: str) -> str:
        """``shop/api.py`` for a file of the project, ``asyncio/events.py`` for a library's, else the file as it is.

        Parts are parted by ``/``, on Windows too.
        """
        return self.relative(file) or library_part(file) or _slashed(file, file)

    def relative(self, file: str) -> str:
        """The path of a file of the project from the project's folder; empty for any other file."""
        for root in self.roots:
            rest = file.removeprefix(root)
            if root and rest != file and rest[:1] in ("/", "\\") and not library_part(rest):
                return _slashed(rest[1:], file)
        return ""

    def line(self, frame: Frame) -> str:
        """``shop/api.py:112``, or the path alone where no line is known."""
        return f"{self.path(frame.file)}:{frame.line}" if frame.line > 0 else self.path(frame.file)

    def fold(self, frames: tuple[Frame, ...]) -> Iterator[Frame | Collapsed]:
        """The frames in their order, runs of library frames collapsed."""
        for own, run in groupby(frames, key=lambda frame: frame.own):
            if own:
                yield from run
            else:
                hidden = tuple(run)
                names = dict.fromkeys(_package(self.path(frame.file)) for frame in hidden)
                yield Collapsed(len(hidden), tuple(names))


def places_of(report: GateReport, result: TargetResult, source_root: str = "") -> Places:
    """Paths relative to the repository where it is told, the config's folder, or the script's working directory."""
    config = PurePath(report.about.config_path)
    folders = [str(config.parent)] if config.is_absolute() else []
    checkouts = checkouts_of(report, result, source_root) if source_root else ()
    return Places(tuple(filter(None, (*checkouts, *folders, result.root, str(result.target.cwd)))))


def checkouts_of(report: GateReport, result: TargetResult, source_root: str) -> tuple[str, ...]:
    """Where the repository lay: on the machine that measured the script, as far as it is known, then ``source_root``.

    A report may be made on another machine, in another folder or container than the measurement was.
    """
    measured = repository_of(result.root, report.about.folder)
    return tuple(filter(None, (measured, source_root.rstrip("/\\"))))


def repository_of(root: str, folder: str | None) -> str:
    """The root of the repository, from the project's folder and that folder's path in it; empty where not known."""
    trimmed = root.rstrip("/\\")
    if folder is None or not _stays_inside(folder) or not trimmed:
        return ""
    if not folder:
        return trimmed
    fits = trimmed.replace("\\", "/").endswith(f"/{folder}")
    return trimmed[: -len(folder) - 1] if fits else ""


def config_in_repository(report: GateReport) -> str:
    """The path of the config from the root of the repository, parted by ``/``; empty where it is not known."""
    name = re.split(r"[/\\]", report.about.config_path)[-1]
    if report.about.folder is None or not _stays_inside(report.about.folder) or not name:
        return ""
    return f"{report.about.folder}/{name}" if report.about.folder else name


def _stays_inside(folder: str) -> bool:
    """Whether a path, which may be hostile, leads from a folder to one below it."""
    return not folder.startswith("/") and not any(part in ("..", ".") for part in folder.split("/"))


def _slashed(path: str, file: str) -> str:
    """A file without a single slash is one of Windows; elsewhere a backslash is part of a name."""
    return path if "/" in file else path.replace("\\", "/")


def _package(path: str) -> str:
    return re.split(r"[/\\]", path.lstrip("/\\"))[0].removesuffix(".py")
