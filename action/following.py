"""Runs ``leakgate run`` as a child process of the step.

Its output goes to the log at once, and it is stopped when the step is stopped.
"""

import signal
import subprocess
import sys
import threading
import time
from collections import deque
from dataclasses import dataclass
from pathlib import Path
from threading import Event
from typing import IO

from leakgate.measure import processes

PATIENCE_S = 6.5
"""Seconds from the first signal until leakgate is killed. A runner kills the step 10 s after the first signal: it sends
the second signal after 7.5 s, and SIGKILL 2.5 s later. leakgate needs 2 s for scripts that ignore signals, and the time
for its reports."""
LOOK_S = 0.1
LAST_LINES = 3
_LONGEST_LINE = 400


@dataclass(frozen=True, slots=True, kw_only=True)
class Ended:
    """How the command ended."""

    status: int
    """Negative: the number of a signal."""
    last_words: str
    """The end of its output; may contain text of a script."""


def follow(command: list[str], folder: Path, env: dict[str, str], stopped: Event) -> Ended:
    """Run a command to its end. When ``stopped`` is set, the command is asked to end, and killed if it does not."""
    words: deque[str] = deque(maxlen=LAST_LINES)
    process = subprocess.Popen(
        command, cwd=folder, env=env, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT
    )
    copier = threading.Thread(target=_copy, args=(process.stdout, words), daemon=True)
    copier.start()
    while process.poll() is None and not stopped.wait(LOOK_S):
        pass
    if process.poll() is None:
        _end(process)
    copier.join(LOOK_S * 10)  # A process that is still alive may hold the pipe.
    return Ended(status=process.returncode, last_words=" / ".join(words) or "it printed nothing")


def _end(process: "subprocess.Popen[bytes]") -> None:
    """On Windows, leakgate itself has received the Ctrl-C of the runner, because both share a console."""
    if sys.platform != "win32":
        process.send_signal(signal.SIGTERM)
    until_s = time.monotonic() + PATIENCE_S
    while process.poll() is None and time.monotonic() < until_s:
        time.sleep(LOOK_S)
    if process.poll() is None:
        family = processes.Family(process.pid)
        family.look()
        process.kill()
        process.wait()
        family.end(1.0)


def _copy(stream: IO[bytes] | None, words: "deque[str]") -> None:
    for line in stream or ():
        sys.stdout.buffer.write(line)
        sys.stdout.buffer.flush()
        if text := line.decode("utf-8", "backslashreplace").strip():
            words.append(text[:_LONGEST_LINE])


def say(text: str) -> None:
    """Write to the log without buffering, because the output of scripts comes from other processes."""
    sys.stdout.write(text)
    sys.stdout.flush()
