"""A program that runs along with the script, under its own supervisor: a service, the set-up or the load."""

import shlex
import tempfile
from collections.abc import Callable
from pathlib import Path
from types import TracebackType
from typing import Final, Self

from leakgate.errors import MeasureError
from leakgate.measure.launch import RunningScript, StartFailed
from leakgate.measure.output import read_tail
from leakgate.model.evidence import FailureReason
from leakgate.model.staging import DEFAULT_STOP, StopSpec
from leakgate.targets.process_plan import ProcessPlan

_LONGEST_COMMAND: Final = 120


class StageFailed(Exception):  # noqa: N818 - not an error of leakgate: the result of the script
    """A companion of a script failed, so the script cannot be judged."""

    def __init__(
        self, message: str, *, hint: str = "", tail: str = "", reason: FailureReason = FailureReason.STAGE
    ) -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint
        self.tail = tail
        """The last lines that the companion wrote: hostile text."""
        self.reason = reason


class Companion:
    """One of these programs. As a context manager, it ends when no process of the program is alive."""

    def __init__(
        self, name: str, make_plan: Callable[[Path], ProcessPlan], logs: Path, stop: StopSpec = DEFAULT_STOP
    ) -> None:
        """Start the program. ``name``: for messages and log files. Raises StageFailed if it cannot be started.

        ``make_plan`` gets a folder beside ``logs`` that only the program and leakgate use. It is removed with the
        program.
        """
        self.name = name
        stem = "".join(letter if letter.isalnum() else "-" for letter in name)
        self.logs = (logs / f"{stem}.stdout.log", logs / f"{stem}.stderr.log")
        self._folder = tempfile.TemporaryDirectory(prefix="leakgate-", dir=logs.parent, ignore_cleanup_errors=True)
        folder = Path(self._folder.name)
        plan = make_plan(folder)
        self.command = shown_command(plan.argv)
        try:
            self.running = RunningScript(plan, channel=folder, stdout=self.logs[0], stderr=self.logs[1], stop=stop)
        except (StartFailed, MeasureError) as error:
            self._folder.cleanup()
            program = plan.argv[0]
            if isinstance(error, StartFailed) and Path(program).name == program:  # it would be a path if it was found
                reason = f"there is no program {program!r}, neither in the folder of the interpreter nor on PATH"
                raise StageFailed(
                    f"{name} could not be started: {reason}", hint=f"install {program}, or write its path"
                ) from None
            hint = f"try to run it by hand in {plan.cwd}: {self.command}"
            raise StageFailed(f"{name} could not be started: {error}", hint=hint) from None

    @property
    def status(self) -> int | None:
        """The exit status; None while the program runs."""
        return None if self.running.exit is None else self.running.exit.status

    @property
    def last_words(self) -> str:
        """The last lines that the program wrote."""
        return last_words(*self.logs)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.close()

    def end(self) -> None:
        """End the program. Its folder stays."""
        self.running.close()

    def close(self) -> None:
        """End the program, and remove its folder."""
        self.end()
        self._folder.cleanup()


def shown_command(words: tuple[str, ...]) -> str:
    """Return a command as a user would type it, shortened."""
    text = shlex.join(words)
    return text if len(text) <= _LONGEST_COMMAND else f"{text[:_LONGEST_COMMAND]} ..."


def last_words(stdout: Path, stderr: Path) -> str:
    """Return the last lines of stderr, or of stdout if stderr is empty."""
    return read_tail(stderr).strip() or read_tail(stdout)


def ended_with(status: int) -> str:
    """Return how a program ended, as text."""
    return f"ended with status {status}" if status >= 0 else f"was killed by signal {-status}"
