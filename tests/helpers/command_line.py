"""The real `leakgate`, as a user starts it: a process of its own, in a folder of the user's."""

import contextlib
import os
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from typer.testing import CliRunner

from leakgate.cli.app import app
from tests.helpers.ready_leakgate import ready_leakgate
from tests.helpers.real_runs import MARK

COMMAND: Final = (sys.executable, "-m", "leakgate")
LONGEST_S: Final = 900.0
UNWANTED: Final = ("NO_COLOR", "FORCE_COLOR", "COLUMNS", "PYTHONPATH", "GITHUB_ACTIONS", "CI")
UNLIKE_FORKED: Final = {"COVERAGE_RUN", "COVERAGE_PROCESS_START", "COVERAGE_PROCESS_CONFIG"}
"""Variables under which each command is started by Python: a start-up file measures its coverage."""


@dataclass(frozen=True)
class Answer:
    """What a command left."""

    status: int
    stdout: str
    stderr: str

    @property
    def text(self) -> str:
        """All that a user saw."""
        return self.stdout + self.stderr


def environment(mark: str = "", **extra: str) -> dict[str, str]:
    """This process's environment without what changes how output looks; ``mark`` makes the family findable."""
    kept = {name: value for name, value in os.environ.items() if name not in UNWANTED}
    return kept | ({MARK: mark} if mark else {}) | extra


def leakgate(folder: Path, *args: str, mark: str = "", **extra: str) -> Answer:
    """Run a command to its end in ``folder``. Output that is no UTF-8 fails the test."""
    env = environment(mark, **extra)
    if sys.platform != "linux" or mark or extra.keys() - {"COLUMNS"} or UNLIKE_FORKED & env.keys():
        done = subprocess.run(
            [*COMMAND, *args],
            cwd=folder,
            env=env,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            timeout=LONGEST_S,
            check=False,
        )
    else:
        done = ready_leakgate().run(folder, args, env, LONGEST_S)
    return Answer(done.returncode, done.stdout.decode("utf-8"), done.stderr.decode("utf-8"))


def leakgate_here(folder: Path, *args: str) -> Answer:
    """The same command without a process of its own, which takes a second of processor time to start.

    For commands that end before they measure, where many inputs are tried.
    """
    unset = dict.fromkeys(UNWANTED)
    with contextlib.chdir(folder):
        done = CliRunner().invoke(app, args, prog_name="leakgate", env=unset)
    return Answer(done.exit_code, done.stdout, done.stderr)


def start(folder: Path, *args: str, mark: str = "", **extra: str) -> "subprocess.Popen[bytes]":
    """Start a command in a session of its own, with pipes, and go on."""
    return subprocess.Popen(
        [*COMMAND, *args],
        cwd=folder,
        env=environment(mark, **extra),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        start_new_session=True,
    )
