"""`leakgate init`: write a first config for the scripts of the project, and a workflow that runs it."""

from importlib import metadata
from pathlib import Path
from typing import Annotated

import typer

from leakgate.cli.console import say, show
from leakgate.cli.failure import as_command
from leakgate.config.option_values import DEFAULT_CONFIG
from leakgate.config.starter_file import starter_config
from leakgate.errors import OutputError
from leakgate.github.starter_workflow import ACTION, action_of, installer_of, starter_workflow
from leakgate.model.verdict import ExitCode
from leakgate.report.sink import write_text
from leakgate.targets.project_python import virtual_environment

DISTRIBUTION = "leakgate-ci"
WORKFLOW = Path(".github/workflows/leakgate.yml")


@as_command
def init(
    *,
    force: Annotated[bool, typer.Option("--force", help="Overwrite without asking.")] = False,
    workflow: Annotated[bool, typer.Option(help="Also write a GitHub workflow.")] = True,
) -> ExitCode:
    """Write a first leakgate.yaml for the scripts of this project, and a workflow. Ask before overwriting."""
    root = Path.cwd()
    starter = starter_config(root)
    files = [(Path(DEFAULT_CONFIG), starter.text)]
    action = action_of(installed_from())
    if workflow:
        venv, installer = virtual_environment(root), installer_of(root)
        files.append((WORKFLOW, starter_workflow(venv, action or ACTION, installer)))
    for path, text in files:
        if path.exists() and not force and not _may_overwrite(path):
            say(f"kept {path}")
            continue
        try:
            write_text(path, text)
        except OSError as error:
            raise OutputError(f"cannot write {path}: {error.strerror or error}") from None
        show(f"wrote {path}\n")
    for line in starter.found:
        say(f"found {line}")
    for line in starter.left_out:
        say(f"left out {line}")
    say(f"next: review {DEFAULT_CONFIG}; its requests, arguments and variables are guesses")
    say("then: `leakgate run`")
    if workflow and not action:
        say(
            f"before you commit {WORKFLOW}: replace OWNER in it by the GitHub account of leakgate "
            "(leakgate was not installed from GitHub, so it does not know the account)"
        )
    return ExitCode.PASS


def installed_from() -> str:
    """Return the source that pip recorded for the installed leakgate (PEP 610); empty if it recorded none."""
    try:
        return metadata.distribution(DISTRIBUTION).read_text("direct_url.json") or ""
    except metadata.PackageNotFoundError:
        return ""


def _may_overwrite(path: Path) -> bool:
    try:
        return typer.confirm(f"{path} exists; overwrite it?", err=True)
    except typer.Abort:
        return False
