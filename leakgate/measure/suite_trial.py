"""A test suite or a callable from start to end: repeat all of it, confirm the suspects alone, explain what leaks."""

import json
import time
from collections.abc import Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, Final

from leakgate.blame.source import FunctionNames
from leakgate.errors import MeasureError, OutputError
from leakgate.growth.counts import INCONCLUSIVE, RULE, judge_counts
from leakgate.measure.channel import Channel, open_channel
from leakgate.measure.journals import JournalReader, LoggedTest, read_journals
from leakgate.measure.launch import RunningScript, StartFailed
from leakgate.measure.output import read_tail
from leakgate.measure.surroundings import Surroundings
from leakgate.measure.test_answers import explanation_of
from leakgate.measure.trial import STDERR_LOG, STDOUT_LOG
from leakgate.model.entry import CallEntry, TestsEntry
from leakgate.model.evidence import (
    Ending,
    EndReason,
    Explanation,
    FailureReason,
    Measurement,
    RepeatedTest,
    SuiteEvidence,
    TrialFailed,
    TrialOk,
)
from leakgate.model.repeated import Repetitions, TestOutcome
from leakgate.model.target import TargetSpec
from leakgate.ports import Explainer, Pacer
from leakgate.targets.interpreter import look_at_interpreter
from leakgate.targets.plan import plan

_LOOK_S: Final = 0.05
CONFIRMING: Final = 5
"""A suspect has so many times as long as a test has at first."""
_HANGS_S: Final = 60.0
"""A repetition that takes this much longer than it should is taken for one that never ends."""
_NOTHING_RAN: Final = {3: "an error inside pytest", 4: "a usage error"}
"""Statuses of pytest with which no test is run."""
_MOST_RESTARTS: Final = 20
"""Of a process that tests end: each time the rest of its part is run by a new one."""
_EXPLAINED: Final = 12
"""Suspects that are explained with all that there is; of the others the allocation sites alone, which is enough to
tell what has the same cause."""
_ALIKE: Final = 4
"""Suspects with the same growth a call of which each is repeated to the end; further ones only until they are sure."""
_ALIKE_REPETITIONS: Final = RULE.warm + 2 * RULE.least_for_leak


Confirmed = tuple[dict[str, LoggedTest], dict[str, tuple[Explanation, int]]]
"""The suspects that were run again alone, and of each that leaks the explanation and the calls in its window."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SuiteTrial:
    """What became of a suite."""

    evidence: SuiteEvidence
    failure: str = ""
    """Why nothing could be run; empty where something was."""
    hint: str = ""
    tail: str = ""
    """The last that pytest, or the callable's module, wrote: hostile text."""
    interrupted: bool = False
    exit_code: int | None = None


@dataclass(slots=True)
class _Heard:
    """What all processes of a trial have said."""

    lines: dict[str, LoggedTest] = field(default_factory=dict)
    died: dict[str, str] = field(default_factory=dict)
    """Tests whose process ended, and how."""
    broken: list[tuple[str, str]] = field(default_factory=list)
    collected: int = 0
    runner: str = ""
    failure: str = ""
    unfinished: int = 0
    exit_code: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class SuiteMeasure:
    """Measures a suite or a callable; takes the place of ``measure_target``."""

    jobs: int
    """Processes over which the tests are spread."""

    def __call__(
        self, spec: TargetSpec, *, pacer: Pacer, explainer: Explainer, logs: Path, surroundings: Surroundings
    ) -> Measurement:
        """Repeat all of it and keep what was measured. Raises InterpreterError, and OutputError for the logs."""
        del pacer, explainer  # no clock takes part
        return measure_suite(spec, jobs=self.jobs, logs=logs, surroundings=surroundings)


def measure_suite(spec: TargetSpec, *, jobs: int, logs: Path, surroundings: Surroundings) -> Measurement:
    """Repeat all tests of a suite, or a callable, and keep what was measured. Raises InterpreterError, OutputError."""
    environment = look_at_interpreter(spec)
    started_at = surroundings.clock.utc_iso()
    suite = run_suite(spec, jobs=jobs, logs=logs, surroundings=surroundings)
    if suite.failure:
        trial: TrialOk | TrialFailed = TrialFailed(
            reason=FailureReason.NOT_STARTED,
            message=suite.failure,
            hint=suite.hint,
            exit_code=suite.exit_code,
            stderr_tail=suite.tail,
            at_s=suite.evidence.took_s,
        )
    else:
        ending = Ending(
            reason=EndReason.INTERRUPTED if suite.interrupted else EndReason.EXITED,
            exit_code=suite.exit_code,
            at_s=suite.evidence.took_s,
        )
        trial = TrialOk(processes=(), tree=(), ending=ending, watched_s=suite.evidence.took_s)
    return Measurement(
        trial=trial,
        environment=environment,
        started_at=started_at,
        stdout_path=str(logs / STDOUT_LOG),
        stderr_path=str(logs / STDERR_LOG),
        suite=None if suite.failure else suite.evidence,
    )


