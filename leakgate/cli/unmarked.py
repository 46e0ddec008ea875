"""Options that leakgate does not know: they belong to the measured program only where they stand after ``--``."""

import sys

from leakgate.errors import UsageError


def refuse_unmarked_options(command: str, args: list[str]) -> None:
    """Raise UsageError for an unknown option before ``--``, for it may be a slip. ``command``: ``monitor SCRIPT``."""
    if "--" in sys.argv:
        return
    strange = next((arg for arg in args if arg.startswith("-") and arg != "-"), None)
    if strange is not None:
        name = command.split(maxsplit=1)[0]
        hint = f"if it is meant for what is run: leakgate {command} -- {strange} ..."
        raise UsageError(f"{name} has no option {strange}", hint=hint)
