"""One process of a suite: starts the runner with its order, reads its journals, and returns how it ended."""

import json
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

from leakgate.errors import MeasureError
from leakgate.measure.channel import Channel
from leakgate.measure.journals import JournalReader, LoggedTest, read_journals
from leakgate.measure.launch import RunningScript, StartFailed
from leakgate.measure.surroundings import Surroundings
from leakgate.measure.suspects import ConfirmingTime, is_suspect
from leakgate.model.entry import TestsEntry
from leakgate.model.evidence import RepeatedTest
from leakgate.model.target import TargetSpec
from leakgate.model.units import format_duration
from leakgate.targets.kind import kind_of
from leakgate.targets.plan import plan

_LOOK_S: Final = 0.05
_HANGS_S: Final = 60.0
"""Seconds. A repetition that exceeds its time by more than this counts as one that never ends."""
_NOTHING_RAN: Final = {3: "an error inside pytest", 4: "a usage error"}
"""Exit statuses of pytest that mean that no test was run."""


@dataclass(slots=True)
class Heard:
    """The reports of all processes of a suite."""

    lines: dict[str, LoggedTest] = field(default_factory=dict)
    died: dict[str, str] = field(default_factory=dict)
    """How the process of a test ended, by test id, for tests that ended their process."""
    broken: list[tuple[str, str]] = field(default_factory=list)
    runner: str = ""
    failure: str = ""
    cut_short: str = ""
    """Why tests that were collected have no result, although pytest ended by itself."""
    out_of_time: bool = False
    """Whether the rest of the time limit is needed to confirm suspects, so that no further test is repeated."""
    unfinished: int = 0
    exit_code: int | None = None


@dataclass(slots=True)
class Part:
    """A part of the suite. One process runs it; if a test ends that process, another one runs the rest."""

    order: dict[str, Any]
    number: int = 0
    """Its number among the parts that run at the same time, from 0."""
    done: int = 0
    here: int = 0
    start_s: float = 0.0
    """Seconds until its first process had collected the suite; 0 until then."""

    @property
    def confirming(self) -> bool:
        """Whether its tests are suspects."""
        return bool(self.order.get("confirming"))


@dataclass(frozen=True, slots=True, kw_only=True)
class ProcessEnd:
    """How a process ended."""

    journals: tuple[JournalReader, ...] = ()
    current: str = ""
    """Id of the test that was running; empty if none was."""
    how: str = ""
    repeating: bool = False
    """Whether that test was being repeated."""
    is_whole: bool = True
    """Whether the process did all of its part."""
    started: float = 0.0
    """The monotonic clock when it was started."""


class SuiteProcesses:
    """Starts the processes of one suite, one for each call of ``run``, and collects their reports."""

    def __init__(
        self,
        spec: TargetSpec,
        logs: Path,
        surroundings: Surroundings,
        *,
        confirming: ConfirmingTime | None,
        on_progress: Callable[[], None],
    ) -> None:
        """``confirming`` gets each suspect of the first repetitions. It is None if the run has no time limit.

        ``on_progress`` is called each time the journals of the running processes were read.
        """
        self._spec, self._logs, self._surroundings = spec, logs, surroundings
        self._time_s = spec.repeating_s
        self._confirming = confirming
        self._on_progress = on_progress
        self.heard = Heard()

    def must_end(self, part: Part) -> bool:
        """Whether the user, or the time limit of the run, has ended this part.

        The first Ctrl-C (``finish``) ends only the first repetitions: the suspects so far are confirmed then.
        """
        interrupt = self._surroundings.interrupt
        first_ends = interrupt.finish.is_set() or self.heard.out_of_time
        return interrupt.stop.is_set() or (first_ends and not part.confirming)

    def run(self, part: Part, skip: list[str], channel: Channel) -> ProcessEnd:
        """Run one process to its end. ``skip``: ids of tests that an earlier process of this part has started."""
        folder = channel.folder
        order = {**order_of(self._spec), "time_s": self._time_s, **part.order, "skip": skip}
        (folder / "order.json").write_text(json.dumps(order), encoding="utf-8")
        suffix = "-confirming" if part.confirming else f"-{part.number + 1}" if part.number else ""
        stdout, stderr = self._logs / f"stdout{suffix}.log", self._logs / f"stderr{suffix}.log"
        try:
            launch = plan(self._spec, folder, self._surroundings.probe_dir)
            script = RunningScript(
                launch,
                channel=folder,
                stdout=stdout,
                stderr=stderr,
                stop=self._spec.stop,
                interrupted=self._surroundings.interrupt.stop,
            )
        except StartFailed as refusal:
            self.heard.failure = f"could not be started: {refusal}"
            return ProcessEnd()
        except MeasureError as error:
            self.heard.failure = error.message
            return ProcessEnd()
        journals: dict[str, JournalReader] = {}
        with script:
            hung = self._follow(script, part, folder, journals)
        read_journals(folder, journals)
        return self._end(part, tuple(journals.values()), script, hung)

    def _follow(self, script: RunningScript, part: Part, folder: Path, journals: dict[str, JournalReader]) -> str:
        """Read the journals until the process has ended or must be ended. Returns why it hangs; else empty."""
        time_s = float(part.order.get("time_s", self._time_s))
        watch = _Watchdog(time_s, first_s=time_s if self._spec.repeat else None)
        seen: dict[Path, int] = {}
        while script.exit is None and not script.lost:
            time.sleep(_LOOK_S)
            read_journals(folder, journals)
            part.done = sum(len(journal.tests) for journal in journals.values())
            part.here = max((journal.here for journal in journals.values()), default=0)
            if part.here and not part.start_s:
                part.start_s = time.monotonic() - script.started
            if self._confirming is not None and not part.confirming:
                new = (test for journal in journals.values() for test in _new_tests(journal, seen))
                for suspect in filter(is_suspect, new):
                    self._confirming.add(suspect)
            self._on_progress()
            hung = "" if part.confirming else watch.look(journals)
            if self.must_end(part) or hung:
                return hung
        return ""

    def _end(self, part: Part, journals: tuple[JournalReader, ...], script: RunningScript, hung: str) -> ProcessEnd:
        main = next((one for one in journals if one.path.name == f"tests-{script.pid}.jsonl"), None)
        status = script.exit.status if script.exit is not None else None
        is_whole = main is not None and (main.ended or bool(main.failure))
        if not part.confirming:
            self._hear(journals, status)
        current = main.current if main is not None else ""
        if not is_whole and not current and not part.confirming and not self.must_end(part):
            what = "pytest" if isinstance(self._spec.entry, TestsEntry) else "the process"
            self.heard.failure = self.heard.failure or f"{what} ended with status {status} before any test was done"
            if main is not None and main.tests:
                self.heard.failure = f"{what} ended with status {status} before all tests were run"
        nothing_ran = main is not None and main.ended and not main.started and not part.confirming
        if nothing_ran and status in _NOTHING_RAN:
            self.heard.failure = f"pytest ended with status {status}, {_NOTHING_RAN[status]}, before any test was run"
        if main is not None and main.ended and not part.confirming and not self.must_end(part):
            self.heard.cut_short = self.heard.cut_short or _why_cut_short(main, status)
        return ProcessEnd(
            journals=journals,
            current=current,
            how=hung or _how_it_ended(status),
            repeating=main is not None and main.repeating,
            is_whole=is_whole,
            started=script.started,
        )

    def _hear(self, journals: tuple[JournalReader, ...], status: int | None) -> None:
        heard = self.heard
        heard.exit_code = status if not heard.exit_code else heard.exit_code
        for journal in journals:
            heard.runner = journal.runner or heard.runner
            heard.failure = journal.failure or heard.failure
            heard.broken += [one for one in journal.broken if one not in heard.broken]


