"""Options that leakgate does not know: they belong to the measured program only where they stand after ``--``."""

import sys
from difflib import get_close_matches
from typing import Final

import typer

from leakgate.errors import UsageError

_LONGEST: Final = 100


def refuse_unmarked_options(command: str, args: list[str], ctx: typer.Context) -> None:
    """Raise UsageError for an unknown option before ``--``, for it may be a slip. ``command``: ``monitor SCRIPT``.

    ``ctx`` knows the command's options: the one that is spelled most like it is named.
    """
    if "--" in sys.argv:
        return
    strange = next((arg for arg in args if arg.startswith("-") and arg != "-"), None)
    if strange is not None:
        name = command.split(maxsplit=1)[0]
        hint = f"if it is meant for what is run: leakgate {command} -- {strange} ..."
        known = [option for param in ctx.command.params for option in param.opts]
        near = get_close_matches(strange.partition("=")[0][:_LONGEST], known, n=1)
        meant = f"; did you mean {near[0]}?" if near else ""
        raise UsageError(f"{name} has no option {strange}{meant}", hint=hint)
