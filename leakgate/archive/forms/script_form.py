"""One script of ``leakgate.results/1``: what was requested, what was measured, what was concluded."""

from collections.abc import Iterable
from typing import Annotated, Any, Final, Self

from pydantic import Field, StringConstraints, model_validator

from leakgate.archive.forms.evidence_form import EndingForm, EnvironmentForm
from leakgate.archive.forms.explanation_form import ExplanationForm, ResourceForm, TypeForm
from leakgate.archive.forms.form_fields import MANY, Count, Flag, Form, Number, Text, Whole, count, number, whole
from leakgate.archive.forms.judgement_form import AcceptedForm, BytesTrendForm, FindingForm, LeakForm, TrendForm
from leakgate.archive.forms.series_form import NO_LONGER_READ, SamplesForm, readings
from leakgate.archive.forms.suite_form import MOST_TESTS, JudgedTestForm
from leakgate.archive.forms.target_form import TargetForm
from leakgate.archive.forms.work_form import IterationRateForm, RouteForm, WorkForm
from leakgate.archive.slim_results import CHARTED
from leakgate.growth.thinning import thinned, thinned_work
from leakgate.model.evidence import (
    FailureReason,
    Measurement,
    ProcessRole,
    ProcessTrack,
    Series,
    Trial,
    TrialFailed,
    TrialOk,
)
from leakgate.model.metrics import Metric
from leakgate.model.report import TargetResult, Trend, bytes_per_iteration
from leakgate.model.verdict import Expectation, Kind, Verdict
from leakgate.model.work_record import WorkRecord

_MEMORY: Final = (Metric.RSS, Metric.HEAP, Metric.NATIVE)
"""Metrics that have a key of their own in a script."""
_CHARTED_PROCESSES: Final = 32
"""If there are more processes, only those with the most readings keep their readings. Otherwise a program that forks
often could make a file of gigabytes."""
_SETTLED: Final = "-settled"

SamplesName = Annotated[str, StringConstraints(pattern=f"^({'|'.join((*Metric, *NO_LONGER_READ))})({_SETTLED})?$")]
"""A metric; with ``-settled``, its readings right after full collections."""
SamplesByName = Annotated[dict[SamplesName, SamplesForm], Field(max_length=2 * (len(Metric) + len(NO_LONGER_READ)))]


class ProcessForm(Form):
    """One process of the tree."""

    pid: Count
    role: ProcessRole
    command: Text
    first_s: Number
    last_s: Number
    probed: Flag = Field(description="whether the probe ran inside")
    parent: Count = Field(default=0, description="the process that started it; 0: not known")
    pooled: Flag = Field(default=False, description="known to be a worker of a pool, which does many tasks")
    status: Whole | None = Field(default=None, description="how a child ended; negative: by a signal; null: not known")
    raised: Flag = Field(default=False, description="whether it ended because of an uncaught exception")
    last_words: Text = Field(default="", description="the end of stderr when a child had ended with a status above 0")
    samples: SamplesByName

    @classmethod
    def of(cls, track: ProcessTrack, *, charted: bool) -> Self:
        """Return the form of a value, without its readings unless ``charted``."""
        return cls(
            pid=count(track.pid),
            role=track.role,
            command=track.command,
            first_s=number(track.first_s),
            last_s=number(track.last_s),
            probed=track.probed,
            parent=count(track.parent),
            pooled=track.pooled,
            status=None if track.status is None else whole(track.status),
            raised=track.raised,
            last_words=track.last_words,
            samples=_samples(track.series) if charted else {},
        )

    def value(self) -> ProcessTrack:
        """Return the value that this form stores."""
        return ProcessTrack(
            pid=self.pid,
            role=self.role,
            command=self.command,
            first_s=self.first_s,
            last_s=self.last_s,
            probed=self.probed,
            parent=self.parent,
            pooled=self.pooled,
            status=self.status,
            raised=self.raised,
            last_words=self.last_words,
            series=_series(self.samples),
        )


def _samples(series: Iterable[Series]) -> dict[SamplesName, SamplesForm]:
    samples: dict[SamplesName, SamplesForm] = {}
    for one in series:
        samples.setdefault(f"{one.metric}{_SETTLED if one.settled else ''}", readings(thinned(one, CHARTED)))
    return samples


def _series(samples: dict[SamplesName, SamplesForm]) -> tuple[Series, ...]:
    return tuple(
        form.series(Metric(name.removesuffix(_SETTLED)), settled=name.endswith(_SETTLED))
        for name, form in samples.items()
        if name not in NO_LONGER_READ
    )


