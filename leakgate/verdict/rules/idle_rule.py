"""The rule on servers that got no requests: a server that does no work shows no leak."""

from leakgate.model.report import Finding
from leakgate.model.verdict import Verdict
from leakgate.verdict.case import Evidence


def judge_idle_server(evidence: Evidence) -> Finding | None:
    """``inconclusive`` for a program that listened on a port and did almost no work."""
    port = evidence.trial.idle_port
    if not port or evidence.target.load is not None:
        return None
    return Finding(
        rule="idle-server",
        verdict=Verdict.INCONCLUSIVE,
        message=f"it listened on port {port} and did almost no work, so a leak could not show",
        hint='let leakgate send it requests: `load: {requests: ["/"]}` in leakgate.yaml',
    )
