"""The lines that insert, as the places of a leak where no allocation was traced. Pure."""

from typing import Final

from leakgate.model.explanation import COUNTED_ROOTS, Frame, GrowthSite, Holder
from leakgate.model.origin import Origin, installed_modules, is_console_script
from leakgate.model.verdict import Kind

LEAST_SHARE: Final = 0.05
"""Of Python's growth: a container that is estimated to keep less is no place to look at first."""


def held_sites(keepers: tuple[Holder, ...], heap_per_s: float, share: float) -> list[GrowthSite]:
    """A place for each container that keeps much of Python's growth and whose writer was seen.

    ``heap_per_s``: how fast live Python memory grew, in bytes a second. ``share``: of all growth, what this was.
    What the containers keep is an estimate from few of their entries, so that their places are never exact.
    """
    seen = [one for one in keepers if one.writer is not None and one.root_kind not in COUNTED_ROOTS]
    whole = max(heap_per_s, sum(one.kept_bytes_per_s for one in seen))
    return [
        GrowthSite(
            frames=(frames := _frames_of(one)),
            blame=blamed_index(frames),
            grew_bytes=0,
            grew_blocks=0,
            bytes_per_s=one.kept_bytes_per_s,
            share=one.kept_bytes_per_s / whole * share,
            kind=Kind.PYTHON,
        )
        for one in seen
        if one.kept_bytes_per_s > 0 and one.kept_bytes_per_s >= LEAST_SHARE * whole
    ]


def _frames_of(holder: Holder) -> tuple[Frame, ...]:
    if holder.frames or holder.writer is None:
        return holder.frames
    return (holder.writer,)


def blamed_index(frames: tuple[Frame, ...]) -> int:
    """The frame to show first: the innermost of the project, else of an installed package, else the innermost.

    A command that is installed is the project, although it is a package: of several packages, that of the command is
    preferred.
    """
    for index, frame in enumerate(frames):
        if frame.own:
            return index
    command = _package_of_command(frames)
    packages = [index for index, frame in enumerate(frames) if frame.origin is Origin.PACKAGE]
    of_command = (index for index in packages if command and command in installed_modules(frames[index].file))
    return next(of_command, packages[0] if packages else 0)


def _package_of_command(frames: tuple[Frame, ...]) -> tuple[str, str] | None:
    """The folder and the name of the package whose console script is the outermost frame; None if none is."""
    if len(frames) < 2 or not is_console_script(frames[-1].file, frames[-2].file):
        return None
    return next(iter(installed_modules(frames[-2].file)), None)