def _processes(tracks: tuple[ProcessTrack, ...]) -> list[ProcessForm]:
    by_readings = sorted(range(len(tracks)), key=lambda index: -sum(map(len, tracks[index].series)))
    charted = set(by_readings[:_CHARTED_PROCESSES])
    return [ProcessForm.of(track, charted=index in charted) for index, track in enumerate(tracks)]


class FailureForm(Form):
    """Why there is no evidence to judge for a script."""

    reason: FailureReason
    message: Text
    hint: Text
    exit_code: Whole | None
    stderr_tail: Text
    at_s: Number

    @classmethod
    def of(cls, trial: TrialFailed) -> Self:
        """Return the form of a value."""
        return cls(
            reason=trial.reason,
            message=trial.message,
            hint=trial.hint,
            exit_code=None if trial.exit_code is None else whole(trial.exit_code),
            stderr_tail=trial.stderr_tail,
            at_s=number(trial.at_s),
        )

    def value(
        self, processes: tuple[ProcessTrack, ...], tree: tuple[Series, ...], work: WorkRecord | None
    ) -> TrialFailed:
        """Return the value that this form stores."""
        return TrialFailed(
            reason=self.reason,
            message=self.message,
            hint=self.hint,
            exit_code=self.exit_code,
            stderr_tail=self.stderr_tail,
            processes=processes,
            tree=tree,
            at_s=self.at_s,
            work=work,
        )


class ScriptForm(Form):
    """One script after judging."""

    name: Text
    verdict: Verdict
    passed: Flag = Field(description="whether the script behaved as expected, regardless of --fail-on")
    reason: Text
    hint: Text
    expect: Expectation
    kind: Kind
    started_at: Text = Field(description="UTC, ISO 8601")
    duration_s: Number = Field(description="readings until this time count for the verdict")
    warmup_s: Number
    longest_settle_s: Number = Field(
        description="the longest pause of the script by a collection that leakgate asked for"
    )
    extended: Flag = Field(description="whether it was watched for longer because the evidence did not decide")
    unexplained: Text = Field(default="", description="why an explanation that leakgate asked for is missing")
    idle_port: Count = Field(default=0, description="a port on which an idle server listened; 0: none")
    rss: BytesTrendForm | None
    heap: BytesTrendForm | None
    native: BytesTrendForm | None
    other_metrics: dict[Metric, TrendForm]
    leaks: list[LeakForm] = Field(max_length=MANY, description="largest first")
    types: list[TypeForm] = Field(max_length=MANY)
    resources: list[ResourceForm] = Field(
        default=[], max_length=MANY, description="descriptors, threads, tasks and child processes that pile up"
    )
    tests: list[JudgedTestForm] = Field(
        default=[], max_length=MOST_TESTS, description="of a test suite or a callable, each test in order of collection"
    )
    findings: list[FindingForm] = Field(max_length=MANY, description="worst first")
    invitations: list[Text] = Field(max_length=MANY, description="what could be tightened")
    iterations: Count | None = Field(
        default=None, description="requests that were sent; null if requests were not counted"
    )
    expected_iterations: Count | None = Field(default=None, description="requests that were answered as expected")
    iterations_per_s: Number | None = None
    bytes_per_iteration: IterationRateForm | None = Field(
        default=None, description="growth of memory in use with every request"
    )
    routes: list[RouteForm] = Field(default=[], max_length=MANY, description="in the order of the config")
    work: WorkForm | None = Field(default=None, description="what the load counted, turn by turn")
    root: Text = Field(default="", description="the project's folder where it was measured, absolute")
    baseline: AcceptedForm | None
    ending: EndingForm | None
    failure: FailureForm | None
    notes: list[Text] = Field(max_length=MANY)
    explanation: ExplanationForm | None
    environment: EnvironmentForm
    target: TargetForm
    stdout_path: Text
    stderr_path: Text
    extra: list[Text] = Field(max_length=MANY)
    processes: list[ProcessForm] = Field(max_length=MANY, description="the main process first")
    samples: SamplesByName = Field(description="readings of the whole process tree, thinned")

    @model_validator(mode="after")
    def _check(self) -> Self:
        if (self.ending is None) is (self.failure is None):
            raise ValueError("should have either an ending or a failure")
        return self

    def value(self) -> TargetResult:
        """Return the value that this form stores."""
        return TargetResult(
            target=self.target.value(self.name, self.expect),
            measurement=Measurement(
                trial=self._trial(),
                environment=self.environment.value(),
                started_at=self.started_at,
                stdout_path=self.stdout_path,
                stderr_path=self.stderr_path,
            ),
            verdict=self.verdict,
            reason=self.reason,
            hint=self.hint,
            kind=self.kind,
            warmup_s=self.warmup_s,
            trends=self._trends(),
            findings=tuple(finding.value() for finding in self.findings),
            leaks=tuple(leak.value() for leak in self.leaks),
            types=tuple(growth.value() for growth in self.types),
            resources=tuple(growth.value() for growth in self.resources),
            routes=tuple(route.value() for route in self.routes),
            tests=tuple(test.value() for test in self.tests),
            baseline=None if self.baseline is None else self.baseline.value(),
            invitations=tuple(self.invitations),
            root=self.root,
        )

    def _trends(self) -> tuple[Trend, ...]:
        memory = zip(_MEMORY, (self.rss, self.heap, self.native), strict=True)
        trends = [form.value(metric) for metric, form in memory if form is not None]
        return (*trends, *(form.value(metric) for metric, form in self.other_metrics.items()))

    def _trial(self) -> Trial:
        processes = tuple(process.value() for process in self.processes)
        tree = _series(self.samples)
        work = None if self.work is None else self.work.value()
        if self.failure is not None:
            return self.failure.value(processes, tree, work)
        assert self.ending is not None  # noqa: S101 - checked when the form was made
        return TrialOk(
            processes=processes,
            tree=tree,
            ending=self.ending.value(),
            explanation=None if self.explanation is None else self.explanation.value(),
            watched_s=self.duration_s,
            longest_settle_s=self.longest_settle_s,
            work=work,
            extended=self.extended,
            unexplained=self.unexplained,
            idle_port=self.idle_port,
            notes=tuple(self.notes),
        )


