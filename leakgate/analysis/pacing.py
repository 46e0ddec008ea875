"""What to do next while a script is watched: go on, ask for a collection, or conclude."""

from dataclasses import dataclass, field, replace
from typing import Final

from leakgate.analysis.judgement import Assessment, Growth, Judgement, judge_growth
from leakgate.analysis.shape import Shape, Window
from leakgate.analysis.signals import Signal, settled, signals_of
from leakgate.model.evidence import EndReason, Explanation, TrialOk
from leakgate.model.metrics import Metric
from leakgate.model.step import Conclude, ExplainPlan, KeepWatching, Settle, Step
from leakgate.model.target import BudgetForm, TargetSpec, TraceMode
from leakgate.model.verdict import Expectation

EXTENSION: Final = 2.0
"""An undecided script is watched for up to this many times its duration."""
FIRST_SUSPICION_S: Final = 2.5
SUSPICION_S: Final = 4.0
"""How far back one looks for growth that a collection should confirm."""
SETTLE_EVERY_S: Final = 1.0
PAUSE_SHARE: Final = 25.0
"""Between two collections lies this many times what the slowest of them took: at most 4 % of the time."""
EARLY_OK_S: Final = 12.0
EARLY_OK_SHARE: Final = 0.6
"""A script is called healthy early only after this share of its duration: a leak may start late."""
EARLY_SWING: Final = 3.0
"""Nor is one whose own swings hide more than this many times what noise does."""
EARLY_LEAK_S: Final = 11.0
EARLY_LEAK_SHARE: Final = 0.55
EARLY_START_SHARE: Final = 0.35
EARLY_STEADINESS: Final = 0.6
EARLY_PERSISTENCE: Final = 0.8
VERY_STEADY: Final = 0.85
EARLY_PER_S: Final = 50_000.0
CHECK_WINDOW_S: Final = 2.0
TRACE_WINDOW_S: Final = 4.0
TRACE_WINDOW_SLOW_S: Final = 9.0
"""How long allocations are traced; a slow leak needs longer to show in every part of the window."""


