"""A test suite or a callable from start to end: repeat all tests, confirm the suspects alone, explain the leaks."""

import time
from collections.abc import Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final

from leakgate.blame.source import FunctionNames
from leakgate.growth.counts import RULE
from leakgate.measure.channel import open_channel
from leakgate.measure.journals import LoggedTest
from leakgate.measure.output import read_tail
from leakgate.measure.suite_explanations import explanation_of
from leakgate.measure.suite_process import Part, ProcessEnd, SuiteProcesses
from leakgate.measure.surroundings import Surroundings
from leakgate.measure.suspects import ALIKE_REPETITIONS, ConfirmingTime, choose, is_suspect
from leakgate.measure.trial import STDERR_LOG, STDOUT_LOG
from leakgate.model.entry import TestsEntry
from leakgate.model.evidence import RepeatedTest, SuiteEvidence
from leakgate.model.explanation import Explanation
from leakgate.model.repeated import Repetitions, TestOutcome, error_line
from leakgate.model.target import TargetSpec

_CONFIRMING_SCRIPT: Final = 2
"""A script that is a suspect gets twice its duration, like every undecided script."""
_ENDED: Final = "the run ended first"
_MOST_RESTARTS: Final = 20
"""How often a new process runs the rest of a part, if tests end their process."""

Confirmed = tuple[dict[str, LoggedTest], dict[str, tuple[Explanation, int]]]
"""The suspects that were run again alone, by id; and for those that leak, the explanation and the calls in its
window."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SuiteTrial:
    """The result of measuring a suite."""

    evidence: SuiteEvidence
    failure: str = ""
    """Why the suite could not be run, or not to its end; empty if it could."""
    hint: str = ""
    tail: str = ""
    """The last output of pytest, or of the callable's module: hostile text."""
    interrupted: bool = False
    exit_code: int | None = None


def run_suite(spec: TargetSpec, *, jobs: int, logs: Path, surroundings: Surroundings) -> SuiteTrial:
    """Run every test normally and then repeatedly, in up to ``jobs`` processes.

    When this returns or raises, no process of the suite is alive.
    """
    several = isinstance(spec.entry, TestsEntry)
    return _Run(spec, logs, surroundings, max(1, jobs) if several else 1).trial()


