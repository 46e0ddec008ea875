"""Watches a script until the pacing rules conclude, and has the growth explained."""

from dataclasses import dataclass, replace

from leakgate.measure.watch import Watch
from leakgate.model.explain_raw import RawExplanation
from leakgate.model.explanation import Explanation
from leakgate.model.step import Conclude, ExplainPlan
from leakgate.ports import Explainer, ExplanationReader, Pacer


@dataclass(frozen=True, slots=True)
class Seen:
    """The result of a watch."""

    conclusion: Conclude | None
    """None: the script or the user ended the watch."""
    watched_s: float
    explanation: Explanation | None


def watch_and_explain(watch: Watch, pacer: Pacer, explainer: Explainer) -> Seen:
    """Watch until the pacing rules conclude, and explain. If a look withdraws the conclusion, watch again."""
    last_look: Explanation | None = None
    while True:
        conclusion = watch.until_concluded(pacer)
        course = _Explaining(watch, explainer, watch.now_s)
        if conclusion is None:
            return Seen(conclusion, course.watched_s, None)
        if conclusion.check is not None:
            course.look(conclusion.check)
            last_look = course.held_by or last_look
            if not watch.over and not pacer.confirms(course.held_by):
                watch.resume(course.watched_s)
                continue
        if conclusion.explain is None:
            explanation = None
        else:
            explanation = course.traced_only(conclusion, pacer) or course.explained(conclusion.explain)
        if conclusion.revocable and not watch.over and not pacer.agrees(explanation):
            watch.resume(course.watched_s, traced=True)
            continue
        if explanation is None and conclusion.explain is not None:
            explanation = last_look  # on a busy machine, a process may not answer again in time
        return Seen(conclusion, course.watched_s, _with_holders(explanation, course.held_by))


@dataclass(slots=True)
class _Explaining:
    """The explaining phase after one conclusion."""

    watch: Watch
    explainer: Explainer
    watched_s: float
    held_by: Explanation | None = None
    """The result of the look at the holders before the answer stands; None if there was none."""
    _looks: tuple[RawExplanation, ...] = ()
    """The answers that it was made of."""
    _native: tuple[RawExplanation, ...] | None = None
    """The answers to the question for places of native memory, which is asked once; None before it."""
    _reader: ExplanationReader | None = None

    def look(self, check: ExplainPlan) -> None:
        """Look at the holders."""
        self._looks = self.watch.explain(check)
        self.held_by = self._explanation_of(self._looks)

    def traced_only(self, conclusion: Conclude, pacer: Pacer) -> Explanation | None:
        """Return the explanation with the holders of the look, if it needs no second look and tracing shows the leak.

        A look at the holders takes seconds in a busy server. None: look at everything.
        """
        plan, held_by = conclusion.explain, self.held_by
        if plan is None or plan.life_s or held_by is None or not held_by.looked:
            return None
        if not any(one.kept_bytes_per_s >= plan.enough_kept_per_s for one in held_by.growing):
            return None
        answers = self._ask(replace(plan, holders=False))
        found = self._explanation_of(_joined(answers, self._looks))
        if found is None or not found.sites:
            return None
        # Only what grew while allocations were traced counts: the look at the holders was before.
        stands = self.watch.over or not conclusion.revocable or pacer.agrees(replace(found, holders=()))
        return found if stands else None

    def explained(self, plan: ExplainPlan) -> Explanation | None:
        """Return the explanation of the whole plan. Workers that are soon replaced are not asked for holders twice."""
        return self._explanation_of(self._ask(replace(plan, holders=not _grows(self.held_by)) if plan.life_s else plan))

    def _ask(self, plan: ExplainPlan) -> tuple[RawExplanation, ...]:
        """Ask the probes. Calls of native code are followed only if tracing saw too little, because it takes seconds.

        A worker that is replaced is asked for both at once: it may have ended before a second question. Others are
        asked for native places once, and only those that answered the first question.
        """
        if plan.life_s or not (plan.trace and plan.native):
            return self.watch.explain(plan)
        answers = self.watch.explain(replace(plan, native=False))
        if not answers or self.watch.over or not self._explanation_reader().needs_native(answers):
            return answers
        if self._native is None:
            self._native = self.watch.explain(plan.adding_native(tuple(answer.pid for answer in answers)))
        return _with_native_sites(answers, self._native)

    def _explanation_of(self, answers: tuple[RawExplanation, ...]) -> Explanation | None:
        return self._explanation_reader().explanation_of(answers) if answers else None

    def _explanation_reader(self) -> ExplanationReader:
        """Return the reader of all answers in this phase. What was watched before it is judged once."""
        if self._reader is None:
            self._reader = self.explainer.reader_of(self.watch.evidence(self.watched_s))
        return self._reader


def _with_native_sites(
    answers: tuple[RawExplanation, ...], more: tuple[RawExplanation, ...]
) -> tuple[RawExplanation, ...]:
    """Return the answers, each with the native places of the later answer of the same process."""
    later = {one.pid: one for one in more}
    return tuple(
        replace(
            answer,
            native_sites=native.native_sites,
            notes=(*answer.notes, *native.notes),
            pause_s=max(answer.pause_s, native.pause_s),
        )
        if (native := later.get(answer.pid)) is not None
        else answer
        for answer in answers
    )


def _joined(answers: tuple[RawExplanation, ...], looks: tuple[RawExplanation, ...]) -> tuple[RawExplanation, ...]:
    """Return the answers, each with the holders and types of the earlier look at the same process."""
    earlier = {look.pid: look for look in looks}
    return tuple(
        replace(
            answer,
            holders=look.holders,
            types=look.types,
            looked=look.looked,
            notes=(*look.notes, *answer.notes),
            pause_s=max(look.pause_s, answer.pause_s),
        )
        if (look := earlier.get(answer.pid)) is not None
        else answer
        for answer in answers
    )


def _grows(explanation: Explanation | None) -> bool:
    """Whether a look found a holder that grows."""
    return explanation is not None and bool(explanation.growing)


def _with_holders(explanation: Explanation | None, earlier: Explanation | None) -> Explanation | None:
    """Return the explanation.

    If its look was not completed, use the holders and types of an earlier look. A look may be incomplete because a
    worker was replaced, or because tracing slows a busy program down.
    """
    if explanation is None or earlier is None or explanation.looked or _grows(explanation) or not _grows(earlier):
        return explanation
    return replace(explanation, holders=earlier.holders, types=explanation.types or earlier.types)
