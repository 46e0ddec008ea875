"""The words and the rule on workers that are replaced: their parent's memory is flat although each of them may leak."""

from typing import Final

from leakgate.growth.assess import Growth
from leakgate.growth.signals import RecycledRole
from leakgate.growth.sizes import block_scale
from leakgate.model.explanation import Holder, RootKind
from leakgate.model.metrics import Metric
from leakgate.model.report import Finding
from leakgate.model.units import format_change, format_duration
from leakgate.model.verdict import Verdict
from leakgate.verdict.case import Evidence
from leakgate.verdict.rules.growth_hints import LONGER_LIVES
from leakgate.verdict.rules.worker_words import short_command

SEVERAL: Final = 5
"""Requests for each worker. A worker that answers more belongs to a server and was not started for one job."""


def recycling_hides(evidence: Evidence, role: RecycledRole, rate: str) -> str:
    """``recycling hides a leak of +39.5 KB/s: each of 24 workers (python batch.py) grows by +210 KB in its 4.1 s``."""
    leading = evidence.judgement.leading
    scale = block_scale(evidence.trial.explanation) if leading and leading.signal.metric is Metric.HEAP else 1.0
    return (
        f"recycling hides a leak of {rate}: each of {role.lives} workers ({short_command(role.command)}) grows by "
        f"{format_change(scale * role.grew)} in the {format_duration(role.life_s)} that it lives"
    )


def is_memory_of_a_job(holder: Holder | None, evidence: Evidence) -> bool:
    """Whether the growth in recycled processes may belong to the job that each process does: then it is no leak.

    A process that is started for one job may collect data in local variables until the job is done.
    """
    leading, work = evidence.judgement.leading, evidence.trial.work
    if leading is None or leading.signal.recycled is None or leading.signal.recycled.pooled:
        return False
    if work is not None and work.sent > SEVERAL * leading.signal.recycled.lives:
        return False
    explanation = evidence.trial.explanation
    if explanation is None or not (explanation.sites or explanation.holders):
        return True
    holder = holder or next(iter(explanation.keepers), None)
    return holder is not None and holder.root_kind in (RootKind.FRAME, RootKind.COROUTINE, RootKind.GENERATOR)


def undecided_role(evidence: Evidence, grows: str) -> Finding:
    """``inconclusive`` if recycled processes grow and it is not known what holds the memory across jobs."""
    explanation = evidence.trial.explanation
    looked = explanation is not None and bool(explanation.sites or explanation.holders)
    why = (
        "what holds it is a local variable, so it may be the memory of the one job that each process does"
        if looked
        else "they end before leakgate can see what holds it"
    )
    hint = "let the processes do more jobs each, or set a budget that allows this" if looked else LONGER_LIVES
    metric = evidence.judgement.leading.signal.metric if evidence.judgement.leading else None
    return Finding(rule="growth", verdict=Verdict.INCONCLUSIVE, message=f"{grows}; {why}", hint=hint, metric=metric)


def unsettled_role(evidence: Evidence, role: RecycledRole) -> Finding:
    """``inconclusive`` if recycled workers grow, and the readings do not separate a leak from a long warm-up."""
    return Finding(
        rule="growth",
        verdict=Verdict.INCONCLUSIVE,
        message=(
            f"workers that are replaced ({short_command(role.command)}) grow by about {format_change(role.grew)} in "
            f"the {format_duration(role.life_s)} that each lives: this does not tell a leak from a warm-up"
        ),
        hint=LONGER_LIVES,
        metric=evidence.judgement.leading.signal.metric if evidence.judgement.leading else None,
    )


def judge_unseen_workers(evidence: Evidence) -> Finding | None:
    """``inconclusive`` if replaced workers ran for much of the watch, but too few lives could be judged."""
    if evidence.judgement.growth is Growth.GROWS or not evidence.judgement.unseen:
        return None
    role = evidence.judgement.unseen[0]
    return Finding(
        rule="recycled-workers",
        verdict=Verdict.INCONCLUSIVE,
        message=(
            f"{role.lives} workers ({short_command(role.command)}) lived for about {format_duration(role.life_s)} "
            "each, and their lives are too few or too short to tell whether each of them grows"
        ),
        hint="watch for longer, so that more of them are replaced, or let them live until the end",
    )
