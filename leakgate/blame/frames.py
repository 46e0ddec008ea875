"""The frames of a traceback: whose code each one is, and which one a report shows first. Pure."""

from collections.abc import Callable
from dataclasses import replace
from typing import Final

from leakgate.model.explain_raw import RawFrame
from leakgate.model.explanation import Frame
from leakgate.model.origin import Origin, installed_modules, is_console_script, origin_of

FunctionNamer = Callable[[str, int], str]
"""Returns the qualified name of the function around a line of a file; empty if it is not known."""

STARTERS: Final = frozenset({"<frozen runpy>", "<frozen importlib._bootstrap>"})
"""Files of the outermost frames that start a script. They are not shown."""


def frames_of(raw: tuple[RawFrame, ...], name_function: FunctionNamer) -> tuple[Frame, ...]:
    """Return the frames of a raw traceback, innermost first, without those that started the script.

    A console script belongs to a package and not to the project: an installer wrote it.
    """
    shown = len(raw)
    while shown > 1 and raw[shown - 1][0] in STARTERS:
        shown -= 1
    frames = tuple(
        Frame(file=file, line=line, function=function or name_function(file, line), origin=origin_of(file))
        for file, line, function in raw[:shown]
    )
    if _is_of_command(frames):
        return (*frames[:-1], replace(frames[-1], origin=Origin.PACKAGE))
    return frames


def blamed_index(frames: tuple[Frame, ...]) -> int:
    """Return the frame to show first: the innermost of the project, else of an installed package, else the innermost.

    An installed command is the project, although it is a package: if frames belong to several packages, that of the
    command is preferred.
    """
    for index, frame in enumerate(frames):
        if frame.own:
            return index
    command = next(iter(installed_modules(frames[-2].file)), None) if _is_of_command(frames) else None
    packages = [index for index, frame in enumerate(frames) if frame.origin is Origin.PACKAGE]
    of_command = (index for index in packages if command and command in installed_modules(frames[index].file))
    return next(of_command, packages[0] if packages else 0)


def _is_of_command(frames: tuple[Frame, ...]) -> bool:
    """Whether the outermost frame is the console script of an installed command."""
    return len(frames) > 1 and is_console_script(frames[-1].file, frames[-2].file)
