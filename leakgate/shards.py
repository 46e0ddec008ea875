"""One run on several machines: which scripts a shard measures, and how the shards' reports are merged.

Every machine computes the same distribution from the config (and the file of `--durations`): no coordinator is needed.
"""

import re
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Final

from leakgate.errors import SessionError, UsageError
from leakgate.model.entry import ScriptEntry, TestsEntry
from leakgate.model.evidence import Environment, FailureReason, Measurement, TrialFailed, TrialOk
from leakgate.model.report import GateReport, Shard, TargetResult
from leakgate.model.target import TargetSpec
from leakgate.model.verdict import ExitCode
from leakgate.verdict.joined_suite import join_parts
from leakgate.verdict.script import failed_result
from leakgate.verdict.suppressions import joined, notes_on
from leakgate.verdict.whole_run import are_decided, exit_code_of, gate_verdict, strongest_state

_SHARD: Final = re.compile(r"([0-9]{1,4})/([0-9]{1,4})")
_MOST_SHARDS: Final = 9999
_NOWHERE: Final = Environment(implementation="", python="", os="", machine="", leakgate="")


def parse_shard(text: str, targets: Sequence[TargetSpec]) -> Shard:
    """Return the shard for text such as ``2/4``. ``targets`` are all scripts of the run. Raises UsageError.

    More shards than scripts are an error, because a machine would have nothing to measure. The tests of a suite can be
    distributed to any number of machines.
    """
    match = _SHARD.fullmatch(text)
    index, count = (int(match[1]), int(match[2])) if match else (0, 0)
    if not 1 <= index <= count:
        raise UsageError(f"invalid shard {text!r}", hint="use N/COUNT with 1 <= N <= COUNT, such as --shard 1/4")
    if count > len(targets) and not any(_is_suite(target) for target in targets):
        raise UsageError(f"{count} shards are too many for {len(targets)} scripts")
    return Shard(index=index, count=count, names=tuple(target.name for target in targets))


def assign(
    targets: Sequence[TargetSpec], shard: Shard, durations_s: Mapping[str, float] | None = None
) -> tuple[TargetSpec, ...]:
    """Return the scripts that a shard measures, in the order of the config; of each test suite, a part of the tests.

    ``durations_s`` holds the seconds that scripts took in an earlier run, by name (``recorded_durations``). A script
    that it does not contain counts with the duration of its config. The longest script is assigned first, each to the
    shard with the least work (Graham 1969: at most a third longer than the best distribution). Equally long scripts
    are sorted by name, so that the order of the config does not matter.
    """
    known = durations_s or {}
    whole = [target for target in targets if not _is_suite(target)]
    costs = {target.name: known.get(target.name, target.duration_s) for target in whole}
    loads = [0.0] * shard.count
    mine = set()
    for name in sorted(costs, key=lambda name: (-costs[name], name)):
        lightest = loads.index(min(loads))
        loads[lightest] += costs[name]
        if lightest == shard.index - 1:
            mine.add(name)
    part = shard.index, shard.count
    return tuple(
        replace(target, test_shard=part) if _is_suite(target) else target
        for target in targets
        if target.name in mine or _is_suite(target)
    )


def _is_suite(target: TargetSpec) -> bool:
    return isinstance(target.entry, TestsEntry)


def recorded_durations(report: GateReport) -> dict[str, float]:
    """Return how long each script of an earlier run was watched, in seconds, by name."""
    durations_s = {}
    for result in report.results:
        trial = result.measurement.trial
        durations_s[result.target.name] = trial.ending.at_s if isinstance(trial, TrialOk) else trial.at_s
    return durations_s


