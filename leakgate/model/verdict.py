"""Verdicts, kinds and exit codes: the words of the contract as enums."""

from enum import IntEnum, StrEnum
from typing import Final


class Verdict(StrEnum):
    """What leakgate says of one script. There is no "unknown"."""

    OK = "ok"
    KNOWN = "known"
    LEAK = "leak"
    OVER_BUDGET = "over-budget"
    REGRESSION = "regression"
    INCONCLUSIVE = "inconclusive"
    ERROR = "error"


SEVERITY: Final[tuple[Verdict, ...]] = (
    Verdict.OK,
    Verdict.KNOWN,
    Verdict.INCONCLUSIVE,
    Verdict.REGRESSION,
    Verdict.OVER_BUDGET,
    Verdict.LEAK,
    Verdict.ERROR,
)
"""Mildest first; where several findings meet, the last of these is the script's verdict."""

DEFAULT_FAIL_ON: Final = frozenset({Verdict.LEAK, Verdict.OVER_BUDGET, Verdict.REGRESSION})
"""The verdicts that fail the gate with exit code 1 unless ``--fail-on`` says otherwise."""


class Expectation(StrEnum):
    """What the user expects of a script: health, or (a planted leak) that the gate catches it."""

    OK = "ok"
    LEAK = "leak"


class Kind(StrEnum):
    """Where the memory that grows comes from."""

    PYTHON = "python"
    NATIVE = "native"
    CHILD = "child"
    NONE = "none"


class GateVerdict(StrEnum):
    """What leakgate says of the whole run."""

    PASS = "pass"  # noqa: S105 - a verdict, not a password
    FAIL = "fail"
    ERROR = "error"


class ExitCode(IntEnum):
    """The status leakgate ends with; the table in the README is tested against this."""

    PASS = 0
    FAIL = 1
    USAGE = 2
    UNMEASURED = 3
    BUG = 4
    INTERRUPTED = 130
