"""What to do next while a script is watched: keep watching, ask for a collection, or conclude."""

from dataclasses import dataclass, field
from enum import Enum
from typing import Final

from leakgate.growth import thresholds
from leakgate.growth.assess import Assessment, Growth, Judgement, judge_growth
from leakgate.growth.noise import BYTES_PER_BLOCK
from leakgate.model.evidence import EndReason, TrialOk
from leakgate.model.explanation import COUNTED_ROOTS, Explanation, Holder
from leakgate.model.metrics import Metric
from leakgate.model.step import Conclude, ExplainPlan, KeepWatching, Settle, Step
from leakgate.model.target import BudgetForm, TargetSpec, TraceMode
from leakgate.model.verdict import Expectation
from leakgate.model.work_record import WorkRecord
from leakgate.pacing.early_leak import earliest_s, is_early_leak, is_perfectly_steady
from leakgate.pacing.early_ok import could_hide_a_leak, earliest_ok_s, is_surely_ok
from leakgate.pacing.look_plan import holders_only, plan_of
from leakgate.pacing.settling import should_settle

_EXTENDED_TIMES: Final = 1.05
"""A multiple of the duration. A longer watch counts as extended; the last reading comes shortly after the duration."""


class LookOutcome(Enum):
    """The outcome of a closer look at growth that looks like a leak."""

    NONE = "there was no look yet"
    FREE = "nothing contradicts a leak"
    DOUBTED = "an early answer would be unsafe: watch for the whole duration"
    ENDED = "it may be a filling cache, or growth that has ended: watch for twice the duration"


