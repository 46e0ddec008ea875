"""How accepted figures moved from version to version of the baseline file. Pure."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Final

from leakgate.archive.forms.baseline_form import rate_text, size_text
from leakgate.baseline.changes import Change, changes
from leakgate.baseline.git_history import BaselineVersion
from leakgate.model.baseline import Baseline, BaselineEntry

LEAST_RISES: Final = 2
"""A single rise is visible in its own pull request. Several rises add up to an amount that no pull request shows."""
LEAST_FACTOR: Final = 2.0
"""Several rises are reported when they multiply the accepted memory by this: a doubling matters at any size."""
UNCOMMITTED: Final = "not committed"


@dataclass(frozen=True, slots=True, kw_only=True)
class Drift:
    """An accepted figure that rose several times."""

    environment: str
    script: str
    what: str
    """``peak`` or ``growth``."""
    first: str
    """The lowest figure that was accepted, as the file words it."""
    last: str
    rises: int
    """How many versions raised it since then."""
    since: str
    """The day of the version with the lowest figure."""

    def __str__(self) -> str:
        return (
            f"{self.script}: the accepted {self.what} rose {self.rises} times since {self.since}, "
            f"from {self.first} to {self.last} ({self.environment})"
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """The changes of one version."""

    day: str
    commit: str
    """Empty if it is not committed yet."""
    author: str
    subject: str
    changes: tuple[Change, ...]


def drifts(versions: Sequence[BaselineVersion], now: Baseline) -> tuple[Drift, ...]:
    """Each figure of the baseline that rose several times and at least doubled. ``versions``: oldest first."""
    found = []
    for key, script, entry in now.rows():
        rows = [(one.day, seen) for one in versions if (seen := one.baseline.entry(key, script)) is not None]
        rows.append((UNCOMMITTED, entry))
        found += [drift for what in ("peak", "growth") if (drift := _drift(key, script, what, rows)) is not None]
    return tuple(found)


def _drift(key: str, script: str, what: str, rows: list[tuple[str, BaselineEntry]]) -> Drift | None:
    figures = [(day, _figure(entry, what)) for day, entry in rows]
    figures = [(day, figure) for day, figure in figures if figure > 0]
    if not figures:
        return None
    lowest = min(range(len(figures)), key=lambda at: (figures[at][1], -at))
    (since, first), (_, last) = figures[lowest], figures[-1]
    later = [figure for _, figure in figures[lowest:]]
    rises = sum(after > before for before, after in pairwise(later))
    if rises < LEAST_RISES or last < LEAST_FACTOR * first:
        return None
    word = size_text if what == "peak" else rate_text
    return Drift(
        environment=key, script=script, what=what, first=word(first), last=word(last), rises=rises, since=since
    )


def _figure(entry: BaselineEntry, what: str) -> float:
    if what == "peak":
        return float(entry.peak_bytes)
    return entry.growth_bytes_per_s


def steps(versions: Sequence[BaselineVersion], now: Baseline, names: Sequence[str] = ()) -> tuple[Step, ...]:
    """Return the changes of each version, oldest first, then the uncommitted ones. ``names``: scripts; empty: all."""
    found, before = [], Baseline()
    for one in versions:
        found.append(_step(one.day, one.commit, one.author, one.subject, before, one.baseline, names))
        before = one.baseline
    found.append(_step(UNCOMMITTED, "", "", "", before, now, names))
    return tuple(step for step in found if step.changes)


def _step(
    day: str, commit: str, author: str, subject: str, before: Baseline, after: Baseline, names: Sequence[str]
) -> Step:
    kept = tuple(change for change in changes(before, after) if not names or change.script in names)
    return Step(day=day, commit=commit, author=author, subject=subject, changes=kept)
