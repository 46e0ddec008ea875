"""Brings code into CPython 3.9 to 3.13 with gdb, at points where the program itself could run any Python code.

gdb stops the process at an arbitrary place: the allocator's lock may be held, or an object may be incomplete. So gdb
runs no Python code there. It does three things:

1. It maps one page of memory for the text of the code. ``mmap`` is a bare system call: it takes no lock of the process.
2. It calls ``Py_AddPendingCall``, which CPython documents for use without the GIL. The call uses no allocator and takes
   one lock for a few instructions. Another thread that holds this lock releases it, because the other threads keep
   running. The main thread runs the code later, between two bytecodes, where signal handlers run too.
3. A main thread that waits in the kernel (``select``, ``accept``, ``lock.acquire``, ``sleep``) may never reach a
   bytecode. If it waits in one of the system calls listed here and has released the GIL, it is in code that lets other
   threads run any Python code, and it is not in the allocator. gdb then takes the GIL on this thread and runs the
   pending calls. It does not do so if the thread holds the GIL or if an exception is set.

The code starts a thread, which loads the probe. So the main thread is held for a fraction of a millisecond.
gdb reads no symbols of the process, because leakgate has read the addresses before. This keeps the stop of the process
short. gdb does not end with leakgate, because it could then leave the process in the middle of a call.
"""

import contextlib
import os
import platform
import shutil
import signal
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Final

from leakgate.files import NEW_FILE_FLAGS
from leakgate.measure.attach_folder import GDB_PREFIX
from leakgate.measure.channel import Channel
from leakgate.measure.guests import wait_for_arrival
from leakgate.measure.processes import lives
from leakgate.model.units import format_duration
from leakgate.targets.environment import without_secrets
from leakgate.targets.refusals import Method, Refused
from leakgate.targets.running import RunningProcess
from leakgate.targets.running_python import WAITING, RunningPython

HELD: Final = "gdb held process"
"""Beginning of the note that says for how long a process stood still."""
PAGE_BYTES: Final = 4096
_GDB_S: Final = 30.0
"""Seconds that gdb may take. After that it is interrupted, and restores the process."""
_INTERRUPTED_S: Final = 5.0
_FIRST_WAIT_S: Final = 3.0
"""Seconds to wait for the probe. A main thread that runs Python code makes its pending calls within milliseconds."""
_TRIES: Final = 4
"""How often gdb checks again whether the main thread waits in the kernel."""
_LOOK_S: Final = 0.002
_ATTACHED, _QUEUED, _FULL, _NO_PAGE = "leakgate-attached", "leakgate-queued", "leakgate-full", "leakgate-no-page"

_WAITS: Final = {
    "read": 0, "poll": 7, "readv": 19, "select": 23, "pause": 34, "nanosleep": 35, "accept": 43, "recvfrom": 45,
    "recvmsg": 47, "wait4": 61, "flock": 73, "rt_sigtimedwait": 128, "rt_sigsuspend": 130, "clock_nanosleep": 230,
    "epoll_wait": 232, "waitid": 247, "pselect6": 270, "ppoll": 271, "epoll_pwait": 281, "accept4": 288,
    "recvmmsg": 299, "epoll_pwait2": 441,
}  # fmt: skip
"""System calls of Linux on x86-64 in which programs wait, by their numbers. The allocator uses none of them."""
_FUTEX: Final = 202
_WAIT_BITSET: Final = 9
"""The futex operation of semaphores and conditions; the allocator's locks use ``FUTEX_WAIT``, which is 0."""

_REGISTER_TRIAL: Final = 2 * ("set $mxcsr = $mxcsr ^ 0x20",)
"""Inverts a flag of the vector unit and inverts it back. gdb 12 and 13 cannot write the registers of processors with
AMX, because they write fewer bytes than the kernel expects. They notice that only after a call, when they restore the
registers: then a system call in which the program waited fails. This trial ends the script before any call."""
_NO_REGISTERS: Final = "extended state"
"""Part of the message of gdb if that fails: "Couldn't write extended state status"."""

_OPTIONS: Final = (
    "set auto-load off", "set auto-solib-add off", "set debuginfod enabled off",
    "set debug-file-directory /nonexistent",
    "set libthread-db-search-path /nonexistent", "set confirm off", "set pagination off", "set width 0",
    "set print thread-events off", "set print inferior-events off", "set print symbol off", "set language c",
)  # fmt: skip


