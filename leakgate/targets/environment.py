"""Which environment variables of leakgate's own process a measured program gets to see."""

from collections.abc import Mapping
from pathlib import PurePath
from typing import Final

_COMMAND_FILES: Final = frozenset(
    {"GITHUB_ENV", "GITHUB_OUTPUT", "GITHUB_PATH", "GITHUB_STATE", "GITHUB_STEP_SUMMARY"},
)
"""Files whose content the Actions runner obeys: who can write them forges the gate's outputs and summary."""
_WITHHELD_PREFIXES: Final = ("ACTIONS_", "INPUT_", "LEAKGATE_", "ENDPOINT_AUTH")
"""The runner's service tokens and URLs, the Action's inputs (a token among them), and leakgate's own settings; what
Azure Pipelines' agent keeps of its service connections."""
_CI_PREFIXES: Final = (
    *("CI_", "GITLAB_"),
    *("GH_", "GITHUB_", "RUNNER_"),
    *("APPVEYOR_", "BITBUCKET_", "BUILDKITE_", "CIRCLE_", "DRONE_", "SYSTEM_", "TEAMCITY_", "TRAVIS_", "WOODPECKER_"),
)
"""How the names begin that a CI gives by itself; ``SYSTEM_`` is Azure Pipelines."""
_SECRET_WORDS: Final = ("JWT", "OIDC", "PASSWORD", "SECRET", "TOKEN")
_ID_TOKENS: Final = ("ID_TOKEN", "OIDC_TOKEN")
"""GitLab lets users name these variables (``id_tokens``); its documentation calls them so."""
_WITHHELD: Final = frozenset(
    {
        "CI_REPOSITORY_URL",  # GitLab puts the job's token in it
        "__PYVENV_LAUNCHER__",  # macOS: would make the script's interpreter believe it is leakgate's
    },
)


def is_withheld(name: str) -> bool:
    """Whether a variable belongs to the CI or to leakgate and must not reach the measured program.

    Withheld are the runner's command files, everything under ``ACTIONS_``, ``INPUT_`` and ``LEAKGATE_``, tokens by
    which a job proves who it is (OIDC), and, of the names that a CI gives (GitHub, GitLab, CircleCI, Buildkite,
    Bitbucket, Azure Pipelines and others), those that hold a token, secret or password.
    A user's own variables stay, ``DATABASE_PASSWORD`` too: the script may need them, and who sets them for a step that
    runs the script means them for it.
    """
    upper = name.upper()
    if upper in _COMMAND_FILES or upper in _WITHHELD or upper.startswith(_WITHHELD_PREFIXES):
        return True
    if any(word in upper for word in _ID_TOKENS):
        return True
    return upper.startswith(_CI_PREFIXES) and any(word in upper for word in _SECRET_WORDS)


def without_secrets(env: Mapping[str, str]) -> dict[str, str]:
    """A copy of an environment without the variables that are withheld.

    Of GitHub's, also every other that names a file beside the command files: a newer runner may have more of them.
    """
    folders = {_folder(value) for name, value in env.items() if name.upper() in _COMMAND_FILES and value}
    return {
        name: value
        for name, value in env.items()
        if not is_withheld(name) and not (name.upper().startswith("GITHUB_") and _folder(value) in folders)
    }


def _folder(path: str) -> str:
    """The folder of a file; of text that is no path with a folder, what no folder is called."""
    parent = str(PurePath(path).parent)
    return parent if parent not in (".", "") else "\0"
