"""``python -m leakgate.load ORDER RESULT``. The docstring of the package says what it reads and writes."""

import asyncio
import contextlib
import gc
import os
import signal
import sys
import threading
import time
from pathlib import Path
from typing import Final

from leakgate.load.openapi import RefusedError, operations
from leakgate.load.order import LoadOrder, read_order
from leakgate.load.player import Player
from leakgate.load.tally import Tally
from leakgate.load.throttle import Throttle

_REFUSED: Final = 2
_LAST_ANSWERS_S: Final = 0.5
"""Seconds at the end in which open requests may still be answered, because servers report connections that are cut."""


async def _run(order: LoadOrder, tally: Tally) -> int:
    """Send the requests of the order until this program is asked to end. Returns the exit status."""
    ended = asyncio.Event()
    loop = asyncio.get_running_loop()
    _listen_for_the_end(loop, ended)
    try:
        specs = order.requests or await operations(order)
    except RefusedError as refusal:
        tally.refused(refusal.why, refusal.hint)
        return _REFUSED
    throttle = Throttle(order.rate_per_s, order.processor_share, time.monotonic())
    player = Player(order, specs, tally, throttle)
    begun_s = time.process_time()
    tally.routes(player.names)
    play = loop.create_task(player.play())
    waiting = loop.create_task(ended.wait())
    await asyncio.wait((play, waiting), return_when=asyncio.FIRST_COMPLETED)
    waiting.cancel()
    player.stop()
    await asyncio.wait((play,), timeout=_LAST_ANSWERS_S)
    play.cancel()
    with contextlib.suppress(asyncio.CancelledError):
        await play
    tally.ended(time.process_time() - begun_s, _peak_bytes())
    return 0


def _listen_for_the_end(loop: asyncio.AbstractEventLoop, ended: asyncio.Event) -> None:
    """End on SIGTERM and SIGINT, and when the standard input is closed, because leakgate has ended then."""

    def end() -> None:
        with contextlib.suppress(RuntimeError):  # the loop has ended already
            loop.call_soon_threadsafe(ended.set)

    def read() -> None:
        with contextlib.suppress(OSError):
            while os.read(sys.stdin.fileno(), 4096):
                pass
        end()

    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda _number, _frame: end())
    threading.Thread(target=read, daemon=True).start()


def _peak_bytes() -> int:
    """Return the highest resident memory in bytes; 0 if the platform does not report it."""
    if sys.platform == "win32":
        return 0
    import resource  # noqa: PLC0415 - not on Windows

    unit = 1 if sys.platform == "darwin" else 1024
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * unit


def main() -> int:
    """Read the order, send its requests, and write the results. Returns the exit status."""
    order_path, result_path = map(Path, sys.argv[1:])
    order = read_order(order_path.read_text("utf-8"))
    gc.freeze()
    with result_path.open("w", encoding="utf-8") as file:
        return asyncio.run(_run(order, Tally(file)))


if __name__ == "__main__":
    raise SystemExit(main())
