"""Workers in sentences: which role they have, and how many of them grow."""

from pathlib import PurePath
from typing import Final

from leakgate.growth.assess import Assessment
from leakgate.growth.decision import Shape
from leakgate.growth.roles import role_of, roles_of
from leakgate.model.work_record import WorkUnit
from leakgate.verdict.case import Evidence

_LONGEST_COMMAND: Final = 60


def short_command(command: str) -> str:
    """Return a short form of a command line: without the folder of its program and of the file that Python runs."""
    program, _, rest = command.partition(" ")
    name = PurePath(program).name
    if name.startswith("python") and rest and not rest.startswith("-"):
        program, _, rest = rest.partition(" ")
        name = PurePath(program).name
    text = " ".join(filter(None, (name, rest)))
    return text if len(text) <= _LONGEST_COMMAND else f"{text[:_LONGEST_COMMAND]} ..."


def workers_that_grow(evidence: Evidence) -> str:
    """``3 of 4 workers (gunicorn app:app)``; empty if the process that grows has no others of its role.

    ``at least 3 of 4`` if another worker may grow too: it is undecided, a leak of this rate would not have shown in it,
    or requests were sent. A server may give all requests to some of its workers for a while, and how many each got is
    not known.
    """
    leading = evidence.judgement.leading
    role = role_of(leading.signal.pid, roles_of(evidence.trial.processes)) if leading is not None else None
    if leading is None or role is None:
        return ""
    inside = [one for one in evidence.judgement.assessments if one.signal.pid in role.pids]
    judged = {one.signal.pid for one in inside}
    growing = {one.signal.pid for one in inside if one.window.shape is Shape.SUSTAINED}
    if len(judged) < 2:
        return ""
    asked = evidence.trial.work is not None and evidence.trial.work.unit is WorkUnit.REQUEST
    cleared = {one.signal.pid for one in inside if not asked and _would_have_shown(one, leading)}
    least = "" if judged == growing | cleared else "at least "
    return f"{least}{len(growing)} of {len(judged)} workers ({short_command(role.command)})"


def _would_have_shown(other: Assessment, leading: Assessment) -> bool:
    """Whether the growth of the leading signal would have shown in another worker, whose memory is at rest."""
    window = other.window
    alike = other.signal.metric is leading.signal.metric and window.shape is Shape.FLAT
    return alike and window.unseen_per_s <= leading.slope.per_s
