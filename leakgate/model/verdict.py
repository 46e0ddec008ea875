"""Verdicts, kinds and exit codes: the words of the contract as enums, with what they mean to a user."""

from dataclasses import dataclass
from enum import IntEnum, StrEnum
from typing import Final


class Verdict(StrEnum):
    """The verdict on one script. There is no "unknown"."""

    OK = "ok"
    KNOWN = "known"
    LEAK = "leak"
    OVER_BUDGET = "over-budget"
    REGRESSION = "regression"
    INCONCLUSIVE = "inconclusive"
    TOO_SLOW = "too-slow"
    """Tests that could not be repeated often enough in their time. Given only if ``fail-on`` names it."""
    NOT_REPEATABLE = "not-repeatable"
    """Tests that pass once and fail when they are repeated. Given only if ``fail-on`` names it."""
    ERROR = "error"


VERDICTS: Final[dict[Verdict, str]] = {
    Verdict.OK: "no sustained growth, or only as much as noise or a budget allows",
    Verdict.KNOWN: "a leak that the baseline or a suppression records, and that did not get worse",
    Verdict.LEAK: "sustained growth beyond noise or beyond what is allowed",
    Verdict.OVER_BUDGET: "a budget is exceeded",
    Verdict.REGRESSION: "worse than the baseline by more than tolerance and noise",
    Verdict.INCONCLUSIVE: "the readings do not show whether it leaks, even after twice the duration; "
    "the report says what to do",
    Verdict.TOO_SLOW: "tests that could not be repeated often enough in their time; given only if `fail-on` names it",
    Verdict.NOT_REPEATABLE: "tests that pass once and fail when they are repeated; given only if `fail-on` names it",
    Verdict.ERROR: "could not be started, crashed, was killed, or ended too early to be judged",
}
"""What each verdict means. README.md and docs/commands.md take their tables from here."""

SEVERITY: Final[tuple[Verdict, ...]] = (
    Verdict.OK,
    Verdict.KNOWN,
    Verdict.TOO_SLOW,
    Verdict.NOT_REPEATABLE,
    Verdict.INCONCLUSIVE,
    Verdict.REGRESSION,
    Verdict.OVER_BUDGET,
    Verdict.LEAK,
    Verdict.ERROR,
)
"""Mildest first. If a script has several findings, the one that comes last here is its verdict."""

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
    """The verdict on the whole run."""

    PASS = "pass"  # noqa: S105 - a verdict, not a password
    FAIL = "fail"
    ERROR = "error"


class ExitCode(IntEnum):
    """The status that leakgate ends with."""

    PASS = 0
    FAIL = 1
    USAGE = 2
    UNMEASURED = 3
    BUG = 4
    INTERRUPTED = 130


@dataclass(frozen=True, slots=True, kw_only=True)
class ExitCodeInfo:
    """What an exit code means to a user."""

    meaning: str
    next_step: str


EXIT_CODES: Final[dict[ExitCode, ExitCodeInfo]] = {
    ExitCode.PASS: ExitCodeInfo(meaning="the gate passes", next_step="nothing"),
    ExitCode.FAIL: ExitCodeInfo(
        meaning="the gate fails: a leak, an exceeded budget, a regression, or a canary that was not caught",
        next_step="read the report (`brief.json`) and fix the first leak of the first script",
    ),
    ExitCode.USAGE: ExitCodeInfo(
        meaning="a wrong option or config, and nothing was run; or a report could not be written",
        next_step="read `problems`; a problem of the config names `file:line:column`",
    ),
    ExitCode.UNMEASURED: ExitCodeInfo(
        meaning="a script could not be measured, and nothing failed with 1",
        next_step="read `reason` and `hint` of the script; often it crashed",
    ),
    ExitCode.BUG: ExitCodeInfo(
        meaning="a bug in leakgate; the message has a text for a bug report",
        next_step="report the bug; do not work around it",
    ),
    ExitCode.INTERRUPTED: ExitCodeInfo(
        meaning="interrupted; no child process is left, and finished results are kept", next_step="run it again"
    ),
}
"""What each exit code means. README.md, docs/agents.md and docs/commands.md take their tables from here."""