@dataclass(slots=True)
class MemoryPacer:
    """The pacing of one script. It stores when it last asked for a collection, and the outcome of the last look."""

    target: TargetSpec
    _asked_s: float = field(default=float("-inf"), init=False)
    _look: LookOutcome = field(default=LookOutcome.NONE, init=False)
    _leading: Assessment | None = field(default=None, init=False)
    """The assessment that the last conclusion rests on."""
    _early: bool = field(default=False, init=False)
    """Whether the last conclusion came before the duration was over."""
    _concluded_s: float | None = field(default=None, init=False)
    _looking_s: float = field(default=0.0, init=False)
    """Seconds that closer looks took in the middle of the watch. This time does not count as watched."""
    _resumed_s: float = field(default=float("-inf"), init=False)
    _fresh_s: float = field(default_factory=lambda: _figures().fresh_s, init=False)

    def next_step(self, so_far: TrialOk) -> Step:
        """Return what to do now, ``so_far.watched_s`` seconds after the start."""
        now_s, limit_s = so_far.watched_s, self.target.duration_s
        self._notice_a_look(now_s)
        over = 0 < limit_s <= now_s - self._looking_s
        fresh = now_s - self._resumed_s >= self._fresh_s
        earliest = min(earliest_s(so_far.work, limit_s), earliest_ok_s(limit_s))
        if fresh and (over or (limit_s > 0 and now_s >= earliest)):
            conclusion = self._conclude(so_far, over=over)
            if conclusion is not None:
                self._concluded_s = now_s
                return conclusion
        if should_settle(so_far, self._asked_s):
            self._asked_s = now_s
            return Settle()
        return KeepWatching()

    def last_look(self, so_far: TrialOk) -> ExplainPlan | None:
        """Return what to explain if the user ends the watch now; None if nothing grows."""
        return plan_of(judge_growth(so_far, warmup_s=self.target.warmup_s), self.target.trace, so_far.work)

    def _notice_a_look(self, now_s: float) -> None:
        """Record a closer look: if the watch continued after a conclusion, the time in between was spent on a look."""
        if self._concluded_s is not None:
            self._looking_s += now_s - self._concluded_s
            self._resumed_s, self._concluded_s = now_s, None

    def _conclude(self, so_far: TrialOk, *, over: bool) -> Conclude | None:
        judgement = judge_growth(so_far, warmup_s=self.target.warmup_s)
        self._leading, self._early = judgement.leading, not over
        watched_s = so_far.watched_s - self._looking_s
        if over:
            return self._answer_at_end(judgement, watched_s, so_far.work)
        return self._early_answer(judgement, watched_s, so_far)

    def _answer_at_end(self, judgement: Judgement, watched_s: float, work: WorkRecord | None) -> Conclude | None:
        """Return the answer after the duration; None if a longer watch may give a clear one."""
        duration_s = self.target.duration_s
        may_extend = watched_s < duration_s * _figures().extension
        grows = judgement.growth is Growth.GROWS
        undecided = judgement.growth in (Growth.UNDECIDED, Growth.UNMEASURED)
        filling = grows and self._look is LookOutcome.ENDED
        coarse = judgement.growth is Growth.STEADY and could_hide_a_leak(judgement, is_server=work is not None)
        if may_extend and (undecided or filling or coarse):
            return None
        plan = plan_of(judgement, self.target.trace, work)
        return Conclude(
            reason=EndReason.DURATION,
            check=holders_only(plan, judgement.leading) if may_extend and self._may_be_filling(judgement) else None,
            explain=plan,
            revocable=may_extend and grows and self._traces,
            extended=watched_s > _EXTENDED_TIMES * duration_s,
        )

    def _early_answer(self, judgement: Judgement, watched_s: float, so_far: TrialOk) -> Conclude | None:
        """Return an answer before the duration is over; None if none is safe yet."""
        if is_surely_ok(judgement, watched_s, self.target.duration_s):
            return Conclude(reason=EndReason.EARLY, explain=plan_of(judgement, self.target.trace, so_far.work))
        if judgement.growth is not Growth.GROWS or judgement.leading is None or self._growth_is_budgeted():
            return None
        doubted = self._look in (LookOutcome.DOUBTED, LookOutcome.ENDED)
        now_s, duration_s = so_far.watched_s, self.target.duration_s
        if doubted or not is_early_leak(judgement.leading, so_far.work, now_s=now_s, duration_s=duration_s):
            return None
        plan = plan_of(judgement, self.target.trace, so_far.work)
        check = holders_only(plan, judgement.leading) if self._may_be_filling(judgement) else None
        return Conclude(
            reason=EndReason.EARLY,
            check=check,
            explain=plan,
            revocable=self._traces,
        )

    def confirms(self, explanation: Explanation | None) -> bool:
        """Whether an answer of "leak" stands. A cache that is still filling looks like a leak, but its holder differs.

        The first case that applies decides:

        1. A growing holder has a bound, or the code that fills the first holder also empties it: only twice the
           duration can decide.
        2. The answer is early, and it is not safe: no growing holder was found for a rise that is not perfectly
           steady, or the code that fills any holder empties it, or the holders keep only a small part of the growth.
           The whole duration decides.
        3. Python objects have no growing holder, and their rise is not perfectly steady: the program may have loaded
           its data, so only twice the duration can decide.
        """
        holders, leading = explanation.growing if explanation is not None else (), self._leading
        if not holders and _is_recycled(leading):
            self._look = LookOutcome.FREE  # such a life is too short for a look, and a longer watch does not help
            return True
        unheld = not holders and not (leading is not None and is_perfectly_steady(leading.window))
        of_python = leading is not None and leading.signal.metric is Metric.HEAP
        bounded = any(one.bound is not None for one in holders) or (bool(holders) and holders[0].evicts)
        if bounded:
            self._look = LookOutcome.ENDED
        elif self._early and (unheld or any(one.evicts for one in holders) or _keep_little(holders, leading)):
            self._look = LookOutcome.DOUBTED
        elif unheld and of_python:
            self._look = LookOutcome.ENDED
        else:
            self._look = LookOutcome.FREE
        return self._look is LookOutcome.FREE

    def agrees(self, explanation: Explanation | None) -> bool:
        """Whether the explanation supports the answer.

        If almost nothing grew during the explanation, the rise has ended.

        If an exact counter rises, the probe must have answered. Resident memory that no counter explains needs no
        answer: the probe does not see it.
        """
        confirmed = self._is_confirmed(explanation)
        if not confirmed:
            self._look = LookOutcome.ENDED
            self._fresh_s = max(_figures().fresh_s, min(_figures().rewatch_s, self.target.duration_s))
        return confirmed

    def _is_confirmed(self, explanation: Explanation | None) -> bool:
        leading = self._leading
        if explanation is None or leading is None:
            return leading is None or not leading.signal.exact or _is_recycled(leading)
        expected = leading.slope.per_s * explanation.window_s
        placed = bool(explanation.sites)
        if any(_grew_surely(one, explanation.window_s) for one in explanation.growing):
            return True
        match leading.signal.metric:
            case Metric.HEAP:
                least = _figures().confirming_share * expected
                # A full cache replaces blocks from before the window: the trace sees the new blocks only.
                live, new = explanation.live_blocks, _figures().confirming_new * explanation.traced_blocks
                rose = live is None or (live * BYTES_PER_BLOCK > least and live >= new)
                return rose and sum(site.grew_bytes for site in explanation.sites) > least
            case Metric.NATIVE if explanation.window_s:
                # Frees of blocks that are older than the window are not traced, but the allocator counts them.
                return (
                    explanation.native_bytes
                    > (_figures().confirming_share if placed else _figures().confirming_share_unplaced) * expected
                )
            case Metric.ANON | Metric.RSS:
                # Tracing does not see pages that other code maps. If they rise at a constant rate, the rise has not
                # ended.
                return placed or is_perfectly_steady(leading.window)
            case _:
                return placed

    @property
    def _traces(self) -> bool:
        return self.target.trace is not TraceMode.NEVER

    def _may_be_filling(self, judgement: Judgement) -> bool:
        """Whether a look at the holders could still withdraw the answer."""
        surprise = judgement.growth is Growth.GROWS and self.target.expect is not Expectation.LEAK
        return surprise and self._look is LookOutcome.NONE and not self._growth_is_budgeted()

    def _growth_is_budgeted(self) -> bool:
        # The total growth is known only at the end, and a closer look changes resident memory.
        return any(budget.form is BudgetForm.GROWTH or budget.metric is Metric.RSS for budget in self.target.budgets)


def _keep_little(holders: tuple[Holder, ...], leading: Assessment | None) -> bool:
    """Whether the growing holders keep only a small part of the growth of the heap, at the time of the look."""
    if leading is None or leading.signal.metric is not Metric.HEAP or not holders:
        return False
    known = all(one.kept_bytes_per_s > 0 and one.root_kind not in COUNTED_ROOTS for one in holders)
    return known and sum(one.kept_bytes_per_s for one in holders) < _figures().kept_share * leading.slope.per_s


def _grew_surely(holder: Holder, window_s: float) -> bool:
    """Whether a holder grew by more entries than may come together by chance, such as tasks of a busy server."""
    return holder.grew_per_min * max(window_s, _figures().check_s) / 60 >= _figures().confirming_entries


def _is_recycled(leading: Assessment | None) -> bool:
    """Whether the leading signal is that of workers which are replaced."""
    return leading is not None and leading.signal.recycled is not None


def _figures() -> thresholds.PacingThresholds:
    return thresholds.IN_FORCE.pacing
