"""Posts a report to its pull request. Every answer of GitHub becomes a value: it never changes a verdict."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from leakgate.github.client import GithubClient
from leakgate.github.comment import (
    BODY_LIMIT_CHARS,
    Comment,
    CommentMode,
    CommentUpdate,
    Create,
    News,
    Remove,
    Rest,
    RestReason,
    RunMark,
    check_key,
    marker,
    may_create,
    news_of,
    next_step,
    own_comments,
)
from leakgate.github.comment_memory import carried_on, recall, remember
from leakgate.github.event import ActionsRun, read_run, run_url
from leakgate.github.transport import GithubError, Patience, Trouble
from leakgate.model.report import GateReport
from leakgate.model.review import SeenLeak
from leakgate.ports import Clock

ACTIONS_BOT: Final = "github-actions[bot]"
"""The login of the job's own token."""

_STEPS_LIMIT: Final = 8
_SETTLE_S: Final = 1.0
"""Seconds to wait after writing, before looking whether another run wrote at the same moment."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CommentOptions:
    """The user's options for the comment."""

    mode: CommentMode = CommentMode.AUTO
    key: str = "default"
    """Distinguishes the comments of several gates in one repository."""
    author: str = ""
    """Login of the token; empty: GitHub is asked, and if it does not tell, the job's own bot is assumed."""


class Posted(StrEnum):
    """What happened to the comment."""

    CREATED = "created"
    UPDATED = "updated"
    SKIPPED = "skipped"
    """Nothing was written: because of the mode, because there is nothing new or no pull request, or because a newer run
    has reported."""
    FORBIDDEN = "forbidden"
    """The token may not write comments: a fork, Dependabot, or the job's permissions."""
    FAILED = "failed"


@dataclass(frozen=True, slots=True, kw_only=True)
class CommentOutcome:
    """What happened to the comment, and the sentence for the log."""

    posted: Posted
    message: str
    comment_id: int | None = None
    url: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Place:
    """Where the comment belongs, how it is recognised, and which run it reports."""

    repository: str
    number: int
    key: str
    author: str
    mark: RunMark


Carry = Callable[[tuple[SeenLeak, ...], str], tuple[SeenLeak, ...]]
Render = Callable[[int, tuple[SeenLeak, ...]], str]
"""Returns the report as Markdown, from the most characters allowed and the leaks that are fixed since."""


def comment_on(
    report: GateReport,
    env: Mapping[str, str],
    options: CommentOptions,
    render: Render,
    *,
    clock: Clock,
    leaks: tuple[SeenLeak, ...] = (),
) -> CommentOutcome:
    """Post a report from within a job, with the token in ``GITHUB_TOKEN``; this is what ``leakgate comment`` does.

    ``leaks``: what this run shows, for the next comment. Raises UsageError outside GitHub Actions and for a bad key; no
    answer of GitHub raises an error.
    """
    run = read_run(env)

    def carry(earlier: tuple[SeenLeak, ...], commit: str) -> tuple[SeenLeak, ...]:
        return carried_on(earlier, report, leaks, commit)

    token = env.get("GITHUB_TOKEN", "")
    return post_comment(run, token, options, news_of(report), render, clock=clock, carry=carry)


def post_comment(
    run: ActionsRun,
    token: str,
    options: CommentOptions,
    news: News,
    render: Render,
    *,
    clock: Clock,
    patience: Patience | None = None,
    carry: Carry = lambda earlier, _commit: earlier,
) -> CommentOutcome:
    """Create or update the one comment of this gate.

    ``carry`` returns what the new comment remembers, from what the old one remembers and the commit that was measured.
    After a ``workflow_run`` event, the pull request is found through the API by the head of the finished run, never
    from data of that run. Raises UsageError for a bad key only.
    """
    check_key(options.key)
    if options.mode is CommentMode.NEVER:
        return CommentOutcome(posted=Posted.SKIPPED, message="no comment was requested")
    if run.pull_request is None and run.finished is None:
        return _skipped(f"a {run.event_name} event has no pull request")
    if not token:
        return CommentOutcome(posted=Posted.FORBIDDEN, message="no comment: there is no token")
    client = GithubClient(run.api_url, token, clock, patience)
    try:
        found = find_pull(client, run)
        if found is None:
            return _skipped("no open pull request has this head commit, or several have it")
        number, head_sha, mark = found
        place = _Place(
            repository=run.repository,
            number=number,
            key=options.key,
            author=options.author or client.login() or ACTIONS_BOT,
            mark=mark,
        )
        address = run_url(run.server_url, run.repository, mark.run_id, mark.attempt)
        links = f"[job summary]({address}), [files]({address}#artifacts)"
        last_line = f"<sub>commit `{head_sha[:8]}`, {links}</sub>"

        def body(earlier: str) -> str:
            return _body(marker(options.key, mark), render, last_line, carry(recall(earlier), head_sha))

        return _keep(client, place, body, create=may_create(options.mode, news), clock=clock)
    except GithubError as error:
        return _failure(error, run)


