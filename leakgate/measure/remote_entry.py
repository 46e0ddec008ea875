"""Brings code into CPython 3.14 and newer with ``sys.remote_exec``, which runs a file on the main thread of a process.

CPython reads the file between two bytecodes of the main thread, which may be much later. Only an interpreter of the
same minor version may call it. So leakgate uses its own interpreter, or else the interpreter of the process.
"""

import os
import stat
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Final

from leakgate.measure.channel import Channel
from leakgate.measure.guests import wait_for_arrival
from leakgate.model.units import format_duration
from leakgate.targets.environment import without_secrets
from leakgate.targets.refusals import Method, Refused
from leakgate.targets.running import RunningProcess

_HELPER_S: Final = 20.0
_WAIT_S: Final = 15.0
"""Seconds. A main thread that waits in the kernel runs the file when it returns: a server with its next request."""
_HELPER: Final = """
import sys
if not hasattr(sys, "remote_exec"):
    sys.exit("sys.remote_exec is missing in this interpreter")
try:
    sys.remote_exec(int(sys.argv[1]), sys.argv[2])
except Exception as error:
    sys.exit("%s: %s" % (type(error).__name__, error))
"""


class RemoteInjector:
    """Runs code in a process with ``sys.remote_exec``."""

    method = Method.REMOTE_EXEC

    def inject(self, process: RunningProcess, code: bytes, channel: Channel) -> tuple[str, ...]:
        """Run the code on the main thread, and return notes. Raises Refused if that fails."""
        descriptor, name = tempfile.mkstemp(prefix="leakgate-arrive-", suffix=".py")
        with os.fdopen(descriptor, "wb") as file:
            file.write(code + _removal(name))
        script = Path(name)
        script.chmod(0o644)  # the process may belong to another user
        asked = False
        try:
            _ask(_interpreter_for(process), process.pid, script)
            asked = True
            if wait_for_arrival(channel.folder, process.pid, _WAIT_S):
                asked = False
                return ()
        finally:
            if not asked:
                script.unlink(missing_ok=True)
        # The file stays: CPython may still read it, and would report a missing file on the program's stderr. It
        # removes itself when it is run.
        raise Refused(
            f"the main thread of process {process.pid} ran no Python code for {format_duration(_WAIT_S)}",
            hint="try again while the program works; or watch it from outside: `--method outside`",
        )


def _removal(name: str) -> bytes:
    """Return code that removes the file in which it stands: leakgate may have ended when the program reads it."""
    return (
        f"try:\n __import__('os').unlink({name!r})\n"
        "except KeyboardInterrupt:\n __import__('_thread').interrupt_main()\n"
        "except:pass\n"
    ).encode()


def _interpreter_for(process: RunningProcess) -> Path:
    """Return an interpreter of the same minor version. Raises Refused if other users can change the program.

    Only a program that belongs to root or to leakgate's user is run.
    """
    python = process.python
    if python is not None and python.version == sys.version_info[:2]:
        return Path(sys.executable)
    if not _is_safe_to_run(process.program):
        raise Refused(
            f"process {process.pid} runs {process.program}, which others can change",
            hint="run leakgate with the same Python as the process, or as the user that the process belongs to",
        )
    return process.program


def _is_safe_to_run(program: Path) -> bool:
    """Whether only root and the user of leakgate can write to the program."""
    if sys.platform == "win32":
        return True
    try:
        status = program.stat()
    except OSError:
        return False
    return status.st_uid in (0, os.geteuid()) and not status.st_mode & (stat.S_IWGRP | stat.S_IWOTH)


def _ask(interpreter: Path, pid: int, script: Path) -> None:
    try:
        asked = subprocess.run(
            [str(interpreter), "-I", "-S", "-c", _HELPER, str(pid), str(script)],
            stdin=subprocess.DEVNULL,
            capture_output=True,
            env=without_secrets(os.environ),
            timeout=_HELPER_S,
            check=False,
        )
    except (OSError, subprocess.SubprocessError) as error:
        raise Refused(f"{interpreter} could not be asked to run code in process {pid}: {error}") from error
    if asked.returncode == 0:
        return
    lines = asked.stderr.decode(errors="replace").strip().splitlines()
    message = lines[-1] if lines else f"status {asked.returncode}"
    raise Refused(f"process {pid} refused the probe: {message}", hint=_hint(message))


def _hint(message: str) -> str:
    if "PermissionError" in message or "not permitted" in message.lower():
        if sys.platform == "darwin":
            return "macOS allows this to root only: run leakgate with sudo"
        return (
            "in a container, start it with --cap-add SYS_PTRACE; else run leakgate as root, "
            "or `sudo sysctl kernel.yama.ptrace_scope=0`"
        )
    if "disabled" in message.lower() or "not enabled" in message.lower():
        return "the program was started with PYTHON_DISABLE_REMOTE_DEBUG or -X disable-remote-debug"
    return "watch it from outside: `--method outside`"
