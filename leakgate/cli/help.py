"""Commands whose help omits types that have no use, and whose errors name the option that was meant."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from typer.core import TyperArgument, TyperCommand, TyperGroup, TyperOption

from leakgate.cli.near_options import did_you_mean


def _quiet(params: list[Any]) -> list[Any]:
    """Return the parameters, changed so that the help shows no type for flags and for arguments."""
    for param in params:
        if isinstance(param, TyperOption) and param.is_flag:
            param.metavar = ""
        if isinstance(param, TyperArgument):
            vars(param)["display_type_rich"] = _no_type
    return params


def _unwrapped(text: str | None) -> str | None:
    """Return a help text with each paragraph on one line, so that the terminal wraps it at its own width."""
    return text and "\n\n".join(" ".join(paragraph.split()) for paragraph in text.split("\n\n"))


def _no_type(ctx: Any) -> None:  # noqa: ANN401 - see below
    del ctx


@contextmanager
def _naming_what_was_meant(params: list[Any]) -> Iterator[None]:
    """Add the option that was probably meant to the error on an unknown one."""
    try:
        yield
    except Exception as error:  # typer's class for it has no public name
        option = getattr(error, "option_name", None)
        if isinstance(option, str) and hasattr(error, "possibilities"):
            error.possibilities = None
            vars(error)["message"] = f"{vars(error)['message']}{did_you_mean(option, params)}"
        raise


class ShownCommand(TyperCommand):
    """A command."""

    def format_help(self, ctx: Any, formatter: Any) -> None:  # noqa: ANN401 - see below
        """Write the help."""
        self.help = _unwrapped(self.help)
        super().format_help(ctx, formatter)

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:  # noqa: ANN401 - see below
        """The arguments that are left."""
        with _naming_what_was_meant(self.params):
            return super().parse_args(ctx, args)

    def get_params(self, ctx: Any) -> list[Any]:  # noqa: ANN401 - typer's own type for it has no public name
        """The options and arguments, `--help` included."""
        return _quiet(super().get_params(ctx))


class Group(TyperGroup):
    """A command with subcommands."""

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:  # noqa: ANN401 - see above
        """The arguments that are left."""
        with _naming_what_was_meant(self.params):
            return super().parse_args(ctx, args)

    def get_params(self, ctx: Any) -> list[Any]:  # noqa: ANN401 - see above
        """The options, `--help` included."""
        return _quiet(super().get_params(ctx))
