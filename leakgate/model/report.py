"""The conclusions of leakgate: trends, findings, the result of each script and the report of the whole run."""

from dataclasses import dataclass, field, replace

from leakgate.model.baseline import BaselineEntry, BaselineState
from leakgate.model.evidence import Measurement
from leakgate.model.explanation import COUNTED_ROOTS, Frame, GrowthSite, Holder, ResourceGrowth, TypeGrowth
from leakgate.model.metrics import Metric
from leakgate.model.repeated import JudgedTest, PerCall
from leakgate.model.source_ref import SourceRef
from leakgate.model.suppression import SuppressionUse
from leakgate.model.target import TargetSpec
from leakgate.model.verdict import DEFAULT_FAIL_ON, ExitCode, Expectation, GateVerdict, Kind, Verdict
from leakgate.model.work_record import IterationRate, RouteGrowth


@dataclass(frozen=True, slots=True, kw_only=True)
class Trend:
    """How one metric's floor moved over the measured window."""

    metric: Metric
    start: float
    """Floor at the start of the window, in the metric's unit."""
    end: float
    peak: float
    """Highest reading of the whole run, warm-up included."""
    growth: float
    """Rise of the floor over the window."""
    per_s: float
    """Slope of the floor."""
    low_per_s: float
    high_per_s: float
    """Confidence interval (95 %) of the slope."""
    noise: float
    """Growth below this cannot be told from noise."""
    per_iteration: IterationRate | None = None
    """Growth with every request or call; None if they were not counted."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """One rule's answer on one script."""

    rule: str
    """Slug of the rule: ``growth``, ``budget``, ``peak``, ``regression``, ``unmeasured`` ..."""
    verdict: Verdict
    message: str
    """One sentence for the user; may hold text of the measured program."""
    hint: str = ""
    """What to do, or what would decide the question."""
    metric: Metric | None = None
    where: SourceRef | None = None


@dataclass(frozen=True, slots=True)
class LeakPart:
    """The part of a leak that one place allocates."""

    signature: str
    """Stable id: equal when lines move, files are reformatted or another leak appears."""
    site: GrowthSite
    known_as: str = ""
    """The signature under which the baseline records it, if it differs because the code was renamed or moved; else
    empty."""
    per_call: PerCall | None = None
    """Its growth for each call of another test, which the figures of the leak do not include; None if they do."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Leak:
    """A leak with a signature, as reports show it and the baseline records it. All memory of one holder is one leak."""

    signature: str
    """The signature of the place that allocates most of it."""
    site: GrowthSite
    """The place that allocates most of it."""
    also: tuple[LeakPart, ...] = ()
    """The other places that allocate what the same holder keeps, largest first; the baseline records each."""
    holder: Holder | None = None
    known: bool = False
    """Recorded in the baseline or suppressed."""
    known_as: str = ""
    """As in ``LeakPart``, for the place that allocates most of it."""
    advice: str = ""
    suppressed_by: str = ""
    """The reason of the suppression that matched; empty if none did."""
    per_call: PerCall | None = None
    """Growth for each call, for tests and callables; None if calls were not counted."""
    tests: tuple[str, ...] = ()
    """Ids of the tests that show it."""

    @property
    def parts(self) -> tuple[LeakPart, ...]:
        """All places that allocate it, largest first."""
        return (LeakPart(self.signature, self.site, self.known_as), *self.also)

    @property
    def inserted_at(self) -> Frame | None:
        """The innermost line of the project among the calls that insert into the holder; None if it is not known.

        For threads, tasks and similar roots, the frames of a holder show the code that they run, not the code that
        created them.
        """
        if self.holder is None or self.holder.root_kind in COUNTED_ROOTS:
            return None
        stack = self.holder.frames or ((self.holder.writer,) if self.holder.writer is not None else ())
        return next((frame for frame in stack if frame.own), None)

    @property
    def place(self) -> Frame:
        """The line to look at first: the line that inserts if it is known, else the line that allocates."""
        return self.inserted_at or self.site.blamed

    @property
    def share(self) -> float:
        """Its share of all growth that was explained, 0 to 1."""
        return min(1.0, sum(part.site.share for part in self._counted))

    @property
    def bytes_per_s(self) -> float:
        """Its rate, scaled to the program without tracing."""
        return sum(part.site.bytes_per_s for part in self._counted)

    @property
    def grew_bytes(self) -> int:
        """Bytes by which it grew while allocations were traced."""
        return sum(part.site.grew_bytes for part in self._counted)

    @property
    def grew_blocks(self) -> int:
        """The number of blocks of this growth; for native memory, the number of calls that allocated it."""
        return sum(part.site.grew_blocks for part in self._counted)

    @property
    def _counted(self) -> tuple[LeakPart, ...]:
        """The places that its figures include: those of one test."""
        return tuple(part for part in self.parts if part.per_call is None)

    def growth_of(self, part: LeakPart) -> PerCall:
        """Return the growth for each call that one of its places causes; 0 if calls were not counted."""
        if part.per_call is not None or self.per_call is None:
            return part.per_call or PerCall()
        share = part.site.share / self.share if self.share > 0 else 1.0
        return replace(self.per_call, blocks=self.per_call.blocks * share, bytes=self.per_call.bytes * share)


@dataclass(frozen=True, slots=True, kw_only=True)
class TargetResult:
    """Everything that is known of one script after judging."""

    target: TargetSpec
    measurement: Measurement
    verdict: Verdict
    reason: str
    """The worst finding's message, or why it is ok."""
    hint: str = ""
    kind: Kind = Kind.NONE
    warmup_s: float = 0.0
    """End of the warm-up that was found (or configured)."""
    trends: tuple[Trend, ...] = ()
    """``RSS`` always if the script was measured; ``HEAP`` and ``NATIVE`` if they could be read."""
    findings: tuple[Finding, ...] = ()
    """All rules' answers, worst first."""
    leaks: tuple[Leak, ...] = ()
    """New leaks that matter, then the others, each largest first."""
    types: tuple[TypeGrowth, ...] = ()
    resources: tuple[ResourceGrowth, ...] = ()
    """Descriptors, threads, tasks and child processes that pile up, whether a budget limits them or not."""
    routes: tuple[RouteGrowth, ...] = ()
    """Routes of the load, in the order of the config."""
    tests: tuple[JudgedTest, ...] = ()
    """For a test suite or a callable, each test, in the order of collection."""
    baseline: BaselineEntry | None = None
    invitations: tuple[str, ...] = ()
    """Sentences on figures and entries of the baseline that an update would bring up to date."""
    root: str = ""
    """The project's folder on the machine that measured, absolute; empty if it is not known."""

    def trend(self, metric: Metric) -> Trend | None:
        """The trend of a metric, if there is one."""
        return next((trend for trend in self.trends if trend.metric is metric), None)

    @property
    def passed(self) -> bool:
        """Whether the script behaved as expected, regardless of ``--fail-on``."""
        if self.target.expect is Expectation.LEAK:
            return self.verdict is Verdict.LEAK
        return self.verdict in (Verdict.OK, Verdict.KNOWN)


