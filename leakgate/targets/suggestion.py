"""Suggests an entry of ``leakgate.yaml`` for a running process, made from its command line. Pure."""

import re
from collections.abc import Collection, Sequence
from pathlib import Path, PurePath
from typing import Final

from leakgate.targets.python_words import is_interpreter, python_run

Entry = dict[str, object]

_PROGRAM_FOLDERS: Final = frozenset({"bin", "Scripts"})
_SHORTEST_WATCH_S: Final = 30


def suggest_entry(
    label: str, arguments: Sequence[str], *, cwd: Path, root: Path, ports: Collection[int], watched_s: float
) -> Entry:
    """Return the entry, with its keys in the usual order.

    ``root`` is the folder of ``leakgate.yaml``. ``ports`` are the ports on which the process listens. In the command
    line they become ``{port}``, and a server gets a load. Values of the environment are left out, because they may be
    secrets.
    """
    entry: Entry = {"name": label, **_what_runs(arguments, cwd, root)}
    served = False
    for key in ("args", "command"):
        values = entry.get(key)
        if isinstance(values, list):
            entry[key] = [_with_port(value, ports) for value in values]
            served = served or "{port}" in str(entry[key])
    if cwd != root:
        entry["cwd"] = _relative(cwd, root)
    if arguments and is_interpreter(arguments[0]) and PurePath(arguments[0]).name != arguments[0]:
        entry["python"] = _relative(cwd / arguments[0], root)
    entry["duration"] = f"{max(_SHORTEST_WATCH_S, round(watched_s))}s"
    if served:
        entry["load"] = {"requests": ["/"]}
    elif ports:
        entry["load"] = {"url": f"http://127.0.0.1:{min(ports)}", "requests": ["/"]}
    return entry


def _what_runs(arguments: Sequence[str], cwd: Path, root: Path) -> Entry:
    program, *rest = arguments or [""]
    if not is_interpreter(program):
        return {"command": [_program(program), *rest]}
    run = python_run(arguments)
    if run is None:
        return {"command": list(arguments)}
    if run.module:
        return _with_args({"module": run.module}, run.args)
    script = cwd / run.file
    if not script.suffix and script.parent.name in _PROGRAM_FOLDERS:
        return {"command": [script.name, *run.args]}
    return _with_args({"path": _relative(script, root)}, run.args)


def _with_args(entry: Entry, args: Sequence[str]) -> Entry:
    return {**entry, "args": list(args)} if args else entry


def _program(path: str) -> str:
    """Return only the name of a program in an environment: `python` in the config says which environment."""
    found = PurePath(path)
    return found.name if found.parent.name in _PROGRAM_FOLDERS else path


def _relative(path: Path, root: Path) -> str:
    try:
        return path.relative_to(root).as_posix() or "."
    except ValueError:
        return str(path)


def _with_port(argument: str, ports: Collection[int]) -> str:
    for port in ports:
        argument = re.sub(rf"(?<!\d){port}(?!\d)", "{port}", argument)
    return argument
