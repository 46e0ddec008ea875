"""The workflow that ``leakgate init`` writes: the recipe of the documentation, which the tests run.

One job measures and may only read. Another job, on a fresh machine, reports and may comment.
"""

import json
import re
from enum import StrEnum
from pathlib import Path
from typing import Final

from leakgate import __version__

ACTION: Final = f"OWNER/leakgate@v{__version__}"
"""The name of the Action in workflows; OWNER stands for the account of the repository."""

_ON_GITHUB: Final = re.compile(
    r"(?:https://|ssh://(?:\w+@)?)github\.[A-Za-z0-9.-]+(?::\d+)?/"
    r"(?P<repository>[A-Za-z0-9-]+/[A-Za-z0-9._-]+?)(?:\.git)?/?"
)
_COMMIT: Final = re.compile(r"[0-9a-f]{40}")

_WORKFLOW: Final = """\
name: leakgate
on:
  pull_request:
  push:
    branches: [main]

permissions: {}

concurrency:
  group: leakgate-${{ github.ref }}
  cancel-in-progress: true

jobs:
  measure: # runs the code of the pull request, so it may only read
    name: measure memory
    runs-on: ubuntu-latest
    timeout-minutes: 20
    permissions:
      contents: read # to check out the code
    steps:
      - uses: actions/checkout@de0fac2e4500dabe0009e67214ff5f5447ce83dd # v6.0.2
        with:
          persist-credentials: false
      - uses: actions/setup-python@a309ff8b426b58ec0e2a45f0f869d46889d02405 # v6.2.0
        with:
          python-version: "3.13"
      # What the scripts need to run; leakgate brings its own environment.
INSTALL
      - id: gate
        continue-on-error: true # the next job gives the verdict
        uses: ACTION
        with:
          time-limit: 15m # less than the job has, so that there is a report
PYTHON
          comment: never
          annotations: "false"
          summary: "false"
      - if: ${{ always() && steps.gate.outputs.json != '' }}
        uses: actions/upload-artifact@043fb46d1a93c77aae656e7c1c64a875d1fc6a0a # v7.0.1
        with:
          name: leakgate
          path: ${{ steps.gate.outputs.json }}

  leakgate: # runs no code of the pull request, so it may write the comment
    name: memory leaks
    needs: measure
    if: ${{ always() }}
    runs-on: ubuntu-latest
    timeout-minutes: 10
    permissions:
      pull-requests: write # to keep one comment on the pull request
    steps:
      - continue-on-error: true # without results, the report says so
        uses: actions/download-artifact@3e5f45b2cfb9172054b4087a40e8e0b5a5461e7c # v8.0.1
        with:
          name: leakgate
          path: results
      - id: report
        uses: ACTION
        with:
          results: results
          html: leakgate.html
      - if: ${{ always() && steps.report.outputs.html != '' }}
        uses: actions/upload-artifact@043fb46d1a93c77aae656e7c1c64a875d1fc6a0a # v7.0.1
        with:
          name: leakgate-page
          path: ${{ steps.report.outputs.html }}
"""


class Installer(StrEnum):
    """How a project lists what it needs."""

    REQUIREMENTS = "requirements"
    PYPROJECT = "pyproject"
    UV = "uv"
    POETRY = "poetry"
    UNKNOWN = "unknown"


_IN_PROJECT: Final = ".venv"
"""The virtual environment of uv, and of poetry with ``POETRY_VIRTUALENVS_IN_PROJECT``."""
_INSTALL: Final[dict[Installer, tuple[str, ...]]] = {
    Installer.REQUIREMENTS: ("- run: PYTHON -m pip install -r requirements.txt",),
    Installer.PYPROJECT: ("- run: PYTHON -m pip install .",),
    Installer.UV: ("- run: python -m pip install uv", "- run: uv sync --locked"),
    Installer.POETRY: (
        "- run: python -m pip install poetry",
        "- run: poetry install",
        "  env:",
        '    POETRY_VIRTUALENVS_IN_PROJECT: "true"',
    ),
    Installer.UNKNOWN: (
        "- if: hashFiles('requirements.txt') != ''",
        "  run: PYTHON -m pip install -r requirements.txt",
    ),
}


def installer_of(root: Path) -> Installer:
    """Return how the project in a folder lists what it needs, according to its files."""
    for name, installer in (
        ("uv.lock", Installer.UV),
        ("poetry.lock", Installer.POETRY),
        ("requirements.txt", Installer.REQUIREMENTS),
        ("pyproject.toml", Installer.PYPROJECT),
    ):
        if (root / name).is_file():
            return installer
    return Installer.UNKNOWN


def action_of(origin: str) -> str:
    """Return the Action at the commit from which this leakgate was installed; empty if that is not on GitHub.

    ``origin`` is what pip recorded about the installation (``direct_url.json``, PEP 610); empty if pip recorded
    nothing.
    """
    try:
        recorded = json.loads(origin or "{}")
        address, commit = recorded["url"], recorded["vcs_info"]["commit_id"]
    except (ValueError, KeyError, TypeError):
        return ""
    match = _ON_GITHUB.fullmatch(str(address))
    return f"{match['repository']}@{commit} # v{__version__}" if match and _COMMIT.fullmatch(str(commit)) else ""


def starter_workflow(venv: str = "", action: str = ACTION, installer: Installer = Installer.UNKNOWN) -> str:
    """Return a workflow that gates pull requests and the main branch on ``leakgate.yaml``.

    ``action``: the Action to use, from ``action_of`` if it is known.
    ``venv``: the folder of the virtual environment with which the config runs the scripts, to be made in CI as well;
    empty if the config names none.
    """
    makes_own = installer in (Installer.UV, Installer.POETRY)
    steps = [line.replace("PYTHON", f"{venv}/bin/python" if venv else "python") for line in _INSTALL[installer]]
    if venv and not makes_own:
        steps.insert(0, f"- run: python -m venv {venv}")
    install = "".join(f"      {line}\n" for line in steps)
    python = f"          python: {_IN_PROJECT}/bin/python\n" if makes_own and not venv else ""
    return _WORKFLOW.replace("INSTALL\n", install).replace("PYTHON\n", python).replace("ACTION", action)
