"""`leakgate baseline`: accept the current behaviour of scripts, show it, and join both sides of a conflict."""

import typer

from leakgate.cli.baseline_resolve import resolve
from leakgate.cli.baseline_show import show_baseline
from leakgate.cli.baseline_update import update
from leakgate.cli.help import Group, ShownCommand

app = typer.Typer(
    cls=Group,
    no_args_is_help=True,
    help="Accept the current behaviour of scripts, show it, or resolve a merge conflict in the baseline.",
)
app.command("update", cls=ShownCommand)(update)
app.command("show", cls=ShownCommand)(show_baseline)
app.command("resolve", cls=ShownCommand)(resolve)
