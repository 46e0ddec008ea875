"""The one comment of a gate, as pure steps: its marker, how much a report has to say, and what to do next.

Nothing here talks to GitHub. ``posting`` carries out each step and looks again, until nothing is left to do. So no
special case is needed for a comment that was deleted meanwhile, a second run at the same time, or a lost answer.
"""

import hashlib
import posixpath
import re
from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from leakgate.errors import UsageError
from leakgate.model.report import GateReport
from leakgate.model.verdict import ExitCode, Expectation, GateVerdict, Verdict

BODY_LIMIT_CHARS: Final = 65_536
"""The longest comment that GitHub accepts, in characters."""

_LONGEST_KEY: Final = 64
_DIGITS: Final = 8
_KEY = re.compile(r"[A-Za-z0-9._-]{1,64}")
_MARKER = re.compile(
    rf"<!-- leakgate:v1 key=(?P<key>{_KEY.pattern}) "
    r"run=(?P<run>[0-9]{1,18})\.(?P<attempt>[0-9]{1,6}) -->(?:\r?\n|$)"
)
LEAKING: Final = frozenset({Verdict.LEAK, Verdict.OVER_BUDGET, Verdict.REGRESSION})


class CommentMode(StrEnum):
    """When a pull request gets a comment."""

    AUTO = "auto"
    """When a run first has something to report. Afterwards every run updates the comment, also if all scripts are
    healthy."""
    ALWAYS = "always"
    """With every run."""
    ON_LEAK = "on-leak"
    """When a script first leaks. Afterwards every run updates the comment, also if all scripts are healthy."""
    NEVER = "never"


class News(StrEnum):
    """How much a report has to say to a reviewer."""

    CLEAN = "clean"
    """Every script is healthy, and there is nothing to do."""
    NOTEWORTHY = "noteworthy"
    """There is something to report, but no leak that fails: a known leak, an undecided or broken script, a missed
    planted leak."""
    LEAKING = "leaking"


@dataclass(frozen=True, slots=True, order=True)
class RunMark:
    """The run, and its attempt, that wrote a comment; a larger mark is newer."""

    run_id: int
    attempt: int


@dataclass(frozen=True, slots=True)
class Comment:
    """A comment as GitHub gives it; all of it may be hostile."""

    comment_id: int
    author: str
    body: str
    url: str = ""


@dataclass(frozen=True, slots=True)
class Create:
    """Write the first comment."""


@dataclass(frozen=True, slots=True)
class CommentUpdate:
    """Replace the text of the comment by the text of this run."""

    comment_id: int


@dataclass(frozen=True, slots=True)
class Remove:
    """Delete a second comment with the same key: two runs created theirs at the same moment."""

    comment_id: int


class RestReason(StrEnum):
    """Why nothing is left to do."""

    WRITTEN = "written"
    NOTHING_TO_SAY = "nothing-to-say"
    SUPERSEDED = "superseded"


@dataclass(frozen=True, slots=True)
class Rest:
    """Nothing is left to do."""

    reason: RestReason
    comment: Comment | None = None


CommentStep = Create | CommentUpdate | Remove | Rest


def check_key(key: str) -> str:
    """Return the key if it is valid.

    It distinguishes the comments of several gates in one repository. Raises UsageError.
    """
    if not _KEY.fullmatch(key):
        raise UsageError(
            f"invalid comment key {key!r}",
            hint="use 1 to 64 letters, digits, dots, dashes and underscores, such as api-tests",
        )
    return key


def named_config(workspace: str, folder: str, config: str) -> str:
    """Return the path of a config from the root of the repository; the Action's inputs start at ``workspace``."""
    path = posixpath.normpath(posixpath.join(workspace, folder, config).replace("\\", "/"))
    return path.removeprefix(posixpath.normpath(workspace.replace("\\", "/"))).lstrip("/")


def key_of(config: str) -> str:
    """Return the key of the gate of a config: its path from the root of the repository, if that is a valid key.

    Different paths give different keys: if characters had to be replaced or left out, a digest of the path is added.
    """
    path = config.replace("\\", "/").removeprefix("./") or "leakgate.yaml"
    key = re.sub(r"[^A-Za-z0-9._-]", "-", path)
    if key == path and len(key) <= _LONGEST_KEY:
        return key
    digest = hashlib.sha256(path.encode("utf-8", "surrogatepass")).hexdigest()[:_DIGITS]
    return f"{key[-(_LONGEST_KEY - _DIGITS - 1) :]}-{digest}"


def marker(key: str, mark: RunMark) -> str:
    """Return the invisible first line by which leakgate finds its comment again."""
    return f"<!-- leakgate:v1 key={key} run={mark.run_id}.{mark.attempt} -->"


def read_marker(body: str) -> tuple[str, RunMark] | None:
    """Return key and run of a comment whose first line is a marker; None for every other comment."""
    match = _MARKER.match(body)
    return (match["key"], RunMark(int(match["run"]), int(match["attempt"]))) if match else None


def own_comments(comments: Iterable[Comment], author: str, key: str) -> tuple[Comment, ...]:
    """Return this author's comments with this key, the oldest first. A marker of another author does not count."""
    own = [comment for comment in comments if comment.author == author and _key_of(comment) == key]
    return tuple(sorted(own, key=lambda comment: comment.comment_id))


def next_step(own: tuple[Comment, ...], mark: RunMark, *, may_create: bool, written: bool) -> CommentStep:
    """Return what to do next.

    ``own`` are the comments found, the oldest first; ``mark`` is this run; ``written``: this process has already
    written a comment. The oldest comment stays, the newest run wins, and a second comment is removed.
    """
    if not own and written:
        # The list is not up to date, or a person has just deleted the comment. In both cases, no second comment is
        # written.
        return Rest(RestReason.WRITTEN)
    if not own:
        return Create() if may_create else Rest(RestReason.NOTHING_TO_SAY)
    first, others = own[0], own[1:]
    shown = _mark_of(first)
    if shown < mark or (shown == mark and not written):
        return CommentUpdate(first.comment_id)
    for other in others:
        if _mark_of(other) <= mark:
            return Remove(other.comment_id)
    return Rest(RestReason.WRITTEN if shown == mark else RestReason.SUPERSEDED, first)


def may_create(mode: CommentMode, news: News) -> bool:
    """Whether this report deserves a comment on a pull request that has none. An existing one is always updated."""
    match mode:
        case CommentMode.ALWAYS:
            return True
        case CommentMode.AUTO:
            return news is not News.CLEAN
        case CommentMode.ON_LEAK:
            return news is News.LEAKING
        case CommentMode.NEVER:
            return False


def news_of(report: GateReport) -> News:
    """Return how much a report has to say. No comment is needed for a run that ended before it measured anything."""
    if not report.results and report.exit_code in (ExitCode.INTERRUPTED, ExitCode.UNMEASURED):
        return News.CLEAN
    results = [result for result in report.results if result.target.expect is not Expectation.LEAK]
    if any(result.verdict in LEAKING for result in results):
        return News.LEAKING
    healthy = all(result.verdict is Verdict.OK for result in results)
    return News.CLEAN if healthy and report.verdict is GateVerdict.PASS else News.NOTEWORTHY


def _key_of(comment: Comment) -> str | None:
    found = read_marker(comment.body)
    return found[0] if found else None


def _mark_of(comment: Comment) -> RunMark:
    found = read_marker(comment.body)
    return found[1] if found else RunMark(0, 0)
