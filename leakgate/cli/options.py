"""The options that several commands share, each declared once."""

from pathlib import Path
from typing import Annotated, Final

import typer

from leakgate.errors import UsageError
from leakgate.model.target import TraceMode
from leakgate.model.units import parse_duration

DEFAULT_WATCH_S: Final = 60.0
DEFAULT_ROW_INTERVAL_S: Final = 5.0
"""Of `monitor` and `attach`."""


def duration_s(text: str) -> float:
    """Return the seconds of a duration on the command line. Raises BadParameter for an invalid one."""
    try:
        return parse_duration(text)
    except ValueError as error:
        raise typer.BadParameter(str(error)) from None


def require_positive(option: str, seconds: float | None) -> None:
    """Raise UsageError if the seconds of an option are 0 or less. None: the option was not given."""
    if seconds is not None and seconds <= 0:
        raise UsageError(f"{option} must be above 0")


def require_existing(baseline: Path | None) -> Path | None:
    """Return the baseline that the user named. Raises BadParameter if the file is missing.

    Otherwise a misspelt name would compare with nothing, and pass. The baseline of the config may be missing.
    """
    if baseline is not None and not baseline.exists():
        raise typer.BadParameter(f"there is no file {baseline}; `leakgate baseline update --baseline FILE` writes one")
    return baseline


Names = Annotated[list[str] | None, typer.Argument(metavar="NAME", help="Only these scripts of the config.")]
ConfigFile = Annotated[
    Path, typer.Option("--config", "-c", metavar="FILE", help="The config file.", rich_help_panel="What to measure")
]
Duration = Annotated[
    float | None,
    typer.Option(
        "--duration",
        parser=duration_s,
        metavar="D",
        help="Watch every script for this long, such as 20s or 2m, instead of the duration in the config.",
        rich_help_panel="What to measure",
    ),
]
TimeLimit = Annotated[
    float | None,
    typer.Option(
        "--time-limit",
        parser=duration_s,
        metavar="D",
        help="End the whole run after this long, such as 15m. A script that was not measured by then is an error.",
        rich_help_panel="What to measure",
    ),
]
Python = Annotated[
    Path | None,
    typer.Option(
        "--python",
        metavar="FILE",
        help="The interpreter of scripts for which the config sets none. Default: the one that runs leakgate.",
        rich_help_panel="What to measure",
    ),
]
Shard = Annotated[
    str | None,
    typer.Option(
        "--shard",
        metavar="N/COUNT",
        help="Measure one part of the scripts, such as 1/4. `leakgate merge` joins the results.",
        rich_help_panel="What to measure",
    ),
]
Durations = Annotated[
    Path | None,
    typer.Option(
        "--durations",
        metavar="FILE",
        help="With --shard: balance the parts by the durations in this results.json of an earlier run.",
        rich_help_panel="What to measure",
    ),
]
Jobs = Annotated[
    str,
    typer.Option(
        "--jobs",
        "-j",
        metavar="N|auto",
        help="How many scripts run at the same time; auto: one for each processor.",
        rich_help_panel="What to measure",
    ),
]
BaselineFile = Annotated[
    Path | None,
    typer.Option(
        "--baseline",
        metavar="FILE",
        callback=require_existing,
        help="The baseline file, instead of the one in the config. It must exist.",
        rich_help_panel="How to judge",
    ),
]
NewBaselineFile = Annotated[
    Path | None,
    typer.Option(
        "--baseline",
        metavar="FILE",
        help="The baseline file to write, instead of the one in the config.",
        rich_help_panel="How to judge",
    ),
]
CompareWith = Annotated[
    Path | None,
    typer.Option(
        "--compare-with",
        metavar="FILE",
        help="A results.json, such as one of the base branch, for scripts that have no entry in the baseline.",
        rich_help_panel="How to judge",
    ),
]
NoBaseline = Annotated[
    bool, typer.Option("--no-baseline", help="Do not compare with a baseline.", rich_help_panel="How to judge")
]
FailOn = Annotated[
    str | None,
    typer.Option(
        "--fail-on",
        metavar="VERDICTS",
        help="Verdicts that fail the gate, separated by commas, or none. Default: leak,over-budget,regression.",
        rich_help_panel="How to judge",
    ),
]
Output = Annotated[
    Path | None,
    typer.Option(
        "--output",
        metavar="DIR",
        help="Store a session of every script in this folder, for `leakgate report`.",
        rich_help_panel="Reports",
    ),
]
WatchDuration = Annotated[
    float,
    typer.Option(
        "--duration",
        parser=duration_s,
        metavar="D",
        help="How long to watch, such as 2m; up to twice as long if the answer is not clear; 0: until Ctrl-C. "
        "Default: 60s.",
        show_default=False,
    ),
]
RowInterval = Annotated[
    float,
    typer.Option(
        "--interval",
        parser=duration_s,
        metavar="D",
        show_default=False,
        help="Time between two rows of the table. Default: 5s.",
    ),
]
Tracing = Annotated[TraceMode, typer.Option("--trace", help="When to trace allocations.")]
SessionFolder = Annotated[
    Path | None,
    typer.Option("--output", metavar="DIR", help="Store the session in this folder, for `leakgate report`."),
]