def _work(result: TargetResult) -> dict[str, Any]:
    """Return the fields about the requests or calls that were counted."""
    work = result.measurement.trial.work
    if work is None:
        return {}
    rate = bytes_per_iteration(result.trends)
    return {
        "iterations": count(work.sent),
        "expected_iterations": count(work.expected),
        "iterations_per_s": number(work.per_s),
        "bytes_per_iteration": None if rate is None else IterationRateForm.of(rate),
        "work": WorkForm.of(thinned_work(work, CHARTED)),
    }


def script_form(result: TargetResult) -> ScriptForm:
    """Return the form of a result. If a metric has several trends or series, the first is kept."""
    trial, target = result.measurement.trial, result.target
    ok = trial if isinstance(trial, TrialOk) else None
    trends = {trend.metric: trend for trend in reversed(result.trends)}
    memory = {
        metric: BytesTrendForm.of(trends[metric], target.budgets) if metric in trends else None for metric in _MEMORY
    }
    return ScriptForm(
        name=target.name,
        verdict=result.verdict,
        passed=result.passed,
        reason=result.reason,
        hint=result.hint,
        expect=target.expect,
        kind=result.kind,
        started_at=result.measurement.started_at,
        duration_s=number(trial.watched_s if isinstance(trial, TrialOk) else trial.at_s),
        warmup_s=number(result.warmup_s),
        longest_settle_s=0.0 if ok is None else number(ok.longest_settle_s),
        extended=ok is not None and ok.extended,
        unexplained="" if ok is None else ok.unexplained,
        idle_port=0 if ok is None else ok.idle_port,
        rss=memory[Metric.RSS],
        heap=memory[Metric.HEAP],
        native=memory[Metric.NATIVE],
        other_metrics={
            metric: TrendForm.of(trends[metric], target.budgets)
            for metric in Metric
            if metric in trends and metric not in _MEMORY
        },
        leaks=[LeakForm.of(leak) for leak in result.leaks],
        types=[TypeForm.of(growth) for growth in result.types],
        resources=[ResourceForm.of(growth) for growth in result.resources],
        tests=[JudgedTestForm.of(test) for test in result.tests],
        findings=[FindingForm.of(finding) for finding in result.findings],
        invitations=list(result.invitations),
        routes=[RouteForm.of(route) for route in result.routes],
        **_work(result),
        root=result.root,
        baseline=None if result.baseline is None else AcceptedForm.of(result.baseline),
        ending=None if ok is None else EndingForm.of(ok.ending),
        failure=FailureForm.of(trial) if isinstance(trial, TrialFailed) else None,
        notes=[] if ok is None else list(ok.notes),
        explanation=None if ok is None or ok.explanation is None else ExplanationForm.of(ok.explanation),
        environment=EnvironmentForm.of(result.measurement.environment),
        target=TargetForm.of(target),
        stdout_path=result.measurement.stdout_path,
        stderr_path=result.measurement.stderr_path,
        extra=[],
        processes=_processes(trial.processes),
        samples=_samples(trial.tree),
    )
