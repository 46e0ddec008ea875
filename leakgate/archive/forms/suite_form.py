"""Tests and callables that were repeated, as sessions and results store them."""

from collections.abc import Iterator
from itertools import accumulate, chain, pairwise, repeat
from types import MappingProxyType
from typing import Annotated, Final, Literal, Self

from pydantic import Field

from leakgate.archive.forms.explanation_form import ExplanationForm
from leakgate.archive.forms.form_fields import Count, Flag, Form, Number, Text, Whole, count, number, whole
from leakgate.archive.forms.json_text import UnreadableError
from leakgate.growth.counts import SERIES, fit_together
from leakgate.model.evidence import ProcessRun, RepeatedTest, SuiteEvidence
from leakgate.model.repeated import Excluded, JudgedTest, PerCall, Repetitions, TestAnswer, TestOutcome

MOST_TESTS: Final = 200_000
_MOST_READINGS: Final = 4_000
_RULE_FIGURES: Final = 64
_MOST_RUNS: Final = 1_000

Packed = Annotated[list[Whole], Field(max_length=2 * _MOST_READINGS)]
"""A series: its first value, then pairs (difference, how often in a row)."""


class ProcessRunForm(Form):
    """One run of a script in a process of its own."""

    seconds: Number
    peak_bytes: Count = Field(description="0: it ended before it could be read")


class SuiteLine(Form):
    """What is common to all tests of a suite."""

    kind: Literal["suite"]
    runner: Text = Field(description="version of pytest; empty for a callable")
    broken: list[tuple[Text, Text]] = Field(
        max_length=1_000, description="modules that could not be collected, and why"
    )
    missing: Count = Field(description="parts of the suite that could not be run to their end")
    time_s: Number = Field(description="seconds for the repetitions of one test")
    took_s: Number
    rule: dict[Text, Number] = Field(max_length=_RULE_FIGURES, description="figures of the rule that decided")
    cut_short: Text = Field(default="", description="why it ended before all tests were repeated")
    runs: list[ProcessRunForm] = Field(
        default=[], max_length=_MOST_RUNS, description="the runs of a script that was run as one process after another"
    )
    apart: Text = Field(default="", description="why it was run as one process after another")


class RepetitionsForm(Form):
    """One series of repetitions of a test in one process."""

    answer: Text
    count: Count
    stopped: Text = Field(description="decided, time, repetitions, rested or failed")
    seconds: Number
    failure: Text
    readings: dict[Text, Packed] = Field(max_length=len(SERIES), description="by counter, packed")
    caches: list[Text] = Field(max_length=100)

    @classmethod
    def of(cls, repetitions: Repetitions) -> Self:
        """Return the form of a value."""
        return cls(
            answer=repetitions.answer,
            count=count(repetitions.count),
            stopped=repetitions.stopped,
            seconds=number(repetitions.seconds),
            failure=repetitions.failure,
            readings={name: pack(values) for name, values in repetitions.readings.items()},
            caches=list(repetitions.caches),
        )

    def value(self) -> Repetitions:
        """Return the value. Raises UnreadableError for series that do not fit."""
        if unknown := set(self.readings) - set(SERIES):
            raise UnreadableError(f"unknown counter {min(unknown)!r}", path=("readings",))
        series = {name: unpack(packed) for name, packed in self.readings.items()}
        if self.count and not fit_together(series, self.count):
            raise UnreadableError("the series have lengths that do not fit together", path=("readings",))
        return Repetitions(
            answer=self.answer,
            count=self.count,
            stopped=self.stopped,
            seconds=self.seconds,
            failure=self.failure,
            readings=MappingProxyType(series),
            caches=tuple(self.caches),
        )


class TestLine(Form):
    """One test with the readings after each repetition."""

    __test__ = False

    kind: Literal["test"]
    id: Text
    outcome: TestOutcome
    text: Text
    file: Text
    line: Count
    plain_s: Number
    first: RepetitionsForm | None
    confirmed: RepetitionsForm | None
    explanation: ExplanationForm | None
    calls: Count
    budget: Text

    @classmethod
    def of(cls, test: RepeatedTest) -> Self:
        """Return the form of a value."""
        return cls(
            kind="test",
            id=test.id,
            outcome=test.outcome,
            text=test.text,
            file=test.file,
            line=count(test.line),
            plain_s=number(test.plain_s),
            first=None if test.first is None else RepetitionsForm.of(test.first),
            confirmed=None if test.confirmed is None else RepetitionsForm.of(test.confirmed),
            explanation=None if test.explanation is None else ExplanationForm.of(test.explanation),
            calls=count(test.calls),
            budget=test.budget,
        )

    def value(self) -> RepeatedTest:
        """Return the value that this form stores."""
        return RepeatedTest(
            id=self.id,
            outcome=self.outcome,
            text=self.text,
            file=self.file,
            line=self.line,
            plain_s=self.plain_s,
            first=None if self.first is None else self.first.value(),
            confirmed=None if self.confirmed is None else self.confirmed.value(),
            explanation=None if self.explanation is None else self.explanation.value(),
            calls=self.calls,
            budget=self.budget,
        )


