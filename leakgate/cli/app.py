"""The commands of typer. The module of a command is loaded when the command is used, so that leakgate starts fast."""

import gc
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from typing import Annotated, Any, Final

import typer

from leakgate import __version__
from leakgate.cli.console import show
from leakgate.cli.help import Group, ShownCommand

START = (
    "Begin with [bold]leakgate monitor your_script.py[/bold]. In a project, [bold]leakgate init[/bold] writes a first "
    "leakgate.yaml, and [bold]leakgate run[/bold] measures and judges its scripts."
)
MEASURE, ACCEPT, AFTERWARDS = "Measure", "Set up and accept", "Afterwards, and in CI"


@dataclass(frozen=True, slots=True, kw_only=True)
class LazyCommand:
    """One command: where its code is, and its line in `leakgate --help`, which needs no import of that code."""

    module: str
    """Name of the module in `leakgate.cli`."""
    function: str
    """The function of the command, or the `typer.Typer` of a command with subcommands."""
    panel: str
    summary: str
    """Equal to the first line of the function's docstring; a test compares them."""
    takes_unknown_options: bool = False
    """Whether options that leakgate does not know belong to the measured program."""


COMMANDS: Final[dict[str, LazyCommand]] = {
    "run": LazyCommand(
        module="run_command",
        function="run",
        panel=MEASURE,
        summary="Run the scripts of leakgate.yaml, judge their memory, and fail on leaks and exceeded budgets.",
    ),
    "monitor": LazyCommand(
        module="monitor_command",
        function="monitor",
        panel=MEASURE,
        summary="Watch a file, module or command: a live table of its memory, then the verdict with the leaking lines.",
        takes_unknown_options=True,
    ),
    "attach": LazyCommand(
        module="attach_command",
        function="attach",
        panel=MEASURE,
        summary="Watch a running process, with the same table and verdict. The process continues afterwards.",
    ),
    "pytest": LazyCommand(
        module="tests_command",
        function="pytest",
        panel=MEASURE,
        summary="Run a test suite with pytest, repeat every test that passes, and report which tests leak and where.",
        takes_unknown_options=True,
    ),
    "call": LazyCommand(
        module="tests_command",
        function="call",
        panel=MEASURE,
        summary="Call a callable without arguments repeatedly, and report whether it leaks, where and why.",
    ),
    "init": LazyCommand(
        module="init_command",
        function="init",
        panel=ACCEPT,
        summary="Write a first leakgate.yaml for the scripts of this project, and a workflow. Ask before overwriting.",
    ),
    "baseline": LazyCommand(
        module="baseline_command",
        function="app",
        panel=ACCEPT,
        summary="Accept the current behaviour of scripts, show it, or resolve a merge conflict in the baseline.",
    ),
    "report": LazyCommand(
        module="report_command",
        function="report",
        panel=AFTERWARDS,
        summary="Judge a stored session again, or show a results.json again, without running anything.",
    ),
    "merge": LazyCommand(
        module="merge_command",
        function="merge",
        panel=AFTERWARDS,
        summary="Join the results of all shards into one verdict and one set of reports. A missing shard fails.",
    ),
    "comment": LazyCommand(
        module="comment_command",
        function="comment",
        panel=AFTERWARDS,
        summary="Create or update the comment on the pull request of this job, with the token in GITHUB_TOKEN.",
    ),
    "schema": LazyCommand(
        module="schema_command",
        function="schema",
        panel=AFTERWARDS,
        summary="Print the JSON Schema of leakgate.yaml, results.json, the baseline or a session.",
    ),
}
"""In the order of `leakgate --help`."""


class CommandTable(Group):
    """The group of all commands. It loads the module of a command when the user calls the command."""

    def __init__(self, **attributes: Any) -> None:  # noqa: ANN401 - what typer gives to a group
        super().__init__(**attributes)
        self.commands = {name: _summary(name, entry) for name, entry in COMMANDS.items()}
        self._shows_help = False

    def get_command(self, ctx: Any, cmd_name: str) -> Any:  # noqa: ANN401, ARG002 - typer's own type has no public name
        """Return the command with this name, or None. While the help is written, return only its summary."""
        if self._shows_help or cmd_name not in COMMANDS:
            return self.commands.get(cmd_name)
        return load_command(cmd_name, COMMANDS[cmd_name])

    def resolve_command(self, ctx: Any, args: list[str]) -> Any:  # noqa: ANN401 - see above
        """Parse the command and its arguments.

        If a file name was typed instead of a command, the error says what to type.
        """
        name = args[0]
        if name not in COMMANDS and Path(name).exists():
            is_config = Path(name).suffix in {".yaml", ".yml"}
            meant = f"leakgate run -c {name}" if is_config else f"leakgate monitor {name}"
            ctx.fail(f"No such command {name!r}. Did you mean: {meant}")
        return super().resolve_command(ctx, args)

    def format_help(self, ctx: Any, formatter: Any) -> None:  # noqa: ANN401 - see above
        """Write the help."""
        self._shows_help = True
        try:
            super().format_help(ctx, formatter)
        finally:
            self._shows_help = False


def load_command(name: str, entry: LazyCommand) -> Any:  # noqa: ANN401 - see above
    """Import the module of a command and return the command that typer runs."""
    found = getattr(import_module(f"leakgate.cli.{entry.module}"), entry.function)
    if not gc.isenabled():  # `main` switched it off; the modules loaded here stay until the end
        gc.freeze()
        gc.enable()
    if isinstance(found, typer.Typer):
        return typer.main.get_group(found)
    settings = {"ignore_unknown_options": True} if entry.takes_unknown_options else None
    alone = typer.Typer(add_completion=False, rich_markup_mode="rich", pretty_exceptions_enable=False)
    alone.command(name, cls=ShownCommand, context_settings=settings)(found)
    return typer.main.get_command(alone)


def _summary(name: str, entry: LazyCommand) -> ShownCommand:
    return ShownCommand(name, help=entry.summary, rich_help_panel=entry.panel)


app = typer.Typer(
    name="leakgate",
    cls=CommandTable,
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
    """Handle the options before the command."""
    del version
