"""The folder of the project within its repository. Paths named from there are right on every machine."""

from collections.abc import Mapping
from pathlib import Path
from typing import Final

CHECKOUTS: Final = ("GITHUB_WORKSPACE", "CI_PROJECT_DIR")
"""Where GitHub and GitLab say that they put the repository."""


def checkout_of(folder: Path) -> Path | None:
    """The nearest folder above, or this one, that holds ``.git``; None where there is none."""
    return next((one for one in (folder, *folder.parents) if (one / ".git").exists()), None)


def folder_in_repository(root: Path, env: Mapping[str, str]) -> str | None:
    """The folder ``root`` from the root of its repository, parted by ``/``; empty: the root itself; None: not known.

    The root of the repository is the nearest folder above that holds ``.git``, as a folder or (of a worktree) as a
    file. A checkout without it, such as a copy in a container, is found by what the CI says of it.
    """
    repository = checkout_of(root)
    if repository is not None:
        return _below(root, repository)
    for name in CHECKOUTS:
        told = env.get(name, "")
        if told and root.is_relative_to(told):
            return _below(root, Path(told))
    return None


def _below(root: Path, repository: Path) -> str:
    path = root.relative_to(repository).as_posix()
    return "" if path == "." else path
