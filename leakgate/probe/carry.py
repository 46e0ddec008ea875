"""How the probe reaches the Python programs that a process starts: two variables in their environment.

`putenv` sets them for children that inherit the C environment; `os.environ` does not change. Children that get an
environment of their own, such as a copy of `os.environ` or an empty one, are not reached by that. So the functions with
which Python starts programs are replaced: they add the variables to a copy of the environment that they are given.
"""

from __future__ import annotations

import os

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

NAME = "_LEAKGATE_PROBE"
PATH = "PYTHONPATH"
_FOLDER = os.path.join(os.path.dirname(os.path.abspath(__file__)), "inherit")
_ENVIRONMENT_OF_FORK_EXEC = 5
"""Position of the environment among the arguments of `_posixsubprocess.fork_exec`, in CPython 3.9 to 3.14."""


def setting(channel: str, interval_s: float) -> str:
    """Return the value of the variable that tells a child its channel and interval."""
    return "%r|%s" % (interval_s, channel)


def path_with_probe(original: str | None) -> str:
    """Return a `PYTHONPATH` on which the probe comes first."""
    return _FOLDER + os.pathsep + original if original else _FOLDER


class Variables:
    """The two variables in the C environment, which children inherit."""

    def __init__(self, channel: str, interval_s: float) -> None:
        self._setting = setting(channel, interval_s)

    def set(self) -> None:
        """Make children find the probe."""
        os.putenv(PATH, path_with_probe(os.environ.get(PATH)))
        os.putenv(NAME, self._setting)

    def restore(self) -> None:
        """Make the C environment the same as `os.environ` again."""
        original = os.environ.get(PATH)
        if original is None:
            os.unsetenv(PATH)
        else:
            os.putenv(PATH, original)
        os.unsetenv(NAME)


def pass_on(channel: str, interval_s: float) -> None:
    """Make every Python program that this process starts from now on find the probe."""
    Variables(channel, interval_s).set()
    if os.name == "posix":
        _replace_starters(setting(channel, interval_s))


def _replace_starters(value: str) -> None:
    """Replace the functions that start programs by functions that pass on the variables. `value`: that of `NAME`."""
    try:
        import _posixsubprocess  # noqa: PLC0415 - not on every platform
    except ImportError:
        pass
    else:
        _posixsubprocess.fork_exec = _carrying_list(_posixsubprocess.fork_exec, value)
    for name in ("execve", "posix_spawn", "posix_spawnp"):
        original = getattr(os, name, None)
        if original is not None:
            setattr(os, name, _carrying_mapping(original, value))


def _carrying_list(fork_exec: Callable[..., int], value: str) -> Callable[..., int]:
    def carrying(*arguments: Any) -> int:
        at = _ENVIRONMENT_OF_FORK_EXEC
        if len(arguments) > at and isinstance(arguments[at], list):
            arguments = (*arguments[:at], _with_probe(arguments[at], value), *arguments[at + 1 :])
        return fork_exec(*arguments)

    return carrying


def _with_probe(pairs: list[bytes], value: str) -> list[bytes]:
    """Return the pairs of an environment with the variables of the probe."""
    own = os.fsencode(PATH) + b"="
    paths = [pair[len(own) :] for pair in pairs if pair.startswith(own)]
    path = path_with_probe(os.fsdecode(paths[-1]) if paths else None)
    others = [pair for pair in pairs if not pair.startswith(own)]
    return [*others, own + os.fsencode(path), os.fsencode("%s=%s" % (NAME, value))]


def _carrying_mapping(function: Callable[..., Any], value: str) -> Callable[..., Any]:
    def carrying(path: Any, argv: Any, env: Any, **more: Any) -> Any:
        try:
            own = {os.fsdecode(name): entry for name, entry in env.items()}
            given = own.get(PATH)
            own[PATH] = path_with_probe(None if given is None else os.fsdecode(given))
            own[NAME] = value
        except (AttributeError, TypeError):  # `env` is not an environment: the original function raises the error
            own = env
        return function(path, argv, own, **more)

    carrying.__name__ = function.__name__
    carrying.__doc__ = function.__doc__
    if function in os.supports_fd:
        os.supports_fd.add(carrying)
    return carrying
