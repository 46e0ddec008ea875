"""Which environment variables of leakgate's own process a measured program gets."""

from collections.abc import Mapping
from pathlib import PurePath
from typing import Final

_COMMAND_FILES: Final = frozenset(
    {"GITHUB_ENV", "GITHUB_OUTPUT", "GITHUB_PATH", "GITHUB_STATE", "GITHUB_STEP_SUMMARY"},
)
"""Files from which the Actions runner reads commands. A program that can write to them can forge the gate's outputs and
summary."""
_WITHHELD_PREFIXES: Final = ("ACTIONS_", "INPUT_", "LEAKGATE_", "ENDPOINT_AUTH")
"""The runner's service tokens and URLs, the Action's inputs (which include a token), leakgate's own settings, and the
service connections of Azure Pipelines' agent."""
_CI_PREFIXES: Final = (
    *("CI_", "GITLAB_"),
    *("GH_", "GITHUB_", "RUNNER_"),
    *("APPVEYOR_", "BITBUCKET_", "BUILDKITE_", "CIRCLE_", "CIRRUS_", "DRONE_", "FORGEJO_", "GITEA_", "PIPELINES_"),
    *("SEMAPHORE_", "SYSTEM_", "TEAMCITY_", "TRAVIS_", "WOODPECKER_"),
)
"""Beginnings of the names of variables that a CI sets itself. ``SYSTEM_`` is Azure Pipelines, ``PIPELINES_``
Bitbucket."""
_SECRET_WORDS: Final = ("JWT", "OIDC", "PASSWORD", "SECRET", "TOKEN")
_ID_TOKENS: Final = ("ID_TOKEN", "OIDC_TOKEN")
"""In GitLab, users choose the names of these variables (``id_tokens``). Its documentation uses these names."""
_WITHHELD: Final = frozenset(
    {
        "AZP_TOKEN",  # the token with which an agent of Azure Pipelines in a container was registered
        "BAMBOO_JWT_TOKEN",
        "BITBUCKET_SSH_KEY_FILE",
        "CI_REPOSITORY_URL",  # GitLab puts the job's token in it
        "SEMAPHORE_CACHE_USERNAME",  # Semaphore itself treats it as a secret
        "TEAMCITY_BUILD_PROPERTIES_FILE",  # the file has a user name and password for artifacts of other builds
        "VSS_NUGET_ACCESSTOKEN",  # this and the next one: Azure Pipelines
        "VSS_NUGET_EXTERNAL_FEED_ENDPOINTS",
        "__PYVENV_LAUNCHER__",  # macOS: would make the script's interpreter believe it is leakgate's
    },
)


def is_withheld(name: str) -> bool:
    """Whether a variable belongs to the CI or to leakgate and must not reach the measured program.

    Withheld are the runner's command files, all variables under ``ACTIONS_``, ``INPUT_`` and ``LEAKGATE_``, identity
    tokens of a job (OIDC), and those variables of a CI (GitHub, GitLab, CircleCI, Buildkite, Bitbucket, Azure Pipelines
    and others) that hold a token, secret or password.
    The user's own variables are passed on, also ``DATABASE_PASSWORD``: the script may need them, and a user who sets
    them for a step that runs the script wants the script to have them.
    """
    upper = name.upper()
    if upper in _COMMAND_FILES or upper in _WITHHELD or upper.startswith(_WITHHELD_PREFIXES):
        return True
    if any(word in upper for word in _ID_TOKENS):
        return True
    return upper.startswith(_CI_PREFIXES) and any(word in upper for word in _SECRET_WORDS)


def without_secrets(env: Mapping[str, str]) -> dict[str, str]:
    """Return a copy of an environment without the variables that are withheld.

    Other ``GITHUB_`` variables that name a file in the folder of the command files are removed too, because a newer
    runner may have more command files.
    """
    folders = {_folder(value) for name, value in env.items() if name.upper() in _COMMAND_FILES and value}
    return {
        name: value
        for name, value in env.items()
        if not is_withheld(name) and not (name.upper().startswith("GITHUB_") and _folder(value) in folders)
    }


def _folder(path: str) -> str:
    """Return the folder of a file; for text that is not a path with a folder, a name that no folder has."""
    parent = str(PurePath(path).parent)
    return parent if parent not in (".", "") else "\0"
