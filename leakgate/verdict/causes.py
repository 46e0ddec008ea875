"""The causes of the growth in a test suite: each once, with all tests that show it."""

from collections.abc import Iterable
from dataclasses import replace

from leakgate.model.report import Leak
from leakgate.verdict.one_test import TestVerdict


def by_cause(verdicts: Iterable[TestVerdict]) -> tuple[Leak, ...]:
    """Each cause once, with all tests that show it; the one that most tests show comes first."""
    return grouped(leak for verdict in verdicts for leak in verdict.leaks)


def grouped(leaks: Iterable[Leak]) -> tuple[Leak, ...]:
    """Return the leaks, those with the same signature combined; the leak that most tests show comes first."""
    found: dict[str, Leak] = {}
    for leak in leaks:
        known = found.get(leak.signature)
        if known is None:
            found[leak.signature] = leak
            continue
        larger = leak if _weight(leak) > _weight(known) else known
        found[leak.signature] = replace(larger, tests=(*known.tests, *leak.tests))
    return tuple(sorted(found.values(), key=lambda leak: (-len(leak.tests), -_weight(leak))))


def _weight(leak: Leak) -> float:
    per_call = leak.per_call
    explained = 1.0 if leak.holder is not None else 0.0
    return (per_call.bytes if per_call is not None else 0.0) + 1e9 * explained
