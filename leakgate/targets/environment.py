"""Which of leakgate's own environment variables a measured program gets to see."""

from collections.abc import Mapping
from typing import Final

_COMMAND_FILES: Final = frozenset(
    {"GITHUB_ENV", "GITHUB_OUTPUT", "GITHUB_PATH", "GITHUB_STATE", "GITHUB_STEP_SUMMARY"},
)
"""Files whose content the Actions runner obeys: who can write them forges the gate's outputs and summary."""
_WITHHELD_PREFIXES: Final = ("ACTIONS_", "INPUT_", "LEAKGATE_")
"""The runner's service tokens and URLs, the Action's inputs (a token among them), and leakgate's own settings."""
_CI_PREFIXES: Final = ("CI_", "GH_", "GITHUB_", "RUNNER_")
_SECRET_WORDS: Final = ("JWT", "PASSWORD", "SECRET", "TOKEN")
_WITHHELD: Final = frozenset(
    {
        "CI_REPOSITORY_URL",  # GitLab puts the job's token in it
        "__PYVENV_LAUNCHER__",  # macOS: would make the script's interpreter believe it is leakgate's
    },
)


def is_withheld(name: str) -> bool:
    """Whether a variable belongs to the CI or to leakgate and must not reach the measured program.

    Withheld are the runner's command files, everything under ``ACTIONS_``, ``INPUT_`` and ``LEAKGATE_``, and, of the
    names that a CI gives (``GITHUB_``, ``GH_``, ``RUNNER_``, ``CI_``), those that hold a token, secret or password.
    A user's own variables stay, ``DATABASE_PASSWORD`` too: the script may need them, and who sets them for a step that
    runs the script means them for it. What is withheld here is out of reach of accident and of simple forgery; it is
    no sandbox, since a program of the same user can read the memory of others.
    """
    upper = name.upper()
    if upper in _COMMAND_FILES or upper in _WITHHELD or upper.startswith(_WITHHELD_PREFIXES):
        return True
    return upper.startswith(_CI_PREFIXES) and any(word in upper for word in _SECRET_WORDS)


def without_secrets(env: Mapping[str, str]) -> dict[str, str]:
    """A copy of an environment without the variables that are withheld."""
    return {name: value for name, value in env.items() if not is_withheld(name)}
