"""What the options of the command line and the inputs of the Action share with the config, without the config itself.

This module is light: it imports neither pydantic nor yaml, which take a fifth of a second of processor time to load.
"""

from collections.abc import Iterable, Sequence
from difflib import get_close_matches
from typing import Final

from leakgate.errors import UsageError
from leakgate.model.verdict import Verdict

DEFAULT_CONFIG: Final = "leakgate.yaml"
LONGEST_VALUE: Final = 100
SHORTEST_DURATION_S: Final = 1.0
LONGEST_DURATION_S: Final = 24 * 3600.0
FAIL_ON: Final = tuple(verdict for verdict in Verdict if verdict is not Verdict.OK)
"""The verdicts that ``fail-on`` may name."""
NO_VERDICT: Final = "none"
"""The value of ``--fail-on`` for an advisory run: everything is reported, nothing fails the gate."""


def quote(text: str) -> str:
    """Return text of the user in quotes, shortened, with every non-printable character escaped."""
    return repr(text if len(text) <= LONGEST_VALUE else f"{text[:LONGEST_VALUE]}...")


def or_near(name: str, valid: Sequence[str]) -> str:
    """Return the end of a message about an unknown name: the nearest valid one, or nothing."""
    near = get_close_matches(name[:LONGEST_VALUE], valid, n=1)
    return f"; did you mean {near[0]!r}?" if near else ""


def check_duration(seconds: float) -> float:
    """Return the same seconds. Raises ValueError if they are outside the limits of a duration."""
    if not SHORTEST_DURATION_S <= seconds <= LONGEST_DURATION_S:
        raise ValueError("a duration must be between 1s and 24h")
    return seconds


def parse_fail_on(names: Iterable[str]) -> frozenset[Verdict]:
    """Return the verdicts of ``--fail-on``; an empty set for the single word ``none``.

    Raises UsageError for an unknown verdict; the message names the nearest valid one.
    """
    valid = [verdict.value for verdict in FAIL_ON]
    hint = f"valid are {', '.join(valid)}; or none, so that nothing fails"
    chosen = tuple(names)
    if chosen == (NO_VERDICT,):
        return frozenset()
    for name in chosen:
        if name not in valid:
            raise UsageError(f"--fail-on: unknown verdict {quote(name)}{or_near(name, valid)}", hint=hint)
    if not chosen:
        raise UsageError("--fail-on needs at least one verdict", hint=hint)
    return frozenset(map(Verdict, chosen))
