"""Why a running process cannot be watched, or why the probe cannot enter it, with advice for the user. Pure."""

from enum import StrEnum
from typing import Final

from leakgate.errors import MeasureError, UsageError
from leakgate.targets.running import Permission, RunningProcess
from leakgate.targets.running_python import FUNCTIONS, RunningPython

REMOTE_EXEC: Final = (3, 14)
"""The first CPython that has ``sys.remote_exec``."""
OLDEST: Final = (3, 9)
NEWEST_BY_GDB: Final = (3, 13)
RESTRICTED, ADMIN_ONLY, OFF = 1, 2, 3
"""Values of ``kernel.yama.ptrace_scope``."""


class Method(StrEnum):
    """How a running process is watched."""

    AUTO = "auto"
    """From inside if CPython itself supports it (3.14 and newer), else from outside."""
    OUTSIDE = "outside"
    """From outside: only what the system reports about the process."""
    REMOTE_EXEC = "remote-exec"
    """From inside, with ``sys.remote_exec``."""
    GDB = "gdb"
    """From inside, with gdb."""


class Refused(MeasureError):  # noqa: N818 - users see it as a refusal
    """The process cannot be watched in the requested way."""

    slug = "refused"


def require_watchable(pid: int, process: RunningProcess | None) -> RunningProcess:
    """Return the process if it can be watched from outside. Raises UsageError or Refused if it cannot."""
    if process is None:
        raise UsageError(f"there is no process {pid}", hint="`ps aux | grep python` lists what runs")
    if process.above_us:
        raise UsageError(
            f"leakgate runs below process {pid} and would measure itself",
            hint="give the PID of the program, and run leakgate from another shell",
        )
    if not process.ours:
        raise Refused(
            f"process {pid} belongs to {process.owner}",
            hint=f"run leakgate as that user (sudo -u {process.owner} leakgate attach {pid}) or as root",
        )
    return process


def why_not_inside(process: RunningProcess, method: Method, permission: Permission, platform: str) -> Refused | None:
    """Return why the probe cannot enter a process with this method; None if no reason is known."""
    python = process.python
    if python is None:
        return Refused(
            f"process {process.pid} ({process.label}) is not Python",
            hint="`--method outside` watches any process; a worker may be Python where its parent is not",
        )
    for refusal in (
        _of_place(process, python),
        _of_version(process, python, method, platform),
        _of_permission(process, permission, platform),
    ):
        if refusal is not None:
            return refusal
    return None


def _of_place(process: RunningProcess, python: RunningPython) -> Refused | None:
    pid = process.pid
    if process.elsewhere:
        return Refused(
            f"process {pid} runs in another container: it has {', '.join(process.elsewhere)}",
            hint="run leakgate inside the container, such as by `docker exec`; `--method outside` works from here",
        )
    if python.bits != 64:
        return Refused(f"process {pid} is a 32-bit program", hint="`--method outside` watches it from outside")
    return None


def _of_version(process: RunningProcess, python: RunningPython, method: Method, platform: str) -> Refused | None:
    pid = process.pid
    version = "unknown version" if python.version is None else ".".join(map(str, python.version))
    name = f"process {pid} runs {'PyPy' if python.implementation == 'pypy' else f'Python {version}'}"
    if python.implementation != "cpython" or (python.version is not None and python.version < OLDEST):
        return Refused(f"{name}; the probe needs CPython 3.9 or newer", hint="`--method outside` watches any process")
    if method is Method.GDB:
        return _of_gdb(name, python, platform)
    if python.version is None or python.version < REMOTE_EXEC:
        by_gdb = platform == "linux" and python.version is not None
        return Refused(
            f"{name}, which has no sys.remote_exec (new in 3.14)",
            hint=f"`leakgate attach {pid} --method gdb` looks inside with gdb"
            if by_gdb
            else "it is watched from outside",
        )
    return None


def _of_gdb(name: str, python: RunningPython, platform: str) -> Refused | None:
    if platform != "linux":
        return Refused("`--method gdb` is for Linux only", hint="leave it out: the process is watched from outside")
    if python.version is not None and python.version > NEWEST_BY_GDB:
        return Refused(f"{name}, which does not need gdb", hint="leave `--method gdb` out")
    if python.musl:
        return Refused(
            f"{name} with the C library musl, for which gdb was not tested",
            hint="leave `--method gdb` out: the process is watched from outside",
        )
    if python.free_threaded:
        return Refused(
            f"{name} without the GIL, where gdb has no safe point to stop",
            hint="leave `--method gdb` out: the process is watched from outside",
        )
    missing = sorted(name for name in (*FUNCTIONS, "mmap") if python.address(name) is None)
    if missing:
        return Refused(
            f"{name}, but {', '.join(missing)} was not found in it: was Python replaced on disk since it started?",
            hint="restart the program, or leave `--method gdb` out",
        )
    return None


def _of_permission(process: RunningProcess, permission: Permission, platform: str) -> Refused | None:
    pid = process.pid
    if process.tracer:
        return Refused(
            f"process {pid} is being debugged by {process.tracer}: a process can have only one debugger",
            hint="end that debugger, strace or other tool, then try again",
        )
    if process.is_visited:
        return Refused(
            f"another leakgate is watching process {pid} from inside", hint="wait for it, or use `--method outside`"
        )
    if platform != "linux" or (permission.may_trace_all and permission.yama_scope != OFF):
        return None
    match permission.yama_scope:
        case scope if scope == OFF:
            return Refused(
                "this system forbids debuggers (kernel.yama.ptrace_scope is 3), until it is restarted",
                hint="set kernel.yama.ptrace_scope to 1 in /etc/sysctl.d and restart, or watch with `--method outside`",
            )
        case scope if scope in (RESTRICTED, ADMIN_ONLY):
            return Refused(
                f"on this system a program may debug only its own children (kernel.yama.ptrace_scope is {scope})",
                hint=f"run `sudo leakgate attach {pid} ...`, or allow it until the next restart: "
                "`sudo sysctl kernel.yama.ptrace_scope=0`",
            )
        case _:
            return None
