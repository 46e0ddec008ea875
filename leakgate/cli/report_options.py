"""The options that ask for reports, added to a command by a decorator: one option for each format of the registry."""

import functools
import inspect
from collections.abc import Callable
from typing import Annotated, Any, Final

import typer

from leakgate.cli.console import command_line
from leakgate.cli.failed_run import failures_reported
from leakgate.cli.wanted_reports import Wanted
from leakgate.model.verdict import ExitCode
from leakgate.report.formats import FILE_FORMATS, ReportFormat

_PANEL: Final = "Reports"
_PARAMETER: Final = "wanted"


def with_reports(command: Callable[..., ExitCode]) -> Callable[..., ExitCode]:
    """Give a command the options ``--json FILE`` ... ``--quiet`` and ``--verbose``.

    The command takes them as one keyword argument, ``wanted: Wanted``. typer reads the options from the signature.
    If the command raises, the reports are written all the same and state why nothing was measured.
    """
    signature = inspect.signature(command, eval_str=True)
    own = [one for one in signature.parameters.values() if one.name != _PARAMETER]
    options = _options()

    @functools.wraps(command)
    def reporting(*args: Any, **kwargs: Any) -> ExitCode:  # noqa: ANN401 - what the command takes
        asked = {one.name: kwargs.pop(one.name) for one in options}
        paths = {one: asked[one.value] for one in FILE_FORMATS if asked[one.value] is not None}
        wanted = Wanted(paths=paths, quiet=asked["quiet"], verbose=asked["verbose"])
        config = kwargs.get("config")
        with failures_reported(wanted, config=config, command=command_line()):
            return command(*args, **kwargs, **{_PARAMETER: wanted})

    parameters = [*own, *options]
    reporting.__dict__["__signature__"] = signature.replace(parameters=parameters)
    reporting.__annotations__ = {one.name: one.annotation for one in parameters}
    return reporting


def option_of(report_format: ReportFormat) -> str:
    """Return the command-line option of a format, such as ``--junit-strict``."""
    return f"--{report_format.value.replace('_', '-')}"


def _options() -> list[inspect.Parameter]:
    options: dict[str, tuple[Any, Any]] = {
        name.value: (
            str | None,
            typer.Option(option_of(name), metavar="FILE", help=text, rich_help_panel=_PANEL),
        )
        for name, text in FILE_FORMATS.items()
    }
    options["quiet"] = (
        bool,
        typer.Option("--quiet", "-q", help="Print only what fails, one line each.", rich_help_panel=_PANEL),
    )
    options["verbose"] = (
        bool,
        typer.Option(
            "--verbose", "-v", help="Print all figures and processes of every script.", rich_help_panel=_PANEL
        ),
    )
    return [
        inspect.Parameter(
            name,
            inspect.Parameter.KEYWORD_ONLY,
            default=False if kind is bool else None,
            annotation=Annotated[kind, option],
        )
        for name, (kind, option) in options.items()
    ]
