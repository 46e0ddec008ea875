"""The versions of the baseline file that git keeps. git runs as a child process, without a shell, and is bounded.

Only git commands that run no program from the repository's configuration are used: no hook, filter or text conversion.
"""

import os
import subprocess
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from leakgate.archive.forms.baseline_form import MOST_BYTES, parse_baseline
from leakgate.errors import BaselineError, UsageError
from leakgate.model.baseline import Baseline

MOST_VERSIONS: Final = 1_000
"""At most this many versions are read: the newest ones."""
MOST_TOTAL_BYTES: Final = 64 * 1024 * 1024
"""The limit for all versions together."""
LONGEST_S: Final = 20.0
"""Seconds. The limit for one answer of git; ten thousand commits take about a second."""
_QUIET: Final = ("-c", "core.fsmonitor=false", "-c", "log.showSignature=false", "-c", "protocol.allow=never")
_FIELDS: Final = 4


@dataclass(frozen=True, slots=True, kw_only=True)
class BaselineVersion:
    """The baseline as one commit left it."""

    commit: str
    day: str
    """When it was committed, ``2026-03-01``."""
    author: str
    """Hostile text, like the subject."""
    subject: str
    baseline: Baseline


@dataclass(frozen=True, slots=True, kw_only=True)
class BaselineHistory:
    """The versions of the baseline file, oldest first."""

    versions: tuple[BaselineVersion, ...] = ()
    notes: tuple[str, ...] = ()
    """The versions that are left out, and why."""


def read_history(path: Path, most: int = MOST_VERSIONS) -> BaselineHistory:
    """The versions of a baseline file, at most the newest ``most``.

    Raises UsageError with a plain sentence if there is no git, no repository, or git refuses.
    """
    folder, name = path.resolve().parent, path.resolve().name
    if not folder.is_dir():
        raise UsageError(f"there is no folder {folder}")
    shallow, prefix = _checkout(folder, path)
    log = run_git(folder, "log", f"-n{most + 1}", "--format=%H%x09%cs%x09%an%x09%s", "--", name, empty_is_fine=True)
    rows = [line.split("\t", _FIELDS - 1) for line in log.decode("utf-8", "replace").splitlines()]
    commits = [row for row in rows if len(row) == _FIELDS]
    texts, too_large = _texts(folder, [f"{row[0]}:{prefix}{name}" for row in commits[:most]])
    notes = [] if shallow is False else ["the clone is shallow, so older changes are missing: git fetch --unshallow"]
    if len(commits) > most:
        notes.append(f"only the newest {most:,} commits that changed the file are read")
    if too_large:
        notes.append(f"{too_large} versions are left out, because the file is too large or too many of them are")
    versions = []
    unreadable = 0
    for (commit, day, author, subject), text in zip(commits, texts, strict=False):
        if text is None:
            continue
        try:
            found = parse_baseline(text.decode("utf-8-sig"), path.name)
        except (BaselineError, UnicodeDecodeError):
            unreadable += 1
            continue
        versions.append(BaselineVersion(commit=commit, day=day, author=author, subject=subject, baseline=found))
    if unreadable:
        notes.append(f"{unreadable} versions are not baselines that this leakgate can read")
    return BaselineHistory(versions=tuple(reversed(versions)), notes=tuple(notes))


def conflicting_texts(path: Path) -> tuple[str, str, str | None] | None:
    """(ours, theirs, base) of a file that git could not merge, from its index; None if there is no such conflict.

    base: None if both sides created the file. Raises UsageError in the same cases as ``read_history``.
    """
    folder, name = path.resolve().parent, path.resolve().name
    _, prefix = _checkout(folder, path)
    texts, _ = _texts(folder, [f":{stage}:{prefix}{name}" for stage in (2, 3, 1)])
    try:
        ours, theirs, base = (None if text is None else text.decode("utf-8-sig") for text in texts)
    except UnicodeDecodeError:
        return None
    return None if ours is None or theirs is None else (ours, theirs, base)


def _checkout(folder: Path, path: Path) -> tuple[bool, str]:
    """Whether the clone is shallow, and the path of the folder from the root of the repository. Raises UsageError."""
    try:
        answer = run_git(folder, "rev-parse", "--is-shallow-repository", "--show-prefix").decode("utf-8", "replace")
    except UsageError as error:
        if "not a git repository" in error.message:
            raise UsageError(f"{path} is not in a git repository, so it has no history") from None
        raise
    shallow, _, prefix = answer.partition("\n")
    return shallow.strip() == "true", prefix.rstrip("\n")


def _texts(folder: Path, objects: Sequence[str]) -> tuple[list[bytes | None], int]:
    """Return the content of each object (None: missing or left out), and how many were left out for their size."""
    asked = "".join(f"{name}\n" for name in objects).encode("utf-8", "surrogateescape")
    if not asked:
        return [], 0
    found = run_git(folder, "cat-file", "--batch-check=%(objectname) %(objecttype) %(objectsize)", stdin=asked)
    keys: list[str | None] = []
    sizes: dict[str, int] = {}
    total, left_out = 0, 0
    for line in found.decode("utf-8", "replace").splitlines():
        name, _, rest = line.partition(" ")
        kind, _, size = rest.partition(" ")
        if kind != "blob" or not size.isdecimal():
            keys.append(None)
            continue
        if name not in sizes:
            if int(size) > MOST_BYTES or total + int(size) > MOST_TOTAL_BYTES:
                keys.append(None)
                left_out += 1
                continue
            total += int(size)
            sizes[name] = int(size)
        keys.append(name)
    contents = _contents(folder, sizes)
    return [None if key is None else contents.get(key) for key in keys], left_out


def _contents(folder: Path, sizes: dict[str, int]) -> dict[str, bytes]:
    if not sizes:
        return {}
    asked = "".join(f"{name}\n" for name in sizes).encode("ascii")
    answer = run_git(folder, "cat-file", "--batch", stdin=asked)
    contents, at = {}, 0
    for name, size in sizes.items():
        start = answer.find(b"\n", at) + 1
        if start <= 0:
            break
        contents[name] = answer[start : start + size]
        at = start + size + 1
    return contents


def run_git(folder: Path, *words: str, stdin: bytes = b"", empty_is_fine: bool = False) -> bytes:
    """Return the stdout of git. Raises UsageError if git is missing, fails, or takes longer than ``LONGEST_S``."""
    env = {name: value for name, value in os.environ.items() if not name.startswith("GIT_")}
    env |= {"GIT_OPTIONAL_LOCKS": "0", "GIT_TERMINAL_PROMPT": "0", "GIT_NO_LAZY_FETCH": "1", "LC_ALL": "C"}
    try:
        done = subprocess.run(
            ["git", "--no-pager", "--literal-pathspecs", *_QUIET, *words],  # noqa: S607 - the git of the user
            cwd=folder,
            env=env,
            input=stdin,
            capture_output=True,
            timeout=LONGEST_S,
            check=False,
        )
    except FileNotFoundError:
        raise UsageError("git is not installed, so the history of the baseline cannot be read") from None
    except subprocess.TimeoutExpired:
        raise UsageError(f"git did not answer within {LONGEST_S:.0f} s") from None
    except OSError as error:
        raise UsageError(f"git cannot be run: {error.strerror}") from None
    errors = done.stderr.decode("utf-8", "replace").strip().splitlines()
    if done.returncode != 0 and not (empty_is_fine and errors and "does not have any commits" in errors[0]):
        raise UsageError(f"git refused: {errors[0] if errors else f'it ended with status {done.returncode}'}")
    return done.stdout
