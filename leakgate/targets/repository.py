"""The repository in which a folder is."""

from pathlib import Path


def checkout_of(folder: Path) -> Path | None:
    """Return this folder or the nearest one above that contains ``.git``; None if there is none."""
    return next((one for one in (folder, *folder.parents) if (one / ".git").exists()), None)
