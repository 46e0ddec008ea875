"""The baseline that ``leakgate baseline update`` records, from the old one and the results of a run. Pure."""

from collections.abc import Collection
from dataclasses import dataclass
from typing import Final

from leakgate.baseline.entries import entry_of
from leakgate.baseline.settled import explained, settled, with_reasons_of
from leakgate.model.baseline import Baseline, BaselineEntry, EntryName
from leakgate.model.report import TargetResult
from leakgate.model.verdict import Expectation, Verdict

_UNMEASURED: Final = frozenset({Verdict.ERROR, Verdict.INCONCLUSIVE})


@dataclass(frozen=True, slots=True, kw_only=True)
class Update:
    """A new baseline, and the changes that led to it; names are in the order of the results."""

    baseline: Baseline
    recorded: tuple[str, ...]
    refused: tuple[tuple[str, str], ...]
    """(script, why): its earlier entry is kept."""
    removed: tuple[tuple[str, str], ...]
    """(environment, script) of entries whose script is no longer in the config, became a canary, or has a new name."""


def updated(
    baseline: Baseline,
    results: Collection[TargetResult],
    *,
    configured: Collection[str] | None = None,
    prune: bool = True,
    root: str = "",
    reason: str = "",
    owner: str = "",
) -> Update:
    """Record these results; entries of other environments and of scripts that were not run stay as they are.

    A figure stays as long as the gate would pass against it (see ``settled``). ``configured``: the names of all scripts
    of the config; None: not known. ``prune``: whether other entries of the environments that were run are removed.
    ``root``: the project's folder, for results that do not contain it. ``reason`` and ``owner``: for everything that
    this update accepts.
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
            before = _before(baseline, result, configured)
            environments.setdefault(key, {})[name] = _recorded(result, baseline, before, root, (reason, owner))
            recorded.append(name)
            if before is not None and before.script != name:
                gone.append((key, before.script))
    if configured is not None and prune:
        ran = {result.measurement.environment.key for result in results}
        gone += [(key, name) for key in sorted(ran) for name in environments.get(key, {}) if name not in configured]
    removed = [(key, name) for key, name in gone if environments.get(key, {}).pop(name, None) is not None]
    return Update(
        baseline=Baseline({key: entries for key, entries in environments.items() if entries}),
        recorded=tuple(recorded),
        refused=tuple(refused),
        removed=tuple(removed),
    )


def _before(baseline: Baseline, result: TargetResult, configured: Collection[str] | None) -> EntryName | None:
    """The name of the entry that is replaced: the script's own, or that of its earlier name; None if there is none."""
    own = EntryName(result.measurement.environment.key, result.target.name)
    if baseline.entry(own.environment, own.script) is not None:
        return own
    source = None if result.baseline is None else result.baseline.taken_from
    is_renamed = source is not None and source.environment == own.environment
    if source is None or not is_renamed or source.script in (configured or ()):
        return None
    return source if baseline.entry(source.environment, source.script) is not None else None


def _recorded(
    result: TargetResult, baseline: Baseline, before: EntryName | None, root: str, reason_and_owner: tuple[str, str]
) -> BaselineEntry:
    old = None if before is None else baseline.entry(before.environment, before.script)
    renamed = {part.signature: part.known_as for leak in result.leaks for part in leak.parts if part.known_as}
    entry = settled(entry_of(result, root), old, result.target.tolerance, renamed)
    source = None if result.baseline is None else result.baseline.taken_from
    other = None if source is None else baseline.entry(source.environment, source.script)
    if old is None and other is not None:
        entry = with_reasons_of(entry, other, renamed)
        return explained(entry, other, *reason_and_owner, renamed)
    return explained(entry, old, *reason_and_owner, renamed)
