"""What leakgate concluded, as results store it: trends, findings, leaks and the entry of the baseline."""

import math
from typing import Self

from pydantic import ConfigDict, Field

from leakgate.archive.forms.explanation_form import FrameForm, HolderForm, SiteForm, site_form
from leakgate.archive.forms.form_fields import MANY, Flag, Form, Number, Text, Whole, bound, number, whole
from leakgate.archive.forms.form_fields import share as form_share
from leakgate.archive.forms.suite_form import MOST_TESTS, PerCallForm
from leakgate.archive.forms.target_form import SourceForm
from leakgate.archive.forms.work_form import IterationRateForm
from leakgate.model.baseline import AcceptedLeak, BaselineEntry, EntryName
from leakgate.model.metrics import Metric
from leakgate.model.report import Finding, Leak, LeakPart, Trend
from leakgate.model.target import Budget, BudgetForm
from leakgate.model.verdict import Verdict


class TrendForm(Form):
    """How the floor of one metric moved over the measured window, in the metric's unit."""

    start: Number
    end: Number
    peak: Number = Field(description="highest reading of the whole run, warm-up included")
    growth: Number
    per_s: Number
    low_per_s: Number | None = Field(description="null: no lower bound is known")
    high_per_s: Number | None = Field(description="null: no upper bound is known")
    noise: Number
    per_iteration: IterationRateForm | None = Field(
        default=None, description="growth per request or call, if they were counted"
    )
    budget: Text | None = Field(description="growth or rate that the user allows, as written in the config")

    @classmethod
    def of(cls, trend: Trend, budgets: tuple[Budget, ...]) -> Self:
        """Return the form of a value."""
        values = {
            "start": number(trend.start),
            "end": number(trend.end),
            "peak": number(trend.peak),
            "growth": number(trend.growth),
            "per_s": number(trend.per_s),
            "low_per_s": bound(trend.low_per_s),
            "high_per_s": bound(trend.high_per_s),
            "noise": number(trend.noise),
            "per_iteration": None if trend.per_iteration is None else IterationRateForm.of(trend.per_iteration),
            "budget": _growth_budget(trend.metric, budgets),
        }
        return cls.model_validate({cls.model_fields[name].alias or name: value for name, value in values.items()})

    def value(self, metric: Metric) -> Trend:
        """Return the value that this form stores."""
        return Trend(
            metric=metric,
            start=self.start,
            end=self.end,
            peak=self.peak,
            growth=self.growth,
            per_s=self.per_s,
            low_per_s=-math.inf if self.low_per_s is None else self.low_per_s,
            high_per_s=math.inf if self.high_per_s is None else self.high_per_s,
            noise=self.noise,
            per_iteration=None if self.per_iteration is None else self.per_iteration.value(),
        )


def _with_unit(field: str) -> str:
    if field == "budget":
        return field
    if field == "per_iteration":
        return "bytes_per_iteration"
    return field.replace("per_s", "bytes_per_s") if field.endswith("per_s") else f"{field}_bytes"


class BytesTrendForm(TrendForm):
    """The same for memory, with the unit in each name: ``growth_bytes``, ``low_bytes_per_s``."""

    model_config = ConfigDict(alias_generator=_with_unit)


def _growth_budget(metric: Metric, budgets: tuple[Budget, ...]) -> str | None:
    texts = (budget.text for budget in budgets if budget.metric is metric and budget.form is not BudgetForm.PEAK)
    return next(texts, None)


class FindingForm(Form):
    """One rule's answer."""

    rule: Text
    verdict: Verdict
    message: Text
    hint: Text
    metric: Metric | None
    where: SourceForm | None

    @classmethod
    def of(cls, finding: Finding) -> Self:
        """Return the form of a value."""
        return cls(
            rule=finding.rule,
            verdict=finding.verdict,
            message=finding.message,
            hint=finding.hint,
            metric=finding.metric,
            where=None if finding.where is None else SourceForm.of(finding.where),
        )

    def value(self) -> Finding:
        """Return the value that this form stores."""
        return Finding(
            rule=self.rule,
            verdict=self.verdict,
            message=self.message,
            hint=self.hint,
            metric=self.metric,
            where=None if self.where is None else self.where.value(),
        )


class PlaceForm(SiteForm):
    """The part of a leak that one of several places allocates."""

    signature: Text
    known_as: Text = ""
    per_call: PerCallForm | None = Field(
        default=None,
        description="growth per call of another test, if the figures of the leak do not include this place",
    )

    @classmethod
    def of(cls, part: LeakPart) -> Self:
        """Return the form of a value."""
        return cls(
            **dict(site_form(part.site)),
            signature=part.signature,
            known_as=part.known_as,
            per_call=None if part.per_call is None else PerCallForm.of(part.per_call),
        )

    def part(self) -> LeakPart:
        """Return the value that this form stores."""
        per_call = None if self.per_call is None else self.per_call.value()
        return LeakPart(self.signature, self.site(), self.known_as, per_call)


