"""Commands whose help omits the type of a parameter where it has no use: for a flag or a list of names."""

from typing import Any

from typer.core import TyperArgument, TyperCommand, TyperGroup, TyperOption


def _quiet(params: list[Any]) -> list[Any]:
    """Return the parameters, changed so that the help shows no type for flags and for arguments."""
    for param in params:
        if isinstance(param, TyperOption) and param.is_flag:
            param.metavar = ""
        if isinstance(param, TyperArgument):
            vars(param)["display_type_rich"] = _no_type
    return params


def _no_type(ctx: Any) -> None:  # noqa: ANN401 - see below
    del ctx


class ShownCommand(TyperCommand):
    """A command."""

    def get_params(self, ctx: Any) -> list[Any]:  # noqa: ANN401 - typer's own type for it has no public name
        """The options and arguments, `--help` included."""
        return _quiet(super().get_params(ctx))


class Group(TyperGroup):
    """A command with subcommands."""

    def get_params(self, ctx: Any) -> list[Any]:  # noqa: ANN401 - see above
        """The options, `--help` included."""
        return _quiet(super().get_params(ctx))
