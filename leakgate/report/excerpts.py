"""The lines of source of a leak: which they are, and their titles. The caller reads them."""

from collections.abc import Iterator
from typing import Final

from leakgate.model.explanation import Frame
from leakgate.model.report import GateReport, Leak
from leakgate.report.places import places_of

MOST_EXCERPTS: Final = 200
_LEAKS: Final = 20
"""The largest number of leaks of one script, as many as a page shows."""


def matters(leak: Leak) -> tuple[tuple[str, Frame], ...]:
    """Return the lines of a leak, each once: the line that inserts into the holder, and the line that allocates."""
    inserted, allocated = leak.inserted_at, leak.site.blamed
    if inserted is None or inserted == allocated:
        return (("allocated and kept" if inserted else "allocated", allocated),)
    return (("inserted", inserted), ("allocated", allocated))


def wanted_lines(report: GateReport) -> Iterator[tuple[Frame, str]]:
    """Yield the lines of all leaks, in the order of the results, with paths from the project's folder; at most 200."""
    count = 0
    for result in report.results:
        places = places_of(report, result)
        for leak in result.leaks[:_LEAKS]:
            for _, frame in matters(leak):
                if frame.own and frame.line > 0 and count < MOST_EXCERPTS:
                    count += 1
                    yield frame, places.relative(frame.file)