class GdbInjector:
    """Runs code in a process with gdb."""

    method = Method.GDB

    def __init__(self) -> None:
        """Find gdb. Raises Refused if it is not installed."""
        found = shutil.which("gdb")
        if found is None:
            raise Refused("`--method gdb` needs gdb, which is not installed", hint="`sudo apt install gdb` installs it")
        self._gdb = found

    def inject(self, process: RunningProcess, code: bytes, channel: Channel) -> tuple[str, ...]:
        """Run the code on the main thread, and return notes. Raises Refused if that fails."""
        python = process.python
        if python is None:
            raise AssertionError("only Python processes are entered")
        with _folder_beside(channel) as place:
            (place / "code.bin").write_bytes(code + b"\0")
            held_s = self._run(place, process.pid, queueing_script(process.pid, python))
            _note_page(place, channel, process.pid)
            for _ in range(_TRIES):
                if wait_for_arrival(channel.folder, process.pid, _FIRST_WAIT_S):
                    return (f"{HELD} {process.pid} for {format_duration(held_s)}",)
                held_s += self._run(place, process.pid, waking_script(process.pid, python))
            if wait_for_arrival(channel.folder, process.pid, _FIRST_WAIT_S):
                return (f"{HELD} {process.pid} for {format_duration(held_s)}",)
        raise Refused(
            f"the main thread of process {process.pid} ran no Python code for "
            f"{format_duration((_TRIES + 1) * _FIRST_WAIT_S)}: it is busy in C code",
            hint="try again; or watch it from outside: `--method outside`",
        )

    def wake(self, process: RunningProcess, channel: Channel) -> None:
        """Make a main thread that waits in C run its pending calls. Raises Refused if gdb cannot."""
        if process.python is not None:
            with _folder_beside(channel) as place:
                self._run(place, process.pid, waking_script(process.pid, process.python))

    def _run(self, place: Path, pid: int, script: str) -> float:
        """Run gdb to its end, and return the seconds for which the process was stopped. Raises Refused if it failed."""
        (place / "script.gdb").write_text(script, encoding="ascii")
        log = place / "log.txt"
        arguments = [part for option in _OPTIONS for part in ("-iex", option)]
        with log.open("wb") as output:
            gdb = subprocess.Popen(
                [self._gdb, "-nx", "-batch", *arguments, "-x", "script.gdb"],
                cwd=place,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                env={**without_secrets(os.environ), "LC_ALL": "C"},
                start_new_session=True,
            )
        held_s = _wait(gdb, pid)
        _require_done(log.read_text(encoding="utf-8", errors="replace"), pid)
        return held_s


@contextlib.contextmanager
def _folder_beside(channel: Channel) -> Iterator[Path]:
    """Make a folder for the files of gdb.

    The channel is not safe for them, because the watched process can write into it.
    """
    with TemporaryDirectory(prefix=GDB_PREFIX, dir=channel.folder.parent) as folder:
        yield Path(folder)


def queueing_script(pid: int, python: RunningPython) -> str:
    """Return the first script for gdb: it writes the code into the process and adds it to the pending calls."""
    mmap = _call(
        python, "mmap", "unsigned long", "(unsigned long)0", f"(unsigned long){PAGE_BYTES}", "3, 0x22, -1", "(long)0"
    )
    add = _call(
        python, "Py_AddPendingCall", "int", f"(unsigned long){python.address('PyRun_SimpleString'):#x}", "$page"
    )
    return "\n".join(
        (
            *_begin(pid),
            f"set $page = {mmap}",
            "if $page > (unsigned long)-4096",
            f"  echo {_NO_PAGE}\\n",
            "else",
            "  restore code.bin binary $page",
            "  dump binary value page.bin $page",
            f"  set $full = {add}",
            "  if $full == 0",
            f"    echo {_QUEUED}\\n",
            *_wake(python),
            "  else",
            f"    echo {_FULL}\\n",
            "  end",
            "end",
            "detach",
            "",
        )
    )


def waking_script(pid: int, python: RunningPython) -> str:
    """Return a further script for gdb: it runs the pending calls if the main thread waits in the kernel now."""
    return "\n".join((*_begin(pid), f"echo {_QUEUED}\\n", *_wake(python), "detach", ""))


