"""Starts a second process of leakgate, which works beside it and survives it."""

import os
import subprocess
import sys
from pathlib import Path
from typing import IO

from leakgate.measure import processes
from leakgate.targets.environment import without_secrets


def start_own_process(module: str, *arguments: Path, stderr: int | IO[bytes]) -> "subprocess.Popen[bytes]":
    """Start a module of leakgate with its interpreter, in a session of its own, with pipes for stdin and stdout.

    ``-P`` ignores a ``psutil.py`` in the current folder. Raises OSError if the process cannot be started.
    """
    compiled = ("-X", f"pycache_prefix={sys.pycache_prefix}") if sys.pycache_prefix else ()
    return subprocess.Popen(
        [sys.executable, "-B", "-P", *compiled, "-m", module, *map(str, arguments)],
        env=without_secrets(os.environ),
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=stderr,
        start_new_session=True,
        creationflags=processes.creation_flags(),
    )
