"""The errors that users can cause or see. Any other exception is a bug in leakgate (exit code 4).

LeakgateError
 +-- UsageError            exit code 2
 |    +-- ConfigError      leakgate.yaml, all problems at once
 |    +-- BaselineError    unreadable, truncated, conflicted or of a future version
 |    +-- SessionError     a session or results file that cannot be trusted or read
 |    +-- OutputError      a report that cannot be written
 |    +-- InterpreterError the interpreter of a script is missing, no Python, or too old
 +-- MeasureError          exit code 3: leakgate failed to measure; the script is not the cause
"""

from dataclasses import dataclass
from typing import ClassVar

from leakgate.model.source_ref import SourceRef


class LeakgateError(Exception):
    """An expected failure: what happened (message), what the user can do (hint), and a stable slug for the docs."""

    slug: ClassVar[str] = "error"

    def __init__(self, message: str, *, hint: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint


class UsageError(LeakgateError):
    """A wrong option, argument or file: exit code 2."""

    slug = "usage"


@dataclass(frozen=True, slots=True)
class ConfigProblem:
    """One problem of the config file, with its place."""

    where: SourceRef
    message: str

    def __str__(self) -> str:
        return f"{self.where}: {self.message}"


class ConfigError(UsageError):
    """All problems of the config file, in the order of the file."""

    slug = "config"

    def __init__(self, problems: tuple[ConfigProblem, ...], *, hint: str = "") -> None:
        super().__init__("\n".join(map(str, problems)), hint=hint)
        self.problems = problems


class BaselineError(UsageError):
    """A baseline that cannot be used."""

    slug = "baseline"


class SessionError(UsageError):
    """A session or results file that cannot be read or must not be trusted."""

    slug = "session"


class OutputError(UsageError):
    """A report, session or baseline that could not be written."""

    slug = "output"


class InterpreterError(UsageError):
    """The interpreter for a script is missing, cannot be executed, is not Python, or is too old."""

    slug = "interpreter"


class MeasureError(LeakgateError):
    """leakgate could not measure a script; the script is not the cause."""

    slug = "measure"
