"""What the system reports about a process that runs already: its user, its Python, and its container."""

import os
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Final, TypeVar

import psutil

from leakgate.targets.running_python import RunningPython, find_python

T = TypeVar("T")

_NAMESPACES: Final = (("mnt", "its own files"), ("pid", "its own process numbers"), ("user", "its own users"))
"""Namespaces that a container may have of its own. A probe needs the files and PIDs that leakgate sees."""
_OPTIONS_WITH_VALUE: Final = frozenset("WX")
_SCRIPT_ENDINGS: Final = (".py", ".pyw", ".pyz")
_NAMES_NET: Final = hasattr(psutil.Process, "net_connections")
"""psutil 6 renamed `connections`."""
_YAMA: Final = Path("/proc/sys/kernel/yama/ptrace_scope")
_CAP_SYS_PTRACE: Final = 1 << 19
"""From ``linux/capability.h``."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RunningProcess:
    """Facts about one process at the time when leakgate read them."""

    pid: int
    created: float
    """Time of creation in seconds since the epoch. Together with the PID it identifies one process."""
    label: str
    """A short name for the user: the stem of its script, the name of its module, or the name of its program."""
    arguments: tuple[str, ...]
    """Its command line: hostile text."""
    ports: tuple[int, ...]
    """TCP ports on which it listens."""
    script: Path | None
    """The Python file that it runs, according to the command line; None if the command line names none."""
    program: Path
    cwd: Path
    owner: str
    """Name of its user, or the user's number if there is no name."""
    ours: bool
    """Whether it belongs to the user that runs leakgate, or leakgate runs as root."""
    user_id: int
    """Number of its user; -1 if the system has no such numbers."""
    group_id: int
    above_us: bool = False
    """Whether it is leakgate itself, or an ancestor of it."""
    python: RunningPython | None = None
    tracer: str = ""
    """Name and PID of the process that debugs it; empty if none does."""
    is_visited: bool = False
    """Whether the probe of another leakgate is in it (Linux only)."""
    elsewhere: tuple[str, ...] = ()
    """What it does not share with leakgate, as text for the user; not empty if it runs in another container."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Permission:
    """What this system allows a debugger."""

    yama_scope: int = 0
    """``kernel.yama.ptrace_scope``; 0 if there is no such limit."""
    may_trace_all: bool = False
    """Whether leakgate has the capability ``CAP_SYS_PTRACE``."""


def look_at_process(pid: int) -> RunningProcess | None:
    """Return the facts about a process; None if there is no such process, or if it is a zombie."""
    try:
        process = psutil.Process(pid)
        if process.status() == psutil.STATUS_ZOMBIE:
            return None
        return _look(process)
    except (psutil.NoSuchProcess, psutil.ZombieProcess, OverflowError):
        return None


def look_at_permission() -> Permission:
    """Return what this system allows a debugger."""
    try:
        scope = int(_YAMA.read_text(encoding="ascii"))
    except (OSError, ValueError):
        scope = 0
    return Permission(yama_scope=scope, may_trace_all=bool(_capabilities() & _CAP_SYS_PTRACE))


def _look(process: psutil.Process) -> RunningProcess:
    program = _attempt(process.exe, "")
    arguments: list[str] = _attempt(process.cmdline, [])
    cwd = Path(_attempt(process.cwd, "") or Path.cwd())
    script = script_of(arguments, cwd)
    user_id, group_id = _ids(process)
    ours = user_id in (-1, os.geteuid()) or os.geteuid() == 0 if sys.platform != "win32" else True
    return RunningProcess(
        pid=process.pid,
        created=process.create_time(),
        label=_label(script, arguments, process),
        arguments=tuple(arguments),
        ports=_ports(process),
        script=script,
        program=Path(program),
        cwd=cwd,
        owner=_attempt(process.username, str(user_id)),
        ours=ours,
        user_id=user_id,
        group_id=group_id,
        above_us=process.pid in {os.getpid(), *(parent.pid for parent in psutil.Process().parents())},
        python=find_python(process, program),
        tracer=_tracer(process.pid),
        is_visited=_is_visited(process.pid),
        elsewhere=tuple(words for kind, words in _NAMESPACES if not _is_shared(process.pid, kind)),
    )


def script_of(arguments: list[str], cwd: Path) -> Path | None:
    """Return the Python file in a command line; None for a module (``-m``), code (``-c``) or another program."""
    rest = iter(arguments[1:])
    for argument in rest:
        if argument.startswith("-") and len(argument) > 1:
            if argument[1] in "cm":
                return None
            if argument[-1] in _OPTIONS_WITH_VALUE:
                next(rest, None)
            continue
        path = cwd / argument
        return path if argument.endswith(_SCRIPT_ENDINGS) or _is_file(path) else None
    return None


def _is_file(path: Path) -> bool:
    try:
        return path.is_file()
    except OSError:
        return False


def _label(script: Path | None, arguments: list[str], process: psutil.Process) -> str:
    if script is not None:
        return script.stem
    if "-m" in arguments[1:-1]:
        return arguments[arguments.index("-m") + 1].rpartition(".")[2] or process.name()
    return process.name() or "process"


def _attempt(read: Callable[[], T], otherwise: T) -> T:
    try:
        return read()
    except (psutil.AccessDenied, OSError):
        return otherwise


def _ids(process: psutil.Process) -> tuple[int, int]:
    if sys.platform == "win32":
        return -1, -1
    return _attempt(lambda: process.uids().effective, -1), _attempt(lambda: process.gids().effective, -1)


def _ports(process: psutil.Process) -> tuple[int, ...]:
    """Return the TCP ports on which the process listens, also if its workers share the sockets."""
    try:
        found = process.net_connections(kind="tcp") if _NAMES_NET else process.connections(kind="tcp")
    except (psutil.AccessDenied, OSError):
        return ()
    return tuple(sorted({one.laddr.port for one in found if one.status == psutil.CONN_LISTEN}))


def _tracer(pid: int) -> str:
    number = int(_status(pid).get("TracerPid", "0"))
    if number <= 0:
        return ""
    try:
        return f"{psutil.Process(number).name()}, PID {number}"
    except psutil.Error:
        return f"PID {number}"


def _is_visited(pid: int) -> bool:
    try:
        links = [str(entry.readlink()) for entry in Path(f"/proc/{pid}/fd").iterdir()]
    except OSError:
        return False
    return any(link.endswith("/commands.bin") and "/leakgate-" in link for link in links)


def _capabilities() -> int:
    return int(_status(os.getpid()).get("CapEff", "0"), 16)


def _status(pid: int) -> dict[str, str]:
    """Return the fields of ``/proc/PID/status``; empty if there is no such file."""
    try:
        lines = Path(f"/proc/{pid}/status").read_text(encoding="utf-8", errors="replace").splitlines()
    except OSError:
        return {}
    return {name: value.strip() for name, _, value in (line.partition(":") for line in lines)}


def _is_shared(pid: int, namespace: str) -> bool:
    """Whether leakgate runs in the same namespace; True if the system has none or does not show it."""
    try:
        return Path(f"/proc/{pid}/ns/{namespace}").readlink() == Path(f"/proc/self/ns/{namespace}").readlink()
    except OSError:
        return True