@dataclass(slots=True)
class Pacer:
    """The pacing of one script: remembers when it last asked for a collection, and what a closer look has shown."""

    target: TargetSpec
    _asked_s: float = field(default=float("-inf"), init=False)
    _early: Window | None = field(default=None, init=False)
    _looked: bool = field(default=False, init=False)
    _bounded: bool = field(default=False, init=False)
    _doubted: bool = field(default=False, init=False)
    _revoked: bool = field(default=False, init=False)

    def next_step(self, so_far: TrialOk) -> Step:
        """What to do now, ``so_far.watched_s`` seconds into the run."""
        now_s, limit_s = so_far.watched_s, self.target.duration_s
        over = 0 < limit_s <= now_s
        if over or (limit_s > 0 and now_s >= min(EARLY_LEAK_S, EARLY_OK_S)):
            conclusion = self._conclude(so_far, over=over)
            if conclusion is not None:
                return conclusion
        if self._should_settle(so_far):
            self._asked_s = now_s
            return Settle()
        return KeepWatching()

    def last_look(self, so_far: TrialOk) -> ExplainPlan | None:
        """What to explain when the user ends the watch now; None where nothing grows."""
        return self._explain(judge_growth(so_far, warmup_s=self.target.warmup_s))

    def _conclude(self, so_far: TrialOk, *, over: bool) -> Conclude | None:
        judgement = judge_growth(so_far, warmup_s=self.target.warmup_s)
        now_s, limit_s = so_far.watched_s, self.target.duration_s
        if over:
            may_extend = now_s < limit_s * EXTENSION
            undecided = judgement.growth in (Growth.UNDECIDED, Growth.UNMEASURED)
            filling = judgement.growth is Growth.GROWS and (self._bounded or self._revoked)
            if may_extend and (undecided or filling):
                return None
            plan = self._explain(judgement)
            check = _cheaper(plan) if may_extend and self._may_be_filling(judgement) else None
            extended = now_s > limit_s * 1.05
            revocable = may_extend and judgement.growth is Growth.GROWS and self.target.trace is not TraceMode.NEVER
            return Conclude(
                reason=EndReason.DURATION, check=check, explain=plan, revocable=revocable, extended=extended
            )
        if self._surely_ok(judgement, now_s):
            return Conclude(reason=EndReason.EARLY, explain=self._explain(judgement))
        if self._surely_leaks(judgement, now_s) and judgement.leading is not None:
            self._early = judgement.leading.window
            plan = self._explain(judgement)
            surprise = self.target.expect is not Expectation.LEAK
            check = _cheaper(plan) if surprise and not self._looked else None
            return Conclude(reason=EndReason.EARLY, check=check, explain=plan, revocable=True)
        return None

    def confirms(self, explanation: Explanation | None) -> bool:
        """Whether an answer of "leak" stands. A cache that still fills looks like one, but for what holds it.

        Where what grows has a bound, only more time can tell: the whole duration, and when that is over, as long
        again. An early answer is also doubted where the code that fills a container empties it too, and where nothing
        was found that holds the memory and the rise is not perfectly steady. What was found grew all through the look.
        """
        holders = explanation.holders if explanation is not None else ()
        self._bounded = any(holder.bound is not None for holder in holders)
        self._looked = True
        if self._early is None:
            return not self._bounded
        early, self._early = self._early, None
        may_fill = self._bounded or any(holder.evicts for holder in holders)
        self._doubted = may_fill or not (holders or _is_perfectly_steady(early))
        return not self._doubted

    def agrees(self, explanation: Explanation | None) -> bool:
        """Whether the explanation bears the answer out. Where nothing grew in all its time, the rise has ended."""
        self._revoked = explanation is not None and not explanation.sites and not explanation.holders
        self._doubted = self._doubted or self._revoked
        return not self._revoked

    def _may_be_filling(self, judgement: Judgement) -> bool:
        """Whether a look at what holds the memory could still take the answer back."""
        surprise = judgement.growth is Growth.GROWS and self.target.expect is not Expectation.LEAK
        return surprise and not self._looked and not self._growth_is_budgeted()

    def _surely_ok(self, judgement: Judgement, now_s: float) -> bool:
        enough = now_s >= max(EARLY_OK_S, EARLY_OK_SHARE * self.target.duration_s)
        return (
            enough
            and judgement.growth is Growth.STEADY
            and all(
                one.window.start_s <= EARLY_START_SHARE * now_s and _would_have_shown(one)
                for one in judgement.assessments
                if one.window.shape is Shape.FLAT and one.signal.exact
            )
        )

    def _surely_leaks(self, judgement: Judgement, now_s: float) -> bool:
        leading = judgement.leading
        if judgement.growth is not Growth.GROWS or leading is None or self._growth_is_budgeted():
            return False
        if self._doubted or self._bounded:
            return False
        window = leading.window
        return (
            now_s >= max(EARLY_LEAK_S, EARLY_LEAK_SHARE * self.target.duration_s)
            and leading.signal.exact
            and leading.slope.low >= EARLY_PER_S
            and window.start_s <= EARLY_START_SHARE * now_s
            and window.steadiness >= EARLY_STEADINESS
            and window.persistence >= EARLY_PERSISTENCE
        )

    def _growth_is_budgeted(self) -> bool:
        # How much it grows in all is known at the end only, and a closer look leaves its mark on resident memory.
        return any(budget.form is BudgetForm.GROWTH or budget.metric is Metric.RSS for budget in self.target.budgets)

    def _should_settle(self, so_far: TrialOk) -> bool:
        now_s = so_far.watched_s
        pause_s = so_far.longest_settle_s
        if now_s < FIRST_SUSPICION_S or now_s - self._asked_s < max(SETTLE_EVERY_S, PAUSE_SHARE * pause_s):
            return False
        if any(settled(track.series, Metric.BLOCKS) for track in so_far.processes):
            return True  # once begun, go on: readings are comparable only with their like
        return any(_rises(signal, now_s) for signal in signals_of(so_far) if signal.exact)

    def _explain(self, judgement: Judgement) -> ExplainPlan | None:
        grows = judgement.growth is Growth.GROWS or (
            judgement.growth is Growth.UNDECIDED and judgement.leading is not None and judgement.leading.signal.exact
        )
        if not grows and self.target.trace is not TraceMode.ALWAYS:
            return None
        leading = judgement.leading
        return ExplainPlan(
            window_s=_window_s(leading),
            trace=self.target.trace is not TraceMode.NEVER,
            pids=(leading.signal.pid,) if leading is not None and leading.signal.pid else (),
        )


def _is_perfectly_steady(window: Window) -> bool:
    return window.steadiness >= VERY_STEADY and VERY_STEADY <= window.persistence <= 1 / VERY_STEADY


def _cheaper(plan: ExplainPlan | None) -> ExplainPlan | None:
    """Only what holds the memory: that disturbs a watch so little that it can go on."""
    return replace(plan, window_s=CHECK_WINDOW_S, trace=False, native=False) if plan is not None else None


def _would_have_shown(one: Assessment) -> bool:
    """Whether a floor neither falls, which hides a leak, nor swings so much that a slow leak would be lost in it."""
    window = one.window
    clear = EARLY_SWING * one.signal.noise.allowed(window.end_s - window.start_s)
    return window.allowed <= clear and not window.sank


def _rises(signal: Signal, now_s: float) -> bool:
    half_s = SUSPICION_S / 2
    before = signal.points.between(now_s - SUSPICION_S, now_s - half_s).values
    after = signal.points.between(now_s - half_s, now_s + 1).values
    if not before or not after:
        return False
    return min(after) - min(before) > signal.noise.per_s * half_s


def _window_s(leading: Assessment | None) -> float:
    if leading is None or leading.slope.per_s < EARLY_PER_S or leading.window.steadiness < EARLY_STEADINESS:
        return TRACE_WINDOW_SLOW_S
    return TRACE_WINDOW_S
