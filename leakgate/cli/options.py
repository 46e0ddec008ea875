"""The options that several commands share, each declared once."""

from pathlib import Path
from typing import Annotated

import typer

from leakgate.model.units import parse_duration


def duration_s(text: str) -> float:
    """Seconds of a duration on the command line; a wrong one is a usage error."""
    try:
        return parse_duration(text)
    except ValueError as error:
        raise typer.BadParameter(str(error)) from None


def there(baseline: Path | None) -> Path | None:
    """A baseline that the user names, or a usage error: with a misspelt name, nothing would be compared, and pass.

    The config's own may be missing, as long as nothing was accepted.
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
        help="Watch every script for this long instead: 20s, 2m.",
        rich_help_panel="What to measure",
    ),
]
TimeLimit = Annotated[
    float | None,
    typer.Option(
        "--time-limit",
        parser=duration_s,
        metavar="D",
        help="End the whole run after this long, such as 15m; what was not measured by then is an error.",
        rich_help_panel="What to measure",
    ),
]
Python = Annotated[
    Path | None,
    typer.Option(
        "--python",
        metavar="FILE",
        help="The interpreter of scripts for which the config names none; default: leakgate's own.",
        rich_help_panel="What to measure",
    ),
]
Shard = Annotated[
    str | None,
    typer.Option(
        "--shard",
        metavar="N/COUNT",
        help="Measure one part of the scripts, such as 1/4; `leakgate merge` joins the results.",
        rich_help_panel="What to measure",
    ),
]
Durations = Annotated[
    Path | None,
    typer.Option(
        "--durations",
        metavar="FILE",
        help="With --shard: spread the scripts by how long they took in this results.json of an earlier run.",
        rich_help_panel="What to measure",
    ),
]
Jobs = Annotated[
    str,
    typer.Option(
        "--jobs",
        "-j",
        metavar="N|auto",
        help="Scripts to run side by side; auto: one for each processor.",
        rich_help_panel="What to measure",
    ),
]
BaselineFile = Annotated[
    Path | None,
    typer.Option(
        "--baseline",
        metavar="FILE",
        callback=there,
        help="The baseline file, instead of the config's.",
        rich_help_panel="How to judge",
    ),
]
NewBaselineFile = Annotated[
    Path | None,
    typer.Option(
        "--baseline",
        metavar="FILE",
        help="The baseline file to write, instead of the config's.",
        rich_help_panel="How to judge",
    ),
]
CompareWith = Annotated[
    Path | None,
    typer.Option(
        "--compare-with",
        metavar="FILE",
        help="Where the baseline has nothing: compare with this results.json of another run, such as of the base.",
        rich_help_panel="How to judge",
    ),
]
NoBaseline = Annotated[
    bool, typer.Option("--no-baseline", help="Compare with nothing.", rich_help_panel="How to judge")
]
FailOn = Annotated[
    str | None,
    typer.Option(
        "--fail-on",
        metavar="VERDICTS",
        help="Verdicts that fail the gate, with commas between, or none; default: leak,over-budget,regression.",
        rich_help_panel="How to judge",
    ),
]
Output = Annotated[
    Path | None,
    typer.Option("--output", metavar="DIR", help="Keep a session of every script here.", rich_help_panel="Reports"),
]