def merge(reports: Sequence[GateReport]) -> GateReport:
    """Return one report from the reports of a run's shards, with the scripts in the order of the config.

    If the report of a shard is missing, the merged gate fails and names the shard. Each script that no shard measured
    is an error. Raises SessionError if the reports do not belong together.
    """
    failed = [report for report in reports if not report.results and report.about.shard is None]
    if failed:  # Every shard has the same config, and therefore the same problems.
        problems = tuple(dict.fromkeys(problem for report in failed for problem in report.problems))
        return replace(failed[0], problems=problems)
    shards = _shards_of(reports)
    missing = tuple(index for index in range(1, shards[0].count + 1) if index not in {one.index for one in shards})
    first = reports[0]
    measured = _by_name(reports, shards)
    gone = ", ".join(f"{index}/{shards[0].count}" for index in missing)
    results = tuple(measured.get(name) or _unmeasured(name, gone, first) for name in shards[0].names)
    interrupted = any(report.about.interrupted for report in reports)
    exit_code = exit_code_of(results, first.about.fail_on, interrupted=interrupted)
    if missing and first.about.fail_on and exit_code is ExitCode.PASS:
        exit_code = ExitCode.UNMEASURED
    complete = not missing and not interrupted and are_decided(results)
    suppressions = joined([report.suppressions for report in reports], complete=complete)
    notes = tuple(dict.fromkeys(note for report in reports for note in _own_notes(report))) + notes_on(suppressions)
    if missing:
        notes = (f"shard {gone} left no results: the run is not complete", *notes)
    return replace(
        first,
        results=results,
        verdict=gate_verdict(exit_code),
        exit_code=exit_code,
        about=replace(
            first.about,
            baseline_state=strongest_state(report.about.baseline_state for report in reports),
            interrupted=interrupted,
            notes=notes,
            command=re.sub(r"\s--shard[= ]\S+", "", first.about.command),
            shard=None,
        ),
        suppressions=suppressions,
        excerpts=tuple(dict.fromkeys(excerpt for report in reports for excerpt in report.excerpts)),
    )


def _by_name(reports: Sequence[GateReport], shards: Sequence[Shard]) -> dict[str, TargetResult]:
    """Return the result of each script by its name. The parts of a test suite are joined."""
    found: dict[str, TargetResult] = {}
    parts: dict[str, list[tuple[int, TargetResult]]] = {}
    for report, shard in zip(reports, shards, strict=True):
        for result in report.results:
            found[result.target.name] = result
            if _is_suite(result.target):
                parts.setdefault(result.target.name, []).append((shard.index, result))
    joined = {name: join_parts(some, shards[0].count, reports[0].about.fail_on) for name, some in parts.items()}
    return {**found, **joined}


def _shards_of(reports: Sequence[GateReport]) -> tuple[Shard, ...]:
    """Return the shards of the reports, checked to be of one run. Raises SessionError."""
    shards = tuple(report.about.shard for report in reports if report.about.shard is not None)
    if not reports or len(shards) < len(reports):
        raise SessionError(
            "only reports of shards can be merged",
            hint="make them with --shard, such as --shard 1/4",
        )
    odd = [shard for shard in shards if not 1 <= shard.index <= shard.count <= _MOST_SHARDS]
    if odd:
        raise SessionError(f"invalid shard {odd[0]}")
    if len({(shard.count, shard.names) for shard in shards}) > 1:
        raise SessionError("the shards belong to different runs: their configs or their numbers of shards differ")
    if len({report.about.fail_on for report in reports}) > 1:
        raise SessionError("the shards were run with different --fail-on")
    _refuse_repeated("shard", [str(shard) for shard in shards])
    results = [result for report in reports for result in report.results]
    _refuse_repeated("script", [result.target.name for result in results if not _is_suite(result.target)])
    strange = [one.target.name for one in results if one.target.name not in shards[0].names]
    if strange:
        raise SessionError(f"script {strange[0]!r} is not in the config that the shards were run with")
    return shards


def _refuse_repeated(what: str, names: Sequence[str]) -> None:
    repeated = [name for name, times in Counter(names).items() if times > 1]
    if repeated:
        raise SessionError(f"{what} {repeated[0]} appears more than once")


def _unmeasured(name: str, gone: str, first: GateReport) -> TargetResult:
    """Return the result of a script that no shard measured. Only its name is known, not its settings."""
    if gone:
        message = f"not measured: shard {gone} left no results"
    else:
        message = "not measured: no shard has a result of this script"
    hint = "read the log of the job of that shard, and run it again"
    trial = TrialFailed(reason=FailureReason.NOT_STARTED, message=message, hint=hint)
    environment = first.results[0].measurement.environment if first.results else _NOWHERE
    target = TargetSpec(name=name, entry=ScriptEntry(path=Path()), python=Path(), cwd=Path())
    return failed_result(target, Measurement(trial=trial, environment=environment, started_at=""), trial)


def _own_notes(report: GateReport) -> tuple[str, ...]:
    """Return the notes that hold for the whole run. A shard's notes on suppressions count only its own leaks."""
    counted = set(notes_on(report.suppressions))
    return tuple(note for note in report.about.notes if note not in counted)