@dataclass(frozen=True, slots=True, kw_only=True)
class RunProblem:
    """Why a run measured nothing: a wrong option, a mistake in the config, a bug of leakgate."""

    message: str
    hint: str = ""
    where: SourceRef | None = None
    """The line of the config that is wrong."""

    def __str__(self) -> str:
        place = f"{self.where}: " if self.where else ""
        return f"{place}{self.message}{f' ({self.hint})' if self.hint else ''}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Shard:
    """The part of a run that a report covers, if the run is spread over several machines."""

    index: int
    """From 1 to ``count``."""
    count: int
    names: tuple[str, ...] = ()
    """Every script of the whole run in the order of the config, so that a merge sees what is missing."""

    def __str__(self) -> str:
        return f"{self.index}/{self.count}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Circumstances:
    """The facts about a run that a report shows besides its results."""

    config_path: str = ""
    """As the user typed it; empty for a run without a config."""
    root: str = ""
    """The folder of the config, absolute; empty if there is none, or if the report does not contain it."""
    folder: str | None = None
    """The folder of the config from the root of the repository, separated by ``/``; empty: the root; None: not
    known."""
    baseline_path: str = ""
    """Empty if the user asked for no baseline."""
    baseline_state: BaselineState | None = None
    """None if no script was measured."""
    fail_on: frozenset[Verdict] = DEFAULT_FAIL_ON
    """The verdicts that fail the gate; empty: none does (advisory)."""
    interrupted: bool = False
    notes: tuple[str, ...] = ()
    command: str = ""
    """The command that repeats the run, for messages."""
    shard: Shard | None = None
    """The part of the run that this is; None for a whole run, and after a merge."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Excerpt:
    """A few lines of a source file around the line of a leak: untrusted text."""

    file: str
    """As in the frames of the leak."""
    line: int
    """Number of the line of the leak, from 1."""
    first: int
    """Number of the first of ``lines``."""
    lines: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class GateReport:
    """The whole run. Every report is made from this value."""

    results: tuple[TargetResult, ...]
    """In the order of the config."""
    verdict: GateVerdict
    exit_code: ExitCode
    about: Circumstances = field(default_factory=Circumstances)
    suppressions: tuple[SuppressionUse, ...] = ()
    """All suppressions of the config, in its order, and the effect of each."""
    problems: tuple[RunProblem, ...] = ()
    """Why nothing was measured; empty if anything was."""
    excerpts: tuple[Excerpt, ...] = ()
    """The source of the leaks where the run was measured; empty if nothing could be read."""

    @property
    def remarks(self) -> tuple[str, ...]:
        """All remarks on the whole run: why nothing was measured, then the notes."""
        return (*map(str, self.problems), *self.about.notes)


def bytes_per_iteration(trends: tuple[Trend, ...]) -> IterationRate | None:
    """How much memory in use grows with every request or call; None if it was not counted, or if it is not known.

    Resident memory counts only if there is no counter of memory in use: with each worker that is replaced, it jumps.
    """
    by_metric = {trend.metric: trend.per_iteration for trend in trends}
    counted = [by_metric[metric] for metric in (Metric.HEAP, Metric.NATIVE) if metric in by_metric]
    rates = [rate for rate in counted if rate is not None]
    if not rates:
        return None if counted else by_metric.get(Metric.RSS)
    return IterationRate(
        sum(rate.estimate for rate in rates), sum(rate.low for rate in rates), sum(rate.high for rate in rates)
    )
