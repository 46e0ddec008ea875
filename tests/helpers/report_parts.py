"""Parts of realistic reports: series, processes, trials, trends. Nothing is random or taken from the machine."""

import math
from dataclasses import replace
from pathlib import Path
from typing import Final, TypedDict

from leakgate.model.entry import ScriptEntry
from leakgate.model.evidence import (
    Ending,
    EndReason,
    Environment,
    Measurement,
    ProcessRole,
    ProcessTrack,
    Series,
    Trial,
    TrialOk,
)
from leakgate.model.explanation import Explanation
from leakgate.model.metrics import Metric
from leakgate.model.report import Trend
from leakgate.model.source_ref import SourceRef
from leakgate.model.target import TargetSpec

ROOT: Final = "/home/ada/shop"
SITE_PACKAGES: Final = f"{ROOT}/.venv/lib/python3.11/site-packages"
STDLIB: Final = "/usr/lib/python3.11"
KB: Final = 1000
MB: Final = 1000**2

ENVIRONMENT: Final = Environment(
    implementation="cpython",
    python="3.11.7",
    os="linux",
    machine="x86_64",
    leakgate="0.1.0",
    malloc="glibc 2.36",
)


class Rates(TypedDict):
    """Bytes per second that the three metrics rise by."""

    rss_per_s: float
    heap_per_s: float
    native_per_s: float


def wave(t_s: float) -> float:
    """Noise that is the same in every run: about -1 to 1, without a visible period."""
    return (math.sin(t_s * 7.3) + math.sin(t_s * 17.9 + 1.0) + math.sin(t_s * 2.1 + 2.0)) / 3


def series(
    metric: Metric,
    *,
    start: float,
    per_s: float = 0.0,
    noise: float = 0.0,
    warm: float = 0.0,
    duration_s: float = 30.0,
    interval_s: float = 0.1,
) -> Series:
    """Readings that rise by ``warm`` in the first two seconds, and by ``per_s`` all the time."""
    times = tuple(round(step * interval_s, 3) for step in range(round(duration_s / interval_s) + 1))
    values = tuple(
        float(round(start + warm * (1 - math.exp(-t / 0.6)) + per_s * t + noise * (1 + wave(t)))) for t in times
    )
    return Series(metric, times, values)


def trend(metric: Metric, *, start: float, per_s: float, noise: float, window_s: float = 26.0) -> Trend:
    """A trend with an interval of 8 % around the slope, or of the noise if it is flat."""
    spread = max(abs(per_s) * 0.08, noise / window_s / 4)
    end = start + per_s * window_s
    return Trend(
        metric=metric,
        start=start,
        end=end,
        peak=max(start, end) + 3 * noise,
        growth=end - start,
        per_s=per_s,
        low_per_s=per_s - spread,
        high_per_s=per_s + spread,
        noise=noise,
    )


def target(name: str, *, script: str = "", **changes: object) -> TargetSpec:
    """A script of the made-up project, as ``leakgate.yaml`` would give it."""
    spec = TargetSpec(
        name=name,
        entry=ScriptEntry(path=Path(ROOT, script or f"scripts/{name}.py")),
        python=Path(ROOT, ".venv/bin/python"),
        cwd=Path(ROOT),
        origin=SourceRef("leakgate.yaml", 5, 5),
    )
    return replace(spec, **changes)  # type: ignore[arg-type]  # a test names the fields it means


def process(
    *,
    pid: int = 4242,
    role: ProcessRole = ProcessRole.MAIN,
    command: str = "python scripts/worker.py",
    rss_per_s: float = 0.0,
    native_per_s: float = 0.0,
    blocks_per_s: float = 0.0,
) -> ProcessTrack:
    """A probed process with the three series that matter."""
    return ProcessTrack(
        pid=pid,
        role=role,
        command=command,
        first_s=0.0,
        last_s=30.0,
        probed=True,
        series=(
            series(Metric.RSS, start=38 * MB, warm=14 * MB, per_s=rss_per_s, noise=90 * KB),
            series(Metric.BLOCKS, start=120_000, warm=60_000, per_s=blocks_per_s, noise=400),
            series(Metric.NATIVE, start=9 * MB, warm=6 * MB, per_s=native_per_s, noise=20 * KB),
        ),
    )


def trial_ok(
    rates: Rates,
    processes: tuple[ProcessTrack, ...] = (),
    *,
    explanation: Explanation | None = None,
    reason: EndReason = EndReason.DURATION,
    **changes: object,
) -> TrialOk:
    """Thirty seconds of evidence."""
    trial = TrialOk(
        processes=processes
        or (
            process(
                rss_per_s=rates["rss_per_s"],
                native_per_s=rates["native_per_s"],
                blocks_per_s=rates["heap_per_s"] / 80,
            ),
        ),
        tree=(
            series(Metric.RSS, start=38 * MB, warm=14 * MB, per_s=rates["rss_per_s"], noise=90 * KB),
            series(Metric.HEAP, start=11 * MB, warm=7 * MB, per_s=rates["heap_per_s"], noise=30 * KB),
            series(Metric.NATIVE, start=9 * MB, warm=6 * MB, per_s=rates["native_per_s"], noise=20 * KB),
        ),
        ending=Ending(reason=reason, exit_code=0 if reason is EndReason.EXITED else None, at_s=30.0),
        explanation=explanation,
        watched_s=28.0,
    )
    return replace(trial, **changes)  # type: ignore[arg-type]  # a test names the fields it means


def measurement(trial: Trial) -> Measurement:
    """A trial in the one environment of these samples."""
    return Measurement(
        trial=trial,
        environment=ENVIRONMENT,
        started_at="2026-03-02T10:15:00Z",
        stdout_path="out/worker/logs/stdout.txt",
        stderr_path="out/worker/logs/stderr.txt",
    )


def trends(rates: Rates) -> tuple[Trend, ...]:
    """The three trends of a script."""
    return (
        trend(Metric.RSS, start=52 * MB, per_s=rates["rss_per_s"], noise=180 * KB),
        trend(Metric.HEAP, start=18 * MB, per_s=rates["heap_per_s"], noise=40 * KB),
        trend(Metric.NATIVE, start=15 * MB, per_s=rates["native_per_s"], noise=30 * KB),
    )
