"""What the checked-out branch changes, according to git; for reports that are written without GitHub's API."""

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Final

from leakgate.baseline.git_history import run_git
from leakgate.cli.source_excerpts import LARGEST_SOURCE_BYTES
from leakgate.errors import UsageError
from leakgate.files import RefusedFileError, read_whole_file
from leakgate.github.patches import LARGEST_LINE, changed_file
from leakgate.model.review import ChangedFile, CodePlace, Review

MOST_FILES: Final = 60
"""How many of the files that a report names are looked up at most."""
_REMOTE_HEAD: Final = "refs/remotes/origin/HEAD"


def local_review(root: Path, places: Iterable[CodePlace], env: Mapping[str, str]) -> Review:
    """Return what the files of a checkout add to the commit that the branch started from.

    ``root``: the root of the repository. The review is empty if there is no git, no base, a shallow clone without the
    base, or if HEAD is the base itself.
    """
    paths = list(dict.fromkeys(place.path for place in places))[:MOST_FILES]
    base = _merge_base(root, env) if paths else ""
    if not base:
        return Review()
    try:
        files = {path: file for path in paths if (file := _change(root, base, path)) is not None}
    except UsageError:
        return Review()
    return Review(files=files)


def _merge_base(root: Path, env: Mapping[str, str]) -> str:
    """Return the commit that the branch started from; empty if it is not known or if it is HEAD itself."""
    named = env.get("CI_MERGE_REQUEST_DIFF_BASE_SHA", "")
    branch = env.get("GITHUB_BASE_REF", "")
    for base in (named, f"refs/remotes/origin/{branch}" if branch else "", _REMOTE_HEAD):
        if not base or base.startswith("-"):
            continue
        try:
            found = run_git(root, "merge-base", base, "HEAD").decode("ascii", "replace").strip()
            head = run_git(root, "rev-parse", "HEAD").decode("ascii", "replace").strip()
        except UsageError:
            continue
        return "" if found == head else found
    return ""


def _change(root: Path, base: str, path: str) -> ChangedFile | None:
    """Return what changed in one file; None if nothing did.

    Only commits are compared. For files of the working tree, git would run programs that its configuration names. If a
    file has uncommitted changes, the result says only that it changed.
    """
    try:
        committed = run_git(root, "cat-file", "blob", f"HEAD:{path}")
    except UsageError:
        return ChangedFile(added=(range(1, LARGEST_LINE),))  # not committed yet: every line is new
    try:
        present = read_whole_file(root / path, LARGEST_SOURCE_BYTES)
    except (OSError, RefusedFileError):
        return ChangedFile(lines_known=False)
    if present.replace(b"\r\n", b"\n") != committed.replace(b"\r\n", b"\n"):
        return ChangedFile(lines_known=False)
    plain = ("--no-ext-diff", "--no-textconv", "--no-color", "--no-renames", "--unified=0")
    patch = run_git(root, "diff", *plain, base, "HEAD", "--", path).decode("utf-8", "replace")
    return changed_file(patch) if patch else None