class LeakForm(SiteForm):
    """A leak with a name: its sites, its holder, and whether it was known.

    File, line and function are those of the line to look at first. This is the line that inserts, if it is known.
    Growth, rate and share are the sums over all its places; blame and traceback are those of the place that allocates
    most.
    """

    signature: Text = Field(description="stable id: equal when lines move or another leak appears")
    known: Flag = Field(description="recorded in the baseline, or suppressed")
    known_as: Text = Field(default="", description="the signature in the baseline, if its code was renamed or moved")
    suppressed_by: Text = Field(description="reason of the suppression that matched")
    advice: Text
    holder: HolderForm | None
    places: list[PlaceForm] = Field(
        default=[], max_length=MANY, description="all allocating places, largest first, if there are several"
    )
    per_call: PerCallForm | None = Field(default=None, description="growth per call of a test or a callable")
    tests: list[Text] = Field(default=[], max_length=MOST_TESTS, description="ids of the tests that show it")

    @classmethod
    def of(cls, leak: Leak) -> Self:
        """Return the form of a value."""
        shown = FrameForm.of(leak.place)
        whole_leak = {
            "file": shown.file,
            "line": shown.line,
            "function": shown.function,
            "growth_bytes": whole(leak.grew_bytes),
            "growth_blocks": whole(leak.grew_blocks),
            "bytes_per_s": number(leak.bytes_per_s),
            "share": form_share(leak.share),
        }
        return cls(
            **{**dict(site_form(leak.site)), **whole_leak},
            places=[PlaceForm.of(part) for part in leak.parts] if leak.also else [],
            signature=leak.signature,
            known=leak.known,
            known_as=leak.known_as,
            suppressed_by=leak.suppressed_by,
            advice=leak.advice,
            holder=None if leak.holder is None else HolderForm.of(leak.holder),
            per_call=None if leak.per_call is None else PerCallForm.of(leak.per_call),
            tests=list(leak.tests),
        )

    def value(self) -> Leak:
        """Return the value that this form stores."""
        parts = [form.part() for form in self.places]
        return Leak(
            signature=parts[0].signature if parts else self.signature,
            site=parts[0].site if parts else self.site(),
            also=tuple(parts[1:]),
            holder=None if self.holder is None else self.holder.value(),
            known=self.known,
            known_as=self.known_as,
            advice=self.advice,
            suppressed_by=self.suppressed_by,
            per_call=None if self.per_call is None else self.per_call.value(),
            tests=tuple(self.tests),
        )


class AcceptedLeakForm(Form):
    """A leak that the baseline records."""

    signature: Text
    bytes_per_s: Number
    where: Text
    blocks_per_call: Number = 0.0
    bytes_per_call: Number = 0.0
    reason: Text = Field(default="", description="why it was accepted")
    owner: Text = Field(default="", description="who is responsible for it")

    @classmethod
    def of(cls, leak: AcceptedLeak) -> Self:
        """Return the form of a value."""
        return cls(
            signature=leak.signature,
            bytes_per_s=number(leak.bytes_per_s),
            where=leak.where,
            blocks_per_call=number(leak.blocks_per_call),
            bytes_per_call=number(leak.bytes_per_call),
            reason=leak.reason,
            owner=leak.owner,
        )

    def value(self) -> AcceptedLeak:
        """Return the value that this form stores."""
        return AcceptedLeak(**dict(self))


class EntryNameForm(Form):
    """The name of an entry of the baseline."""

    environment: Text
    script: Text


class AcceptedForm(Form):
    """What the baseline records of the script in this environment."""

    verdict: Verdict
    peak_bytes: Whole
    growth_bytes_per_s: Number
    growth_bytes_per_iteration: Number | None = None
    leaks: list[AcceptedLeakForm] = Field(max_length=MANY)
    reason: Text = Field(default="", description="why the peak, or growth without a known place, was accepted")
    owner: Text = ""
    taken_from: EntryNameForm | None = Field(
        default=None, description="the entry that stands in for this script's own; null: it is its own"
    )

    @classmethod
    def of(cls, entry: BaselineEntry) -> Self:
        """Return the form of a value."""
        each, source = entry.growth_bytes_per_iteration, entry.taken_from
        return cls(
            verdict=entry.verdict,
            peak_bytes=whole(entry.peak_bytes),
            growth_bytes_per_s=number(entry.growth_bytes_per_s),
            growth_bytes_per_iteration=None if each is None else number(each),
            leaks=list(map(AcceptedLeakForm.of, entry.leaks)),
            reason=entry.reason,
            owner=entry.owner,
            taken_from=None if source is None else EntryNameForm(environment=source.environment, script=source.script),
        )

    def value(self) -> BaselineEntry:
        """Return the value that this form stores."""
        source = self.taken_from
        return BaselineEntry(
            verdict=self.verdict,
            peak_bytes=self.peak_bytes,
            growth_bytes_per_s=self.growth_bytes_per_s,
            growth_bytes_per_iteration=self.growth_bytes_per_iteration,
            leaks=tuple(leak.value() for leak in self.leaks),
            reason=self.reason,
            owner=self.owner,
            taken_from=None if source is None else EntryName(source.environment, source.script),
        )
