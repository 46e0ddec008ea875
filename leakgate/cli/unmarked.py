"""Options that leakgate does not know: they belong to the measured program only if they follow ``--``."""

import sys

import typer

from leakgate.cli.near_options import did_you_mean
from leakgate.errors import UsageError


def refuse_unmarked_options(command: str, args: list[str], ctx: typer.Context) -> None:
    """Raise UsageError for an unknown option before ``--``, because it may be a typing error.

    ``command``: such as ``monitor SCRIPT``. ``ctx``: knows the command's options; the message names the most similar.
    """
    if "--" in sys.argv:
        return
    strange = next((arg for arg in args if arg.startswith("-") and arg != "-"), None)
    if strange is not None:
        name = command.split(maxsplit=1)[0]
        hint = f"if it is meant for what is run: leakgate {command} -- {strange} ..."
        raise UsageError(f"{name} has no option {strange}{did_you_mean(strange, ctx.command.params)}", hint=hint)
