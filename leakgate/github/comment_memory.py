"""What a comment remembers for the next run: which scripts leaked, and which of those leaks are fixed since.

The comment itself stores it, in a line that a browser does not show. Anyone who may edit the comment may change it, so
it is read as hostile text: bounded, with known fields only, and used only as words in the next comment.
"""

import base64
import binascii
import json
import re
from collections.abc import Iterable
from dataclasses import replace
from typing import Final

from leakgate.github.comment import LEAKING
from leakgate.model.report import GateReport, TargetResult
from leakgate.model.review import SeenLeak
from leakgate.model.verdict import Expectation, Verdict

MOST: Final = 20
"""The largest number of leaks that are remembered."""
LONGEST_TEXT: Final = 100
LINE_LIMIT: Final = 12_000
"""The largest number of characters of the line: twenty leaks with their names in base64."""
_HEALTHY: Final = frozenset({Verdict.OK, Verdict.KNOWN})
_LINE: Final = re.compile(r"^<!-- leakgate:memory (?P<text>[A-Za-z0-9_=-]{1,12000}) -->\s*\Z", re.MULTILINE)
_COMMIT: Final = re.compile(r"[0-9a-f]{7,64}")


def remember(leaks: Iterable[SeenLeak]) -> str:
    """Return the last line of a comment; empty if there is nothing to remember."""
    rows = [
        [leak.script[:LONGEST_TEXT], leak.place[:LONGEST_TEXT], round(leak.bytes_per_s), leak.fixed_in]
        for leak in list(leaks)[:MOST]
    ]
    while rows:
        line = f"<!-- leakgate:memory {base64.urlsafe_b64encode(json.dumps(rows).encode('ascii')).decode('ascii')} -->"
        if len(line) <= LINE_LIMIT:
            return line
        rows.pop()
    return ""


def recall(body: str) -> tuple[SeenLeak, ...]:
    """Return what a comment remembers; empty if its last line is not one that leakgate writes."""
    match = _LINE.search(body)
    if match is None:
        return ()
    try:
        rows = json.loads(base64.b64decode(match["text"], altchars=b"-_", validate=True))
    except (ValueError, binascii.Error, RecursionError):
        return ()
    found = [_leak(row) for row in rows[:MOST]] if isinstance(rows, list) else []
    return tuple(leak for leak in found if leak is not None)


def _leak(row: object) -> SeenLeak | None:
    match row:
        case [str(script), str(place), int(bytes_per_s), str(fixed_in)]:
            known = len(script) <= LONGEST_TEXT and len(place) <= LONGEST_TEXT and abs(bytes_per_s) < 2**62
            if known and (not fixed_in or _COMMIT.fullmatch(fixed_in)):
                return SeenLeak(script=script, place=place, bytes_per_s=float(bytes_per_s), fixed_in=fixed_in)
    return None


def carried_on(
    earlier: tuple[SeenLeak, ...], report: GateReport, now: Iterable[SeenLeak], commit: str
) -> tuple[SeenLeak, ...]:
    """Return what the next comment remembers.

    A leak of an earlier run is fixed if its script was measured again and is healthy now; ``commit`` is the one that
    was measured. A script that was not measured, or could not be judged, fixes nothing.
    """
    leaking = tuple(now)
    results = {result.target.name[:LONGEST_TEXT]: result for result in report.results}
    names = {leak.script for leak in leaking}
    kept = [
        _judged(leak, results.get(leak.script), commit)
        for leak in earlier
        if leak.script not in names and not _grows(results.get(leak.script))
    ]
    return (*leaking, *kept)[:MOST]


def _judged(leak: SeenLeak, result: TargetResult | None, commit: str) -> SeenLeak:
    healthy = result is not None and result.verdict in _HEALTHY
    return replace(leak, fixed_in=commit) if healthy and not leak.fixed_in else leak


def _grows(result: TargetResult | None) -> bool:
    """Whether the script leaks again; then the remembered leak no longer counts."""
    return result is not None and result.verdict in LEAKING and result.target.expect is not Expectation.LEAK
