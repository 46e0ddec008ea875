"""`leakgate merge`: one report from the results of a run on several machines."""

from pathlib import Path
from typing import Annotated

import typer

from leakgate.archive.forms.results_form import load_results
from leakgate.archive.read_results import find_results, read_results
from leakgate.cli.failure import as_command
from leakgate.cli.report_options import with_reports
from leakgate.cli.reports import publish
from leakgate.cli.wanted_reports import Wanted
from leakgate.errors import UsageError
from leakgate.model.report import GateReport
from leakgate.model.verdict import ExitCode
from leakgate.shards import merge as merge_reports


@as_command
@with_reports
def merge(
    sources: Annotated[
        list[Path],
        typer.Argument(
            metavar="RESULTS...", help="The results.json files of all shards, or one folder that contains them."
        ),
    ],
    *,
    wanted: Wanted,
) -> ExitCode:
    """Join the results of all shards into one verdict and one set of reports. A missing shard fails."""
    return publish(_merged(sources), wanted)


def _merged(sources: list[Path]) -> GateReport:
    files = find_results(sources[0]) if len(sources) == 1 and sources[0].is_dir() else tuple(sources)
    return merge_reports([load_results(_text(path), str(path)) for path in files])


def _text(path: Path) -> str:
    try:
        return read_results(path).decode("utf-8")
    except UnicodeDecodeError:
        raise UsageError(f"{path} is not a results.json: it is not UTF-8 text") from None