def run_suite(spec: TargetSpec, *, jobs: int, logs: Path, surroundings: Surroundings) -> SuiteTrial:
    """Run every test normally and again and again, in up to ``jobs`` processes. Raises OutputError for the logs.

    When this returns or raises, no process of the suite lives.
    """
    try:
        logs.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise OutputError(f"the folder for the output of the tests cannot be made: {error}") from error
    run = _Run(spec, logs, surroundings, 1 if isinstance(spec.entry, CallEntry) else max(1, jobs))
    return run.trial()


class _Run:
    def __init__(self, spec: TargetSpec, logs: Path, surroundings: Surroundings, jobs: int) -> None:
        self._spec, self._logs, self._surroundings, self._jobs = spec, logs, surroundings, jobs
        self._began = time.monotonic()
        self._parts: tuple[_Part, ...] = ()
        self._heard = _Heard()
        self._names = FunctionNames(spec.cwd)

    def trial(self) -> SuiteTrial:
        """The whole of it."""
        progress = self._surroundings.progress
        progress.target_started(self._spec)
        parts = [_Part({"part": part, "parts": self._jobs}) for part in range(self._jobs)]
        self._side_by_side(parts)
        suspects = self._suspects()
        confirmed: dict[str, LoggedTest] = {}
        explanations: dict[str, tuple[Explanation, int]] = {}
        if suspects and not self._is_stopped():
            progress.phase(self._spec, "confirming")
            confirmed, explanations = self._confirm(suspects)
        progress.phase(self._spec, "stopping")
        tests = tuple(self._test(name, confirmed.get(name), explanations.get(name)) for name in self._order())
        evidence = SuiteEvidence(
            tests=tests,
            runner=self._heard.runner,
            broken=tuple(self._heard.broken),
            missing=self._heard.unfinished,
            time_s=self._spec.time_per_test_s,
            took_s=time.monotonic() - self._began,
        )
        return SuiteTrial(
            evidence=evidence,
            failure=self._heard.failure,
            hint=_hint_for(self._heard.failure, self._spec),
            tail=read_tail(self._logs / STDERR_LOG) or read_tail(self._logs / STDOUT_LOG),
            interrupted=self._is_stopped(),
            exit_code=self._heard.exit_code,
        )

    def _is_stopped(self) -> bool:
        interrupt = self._surroundings.interrupt
        return interrupt.stop.is_set() or interrupt.finish.is_set()

    def _order(self) -> list[str]:
        return [*self._heard.lines, *(name for name in self._heard.died if name not in self._heard.lines)]

    def _test(self, name: str, again: LoggedTest | None, explained: tuple[Explanation, int] | None) -> RepeatedTest:
        line = self._heard.lines.get(name)
        if line is None:
            return RepeatedTest(id=name, outcome=TestOutcome.DIED, text=self._heard.died[name])
        test = line.test
        if name in self._heard.died:
            failed = Repetitions(
                answer="not-repeatable", count=0, stopped="failed", seconds=0.0, failure=self._heard.died[name]
            )
            test = replace(test, first=failed)
        if again is not None:
            test = replace(test, confirmed=again.test.deciding)
        if explained is not None:
            test = replace(test, explanation=explained[0], calls=explained[1])
        return test

    def _suspects(self) -> list[RepeatedTest]:
        tests = (line.test for line in self._heard.lines.values())
        return [
            test
            for test in tests
            if test.first is not None and test.first.answer == INCONCLUSIVE and test.id not in self._heard.died
        ]

    def _confirm(self, suspects: list[RepeatedTest]) -> Confirmed:
        """Each suspect alone, for longer; those that leak are explained."""
        chosen = _choose(suspects)
        shares = [chosen[start :: self._jobs] for start in range(min(self._jobs, len(chosen)))]
        parts = [
            _Part(
                {
                    "only": [one.name for one in share],
                    "confirming": True,
                    "explaining": [one.name for one in share if one.fully],
                    "shorter": {one.name: _ALIKE_REPETITIONS for one in share if one.alike},
                    "time_s": CONFIRMING * self._spec.time_per_test_s,
                }
            )
            for share in shares
        ]
        return self._side_by_side(parts)

    def _side_by_side(self, parts: Sequence["_Part"]) -> Confirmed:
        self._parts = tuple(parts)
        confirmed: dict[str, LoggedTest] = {}
        explanations: dict[str, tuple[Explanation, int]] = {}
        with ThreadPoolExecutor(len(parts)) as pool:
            for lines, found in pool.map(self._run_part, parts):
                confirmed.update(lines)
                explanations.update(found)
        return confirmed, explanations

    def _run_part(self, part: "_Part") -> Confirmed:
        """One part of the suite; where a test ends its process, the rest goes on in a new one."""
        skip: list[str] = []
        gathered: dict[str, LoggedTest] = {}
        explanations: dict[str, tuple[Explanation, int]] = {}
        for _ in range(_MOST_RESTARTS):
            if self._is_stopped():
                break
            with open_channel() as channel:
                end = self._run_process(part, skip, channel)
                lines = {line.test.id: line for journal in end.journals for line in journal.tests}
                gathered.update(lines)
                explanations.update(self._explanations(lines.values(), channel.folder, end.started))
            if not part.confirming:
                self._heard.lines.update(lines)
            if end.is_whole or self._is_stopped() or not end.current:
                break
            self._note_death(end, part, gathered)
            skip += [name for journal in end.journals for name in journal.started]
        else:
            self._heard.unfinished += 1
        return gathered, explanations

    def _note_death(self, end: "_End", part: "_Part", gathered: dict[str, LoggedTest]) -> None:
        """A test whose process ended: in its normal run an error, in a repetition it cannot be repeated."""
        if part.confirming:
            return
        self._heard.died[end.current] = end.how
        if end.repeating:
            test = RepeatedTest(id=end.current, outcome=TestOutcome.PASSED)
            gathered[end.current] = self._heard.lines[end.current] = LoggedTest(test)

    def _run_process(self, part: "_Part", skip: list[str], channel: Channel) -> "_End":
        folder = channel.folder
        order = {**self._asked(), "time_s": self._spec.time_per_test_s, **part.order, "skip": skip}
        (folder / "order.json").write_text(json.dumps(order), encoding="utf-8")
        number = int(part.order.get("part", 0))
        suffix = "-confirming" if part.confirming else f"-{number + 1}" if number else ""
        stdout, stderr = self._logs / f"stdout{suffix}.log", self._logs / f"stderr{suffix}.log"
        journals: dict[str, JournalReader] = {}
        try:
            script = RunningScript(
                plan(self._spec, folder, self._surroundings.probe_dir), channel=folder, stdout=stdout, stderr=stderr
            )
        except StartFailed as refusal:
            self._heard.failure = f"could not be started: {refusal}"
            return _End([], "", "", repeating=False, is_whole=True, started=0.0)
        except MeasureError as error:
            self._heard.failure = error.message
            return _End([], "", "", repeating=False, is_whole=True, started=0.0)
        hung = False
        with script:
            watch = _Watchdog(order["time_s"])
            while script.exit is None and not script.lost:
                time.sleep(_LOOK_S)
                read_journals(folder, journals)
                self._show_progress(part, journals)
                hung = watch.is_hanging(journals) and not part.confirming
                if self._is_stopped() or hung:
                    break
        read_journals(folder, journals)
        return self._end(part, list(journals.values()), script, hung=hung)

    def _end(self, part: "_Part", journals: list[JournalReader], script: RunningScript, *, hung: bool) -> "_End":
        main = next((one for one in journals if one.path.name == f"tests-{script.pid}.jsonl"), None)
        status = script.exit.status if script.exit is not None else None
        is_whole = main is not None and (main.ended or bool(main.failure))
        if not part.confirming:
            self._heard.exit_code = status if not self._heard.exit_code else self._heard.exit_code
            for journal in journals:
                self._heard.collected = max(self._heard.collected, journal.collected)
                self._heard.runner = journal.runner or self._heard.runner
                self._heard.failure = journal.failure or self._heard.failure
                self._heard.broken += [one for one in journal.broken if one not in self._heard.broken]
        current = main.current if main is not None else ""
        if not is_whole and not current and not part.confirming and not self._is_stopped():
            self._heard.failure = self._heard.failure or f"pytest ended with status {status} before any test was done"
            if main is not None and main.tests:
                self._heard.failure = f"pytest ended with status {status} before all tests were run"
        if main is not None and main.ended and status in _NOTHING_RAN and not main.started:
            self._heard.failure = f"pytest ended with status {status}, {_NOTHING_RAN[status]}, before any test was run"
        how = "a repetition did not end" if hung else _how_it_ended(status)
        return _End(
            journals,
            current,
            how,
            repeating=main is not None and main.repeating,
            is_whole=is_whole,
            started=script.started,
        )

    def _asked(self) -> dict[str, Any]:
        match self._spec.entry:
            case TestsEntry(words=words):
                return {"kind": "pytest", "args": [*words, *self._spec.args]}
            case CallEntry(path=path):
                return {"kind": "call", "call": path}
            case _:
                raise AssertionError("only suites and callables are repeated")

    def _show_progress(self, part: "_Part", journals: dict[str, JournalReader]) -> None:
        part.done = sum(len(journal.tests) for journal in journals.values())
        part.here = max((journal.here for journal in journals.values()), default=0)
        done, here = sum(one.done for one in self._parts), sum(one.here for one in self._parts)
        self._surroundings.progress.tests(self._spec, done, here)

    def _explanations(
        self, lines: Iterable[LoggedTest], folder: Path, started: float
    ) -> dict[str, tuple[Explanation, int]]:
        told = {line.test.id: explanation_of(line, folder, started, self._names) for line in lines if line.explanation}
        return {name: one for name, one in told.items() if one is not None}