def _body(first_line: str, render: Render, last_line: str, memory: tuple[SeenLeak, ...]) -> str:
    remembered = remember(memory)
    end = f"{last_line}\n\n{remembered}" if remembered else last_line
    room = BODY_LIMIT_CHARS - len(first_line) - len(end) - len("\n\n\n")
    fixed = tuple(leak for leak in memory if leak.fixed_in)
    return f"{first_line}\n{render(room, fixed).rstrip()}\n\n{end}"


def find_pull(client: GithubClient, run: ActionsRun) -> tuple[int, str, RunMark] | None:
    """Return the number of the pull request, the commit that was measured and the run to report; None if not found."""
    if run.pull_request is not None:
        return run.pull_request.number, run.pull_request.head_sha, RunMark(run.run_id, run.attempt)
    finished = run.finished
    if finished is None or not finished.head_owner or not finished.head_branch:
        return None
    pulls = client.open_pulls(run.repository, f"{finished.head_owner}:{finished.head_branch}")
    numbers = [number for number, head_sha in pulls if head_sha == finished.head_sha]
    # Pull requests into two branches may share a head; no trusted source says which of them the report is about.
    if len(numbers) != 1:
        return None
    return numbers[0], finished.head_sha, RunMark(finished.run_id, finished.attempt)


def _keep(
    client: GithubClient, place: _Place, body: Callable[[str], str], *, create: bool, clock: Clock
) -> CommentOutcome:
    """Look at the comments, do the next step, and look again, until nothing is left to do."""
    written: CommentOutcome | None = None
    text: str | None = None
    trouble: GithubError | None = None
    for _ in range(_STEPS_LIMIT):
        own = own_comments(client.comments(place.repository, place.number), place.author, place.key)
        step = next_step(own, place.mark, may_create=create, written=written is not None)
        if isinstance(step, Rest):
            return written if written and step.reason is RestReason.WRITTEN else _resting(step)
        if text is None:
            text = body(own[0].body if own else "")
        try:
            done = _do(client, place, step, text)
        except GithubError as error:
            # The comment is gone, or the request was carried out although its answer was lost: look again.
            if error.trouble not in (Trouble.NOT_FOUND, Trouble.UNREACHABLE):
                raise
            trouble = error
        else:
            written = written or done
        clock.sleep(_SETTLE_S)
    if trouble and not written:
        raise trouble
    return written or CommentOutcome(posted=Posted.FAILED, message="no comment: other jobs changed it at the same time")


def _do(client: GithubClient, place: _Place, step: Create | CommentUpdate | Remove, body: str) -> CommentOutcome | None:
    """Carry out one step; return the outcome if it wrote this run's text, otherwise None."""
    match step:
        case Create():
            return _wrote(Posted.CREATED, client.create_comment(place.repository, place.number, body))
        case CommentUpdate(comment_id):
            return _wrote(Posted.UPDATED, client.update_comment(place.repository, comment_id, body))
        case Remove(comment_id):
            client.delete_comment(place.repository, comment_id)
            return None


def _wrote(posted: Posted, comment: Comment) -> CommentOutcome:
    message = f"comment {posted}: {comment.url}"
    return CommentOutcome(posted=posted, message=message, comment_id=comment.comment_id, url=comment.url)


def _resting(rest: Rest) -> CommentOutcome:
    match rest.reason:
        case RestReason.NOTHING_TO_SAY:
            return _skipped("there is nothing to report; the job summary has the details")
        case RestReason.SUPERSEDED:
            return _skipped("a newer run has reported already")
        case RestReason.WRITTEN:
            return CommentOutcome(posted=Posted.SKIPPED, message="the comment was deleted right after it was written")


def _skipped(reason: str) -> CommentOutcome:
    return CommentOutcome(posted=Posted.SKIPPED, message=f"no comment: {reason}")


def _failure(error: GithubError, run: ActionsRun) -> CommentOutcome:
    match error.trouble:
        case Trouble.FORBIDDEN:
            return CommentOutcome(posted=Posted.FORBIDDEN, message=f"no comment: {_why_forbidden(run)} ({error})")
        case Trouble.UNAUTHORIZED:
            return CommentOutcome(
                posted=Posted.FAILED, message=f"no comment: GitHub does not accept the token ({error})"
            )
        case Trouble.NOT_FOUND | Trouble.REFUSED | Trouble.UNREACHABLE:
            return CommentOutcome(posted=Posted.FAILED, message=f"no comment: {error}")


def _why_forbidden(run: ActionsRun) -> str:
    if run.pull_request is not None and run.pull_request.from_fork:
        return "a pull request from a fork has a token that may only read; the report is in the job summary"
    if run.by_dependabot:
        return "Dependabot's token may only read; the report is in the job summary"
    return "the token may only read; give the job the permission pull-requests: write"