def _begin(pid: int, machine: str = "") -> tuple[str, ...]:
    # gdb passes signals on to the program and does not stop for them; it undoes a call that is interrupted.
    return (
        "handle all nostop noprint pass",
        "set unwindonsignal on",
        f"attach {pid}",
        f"echo {_ATTACHED}\\n",
        *(_REGISTER_TRIAL if (machine or platform.machine()) == "x86_64" else ()),
    )


def _wake(python: RunningPython, machine: str = "") -> tuple[str, ...]:
    """Return lines that run the pending calls if the main thread waits in the kernel without the GIL; x86-64 only."""
    if (machine or platform.machine()) != "x86_64" or any(python.address(name) is None for name in WAITING):
        return ()
    waits = " || ".join(f"$number == {number}" for number in _WAITS.values())
    return (
        "set $number = (long)$orig_rax",
        f"if {waits} || ($number == {_FUTEX} && ($rsi & 0x7f) == {_WAIT_BITSET})",
        f"  if {_call(python, 'PyGILState_Check', 'int')} == 0",
        f"    set $state = {_call(python, 'PyGILState_Ensure', 'int')}",
        f"    if {_call(python, 'PyErr_Occurred', 'unsigned long')} == 0",
        f"      set $done = {_call(python, 'Py_MakePendingCalls', 'int')}",
        "    end",
        f"    call {_call(python, 'PyGILState_Release', 'void', '$state')}",
        "  end",
        "end",
    )


def _call(python: RunningPython, name: str, result: str, *arguments: str) -> str:
    kinds = ", ".join("int" if argument.startswith("$state") else "unsigned long" for argument in arguments)
    if name == "mmap":
        kinds = "unsigned long, unsigned long, int, int, int, long"
    return f"(({result} (*)({kinds or 'void'})){python.address(name):#x})({', '.join(arguments)})"


def _wait(gdb: "subprocess.Popen[bytes]", pid: int) -> float:
    """Wait for the end of gdb, and return for how many seconds it held the process."""
    held_s, seen = 0.0, time.monotonic()
    until = seen + _GDB_S
    state = Path(f"/proc/{pid}/stat")
    asked = False
    while gdb.poll() is None:
        time.sleep(_LOOK_S)
        now = time.monotonic()
        with contextlib.suppress(OSError):
            if state.read_bytes().rpartition(b")")[2].split()[:1] == [b"t"]:
                held_s += now - seen
        seen = now
        if now > until and not asked:
            asked, until = True, now + _INTERRUPTED_S
            gdb.send_signal(signal.SIGINT)
        elif now > until:
            gdb.terminate()
            gdb.wait()
    return held_s


def _require_done(log: str, pid: int) -> None:
    if _QUEUED in log:
        return
    if _FULL in log or _NO_PAGE in log:
        what = "has no memory left" if _NO_PAGE in log else "has too many pending calls"
        raise Refused(f"process {pid} {what}", hint="try again, or watch it from outside: `--method outside`")
    if _NO_REGISTERS in log:
        raise Refused(
            f"this gdb is too old for the processor: it cannot restore the registers of process {pid} after a call, "
            "so it made none",
            hint="install a newer gdb, or watch the process from outside: `--method outside`",
        )
    if "No such process" in log or not lives(pid):  # gdb writes long messages about a process that has just ended
        raise Refused(f"process {pid} ended while gdb attached to it")
    if "Operation not permitted" in log or "ptrace:" in log:
        raise Refused(
            f"the system does not let gdb into process {pid}",
            hint="in a container, start it with --cap-add SYS_PTRACE; else run leakgate as root, "
            "or `sudo sysctl kernel.yama.ptrace_scope=0`",
        )
    lines = [line for line in log.splitlines() if line.strip()]
    raise Refused(f"gdb could not attach to process {pid}: {lines[-1] if lines else 'gdb printed nothing'}")


def _note_page(place: Path, channel: Channel, pid: int) -> None:
    """Tell the probe which page it unmaps when it leaves."""
    with contextlib.suppress(OSError):
        address = (place / "page.bin").read_bytes()
        descriptor = os.open(channel.folder / f"page-{pid}.bin", NEW_FILE_FLAGS, 0o644)
        try:
            os.write(descriptor, address)
        finally:
            os.close(descriptor)
