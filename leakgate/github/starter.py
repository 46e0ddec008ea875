"""The workflow that ``leakgate init`` writes: the first recipe of the documentation, and run by the tests."""

from typing import Final

from leakgate import __version__

ACTION: Final = f"OWNER/leakgate@v{__version__}"
"""How other repositories name the Action; OWNER is the account that the repository lies in."""

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


def starter_workflow(venv: str = "") -> str:
    """A workflow that gates pull requests and the main branch on ``leakgate.yaml``.

    ``venv``: the folder of the virtual environment that the config runs the scripts with, to be made in CI as well;
    empty where the config names none.
    """
    install = _INSTALL_APART.replace("VENV", venv) if venv else _INSTALL
    return _WORKFLOW.replace("INSTALL\n", install).replace("ACTION", ACTION)
