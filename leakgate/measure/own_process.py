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
    return _started(("-B", "-P", *compiled, "-m", module), arguments, stderr)


def start_own_file(file: Path, *arguments: Path, stderr: int | IO[bytes]) -> "subprocess.Popen[bytes]":
    """Start a file of leakgate that uses the standard library only: the same, but it starts in a few milliseconds.

    Raises OSError if the process cannot be started.
    """
    return _started(("-B", "-I", "-S", str(file)), arguments, stderr)


def _started(
    options: tuple[str, ...], arguments: tuple[Path, ...], stderr: int | IO[bytes]
) -> "subprocess.Popen[bytes]":
    return subprocess.Popen(
        [sys.executable, *options, *map(str, arguments)],
        env=without_secrets(os.environ),
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=stderr,
        start_new_session=True,
        creationflags=processes.creation_flags(),
    )
