"""Options that leakgate does not know: they belong to the measured program only if they follow ``--``."""

import sys
from difflib import get_close_matches
from typing import Final

import typer

from leakgate.errors import UsageError

_LONGEST: Final = 100


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
        known = [option for param in ctx.command.params for option in param.opts]
        near = get_close_matches(strange.partition("=")[0][:_LONGEST], known, n=1)
        meant = f"; did you mean {near[0]}?" if near else ""
        raise UsageError(f"{name} has no option {strange}{meant}", hint=hint)