class _Run:
    def __init__(self, spec: TargetSpec, logs: Path, surroundings: Surroundings, jobs: int) -> None:
        self._spec, self._logs, self._surroundings, self._jobs = spec, logs, surroundings, jobs
        self._began = time.monotonic()
        self._parts: tuple[Part, ...] = ()
        limited = surroundings.ends_at_s is not None
        self._needed = ConfirmingTime(self._confirming_time_s()) if limited else None
        """The time to confirm the suspects so far; None without a time limit."""
        self._processes = SuiteProcesses(
            spec, logs, surroundings, confirming=self._needed, on_progress=self._look_at_progress
        )
        self._heard = self._processes.heard
        self._names = FunctionNames(spec.cwd)
        self._unconfirmed: dict[str, str] = {}
        """Why a suspect has no result of its confirmation, by test id: hostile text."""

    def trial(self) -> SuiteTrial:
        """Repeat all tests, confirm the suspects, and return the result."""
        progress = self._surroundings.progress
        shard, shards = self._spec.test_shard
        first = (shard - 1) * self._jobs
        parts = [Part({"part": first + at, "parts": shards * self._jobs}, number=at) for at in range(self._jobs)]
        self._side_by_side(parts)
        all_ran = not self._processes.must_end(parts[0])
        suspects = [one.test for one in self._heard.lines.values() if is_suspect(one.test)]
        suspects = [test for test in suspects if test.id not in self._heard.died]
        confirmed: dict[str, LoggedTest] = {}
        explanations: dict[str, tuple[Explanation, int]] = {}
        if suspects and not self._surroundings.interrupt.stop.is_set():
            progress.phase(self._spec, "confirming")
            confirmed, explanations = self._confirm(suspects)
        interrupted = self._processes.must_end(parts[0])
        if interrupted:
            self._unconfirmed.update({one.id: _ENDED for one in suspects if one.id not in self._unconfirmed})
        if self._surroundings.interrupt.finish.is_set():
            self._surroundings.interrupt.stop.set()  # the user has ended the run; the suspects are confirmed now
        progress.phase(self._spec, "stopping")
        tests = tuple(self._test(name, confirmed.get(name), explanations.get(name)) for name in self._order())
        evidence = SuiteEvidence(
            tests=tests,
            runner=self._heard.runner,
            broken=tuple(self._heard.broken),
            missing=self._heard.unfinished,
            cut_short=self._cut_short(all_ran=all_ran),
            time_s=self._spec.repeating_s,
            took_s=time.monotonic() - self._began,
        )
        return SuiteTrial(
            evidence=evidence,
            failure=self._heard.failure,
            hint=_hint_for(self._heard.failure, self._spec),
            tail=read_tail(self._logs / STDERR_LOG) or read_tail(self._logs / STDOUT_LOG),
            interrupted=interrupted,
            exit_code=self._heard.exit_code,
        )

    def _cut_short(self, *, all_ran: bool) -> str:
        """Return why tests have no result, or no confirmed result; empty if all have one."""
        if not (self._heard.out_of_time or self._surroundings.interrupt.out_of_time.is_set()):
            return self._heard.cut_short
        missing = "all tests that grew were confirmed" if all_ran else "all tests were repeated"
        return f"the time limit for the run was reached before {missing}"

    def _look_at_progress(self) -> None:
        """Show the progress. If only the time to confirm the suspects so far is left, end the first repetitions."""
        done, here = sum(one.done for one in self._parts), sum(one.here for one in self._parts)
        self._surroundings.progress.tests(self._spec, done, here)
        ends_at_s = self._surroundings.ends_at_s
        if ends_at_s is None or self._needed is None or any(part.confirming for part in self._parts):
            return
        start_s = max(part.start_s for part in self._parts)
        needs_s = self._needed.seconds(start_s=start_s, processes=self._jobs)
        if needs_s and self._surroundings.clock.monotonic_s() + needs_s > ends_at_s:
            self._heard.out_of_time = True

    def _confirming_time_s(self) -> float:
        """Return the seconds for the repetitions of one suspect."""
        return (_CONFIRMING_SCRIPT if self._spec.repeat else RULE.confirming_times) * self._spec.repeating_s

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
        if name in self._unconfirmed and test.confirmed is None:
            test = replace(test, text=self._unconfirmed[name])
        if explained is not None:
            test = replace(test, explanation=explained[0], calls=explained[1])
        return test

    def _confirm(self, suspects: list[RepeatedTest]) -> Confirmed:
        """Repeat each suspect alone, for longer. Suspects that leak are explained."""
        chosen = choose(suspects)
        shares = [chosen[start :: self._jobs] for start in range(min(self._jobs, len(chosen)))]
        parts = [
            Part(
                {
                    "only": [one.name for one in share],
                    "confirming": True,
                    "explaining": [one.name for one in share if one.fully],
                    "shorter": {one.name: ALIKE_REPETITIONS for one in share if one.alike},
                    "time_s": self._confirming_time_s(),
                }
            )
            for share in shares
        ]
        return self._side_by_side(parts)

    def _side_by_side(self, parts: Sequence[Part]) -> Confirmed:
        self._parts = tuple(parts)
        confirmed: dict[str, LoggedTest] = {}
        explanations: dict[str, tuple[Explanation, int]] = {}
        with ThreadPoolExecutor(len(parts)) as pool:
            for lines, found in pool.map(self._run_part, parts):
                confirmed.update(lines)
                explanations.update(found)
        return confirmed, explanations

    def _run_part(self, part: Part) -> Confirmed:
        """Run one part of the suite. If a test ends its process, a new process runs the rest."""
        skip: list[str] = []
        gathered: dict[str, LoggedTest] = {}
        explanations: dict[str, tuple[Explanation, int]] = {}
        for _ in range(_MOST_RESTARTS if isinstance(self._spec.entry, TestsEntry) else 1):
            if self._processes.must_end(part):
                break
            with open_channel(self._logs.parent) as channel:
                end = self._processes.run(part, skip, channel)
                lines = {line.test.id: line for journal in end.journals for line in journal.tests}
                gathered.update(lines)
                explanations.update(self._explanations(lines.values(), channel.folder, end.started))
            if part.confirming:
                self._unconfirmed.update(_unconfirmed(end))
            else:
                self._heard.lines.update(lines)
            if end.is_whole or self._processes.must_end(part) or not end.current:
                break
            self._note_death(end, part, gathered)
            skip += [name for journal in end.journals for name in journal.started]
        else:
            self._heard.unfinished += isinstance(self._spec.entry, TestsEntry)
        return gathered, explanations

    def _note_death(self, end: ProcessEnd, part: Part, gathered: dict[str, LoggedTest]) -> None:
        """Record a test that ended its process.

        In its normal run that is an error; in a repetition the test is not repeatable.
        """
        if part.confirming:
            return
        self._heard.died[end.current] = end.how
        if end.repeating:
            test = RepeatedTest(id=end.current, outcome=TestOutcome.PASSED)
            gathered[end.current] = self._heard.lines[end.current] = LoggedTest(test)

    def _explanations(
        self, lines: Iterable[LoggedTest], folder: Path, started: float
    ) -> dict[str, tuple[Explanation, int]]:
        found = {line.test.id: explanation_of(line, folder, started, self._names) for line in lines if line.explanation}
        return {name: one for name, one in found.items() if one is not None}


def _unconfirmed(end: ProcessEnd) -> dict[str, str]:
    """Return why suspects have no result of their confirmation, by test id."""
    found: dict[str, str] = {}
    for journal in end.journals:
        for line in (one for one in journal.tests if one.test.deciding is None):
            why = error_line(line.test.text) or line.test.outcome.value
            found[line.test.id] = f"the test does not pass when it runs alone: {why}"
        if journal.current:
            ended = "it did not end in time, or ended its process"
            found[journal.current] = journal.failure or (end.how if journal.current == end.current else ended)
    return found


def _hint_for(failure: str, spec: TargetSpec) -> str:
    if "pytest is not installed" in failure:
        return f"install it there ({spec.python} -m pip install pytest), or name another interpreter with --python"
    return "read its output; `python -m pytest` with the same arguments shows more" if failure else ""
