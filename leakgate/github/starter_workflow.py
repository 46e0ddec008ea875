"""The workflow that ``leakgate init`` writes: the first recipe of the documentation, and run by the tests."""

import json
import re
from typing import Final

from leakgate import __version__

ACTION: Final = f"OWNER/leakgate@v{__version__}"
"""How other repositories name the Action; OWNER stands for the account that the repository lies in."""

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
  leakgate:
    name: memory leaks
    runs-on: ubuntu-latest
    timeout-minutes: 20
    permissions:
      contents: read # to check out the code
      pull-requests: write # to keep one comment on the pull request
    steps:
      - uses: actions/checkout@de0fac2e4500dabe0009e67214ff5f5447ce83dd # v6.0.2
        with:
          persist-credentials: false
      - uses: actions/setup-python@a309ff8b426b58ec0e2a45f0f869d46889d02405 # v6.2.0
        with:
          python-version: "3.13"
      # What the scripts need to run; leakgate brings its own environment.
INSTALL
      - uses: ACTION
"""


_INSTALL: Final = """\
      - if: hashFiles('requirements.txt') != ''
        run: python -m pip install -r requirements.txt
"""
_INSTALL_APART: Final = """\
      - run: python -m venv VENV
      - if: hashFiles('requirements.txt') != ''
        run: VENV/bin/python -m pip install -r requirements.txt
"""


def action_of(origin: str) -> str:
    """How a workflow names the very commit that this leakgate was installed from; empty where that is not on GitHub.

    ``origin`` is what pip recorded of the installation (``direct_url.json``, PEP 610); empty where it did not.
    """
    try:
        recorded = json.loads(origin or "{}")
        address, commit = recorded["url"], recorded["vcs_info"]["commit_id"]
    except (ValueError, KeyError, TypeError):
        return ""
    match = _ON_GITHUB.fullmatch(str(address))
    return f"{match['repository']}@{commit} # v{__version__}" if match and _COMMIT.fullmatch(str(commit)) else ""


def starter_workflow(venv: str = "", action: str = ACTION) -> str:
    """A workflow that gates pull requests and the main branch on ``leakgate.yaml``.

    ``action``: what it uses, from ``action_of`` where that is known.
    ``venv``: the folder of the virtual environment that the config runs the scripts with, to be made in CI as well;
    empty where the config names none.
    """
    install = _INSTALL_APART.replace("VENV", venv) if venv else _INSTALL
    return _WORKFLOW.replace("INSTALL\n", install).replace("ACTION", action)
