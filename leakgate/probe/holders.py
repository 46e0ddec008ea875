"""What holds on to the memory: containers that grow, and the way to them."""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Generator

    from .explain import Answer


def explain(answer: Answer, window_s: float) -> Generator[float]:  # noqa: ARG001
    """Look for growing containers for `window_s` at most; yields how long to wait."""
    yield 0.0
    answer.note("holders are not looked for")
