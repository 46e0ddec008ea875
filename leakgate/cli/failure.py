"""How errors are printed, and the exit code of each. Users see a traceback only as a text for a bug report."""

import contextlib
import functools
import platform
import signal
import threading
import traceback
from collections.abc import Callable, Iterator
from typing import NoReturn, ParamSpec

import typer

from leakgate import __version__
from leakgate.cli.console import say
from leakgate.errors import ConfigError, LeakgateError, MeasureError, UsageError
from leakgate.model.verdict import ExitCode
from leakgate.report.escape import plain
from leakgate.report.number_words import plural

LONGEST_TRACEBACK = 20_000
MOST_PROBLEMS = 100
"""Most problems of a config that are printed: one mistake may be in each of thousands of entries."""

P = ParamSpec("P")


def as_command(command: Callable[P, ExitCode]) -> Callable[P, NoReturn]:
    """Turn a function that returns an exit code into a command.

    Every exception gets a defined exit code, so that no exception ends with 1 by accident.
    """

    @functools.wraps(command)
    def run_and_exit(*args: P.args, **kwargs: P.kwargs) -> NoReturn:
        try:
            with _ended_by_signal():
                status = command(*args, **kwargs)
        except typer.BadParameter:
            raise
        except LeakgateError as error:
            status = report_error(error)
        except KeyboardInterrupt:
            say("interrupted")
            status = ExitCode.INTERRUPTED
        except Exception as bug:  # noqa: BLE001 - any other exception is a bug of leakgate and must not look like a leak
            status = report_bug(bug)
        raise typer.Exit(int(status))

    return run_and_exit


@contextlib.contextmanager
def _ended_by_signal() -> Iterator[None]:
    """Make SIGTERM and a closed terminal end a command as Ctrl-C does, so that its child processes end too."""
    numbers: list[int] = []
    if threading.current_thread() is threading.main_thread():
        named = (getattr(signal, name, None) for name in ("SIGTERM", "SIGHUP"))
        numbers = [one for one in named if one is not None and signal.getsignal(one) is signal.SIG_DFL]
    for number in numbers:
        signal.signal(number, signal.default_int_handler)
    try:
        yield
    finally:
        for number in numbers:
            signal.signal(number, signal.SIG_DFL)


def report_error(error: LeakgateError) -> ExitCode:
    """Print an expected error, and return its exit code."""
    if isinstance(error, ConfigError):
        count = len(error.problems)
        for problem in error.problems[:MOST_PROBLEMS]:
            say(plain(str(problem), limit=1000))
        shown = f"; the first {MOST_PROBLEMS} are printed" if count > MOST_PROBLEMS else ""
        say(f"{plural(count, 'problem')} in the config{shown}; nothing was run")
    else:
        say(f"error: {plain(error.message, limit=2000)}")
    if error.hint:
        say(f"hint: {plain(error.hint, limit=1000)}")
    return status_of(error)


def status_of(error: BaseException) -> ExitCode:
    """Return the exit code for an exception; an unexpected exception is a bug."""
    match error:
        case UsageError():
            return ExitCode.USAGE
        case MeasureError():
            return ExitCode.UNMEASURED
        case KeyboardInterrupt():
            return ExitCode.INTERRUPTED
        case _:
            return ExitCode.BUG


def report_bug(bug: Exception) -> ExitCode:
    """Print the text for a bug report, and return the exit code of a bug."""
    say(f"leakgate has a bug: {type(bug).__name__}. Finished results are kept. Please report these lines:")
    say("---")
    system = f"{platform.system()} {platform.machine()}"
    say(f"leakgate {__version__}, {platform.python_implementation()} {platform.python_version()}, {system}")
    say(plain("".join(traceback.format_exception(bug)), limit=LONGEST_TRACEBACK))
    say("---")
    return ExitCode.BUG
