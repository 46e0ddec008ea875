"""The step of the Action that measures.

It handles the signals of the runner from the start, because its imports take a second, in which a runner may already
cancel the job.
"""

import os
import signal
from threading import Event
from types import FrameType

SIGNALS = ("SIGINT", "SIGTERM", "SIGBREAK")


def start() -> None:
    """Record signals instead of ending, and measure."""
    stopped = Event()

    def hear(_number: int, _frame: FrameType | None) -> None:
        stopped.set()

    for name in SIGNALS:
        if hasattr(signal, name):
            signal.signal(getattr(signal, name), hear)
    from action.measuring import main  # noqa: PLC0415 - signals are heard before

    main(os.environ, stopped)


if __name__ == "__main__":
    start()