def order_of(spec: TargetSpec) -> dict[str, Any]:
    """Return the fields of the runner's order that say what to repeat."""
    kind = kind_of(spec.entry)
    words = kind.words(spec.entry)
    if isinstance(spec.entry, TestsEntry):
        return {"kind": kind.key, "args": [*words, *spec.args]}
    (subject,) = words
    name = spec.name if spec.repeat else subject
    return {"kind": kind.key, "call": subject, "name": name, "args": list(spec.args)}


def _new_tests(journal: JournalReader, seen: dict[Path, int]) -> list[RepeatedTest]:
    """Return the tests that the journal got since the last call. ``seen``: the number of tests before, by journal."""
    before = seen.get(journal.path, 0)
    seen[journal.path] = len(journal.tests)
    return [line.test for line in journal.tests[before:]]


class _Watchdog:
    """Detects a repetition that never ends. The normal run of a test has no time limit unless `first_s` sets one."""

    def __init__(self, time_s: float, *, first_s: float | None) -> None:
        """``first_s``: seconds that a normal run may take; None: any time."""
        self._longest_s, self._first_s = 3 * time_s + _HANGS_S, first_s
        self._seen: dict[str, tuple[tuple[str, int, bool], float]] = {}

    def look(self, journals: dict[str, JournalReader]) -> str:
        """Return why a process hangs; empty if none does."""
        now = time.monotonic()
        hanging = ""
        for name, journal in journals.items():
            state = journal.current, len(journal.started), journal.repeating
            before = self._seen.get(name)
            limit_s = self._longest_s if journal.repeating else self._first_s
            if before is None or before[0] != state:
                self._seen[name] = state, now
            elif limit_s is not None and now - before[1] > limit_s:
                after = format_duration(limit_s)
                hanging = "a repetition did not end" if journal.repeating else f"it did not end within {after}"
        return hanging


def _why_cut_short(main: JournalReader, status: int | None) -> str:
    """Return why tests of a process that ended by itself have no result; empty if all have one.

    A test or a plugin can end pytest (``KeyboardInterrupt``, ``pytest.exit``, ``-x``). Without this, tests that were
    never run would look as if they were not there.
    """
    missing = main.here - len(main.started) + (1 if main.current else 0)
    if missing <= 0 or status in _NOTHING_RAN:
        return ""
    where = f" at {main.current or main.started[-1]}" if main.started else ""
    have = "1 test has" if missing == 1 else f"{missing} tests have"
    return f"pytest stopped{where} with status {status}: {have} no result"


def _how_it_ended(status: int | None) -> str:
    if status is None:
        return "its process was killed from outside"
    if status < 0:
        return f"its process was ended by signal {-status}"
    return f"its process ended with status {status}"
