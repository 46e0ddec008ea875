"""`leakgate baseline resolve`: one baseline from both sides of a merge conflict."""

import shlex
from contextlib import suppress
from pathlib import Path

from leakgate.archive.baseline_file import read_baseline_text, write_baseline
from leakgate.archive.forms.baseline_form import parse_baseline
from leakgate.baseline.differences import diff_summary
from leakgate.baseline.git_history import conflicting_texts
from leakgate.baseline.joined import NoConflictError, joined, sides
from leakgate.cli.console import LONGEST_LINE, path_from_here, say, show
from leakgate.cli.failure import as_command
from leakgate.cli.options import BaselineFile, ConfigFile
from leakgate.cli.requested_run import Request, read_config
from leakgate.config.option_values import DEFAULT_CONFIG
from leakgate.errors import UsageError
from leakgate.model.verdict import ExitCode
from leakgate.report.escape import one_line


@as_command
def resolve(*, config: ConfigFile = Path(DEFAULT_CONFIG), baseline: BaselineFile = None) -> ExitCode:
    """Resolve a merge conflict in the baseline: keep what either side accepted, without measuring anything.

    If only one side changed a figure, that side is taken. If both sides changed it, the larger figure stays.
    """
    path = baseline or read_config(Request(config=config)).baseline
    text = read_baseline_text(path)
    try:
        found = sides(text or "")
    except NoConflictError:
        raise UsageError(
            f"{path_from_here(path)} has no merge conflict, or only a part of one",
            hint="git checkout --merge -- FILE writes the conflict into the file again",
        ) from None
    with suppress(UsageError):  # outside of git, the markers in the file say enough
        found = conflicting_texts(path) or found
    ours, theirs, base = (
        None if side is None else parse_baseline(side, f"{path_from_here(path)} ({name})")
        for side, name in zip(found, ("ours", "theirs", "base"), strict=True)
    )
    if ours is None or theirs is None:
        raise UsageError(f"{path_from_here(path)}: one side of the conflict is missing")
    both = joined(ours, theirs, base)
    write_baseline(path, both)
    for line in diff_summary(ours, both):
        show(one_line(line, LONGEST_LINE) + "\n")
    named = path_from_here(path)
    say(f"wrote {named} from both sides; nothing was measured. Next: git add {shlex.quote(str(named))}")
    return ExitCode.PASS
