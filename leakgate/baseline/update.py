"""What ``leakgate baseline update`` records: the new baseline from the old one and the results of a run. Pure."""

from collections.abc import Collection
from dataclasses import dataclass
from typing import Final

from leakgate.blame.signature import portable_path
from leakgate.model.baseline import Baseline, BaselineEntry
from leakgate.model.evidence import GrowthSite
from leakgate.model.metrics import Metric
from leakgate.model.report import Finding, TargetResult, bytes_per_iteration
from leakgate.model.verdict import Expectation, Verdict

_UNMEASURED: Final = frozenset({Verdict.ERROR, Verdict.INCONCLUSIVE})
_GROWING: Final = frozenset({Verdict.LEAK, Verdict.KNOWN, Verdict.REGRESSION})
_MIN_SHARE: Final = 0.06
"""Smaller places come and go from run to run. Half of what makes a place count as a new leak, so none fails later."""
_RESIDENT: Final = frozenset({Metric.RSS, Metric.ANON})


@dataclass(frozen=True, slots=True, kw_only=True)
class Update:
    """A new baseline, and what was done to get there; names in the order of the results."""

    baseline: Baseline
    recorded: tuple[str, ...]
    refused: tuple[tuple[str, str], ...]
    """(script, why): what was there of it before is kept."""
    removed: tuple[tuple[str, str], ...]
    """(environment, script) that are no longer in the config, or became canaries."""


def updated(
    baseline: Baseline,
    results: Collection[TargetResult],
    *,
    configured: Collection[str] | None = None,
    root: str = "",
) -> Update:
    """Record these results; entries of other environments and of scripts that were not run stay as they are.

    A figure that is within the script's tolerance of the old one keeps the old text, so that recording the same
    behaviour again changes nothing and slow drift cannot creep in. ``configured``: the names of all scripts of the
    config; other entries of the environments that were run are removed. None: unknown, nothing is removed. ``root``:
    the project's folder, which places in the file leave out; without it each script's working directory.
    """
    environments = {key: dict(entries) for key, entries in baseline.environments.items()}
    recorded, refused, gone = [], [], []
    for result in results:
        name, key = result.target.name, result.measurement.environment.key
        if result.target.expect is Expectation.LEAK:
            gone.append((key, name))
        elif result.verdict in _UNMEASURED:
            refused.append((name, f"{result.verdict}: {result.reason}"))
        else:
            entry = _settle(entry_of(result, root), baseline.entry(key, name), result.target.tolerance)
            environments.setdefault(key, {})[name] = entry
            recorded.append(name)
    if configured is not None:
        ran = {result.measurement.environment.key for result in results}
        gone += [(key, name) for key in sorted(ran) for name in environments.get(key, {}) if name not in configured]
    removed = [(key, name) for key, name in gone if environments.get(key, {}).pop(name, None) is not None]
    return Update(
        baseline=Baseline({key: entries for key, entries in environments.items() if entries}),
        recorded=tuple(recorded),
        refused=tuple(refused),
        removed=tuple(removed),
    )


def entry_of(result: TargetResult, root: str = "") -> BaselineEntry:
    """What a result would be recorded as. Growth and leaks only where the growth was judged to be sustained."""
    rss = result.trend(Metric.RSS)
    growth = next((one for one in result.findings if one.rule == "growth" and one.verdict in _GROWING), None)
    per_s = 0.0 if growth is None else _growth_per_s(result, growth)
    counted = bytes_per_iteration(result.trends)
    each = None if counted is None else max(0.0, counted.estimate) if growth is not None else 0.0
    leaks = () if growth is None else _leaks(result, per_s, root or str(result.target.cwd))
    return BaselineEntry(
        verdict=Verdict.OK if growth is None else Verdict.KNOWN,
        peak_bytes=0 if rss is None else round(rss.peak),
        growth_bytes_per_s=per_s,
        growth_bytes_per_iteration=each,
        leaks=leaks,
    )


def _growth_per_s(result: TargetResult, growth: Finding) -> float:
    # The same sum as the rule on known leaks compares with: exact counters, unless resident memory led.
    metrics = (Metric.RSS,) if growth.metric in _RESIDENT else (Metric.HEAP, Metric.NATIVE)
    return sum(max(0.0, trend.per_s) for metric in metrics if (trend := result.trend(metric)) is not None)


def _leaks(result: TargetResult, per_s: float, root: str) -> tuple[tuple[str, float, str], ...]:
    # Tracing slows a script down, so a leak's rate is its share of the growth seen without tracing.
    own = [(part, leak.known) for leak in result.leaks if not leak.suppressed_by for part in leak.parts]
    kept = [part for at, (part, known) in enumerate(own) if at == 0 or known or part.site.share >= _MIN_SHARE]
    return tuple(sorted((part.signature, part.site.share * per_s, _where(part.site, root)) for part in kept))


def _where(site: GrowthSite, root: str) -> str:
    frame = site.blamed
    return f"{portable_path(frame.file, root)}:{frame.function}"


def _settle(new: BaselineEntry, old: BaselineEntry | None, tolerance: float) -> BaselineEntry:
    """The new entry, each figure replaced by the old one where they are the same within tolerance."""
    if old is None:
        return new
    rates = {signature: per_s for signature, per_s, _ in old.leaks}
    growth = _steady(new.growth_bytes_per_s, old.growth_bytes_per_s, tolerance)
    each = new.growth_bytes_per_iteration
    if each is not None and old.growth_bytes_per_iteration is not None:
        each = _steady(each, old.growth_bytes_per_iteration, tolerance)
        if each == old.growth_bytes_per_iteration:  # only the pace is another one
            growth = old.growth_bytes_per_s
    return BaselineEntry(
        verdict=new.verdict,
        peak_bytes=round(_steady(new.peak_bytes, old.peak_bytes, tolerance)),
        growth_bytes_per_s=growth,
        growth_bytes_per_iteration=each,
        leaks=tuple(
            (signature, _steady(per_s, rates.get(signature, per_s), tolerance), where)
            for signature, per_s, where in new.leaks
        ),
    )


def _steady(new: float, old: float, tolerance: float) -> float:
    return old if abs(new - old) <= tolerance * old else new
