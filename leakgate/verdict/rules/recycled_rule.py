"""The words and the rule on workers that are replaced: their parent's memory is flat although each of them may leak."""

import re
from typing import Final

from leakgate.growth import thresholds
from leakgate.growth.assess import Growth
from leakgate.growth.signals import RecycledRole
from leakgate.growth.sizes import block_scale
from leakgate.model.explanation import Holder, RootKind
from leakgate.model.metrics import Metric
from leakgate.model.report import Finding
from leakgate.model.units import format_change, format_duration, format_rate, format_size
from leakgate.model.verdict import Verdict
from leakgate.verdict.case import Evidence
from leakgate.verdict.rules.growth_hints import LONGER_LIVES
from leakgate.verdict.rules.worker_words import short_command
from leakgate.verdict.sensitivity import coarse_role

SEVERAL: Final = 5
"""Requests for each worker. A worker that answers more belongs to a server and was not started for one job."""

UNSEEN_LIVES: Final = (
    "watch for longer, so that more workers are replaced, or let each worker live for 3 s or more while it is "
    "measured, with more tasks or requests for each worker"
)
_RQ: Final = re.compile(r"\brq\b")


def recycling_hides(evidence: Evidence, role: RecycledRole, rate: str) -> str:
    """``recycling hides a leak of +39.5 KB/s: each of 24 workers (python batch.py) grows by +210 KB in its 4.1 s``."""
    leading = evidence.judgement.leading
    scale = block_scale(evidence.trial.explanation) if leading and leading.signal.metric is Metric.HEAP else 1.0
    return (
        f"recycling hides a leak of {rate}: each of {role.lives} workers ({short_command(role.command)}) grows by "
        f"{format_change(scale * role.grew)} in the {format_duration(role.life_s)} that it lives"
    )


def is_memory_of_a_job(holder: Holder | None, evidence: Evidence) -> bool:
    """Whether the growth in recycled processes may belong to the job of each process. Then it is not a leak.

    A process that is started for one job may collect data in local variables until the job is done.
    """
    leading = evidence.judgement.leading
    role = leading.signal.recycled if leading is not None else None
    if role is None or not _is_for_one_job(role, evidence):
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
        "a local variable holds it, so it may be the memory of the one job that each process does"
        if looked
        else "they end before leakgate can find the holder"
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
            f"the {format_duration(role.life_s)} that each lives: this may be a leak or a warm-up"
        ),
        hint=LONGER_LIVES,
        metric=evidence.judgement.leading.signal.metric if evidence.judgement.leading else None,
    )


def judge_unseen_workers(evidence: Evidence) -> Finding | None:
    """``inconclusive`` if replaced workers ran for much of the watch, but a leak in them might not have shown."""
    if evidence.judgement.growth is Growth.GROWS:
        return None
    unseen = next((role for role in evidence.judgement.unseen if role.does_many_jobs), None)
    if unseen is not None:
        message = (
            f"{unseen.lives} workers ({short_command(unseen.command)}) lived for about "
            f"{format_duration(unseen.life_s)} each: too few workers, or too short lives, to show whether they grow"
        )
        hint = LONGER_LIVES if unseen.life_s < thresholds.IN_FORCE.lives.short_job_s else UNSEEN_LIVES
        return Finding(rule="recycled-workers", verdict=Verdict.INCONCLUSIVE, message=message, hint=hint)
    coarse = coarse_role(evidence.judgement, evidence.trial)
    if coarse is None or coarse.signal.recycled is None or _is_for_one_job(coarse.signal.recycled, evidence):
        return None
    role, unseen_per_s = coarse.signal.recycled, coarse.window.unseen_per_s
    return Finding(
        rule="recycled-workers",
        verdict=Verdict.INCONCLUSIVE,
        message=(
            f"workers that are replaced ({short_command(role.command)}) live for {format_duration(role.life_s)} each: "
            f"only a leak above {format_rate(unseen_per_s).lstrip('+')} in a worker, "
            f"{format_size(unseen_per_s * role.life_s)} in its life, would have shown"
        ),
        hint=LONGER_LIVES,
        metric=coarse.signal.metric,
    )


def short_jobs(evidence: Evidence) -> tuple[str, str]:
    """Return a sentence about processes that were started for one short job each, and a hint.

    It is for the report on a healthy program. Both are empty if there are no such processes.
    """
    role = next((role for role in evidence.judgement.unseen if not role.does_many_jobs), None)
    if role is None:
        return "", ""
    said = (
        f"not judged: processes that end after one short job ({short_command(role.command)}, {role.lives} seen); what "
        "a job leaks is freed when its process ends"
    )
    how = "with `rq.SimpleWorker`" if _RQ.search(role.command) else "in one process that stays"
    return said, f"to see what a job leaks, run the jobs {how} while it is measured, or `call` the function of the job"


def _is_for_one_job(role: RecycledRole, evidence: Evidence) -> bool:
    """Whether each process was probably started for one job. The workers of a server answer many requests."""
    work = evidence.trial.work
    return not role.pooled and not (work is not None and work.sent > SEVERAL * role.lives)
