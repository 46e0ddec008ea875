"""The commands that a report suggests: measure again, or accept."""

import shlex
from pathlib import PurePath
from typing import Final

from leakgate.model.report import GateReport, TargetResult
from leakgate.model.verdict import Expectation, Verdict
from leakgate.report.escape import one_line
from leakgate.report.places import Places, config_in_repository

_DEFAULT_CONFIG: Final = "leakgate.yaml"
_LONGEST_ARGUMENT: Final = 120


def reproduce_command(report: GateReport, result: TargetResult, source_root: str = "") -> str:
    """Return the command that measures again; for ``monitor``, which has no config, the command that was typed.

    ``source_root``: the absolute path of the repository in which the user will type it; empty: the config's folder.
    """
    if not report.about.config_path:
        return one_line(report.about.command)
    return f"leakgate run{_selection(report, result, source_root)}"


def accept_command(report: GateReport, result: TargetResult, source_root: str = "") -> str:
    """Return the command that accepts how the script behaves now; empty if there is nothing to accept."""
    acceptable = result.verdict in (Verdict.LEAK, Verdict.REGRESSION, Verdict.KNOWN) or bool(result.invitations)
    pointless = result.target.expect is Expectation.LEAK or not acceptable
    if not report.about.config_path or pointless or not _showable(result.target.name):
        return ""
    return f"leakgate baseline update{_selection(report, result, source_root)}"


def _selection(report: GateReport, result: TargetResult, source_root: str) -> str:
    """Return config and name as quoted arguments: users paste them into a shell, and they may be hostile.

    An argument that cannot be shown unchanged cannot be pasted either, and is left out: then the command means all
    scripts.
    """
    typed = report.about.config_path
    known = config_in_repository(report) if source_root or PurePath(typed).is_absolute() else ""
    config = known or Places((source_root.rstrip("/\\"),)).relative(typed) or typed
    path = PurePath(config)
    default = path.name == _DEFAULT_CONFIG and (path.is_absolute() or len(path.parts) == 1)
    name = result.target.name
    parts = [] if default or not _showable(config) else ["-c", shlex.quote(config)]
    if _showable(name):
        parts += ["--", shlex.quote(name)] if name.startswith("-") else [shlex.quote(name)]
    return "".join(f" {part}" for part in parts)


def _showable(argument: str) -> bool:
    return one_line(argument, _LONGEST_ARGUMENT) == argument