@dataclass(slots=True)
class _Part:
    """What one process after another is to do."""

    order: dict[str, Any]
    done: int = 0
    here: int = 0

    @property
    def confirming(self) -> bool:
        return bool(self.order.get("confirming"))


@dataclass(frozen=True, slots=True)
class _End:
    """How a process ended."""

    journals: list[JournalReader]
    current: str
    """The test that ran then."""
    how: str
    repeating: bool
    is_whole: bool
    """Whether it did all that it was to do."""
    started: float


class _Watchdog:
    """Notices a repetition that never ends. The normal run of a test may take as long as it likes."""

    def __init__(self, time_s: float) -> None:
        self._longest_s = 3 * time_s + _HANGS_S
        self._seen: dict[str, tuple[str, int, float]] = {}

    def is_hanging(self, journals: dict[str, JournalReader]) -> bool:
        now = time.monotonic()
        hanging = False
        for name, journal in journals.items():
            state = journal.current, len(journal.started)
            before = self._seen.get(name)
            if before is None or before[:2] != state or not journal.repeating:
                self._seen[name] = (*state, now)
            elif now - before[2] > self._longest_s:
                hanging = True
        return hanging


@dataclass(frozen=True, slots=True)
class _Chosen:
    """A suspect, and how much care it gets."""

    name: str
    fully: bool
    alike: bool
    """Whether enough others grow by the same."""


