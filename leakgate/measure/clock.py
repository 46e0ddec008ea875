"""The real clock."""

import time
from datetime import UTC, datetime


class SystemClock:
    """Time of this machine; ``monotonic_s`` is comparable with ``time.monotonic()`` of other processes on it."""

    def monotonic_s(self) -> float:
        """Return the seconds since a moment in the past, which is the same for all processes."""
        return time.monotonic()

    def processor_s(self) -> float:
        """Return the processor time of this thread in seconds."""
        return time.thread_time()

    def sleep(self, seconds: float) -> None:
        """Wait."""
        time.sleep(seconds)

    def utc_iso(self) -> str:
        """Return the time now in UTC, in ISO 8601 with whole seconds."""
        return datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
