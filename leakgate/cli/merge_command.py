"""`leakgate merge`: one report from the results of a run that was spread over several machines."""

from pathlib import Path
from typing import Annotated

import typer

from leakgate.archive.forms.results_form import load_results
from leakgate.archive.read_results import find_results, read_results
from leakgate.cli.failure import ends
from leakgate.cli.options import Html, Json, Junit, Markdown, Quiet, Sarif, Verbose
from leakgate.cli.reports import Wanted, publish
from leakgate.errors import UsageError
from leakgate.model.verdict import ExitCode
from leakgate.shards import merge as merge_reports


@ends
def merge(
    sources: Annotated[
        list[Path],
        typer.Argument(
            metavar="RESULTS...", help="The shards' results.json files, or one folder that holds them, as artifacts do."
        ),
    ],
    *,
    json: Json = None,
    junit: Junit = None,
    markdown: Markdown = None,
    sarif: Sarif = None,
    html: Html = None,
    quiet: Quiet = False,
    verbose: Verbose = False,
) -> ExitCode:
    """Join the results of all shards into one verdict and one set of reports; a shard that is missing fails."""
    wanted = Wanted(json=json, junit=junit, markdown=markdown, sarif=sarif, html=html, quiet=quiet, verbose=verbose)
    files = find_results(sources[0]) if len(sources) == 1 and sources[0].is_dir() else tuple(sources)
    reports = [load_results(_text(path), str(path)) for path in files]
    return publish(merge_reports(reports), wanted)


def _text(path: Path) -> str:
    try:
        return read_results(path).decode("utf-8")
    except UnicodeDecodeError:
        raise UsageError(f"{path} is not UTF-8 text, so it is no results.json") from None
