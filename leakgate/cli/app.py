"""The commands, as typer sees them: options in, one function called, a status out."""

from typing import Annotated

import typer

from leakgate import __version__
from leakgate.cli import (
    baseline_command,
    comment_command,
    init_command,
    merge_command,
    monitor_command,
    report_command,
    run_command,
    schema_command,
)
from leakgate.cli.console import show
from leakgate.cli.help import Command, Group

START = (
    "Begin with [bold]leakgate monitor your_script.py[/bold]; in a project, [bold]leakgate init[/bold] writes a first "
    "leakgate.yaml, and [bold]leakgate run[/bold] measures and judges what it lists."
)

app = typer.Typer(
    name="leakgate",
    cls=Group,
    help="The gate that stops memory leaks in Python programs before they are merged.",
    epilog=START,
    no_args_is_help=True,
    add_completion=False,
    rich_markup_mode="rich",
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)


def _show_version(asked: bool) -> None:  # noqa: FBT001 - typer's callback signature
    if asked:
        show(f"leakgate {__version__}\n")
        raise typer.Exit


@app.callback()
def leakgate(
    *,
    version: Annotated[
        bool, typer.Option("--version", callback=_show_version, is_eager=True, help="Show the version and end.")
    ] = False,
) -> None:
    """Take the options that stand before any command."""
    del version


MEASURE, ACCEPT, AFTERWARDS = "Measure", "Set up and accept", "Afterwards, and in CI"

app.command("run", cls=Command, rich_help_panel=MEASURE)(run_command.run)
app.command("monitor", cls=Command, rich_help_panel=MEASURE, context_settings={"ignore_unknown_options": True})(
    monitor_command.monitor
)
app.command("init", cls=Command, rich_help_panel=ACCEPT)(init_command.init)
app.add_typer(baseline_command.app, name="baseline", rich_help_panel=ACCEPT)
app.command("report", cls=Command, rich_help_panel=AFTERWARDS)(report_command.report)
app.command("merge", cls=Command, rich_help_panel=AFTERWARDS)(merge_command.merge)
app.command("comment", cls=Command, rich_help_panel=AFTERWARDS)(comment_command.comment)
app.command("schema", cls=Command, rich_help_panel=AFTERWARDS)(schema_command.schema)