def suite_lines(suite: SuiteEvidence, rule: dict[str, float]) -> Iterator[Form]:
    """Yield the lines of a suite: first what all tests share, then each test."""
    yield SuiteLine(
        kind="suite",
        runner=suite.runner,
        broken=list(suite.broken),
        missing=count(suite.missing),
        time_s=number(suite.time_s),
        took_s=number(suite.took_s),
        rule={name: number(value) for name, value in rule.items()},
        cut_short=suite.cut_short,
        runs=[ProcessRunForm(seconds=number(run.seconds), peak_bytes=count(run.peak_bytes)) for run in suite.runs],
        apart=suite.apart,
    )
    for test in suite.tests:
        yield TestLine.of(test)


def suite_value(line: SuiteLine, tests: list[TestLine]) -> SuiteEvidence:
    """Return the value of a suite's lines."""
    return SuiteEvidence(
        tests=tuple(test.value() for test in tests),
        runner=line.runner,
        broken=tuple(line.broken),
        missing=line.missing,
        time_s=line.time_s,
        took_s=line.took_s,
        cut_short=line.cut_short,
        runs=tuple(ProcessRun(seconds=run.seconds, peak_bytes=run.peak_bytes) for run in line.runs),
        apart=line.apart,
    )


def pack(values: tuple[int, ...]) -> list[int]:
    """Return a series as its first value and pairs (difference, how often in a row)."""
    if not values:
        return []
    packed = [whole(values[0])]
    for earlier, later in pairwise(values):
        step = later - earlier
        if len(packed) > 1 and packed[-2] == step:
            packed[-1] += 1
        else:
            packed += (step, 1)
    return packed


def unpack(packed: list[int]) -> tuple[int, ...]:
    """Return the series that was packed. Raises UnreadableError if it is too long or incomplete."""
    if not packed:
        return ()
    steps, times = packed[1::2], packed[2::2]
    if len(steps) != len(times) or min(times, default=1) < 1 or sum(times) >= _MOST_READINGS:
        raise UnreadableError("is not a packed series", path=("readings",))
    return tuple(accumulate(chain(packed[:1], chain.from_iterable(map(repeat, steps, times)))))


class PerCallForm(Form):
    """Growth for each call."""

    blocks: Number
    bytes: Number
    fds: Number = 0.0
    threads: Number = 0.0
    tasks: Number = 0.0

    @classmethod
    def of(cls, per_call: PerCall) -> Self:
        """Return the form of a value."""
        return cls(
            blocks=number(per_call.blocks),
            bytes=number(per_call.bytes),
            fds=number(per_call.fds),
            threads=number(per_call.threads),
            tasks=number(per_call.tasks),
        )

    def value(self) -> PerCall:
        """Return the value that this form stores."""
        return PerCall(blocks=self.blocks, bytes=self.bytes, fds=self.fds, threads=self.threads, tasks=self.tasks)


class ExcludedForm(Form):
    """The smallest steady leaks that an ok excludes. null: that counter was not read, or did not come to rest."""

    blocks: Number | None = Field(description="blocks per call; 0.0625 is one block in 16 calls")
    native_bytes: Number | None = Field(description="bytes of native memory per call")
    references: Flag = Field(description="whether containers that only collect references were counted")

    @classmethod
    def of(cls, excluded: Excluded) -> Self:
        """Return the form of a value."""
        return cls(
            blocks=None if excluded.blocks is None else number(excluded.blocks),
            native_bytes=None if excluded.native_bytes is None else number(excluded.native_bytes),
            references=excluded.references,
        )

    def value(self) -> Excluded:
        """Return the value that this form stores."""
        return Excluded(blocks=self.blocks, native_bytes=self.native_bytes, references=self.references)


class JudgedTestForm(Form):
    """One test of a suite after judging."""

    id: Text
    answer: TestAnswer
    message: Text = Field(description="what grows, what an ok excludes, or why there is no answer")
    repetitions: Count
    seconds: Number
    per_call: PerCallForm | None = Field(description="null: nothing grows")
    excluded: ExcludedForm | None = Field(description="the leaks that an ok of flat counters excludes")
    leaks: list[Text] = Field(max_length=1_000, description="signatures of the leaks that it shows")
    file: Text
    line: Count

    @classmethod
    def of(cls, test: JudgedTest) -> Self:
        """Return the form of a value."""
        return cls(
            id=test.id,
            answer=test.answer,
            message=test.message,
            repetitions=count(test.repetitions),
            seconds=number(test.seconds),
            per_call=None if test.per_call == PerCall() else PerCallForm.of(test.per_call),
            excluded=None if test.excluded is None else ExcludedForm.of(test.excluded),
            leaks=list(test.leaks),
            file=test.file,
            line=count(test.line),
        )

    def value(self) -> JudgedTest:
        """Return the value that this form stores."""
        return JudgedTest(
            id=self.id,
            answer=self.answer,
            message=self.message,
            repetitions=self.repetitions,
            seconds=self.seconds,
            per_call=PerCall() if self.per_call is None else self.per_call.value(),
            excluded=None if self.excluded is None else self.excluded.value(),
            leaks=tuple(self.leaks),
            file=self.file,
            line=self.line,
        )
