"""The answer to an EXPLAIN command: what grows and where it is allocated. Bounded in time and memory."""

from __future__ import annotations

from . import audit, holder_search, native, opened, traces, wire, writers
from .system import system

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Generator
    from typing import TypeVar

    from .answer import Answer

    _Result = TypeVar("_Result")

_MOST_BESIDES_S = 17.0
"""Limit in seconds beyond the window. leakgate waits longer for the answer, because the machine may be busy."""
TRACE, NATIVE, HOLDERS, RESOURCES, QUICK = 1, 2, 4, 8, 16
"""What to explain: bits of the command. `QUICK`: the growth is so fast that a trace may be clear after a few marks."""


def explain(answer: Answer, bits: int, seconds: float, blocks_per_s: int = 0) -> Generator[float]:
    """Make the parts of the answer that `bits` ask for, and write it. Each part may take `seconds`.

    `blocks_per_s`: by how many live blocks the process grew before; 0 if that is not known. Yields seconds to wait.
    """
    answer.flags = wire.EXPLAINING
    until = system.monotonic() + seconds + _MOST_BESIDES_S
    try:
        traced = None
        look = holder_search.Look(answer, blocks_per_s) if bits & HOLDERS else None
        made = opened.ResourceLook(answer) if bits & RESOURCES else None
        if made:
            yield from _attempt(answer, made.begin(), until)
        if look:
            yield from _attempt(answer, look.begin(), until)
        if bits & TRACE:
            quick_per_s = blocks_per_s if bits & QUICK else 0
            traced = yield from _attempt(answer, traces.explain(answer, seconds, quick_per_s), until)
        if bits & NATIVE and not (traced and traced.explains_native):
            yield from _attempt(answer, native.explain(answer, seconds), until)
        if look:
            yield from _attempt(answer, look.finish(seconds), until)
        if made:
            yield from _attempt(answer, made.finish(seconds), until)
    except GeneratorExit:
        answer.note("the program ended while it was being explained")
    finally:
        audit.abandon()
        answer.flags = 0
        answer.finish()


def _attempt(
    answer: Answer, part: Generator[float, None, _Result], until: float
) -> Generator[float, None, _Result | None]:
    """Run one part of the explanation. If it fails or takes too long, add a note; the other parts still run."""
    try:
        while True:
            try:
                wait = next(part)
            except StopIteration as end:
                result: _Result | None = end.value
                return result
            if system.monotonic() > until:
                part.close()
                answer.note("a part of the explanation was skipped: it took too long")
                return None
            yield wait
    except GeneratorExit:
        part.close()
        raise
    except Exception as error:
        wire.report_error(answer.channel, "explaining", error)
        answer.note("a part of the explanation failed: %s: %s" % (type(error).__name__, error))
        return None


def abandon() -> None:
    """In a forked child: switch off what the explanation of the parent had switched on."""
    opened.abandon()
    traces.abandon()
    native.abandon()
    writers.abandon()
