"""What the command line of a Python interpreter runs: a module, or a file. Pure."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import PurePath
from typing import Final

_OPTIONS_WITH_VALUE: Final = frozenset("WX")
_INTERPRETER: Final = re.compile(r"(python|pypy)[\d.]*t?(\.exe)?")


@dataclass(frozen=True, slots=True, kw_only=True)
class PythonRun:
    """The program that an interpreter runs. One of ``module`` and ``file`` is empty."""

    module: str = ""
    file: str = ""
    args: tuple[str, ...] = ()


def is_interpreter(program: str) -> bool:
    """Whether a program is a Python interpreter, by its file name."""
    return _INTERPRETER.fullmatch(PurePath(program).name) is not None


def python_run(words: Sequence[str]) -> PythonRun | None:
    """Return what ``python [OPTIONS] -m MODULE|FILE [ARGS]`` runs.

    None if the first word is not an interpreter, or if the program is a text (``-c``) or comes from standard input.
    """
    program, *rest = words or ("",)
    if not is_interpreter(program):
        return None
    while rest and rest[0].startswith("-") and rest[0] != "-":
        option = rest.pop(0)
        if option == "-m" and rest:
            return PythonRun(module=rest[0], args=tuple(rest[1:]))
        if option == "-c":
            return None
        if option[-1] in _OPTIONS_WITH_VALUE and rest:
            rest.pop(0)
    return PythonRun(file=rest[0], args=tuple(rest[1:])) if rest and rest[0] != "-" else None
