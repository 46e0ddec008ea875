"""Commands whose help does not call a flag `<bool>`."""

from typing import Any

from typer.core import TyperCommand, TyperGroup, TyperOption


def _quiet(params: list[Any]) -> list[Any]:
    """The parameters, a flag among them without the name of a type: it takes no value."""
    for param in params:
        if isinstance(param, TyperOption) and param.is_flag:
            param.metavar = ""
    return params


class Command(TyperCommand):
    """A command."""

    def get_params(self, ctx: Any) -> list[Any]:  # noqa: ANN401 - typer's own type for it has no public name
        """The options and arguments, `--help` included."""
        return _quiet(super().get_params(ctx))


class Group(TyperGroup):
    """A command that has commands."""

    def get_params(self, ctx: Any) -> list[Any]:  # noqa: ANN401 - see above
        """The options, `--help` included."""
        return _quiet(super().get_params(ctx))
