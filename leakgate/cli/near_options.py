"""Guesses which option the user meant by an unknown option. Pure."""

from collections.abc import Iterable
from difflib import get_close_matches
from typing import Any, Final

_LONGEST: Final = 100
_SYNONYMS: Final = (
    frozenset({"--time", "--duration", "--timeout", "--seconds", "--time-limit"}),
    frozenset({"--output", "--out", "--output-dir", "--sessions"}),
    frozenset({"--python", "--interpreter", "--executable"}),
    frozenset({"--jobs", "--workers", "--parallel", "--numprocesses"}),
    frozenset({"--junit", "--junitxml", "--junit-xml", "--xml"}),
)
"""Groups of words with the same meaning. They include the words that other tools use."""
_SHORT: Final = 2
"""The length of an option with one dash, such as ``-q``."""


def did_you_mean(option: str, params: Iterable[Any]) -> str:
    """Return ``; did you mean --duration?``, or an empty string if the command has no similar option.

    ``option``: as the user typed it, perhaps with a value after ``=``. ``params``: the parameters of the command.
    """
    shown = (param for param in params if not getattr(param, "hidden", False))
    near = nearest_option(option, [name for param in shown for name in param.opts])
    return f"; did you mean {near}?" if near else ""


def nearest_option(option: str, known: list[str]) -> str:
    """Return the option of ``known`` with the most similar spelling or the same meaning; empty if there is none."""
    written = option.partition("=")[0][:_LONGEST]
    long = [name for name in known if name.startswith("--")]
    if len(written) == _SHORT:
        return next((name for name in long if name.startswith(f"-{written}")), "")
    if len(written) > _SHORT and not written.startswith("--"):
        written = f"-{written}"
    for synonyms in _SYNONYMS:
        same = [name for name in long if name in synonyms]
        if written in synonyms and same:
            return same[0]
    return next(iter(get_close_matches(written, long, n=1)), "")
