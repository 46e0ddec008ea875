"""The folder of the project within its repository. A path relative to the repository is valid on every machine."""

from collections.abc import Mapping
from pathlib import Path
from typing import Final

from leakgate.targets.repository import checkout_of

CHECKOUTS: Final = ("GITHUB_WORKSPACE", "CI_PROJECT_DIR")
"""Variables with the path of the repository: of GitHub and of GitLab."""


def folder_in_repository(root: Path, env: Mapping[str, str]) -> str | None:
    """Return the path of ``root`` from the root of its repository, with ``/`` as separator.

    Empty: ``root`` is the root of the repository. None: not known. The root of the repository is the nearest folder
    that contains ``.git``, as a folder or (in a worktree) as a file. A checkout without it, such as a copy in a
    container, is found by the variables of the CI.
    """
    repository = checkout_of(root)
    if repository is not None:
        return _below(root, repository)
    for name in CHECKOUTS:
        folder = env.get(name, "")
        if folder and root.is_relative_to(folder):
            return _below(root, Path(folder))
    return None


def _below(root: Path, repository: Path) -> str:
    path = root.relative_to(repository).as_posix()
    return "" if path == "." else path
