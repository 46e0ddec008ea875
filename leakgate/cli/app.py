"""The commands, as typer sees them: options in, one function called, a status out."""

from typing import Annotated

import typer

from leakgate import __version__
from leakgate.cli import baseline, comment, init, merge, monitor, replay, run, schema
from leakgate.cli.terminal import show

app = typer.Typer(
    name="leakgate",
    help="The gate that stops memory leaks in Python programs before they are merged.",
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


app.command("run")(run.run)
app.add_typer(baseline.app, name="baseline")
app.command("monitor", context_settings={"ignore_unknown_options": True})(monitor.monitor)
app.command("report")(replay.report)
app.command("merge")(merge.merge)
app.command("comment")(comment.comment)
app.command("init")(init.init)
app.command("schema")(schema.schema)