def _choose(suspects: list[RepeatedTest]) -> list[_Chosen]:
    """Those with a growth of their own are explained in full first, then others until there are enough."""
    seen: dict[tuple[tuple[str, float], ...], int] = {}
    places = []
    for test in suspects:
        growth = _growth(test)
        places.append(seen.get(growth, 0))
        seen[growth] = places[-1] + 1
    order = sorted(range(len(suspects)), key=lambda at: (places[at], at))
    fully = {suspects[at].id for at in order[:_EXPLAINED]}
    return [
        _Chosen(suspects[at].id, suspects[at].id in fully, places[at] >= _ALIKE and suspects[at].id not in fully)
        for at in order
    ]


def _growth(test: RepeatedTest) -> tuple[tuple[str, float], ...]:
    """By how much each counter grows a call, rounded to two digits; by itself where nothing grows steadily."""
    first = test.first
    if first is None:
        return ((test.id, 0.0),)
    judged = judge_counts(first.readings, first.count, final=True, confirming=False)
    growth = tuple((one.counter, float(f"{one.per_call:.2g}")) for one in judged.rising)
    return growth or ((test.id, 0.0),)


def _hint_for(failure: str, spec: TargetSpec) -> str:
    if "pytest is not installed" in failure:
        return f"install it there ({spec.python} -m pip install pytest), or name another interpreter with --python"
    return "see what it wrote; `python -m pytest` with the same arguments shows more" if failure else ""


def _how_it_ended(status: int | None) -> str:
    if status is None:
        return "its process was killed from outside"
    if status < 0:
        return f"its process was ended by signal {-status}"
    return f"its process ended with status {status}"
