"""`leakgate schema`: print the JSON Schema of a file that leakgate reads or writes."""

from difflib import get_close_matches
from typing import Annotated

import typer

from leakgate.archive.schemas import schema_text
from leakgate.cli.console import show
from leakgate.cli.failure import as_command
from leakgate.config.schema import config_schema
from leakgate.errors import UsageError
from leakgate.model.verdict import ExitCode

NAMES = ("config", "results", "baseline", "session")
LONGEST = 100


@as_command
def schema(
    name: Annotated[str, typer.Argument(metavar="|".join(NAMES), help="The file whose schema is printed.")],
) -> ExitCode:
    """Print the JSON Schema of leakgate.yaml, results.json, the baseline or a session."""
    if name not in NAMES:
        near = get_close_matches(name[:LONGEST], NAMES, n=1)
        meant = f"; did you mean {near[0]!r}?" if near else ""
        raise UsageError(f"there is no schema {name[:LONGEST]!r}{meant}", hint=f"choose one of {', '.join(NAMES)}")
    show(config_schema() if name == "config" else schema_text(name))
    return ExitCode.PASS
