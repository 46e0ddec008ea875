"""Everything that the verdict on one script depends on, so that it can be judged again elsewhere."""

from dataclasses import dataclass

from leakgate.model.baseline import BaselineEntry, BaselineState
from leakgate.model.evidence import Measurement
from leakgate.model.suppression import Suppression
from leakgate.model.target import TargetSpec
from leakgate.model.verdict import DEFAULT_FAIL_ON, Verdict


@dataclass(frozen=True, slots=True, kw_only=True)
class Session:
    """The target, its measurement, and the baseline and suppressions that it is compared with."""

    target: TargetSpec
    measurement: Measurement
    root: str = ""
    """The project's folder on the machine that measured: paths in signatures are relative to it."""
    baseline: BaselineEntry | None = None
    baseline_state: BaselineState | None = None
    suppressions: tuple[Suppression, ...] = ()
    """As the config had them. The day of the measurement decides whether they have expired."""
    fail_on: frozenset[Verdict] = DEFAULT_FAIL_ON
