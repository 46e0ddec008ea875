"""The evidence for the rules, made from trials with generated readings."""

from pathlib import Path
from typing import Any, Final

from leakgate.growth.assess import judge_growth
from leakgate.growth.trends import trends_of
from leakgate.model.baseline import AcceptedLeak, BaselineEntry
from leakgate.model.entry import ScriptEntry
from leakgate.model.evidence import Environment, Measurement, Trial, TrialOk
from leakgate.model.explanation import Explanation, Frame, GrowthSite, Holder
from leakgate.model.metrics import Metric
from leakgate.model.report import Leak
from leakgate.model.target import Budget, BudgetForm, TargetSpec
from leakgate.model.verdict import Verdict
from leakgate.verdict.case import Evidence
from tests.helpers.trials import KB, MB, Curve, flat, linear, trial_from

ROOT: Final = "/home/ada/shop"
SIGNATURE: Final = "0123456789ab"


def target(**fields: Any) -> TargetSpec:
    """A script with the defaults of the config, and these fields."""
    return TargetSpec(
        name="worker",
        entry=ScriptEntry(path=Path(f"{ROOT}/worker.py")),
        python=Path("/usr/bin/python3"),
        cwd=Path(ROOT),
        **fields,
    )


def growth(metric: Metric, limit: float) -> Budget:
    """A budget on growth over the window."""
    return Budget(metric, BudgetForm.GROWTH, limit, f"{limit:.0f}B")


def rate(metric: Metric, per_s: float) -> Budget:
    """A budget on a sustained rate."""
    return Budget(metric, BudgetForm.RATE, per_s, f"{per_s:.0f}B/s")


def peak(limit: float) -> Budget:
    """A ceiling on resident memory."""
    return Budget(Metric.RSS, BudgetForm.PEAK, limit, f"{limit:.0f}B")


def leaking(per_s: float = 100 * KB, *, explanation: Explanation | None = None, **fields: Any) -> TrialOk:
    """A Python leak of this many bytes per second."""
    return trial_from(
        heap=linear(per_s), native=flat(), resident=linear(per_s, level=30 * MB), explanation=explanation, **fields
    )


def resting(resident: Curve | None = None) -> TrialOk:
    """A program whose live memory does not grow."""
    return trial_from(heap=flat(), native=flat(), resident=resident or flat(30 * MB))


def site(
    function: str = "load", *, file: str = f"{ROOT}/worker.py", share: float = 1.0, grew_bytes: int = 400_000
) -> GrowthSite:
    """A place that leaks."""
    return GrowthSite(
        frames=(Frame(file, 12, function),), grew_bytes=grew_bytes, grew_blocks=9, bytes_per_s=9.0, share=share
    )


def leak(
    *, known: bool = False, suppressed_by: str = "", share: float = 1.0, holder: Holder | None = None, **fields: Any
) -> Leak:
    """A named leak."""
    return Leak(
        signature=fields.pop("signature", SIGNATURE),
        site=site(share=share, **fields),
        known=known,
        suppressed_by=suppressed_by,
        holder=holder,
    )


def entry(per_s: float = 0.0, *, peak_bytes: float = 0.0, leaks: tuple[str, ...] = ()) -> BaselineEntry:
    """The entry of a script in the baseline."""
    return BaselineEntry(
        verdict=Verdict.LEAK if per_s else Verdict.OK,
        peak_bytes=int(peak_bytes),
        growth_bytes_per_s=per_s,
        leaks=tuple(
            AcceptedLeak(signature=signature, bytes_per_s=per_s, where="elsewhere.py:other") for signature in leaks
        ),
    )


def evidence_of(
    trial: TrialOk,
    *,
    leaks: tuple[Leak, ...] = (),
    baseline: BaselineEntry | None = None,
    warmup_s: float | None = None,
    **fields: Any,
) -> Evidence:
    """The evidence on a trial, from the real judgement."""
    judgement = judge_growth(trial, warmup_s=warmup_s)
    return Evidence(
        target=target(warmup_s=warmup_s, **fields),
        trial=trial,
        judgement=judgement,
        trends=trends_of(trial, judgement),
        leaks=leaks,
        baseline=baseline,
        root=ROOT,
    )


def measurement(trial: Trial, *, started_at: str = "2026-03-01T12:00:00Z") -> Measurement:
    """A trial that ran on a certain day."""
    environment = Environment(implementation="cpython", python="3.11.7", os="linux", machine="x86_64", leakgate="0.1.0")
    return Measurement(trial=trial, environment=environment, started_at=started_at)
