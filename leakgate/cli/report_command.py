"""`leakgate report`: write the report of an earlier run again, offline, in any format."""

from dataclasses import replace
from pathlib import Path
from typing import Annotated

import typer

from leakgate.archive.baseline_file import load_baseline
from leakgate.archive.read_session import load_any
from leakgate.cli.failure import as_command
from leakgate.cli.options import BaselineFile, FailOn
from leakgate.cli.report_options import with_reports
from leakgate.cli.reports import publish
from leakgate.cli.wanted_reports import Wanted
from leakgate.config.option_values import parse_fail_on
from leakgate.model.report import Circumstances, GateReport
from leakgate.model.session_record import Session
from leakgate.model.verdict import ExitCode, Verdict
from leakgate.verdict.script import judge_session
from leakgate.verdict.whole_run import conclude, joint_state, rejudged


@as_command
@with_reports
def report(
    source: Annotated[
        Path,
        typer.Argument(metavar="SESSION|results.json", help="The session folder or results.json of an earlier run."),
    ],
    *,
    fail_on: FailOn = None,
    baseline: BaselineFile = None,
    wanted: Wanted,
) -> ExitCode:
    """Judge a stored session again, or show a results.json again, without running anything."""
    verdicts = parse_fail_on(part.strip() for part in fail_on.split(",")) if fail_on else None
    return publish(replayed(source, baseline=baseline, fail_on=verdicts), wanted)


def replayed(source: Path, *, baseline: Path | None = None, fail_on: frozenset[Verdict] | None = None) -> GateReport:
    """Return the report of an earlier run. ``baseline`` and ``fail_on`` replace those of that run."""
    found = load_any(source)
    if isinstance(found, GateReport):
        return rejudged(found, fail_on)
    sessions = found if baseline is None else tuple(_compared_with(session, baseline) for session in found)
    return conclude(
        tuple(judge_session(session) for session in sessions),
        Circumstances(
            fail_on=frozenset(sessions[0].fail_on) if fail_on is None else fail_on,
            config_path=_config_of(sessions),
            baseline_path=str(baseline or ""),
            baseline_state=joint_state(sessions),
            command=f"leakgate report {source}",
            root=sessions[0].root,
        ),
        sessions[0].suppressions,
    )


def _config_of(sessions: tuple[Session, ...]) -> str:
    """Return the config of all sessions, for the next commands in the report; empty for `monitor`, which has none."""
    paths = {session.target.origin.path if session.target.origin else "" for session in sessions}
    return paths.pop() if len(paths) == 1 else ""


def _compared_with(session: Session, path: Path) -> Session:
    found = load_baseline(path)
    key = session.measurement.environment.key
    return replace(session, baseline=found.entry(key, session.target.name), baseline_state=found.state(key))
