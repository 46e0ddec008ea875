"""leakgate with its modules loaded: each command is a process of its own, forked from one that has imported everything.

Loading leakgate takes a second of processor time, and the suite starts hundreds of commands. A forked process runs the
same code from the same entry, in the given folder and environment, with output and exit status of its own. It does not
test how Python itself starts; tests of that use `command_line.COMMAND`.
"""

import atexit
import contextlib
import functools
import gc
import json
import os
import pkgutil
import socket
import subprocess
import sys
import tempfile
from importlib import import_module
from pathlib import Path
from typing import Final

import leakgate
from leakgate.__main__ import main

LONGEST_REQUEST: Final = 1_000_000
"""Bytes of arguments and environment."""


class ReadyLeakgate:
    """A process that has loaded leakgate, and forks for each command."""

    def __init__(self) -> None:
        self._asking, answering = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        with answering:
            command = [sys.executable, "-m", __name__, str(answering.fileno())]
            root = Path(__file__).parents[2]
            self._process = subprocess.Popen(command, cwd=root, stdin=subprocess.DEVNULL, pass_fds=[answering.fileno()])

    def close(self) -> None:
        """End the process; a command that it waits for is not ended."""
        self._asking.close()
        self._process.kill()
        self._process.wait()

    def run(
        self, folder: Path, args: tuple[str, ...], env: dict[str, str], longest_s: float
    ) -> "subprocess.CompletedProcess[bytes]":
        """Run one command to its end, as `subprocess.run` does."""
        request = json.dumps({"args": args, "folder": str(folder), "env": env}).encode()
        with tempfile.TemporaryFile() as out, tempfile.TemporaryFile() as errors:
            self._asking.settimeout(longest_s)
            socket.send_fds(self._asking, [request], [out.fileno(), errors.fileno()])
            try:
                answer = self._asking.recv(100)
            except TimeoutError:
                ready_leakgate.cache_clear()  # otherwise it would give the late answer to the next command
                self.close()
                raise
            assert answer, "the process that starts leakgate has ended"
            out.seek(0), errors.seek(0)
            return subprocess.CompletedProcess(args, int(answer), out.read(), errors.read())


@functools.cache
def ready_leakgate() -> ReadyLeakgate:
    """Return the process of this test process, which starts it on first use and ends it."""
    ready = ReadyLeakgate()
    atexit.register(ready.close)
    return ready


def _load_everything() -> None:
    for module in pkgutil.walk_packages(leakgate.__path__, "leakgate."):
        if not module.name.startswith("leakgate.probe") and not module.name.endswith("__main__"):
            import_module(module.name)
    gc.collect()
    gc.freeze()  # a collection in a child would copy each page that it looks at


def _wait_for_a_command(requests: socket.socket) -> None:
    """Fork for each request, and return in the child. The other process answers, and ends with the test process."""
    while True:
        data, fds, _, _ = socket.recv_fds(requests, LONGEST_REQUEST, 2)
        if not data:
            os._exit(0)
        child = os.fork()
        if child == 0:
            break
        for fd in fds:
            os.close(fd)
        _, status = os.waitpid(child, 0)
        with contextlib.suppress(OSError):  # the test gave up
            requests.send(str(os.waitstatus_to_exitcode(status)).encode())
    requests.close()
    request = json.loads(data)
    for number, fd in enumerate(fds, start=1):
        os.dup2(fd, number)
        os.close(fd)
    os.chdir(request["folder"])
    os.environ.clear()
    os.environ.update(request["env"])
    sys.argv[1:] = request["args"]
    sys.path[0] = request["folder"]


if __name__ == "__main__":
    _load_everything()
    _wait_for_a_command(socket.socket(fileno=int(sys.argv[1])))
    main()
