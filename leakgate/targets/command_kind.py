"""``command``: any program. It is searched for in the environment that ``python`` names, then on ``PATH``."""

import os
import shlex
import shutil
from collections.abc import Mapping
from pathlib import Path
from types import MappingProxyType
from typing import Final

from leakgate.model.entry import CommandEntry
from leakgate.model.target import TargetSpec
from leakgate.targets.process_plan import ProbeMode, ProcessPlan
from leakgate.targets.python_words import python_run

_INTERPRETERS: Final = ("python", "python3")


class CommandKind:
    """Runs a command. Every Python process that it starts gets the probe through its environment."""

    key = "command"
    entry_type = CommandEntry

    def split(self, text: str) -> tuple[str, ...]:
        """Return the words as a POSIX shell splits them. Raises ValueError for an open quote."""
        try:
            return tuple(shlex.split(text))
        except ValueError as error:
            raise ValueError(f"{text!r} cannot be split into words: {error}") from None

    def read(self, words: tuple[str, ...]) -> CommandEntry:
        """Return the entry of the words of a command line. Raises ValueError if there are none."""
        if not words or not words[0]:
            raise ValueError("a command needs at least the name of a program")
        return CommandEntry(words=words)

    def words(self, entry: CommandEntry) -> tuple[str, ...]:
        """Return the program and its arguments."""
        return entry.words

    def default_name(self, entry: CommandEntry) -> str:
        """Return the file name of the program; for a command of Python, the name of the module or file that it runs."""
        run = python_run(entry.words)
        if run is not None and run.module:
            return run.module
        file = run.file if run is not None else ""
        return Path(file).stem or Path(entry.words[0]).stem

    def pinned_file(self, entry: CommandEntry, cwd: Path) -> Path | None:
        """Return the file of the project that runs, such as ``./serve.sh``, or ``server.py`` of ``python server.py``.

        None if it is not a file of the project.
        """
        run = python_run(entry.words)
        if run is not None:
            return cwd / run.file if run.file and (cwd / run.file).is_file() else None
        file = cwd / entry.words[0]
        return file if _has_folder(entry.words[0]) and file.is_file() else None

    def title(self, entry: CommandEntry) -> tuple[str, ...]:
        """Return the program and its arguments."""
        return entry.words

    def problem(self, spec: TargetSpec, entry: CommandEntry) -> str:
        """Return why the program cannot be started, as text for the user; empty if it can."""
        program = entry.words[0]
        if find_program(program, spec, {**os.environ, **spec.env}) is not None:
            return ""
        if _has_folder(program):
            return f"there is no executable program {program!r} in {spec.cwd}"
        return f"there is no program {program!r}, neither in the folder of {spec.python} nor on PATH"

    def advice(self, entry: CommandEntry, stderr: str) -> str:
        """Return an empty text: no advice fits every command."""
        del entry, stderr
        return ""

    def start(self, spec: TargetSpec, entry: CommandEntry, env: Mapping[str, str]) -> ProcessPlan:
        """Return the plan of the command with ``args`` after it. The environment will carry the probe."""
        return ProcessPlan(
            argv=(*located(entry.words, spec, env), *spec.args),
            env=MappingProxyType(activated(spec, env)),
            cwd=spec.cwd,
            probe=ProbeMode.INHERITED,
        )


def located(words: tuple[str, ...], spec: TargetSpec, env: Mapping[str, str]) -> tuple[str, ...]:
    """Return the command with the path of its program, if the program is found; else as it is."""
    found = find_program(words[0], spec, env)
    return (str(found) if found is not None else words[0], *words[1:])


def activated(spec: TargetSpec, env: Mapping[str, str]) -> dict[str, str]:
    """Return the environment with the virtual environment that ``python`` names, if any, first on ``PATH``."""
    folder = spec.python.parent
    if not (folder.parent / "pyvenv.cfg").is_file():
        return dict(env)
    path = env.get("PATH", os.defpath)
    return {**env, "PATH": path if path.split(os.pathsep)[0] == str(folder) else f"{folder}{os.pathsep}{path}"}


def find_program(program: str, spec: TargetSpec, env: Mapping[str, str]) -> Path | None:
    """Return the file of a program; None if there is no program that can be started."""
    if _has_folder(program):
        found = shutil.which(spec.cwd / program)
    elif program in _INTERPRETERS:
        return spec.python
    else:
        found = shutil.which(program, path=str(spec.python.parent)) or shutil.which(program, path=env.get("PATH"))
    return Path(found).absolute() if found is not None else None


def _has_folder(program: str) -> bool:
    return "/" in program or os.sep in program
