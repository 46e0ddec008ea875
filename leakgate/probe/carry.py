"""The probe in children that get their own environment, such as a copy of `os.environ` or an empty one.

`putenv` does not reach these children. So the functions with which Python starts programs are replaced: they add the
two variables of the probe to a copy of the environment that they are given. The program's own mapping does not change.
"""

from __future__ import annotations

import os

from . import children

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

_ENVIRONMENT_OF_FORK_EXEC = 5
"""Position of the environment among the arguments of `_posixsubprocess.fork_exec`, in CPython 3.9 to 3.14."""
_PATH = "PYTHONPATH"


def install(channel: str, interval_s: float) -> None:
    """Make every program that Python starts from now on find the probe. POSIX only."""
    if os.name != "posix":
        return
    setting = children.setting(channel, interval_s)
    try:
        import _posixsubprocess  # noqa: PLC0415 - not on every platform
    except ImportError:
        pass
    else:
        _posixsubprocess.fork_exec = _carrying_list(_posixsubprocess.fork_exec, setting)
    for name in ("execve", "posix_spawn", "posix_spawnp"):
        original = getattr(os, name, None)
        if original is not None:
            setattr(os, name, _carrying_mapping(original, setting))


def _carrying_list(fork_exec: Callable[..., int], setting: str) -> Callable[..., int]:
    def carrying(*arguments: Any) -> int:
        at = _ENVIRONMENT_OF_FORK_EXEC
        if len(arguments) > at and isinstance(arguments[at], list):
            arguments = (*arguments[:at], _with_probe(arguments[at], setting), *arguments[at + 1 :])
        return fork_exec(*arguments)

    return carrying


def _with_probe(pairs: list[bytes], setting: str) -> list[bytes]:
    """Return the pairs of an environment with the variables of the probe."""
    own = os.fsencode(_PATH) + b"="
    paths = [pair[len(own) :] for pair in pairs if pair.startswith(own)]
    path = children.path_with_probe(os.fsdecode(paths[-1]) if paths else None)
    others = [pair for pair in pairs if not pair.startswith(own)]
    return [*others, own + os.fsencode(path), os.fsencode("%s=%s" % (children.NAME, setting))]


def _carrying_mapping(function: Callable[..., Any], setting: str) -> Callable[..., Any]:
    def carrying(path: Any, argv: Any, env: Any, **more: Any) -> Any:
        try:
            own = {os.fsdecode(name): value for name, value in env.items()}
            given = own.get(_PATH)
            own[_PATH] = children.path_with_probe(None if given is None else os.fsdecode(given))
            own[children.NAME] = setting
        except (AttributeError, TypeError):  # `env` is no environment: the original function raises the error
            own = env
        return function(path, argv, own, **more)

    carrying.__name__ = function.__name__
    carrying.__doc__ = function.__doc__
    if function in os.supports_fd:
        os.supports_fd.add(carrying)
    return carrying
