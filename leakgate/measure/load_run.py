"""The load of a server: leakgate's own generator or a program of the user, outside the judged process tree."""

import sys
import time
from dataclasses import replace
from pathlib import Path
from typing import Final

from leakgate.load.order import order_text
from leakgate.measure.companion import Companion, StageFailed, ended_with
from leakgate.measure.processors import usable_processors
from leakgate.measure.work_feed import WorkFeed
from leakgate.model.load_spec import LoadProgram, LoadSpec
from leakgate.model.target import TargetSpec
from leakgate.model.units import format_duration
from leakgate.model.work_record import WorkRecord
from leakgate.targets.plan import plan_companion
from leakgate.targets.process_plan import ProcessPlan

NAME: Final = "load"
_LEAST_ANSWERS: Final = 20
_PATIENCE_S: Final = 3.0
"""The load fails if no answer was as expected after these seconds and ``_LEAST_ANSWERS`` answers."""
_PAUSE_S: Final = 0.2
_POLL_S: Final = 0.25


class LoadRun:
    """A running load. A program of the user that ends with status 0 is started again."""

    def __init__(self, spec: TargetSpec, load: LoadSpec, logs: Path, started_s: float) -> None:
        """Start. ``started_s``: the monotonic clock when the watch began. Raises StageFailed."""
        self._spec = spec
        self._load = load
        self._logs = logs
        self._started_s = started_s
        self._feed: WorkFeed | None = None
        self._next_poll_s = 0.0
        self._closed = False
        self.failure: StageFailed | None = None
        self._companion = self._start()

    @property
    def record(self) -> WorkRecord | None:
        """The requests and answers so far; None for a program of the user."""
        return None if self._feed is None else self._feed.record()

    def poll(self) -> None:
        """Read what the load has written, and check that it still runs. Sets ``failure`` if not."""
        now_s = time.monotonic()
        if self._closed or now_s < self._next_poll_s or self.failure is not None:
            return
        self._next_poll_s = now_s + _POLL_S
        if self._feed is not None:
            self._feed.poll()
        if self._companion.running.ended:
            self._take_end(now_s)
        elif now_s - self._started_s > _PATIENCE_S:
            record = self.record
            if record is not None and record.sent >= _LEAST_ANSWERS and record.expected == 0:
                self.failure = self._unexpected(record)

    def close(self) -> None:
        """End the load. Sets ``failure`` if too few answers were as expected."""
        if self._closed:
            return
        self._closed = True
        self._companion.end()
        if self._feed is not None:
            self._feed.poll()
        self._companion.close()
        if self._feed is None or self.failure is not None:
            return
        record = self.record
        if record is None or record.sent == 0:
            self.failure = StageFailed("no request of the load was answered", tail=self._companion.last_words)
        elif record.expected < self._load.expected_share * record.sent:
            self.failure = self._unexpected(record)

    def _take_end(self, now_s: float) -> None:
        status = self._companion.status
        if self._feed is not None and self._feed.refusal is not None:
            why, hint = self._feed.refusal
            self.failure = StageFailed(f"the load could not start: {why}", hint=hint)
        elif status == 0 and self._feed is None:
            self._companion.close()
            time.sleep(_PAUSE_S)
            self._companion = self._start()
        else:
            after = format_duration(now_s - self._started_s)
            how = "is gone" if status is None else ended_with(status)
            self.failure = StageFailed(
                f"the load {how} after {after}",
                hint=f"run it by hand while the server runs: {self._companion.command}",
                tail=self._companion.last_words,
            )

    def _unexpected(self, record: WorkRecord) -> StageFailed:
        share = self._load.expected_share
        message = f"{record.expected:,} of {record.sent:,} answers were as expected; {share:.0%} must be"
        if record.unexpected:
            first = record.unexpected[0]
            message += f"; the first unexpected one: {record.routes[first.route]}: {first.what}"
        hint = "check the requests under `load`, or set the expected status under `expect`"
        return StageFailed(message, hint=hint)

    def _start(self) -> Companion:
        address = {} if "{port}" in self._load.url else {"LEAKGATE_URL": self._load.url}
        env = {**self._spec.env, **address}
        if isinstance(self._load.source, LoadProgram):
            words = self._words(self._load.source)
            return Companion(NAME, lambda _folder: plan_companion(self._spec, words, env), self._logs)
        return Companion(NAME, self._plan_own, self._logs)

    def _words(self, program: LoadProgram) -> tuple[str, ...]:
        if program.path is not None:
            return (str(self._spec.python), str(program.path), *program.args)
        if program.module:
            return (str(self._spec.python), "-m", program.module, *program.args)
        return program.command

    def _plan_own(self, folder: Path) -> ProcessPlan:
        order, result = folder / "order.json", folder / "result.jsonl"
        text = order_text(self._load, interval_s=self._spec.interval_s, processors=usable_processors())
        order.write_text(text, encoding="utf-8")
        words = (sys.executable, "-P", "-m", "leakgate.load", str(order), str(result))
        self._feed = WorkFeed(path=result, started_s=self._started_s)
        return replace(plan_companion(self._spec, words, {}), keeps_stdin=True)
