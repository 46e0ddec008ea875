"""The request as results and sessions store it: one script of the config with every default filled in."""

from pathlib import Path
from types import MappingProxyType
from typing import Self

from pydantic import Field, model_validator

from leakgate.archive.forms.form_fields import MANY, Count, Flag, Form, Number, Text, count, number
from leakgate.archive.forms.load_spec_form import LoadSpecForm
from leakgate.archive.forms.staging_form import ReadySpecForm, ServiceSpecForm, StopSpecForm
from leakgate.model.entry import Entry, ScriptEntry
from leakgate.model.metrics import Metric
from leakgate.model.source_ref import SourceRef
from leakgate.model.staging import StopSpec
from leakgate.model.target import DEFAULT_TIME_PER_TEST_S, Budget, BudgetForm, TargetSpec, TraceMode
from leakgate.model.verdict import Expectation
from leakgate.targets.kind import kind_named, kind_of


class SourceForm(Form):
    """A place in the user's config file."""

    path: Text
    line: Count
    column: Count

    @classmethod
    def of(cls, source: SourceRef) -> Self:
        """Return the form of a value."""
        return cls(path=source.path, line=count(source.line), column=count(source.column))

    def value(self) -> SourceRef:
        """Return the value that this form stores."""
        return SourceRef(self.path, self.line, self.column)


class AllowanceForm(Form):
    """The budget for one metric."""

    metric: Metric
    form: BudgetForm
    limit: Number = Field(description="bytes or a count; per second where the form is rate")
    text: Text
    origin: SourceForm | None

    @classmethod
    def of(cls, budget: Budget) -> Self:
        """Return the form of a value."""
        return cls(
            metric=budget.metric,
            form=budget.form,
            limit=number(budget.limit),
            text=budget.text,
            origin=None if budget.origin is None else SourceForm.of(budget.origin),
        )

    def value(self) -> Budget:
        """Return the value that this form stores."""
        origin = None if self.origin is None else self.origin.value()
        return Budget(self.metric, self.form, self.limit, self.text, origin)


class TargetEntryForm(Form):
    """The entry that is run: the kind of target and its words."""

    kind: Text = Field(description="the key of the config: path, module, command ...")
    words: list[Text] = Field(max_length=MANY)

    @model_validator(mode="after")
    def _check(self) -> Self:
        self.value()  # a kind or words that no version writes are refused with their place in the file
        return self

    @classmethod
    def of(cls, entry: Entry) -> Self:
        """Return the form of a value."""
        kind = kind_of(entry)
        return cls(kind=kind.key, words=list(kind.words(entry)))

    def value(self) -> Entry:
        """Return the value. Raises ValueError for a kind that this version does not know."""
        found: Entry = kind_named(self.kind).read(tuple(self.words))
        return found


class TargetForm(Form):
    """A script as the config requested it. Its name and expectation are stored outside this object."""

    script: Text = Field(description="the entry as text, with paths of the machine that recorded it, for display only")
    entry: TargetEntryForm | None = Field(
        default=None, description="null in files of leakgate 0.1.0: the path in `script`"
    )
    python: Text
    cwd: Text
    args: list[Text] = Field(max_length=MANY)
    env: dict[Text, Text] = Field(max_length=MANY)
    duration_s: Number = Field(description="0: until interrupted")
    warmup_s: Number | None = Field(description="null: found in the readings")
    interval_s: Number
    tolerance: Number
    trace: TraceMode
    budgets: list[AllowanceForm] = Field(max_length=MANY)
    load: LoadSpecForm | None = None
    ready: ReadySpecForm | None = None
    stop: StopSpecForm | None = Field(default=None, description="null: SIGTERM, 10 s")
    services: list[ServiceSpecForm] = Field(default=[], max_length=MANY)
    setup: list[Text] = Field(default=[], max_length=MANY)
    work: Text = Field(default="", description="the function whose calls were counted; empty: none")
    repeat: Flag = Field(default=False, description="whether a script that ends by itself is run repeatedly")
    time_per_test_s: Number = Field(
        default=DEFAULT_TIME_PER_TEST_S, description="seconds for the repetitions of one test"
    )
    origin: SourceForm | None

    @classmethod
    def of(cls, target: TargetSpec) -> Self:
        """Return the form of a value."""
        return cls(
            script=" ".join(kind_of(target.entry).title(target.entry)),
            entry=TargetEntryForm.of(target.entry),
            python=str(target.python),
            cwd=str(target.cwd),
            args=list(target.args),
            env=dict(target.env),
            duration_s=number(target.duration_s),
            warmup_s=None if target.warmup_s is None else number(target.warmup_s),
            interval_s=number(target.interval_s),
            tolerance=number(target.tolerance),
            trace=target.trace,
            budgets=[AllowanceForm.of(budget) for budget in target.budgets],
            load=None if target.load is None else LoadSpecForm.of(target.load),
            ready=None if target.ready is None else ReadySpecForm.of(target.ready),
            stop=StopSpecForm.of(target.stop),
            services=list(map(ServiceSpecForm.of, target.services)),
            setup=list(target.setup),
            work=target.work,
            repeat=target.repeat,
            time_per_test_s=number(target.time_per_test_s),
            origin=None if target.origin is None else SourceForm.of(target.origin),
        )

    def value(self, name: str, expect: Expectation) -> TargetSpec:
        """Return the value that this form stores."""
        return TargetSpec(
            name=name,
            entry=ScriptEntry(path=Path(self.script)) if self.entry is None else self.entry.value(),
            python=Path(self.python),
            cwd=Path(self.cwd),
            args=tuple(self.args),
            env=MappingProxyType(dict(self.env)),
            duration_s=self.duration_s,
            warmup_s=self.warmup_s,
            interval_s=self.interval_s,
            tolerance=self.tolerance,
            trace=self.trace,
            expect=expect,
            budgets=tuple(budget.value() for budget in self.budgets),
            load=None if self.load is None else self.load.value(),
            ready=None if self.ready is None else self.ready.value(),
            stop=StopSpec() if self.stop is None else self.stop.value(),
            services=tuple(service.value() for service in self.services),
            setup=tuple(self.setup),
            work=self.work,
            repeat=self.repeat,
            time_per_test_s=self.time_per_test_s,
            origin=None if self.origin is None else self.origin.value(),
        )
