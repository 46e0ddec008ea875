"""The environment and the event file of a workflow run on GitHub, as one frozen value.

Every address comes from the environment, so that GitHub Enterprise Server works. Nothing here uses the network.
"""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from leakgate.errors import UsageError

_EVENT_FILE_LIMIT_BYTES: Final = 32 * 1024**2
_REPOSITORY = re.compile(r"[A-Za-z0-9_.-]+/[A-Za-z0-9_.-]+")
_SHA = re.compile(r"[0-9a-f]{40}([0-9a-f]{24})?")


@dataclass(frozen=True, slots=True, kw_only=True)
class PullRequest:
    """The pull request that an event belongs to."""

    number: int
    head_sha: str
    from_fork: bool
    """Whether its head is in another repository; then the job's token may only read."""


@dataclass(frozen=True, slots=True, kw_only=True)
class FinishedRun:
    """The workflow run that a ``workflow_run`` event reports on."""

    run_id: int
    attempt: int
    head_sha: str
    head_owner: str
    head_branch: str
    """The author of the pull request chose it: hostile text."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ActionsRun:
    """One run of a workflow, as its job sees it."""

    event_name: str
    repository: str
    """``owner/name``."""
    api_url: str
    server_url: str
    run_id: int
    attempt: int
    """1, or more if a user ran the job again."""
    actor: str
    commit: str = ""
    """The commit for which the workflow runs; for a pull request, a merge of its head into the base."""
    graphql_url: str = ""
    """Empty if the runner names none."""
    pull_request: PullRequest | None = None
    """None for events without a pull request, such as a push, a schedule or a merge group."""
    finished: FinishedRun | None = None

    @property
    def url(self) -> str:
        """The page of the run, or of this attempt if it is not the first."""
        return run_url(self.server_url, self.repository, self.run_id, self.attempt)

    @property
    def by_dependabot(self) -> bool:
        """Whether Dependabot caused the run; its token may only read unless the job grants more."""
        return self.actor == "dependabot[bot]"


def run_url(server_url: str, repository: str, run_id: int, attempt: int) -> str:
    """Return the address of a workflow run; the first attempt has no address of its own."""
    page = f"{server_url}/{repository}/actions/runs/{run_id}"
    return page if attempt == 1 else f"{page}/attempts/{attempt}"


def read_run(env: Mapping[str, str]) -> ActionsRun:
    """Return the run that these environment variables and their event file describe.

    Raises UsageError outside GitHub Actions, or if a variable or the event file is not what GitHub writes.
    """
    repository = _required(env, "GITHUB_REPOSITORY")
    if not _REPOSITORY.fullmatch(repository):
        raise UsageError(f"GITHUB_REPOSITORY is not owner/name: {repository!r}")
    event_name = _required(env, "GITHUB_EVENT_NAME")
    event = _read_event(Path(_required(env, "GITHUB_EVENT_PATH")))
    return ActionsRun(
        event_name=event_name,
        repository=repository,
        api_url=_address(env, "GITHUB_API_URL"),
        server_url=_address(env, "GITHUB_SERVER_URL"),
        run_id=_number(env, "GITHUB_RUN_ID"),
        attempt=_number(env, "GITHUB_RUN_ATTEMPT"),
        actor=env.get("GITHUB_ACTOR", ""),
        commit=commit if _is_sha(commit := env.get("GITHUB_SHA", "")) else "",
        graphql_url=_address(env, "GITHUB_GRAPHQL_URL") if env.get("GITHUB_GRAPHQL_URL") else "",
        pull_request=_pull_request(event, repository) if event_name.startswith("pull_request") else None,
        finished=_finished(event) if event_name == "workflow_run" else None,
    )


def _required(env: Mapping[str, str], name: str) -> str:
    value = env.get(name, "")
    if not value:
        raise UsageError(f"{name} is not set", hint="this command works within a GitHub Actions job")
    return value


def _address(env: Mapping[str, str], name: str) -> str:
    address = _required(env, name).rstrip("/")
    if not re.fullmatch(r"https?://[^\s/@?#]+(/[^\s@?#]*)?", address):
        raise UsageError(f"{name} is not a web address: {address!r}")
    return address


def _number(env: Mapping[str, str], name: str) -> int:
    value = _required(env, name)
    if not re.fullmatch(r"[0-9]{1,18}", value):
        raise UsageError(f"{name} is not a number: {value!r}")
    return int(value)


def _read_event(path: Path) -> dict[str, object]:
    try:
        if path.stat().st_size > _EVENT_FILE_LIMIT_BYTES:
            raise UsageError(f"the event file {path} is larger than any that GitHub writes")
        event = json.loads(path.read_text("utf-8"))
    except (OSError, ValueError, RecursionError) as error:
        raise UsageError(f"the event file {path} cannot be read: {error}") from error
    if not isinstance(event, dict):
        raise UsageError(f"the event file {path} contains no event")
    return event


def _pull_request(event: dict[str, object], repository: str) -> PullRequest:
    number = _at(event, "pull_request", "number")
    head_sha = _at(event, "pull_request", "head", "sha")
    if not _is_positive(number) or not _is_sha(head_sha):
        raise UsageError("the event file names no pull request")
    # The head repository is null if the fork was deleted.
    head_repository = _at(event, "pull_request", "head", "repo", "full_name")
    return PullRequest(number=int(str(number)), head_sha=str(head_sha), from_fork=head_repository != repository)


def _finished(event: dict[str, object]) -> FinishedRun:
    run_id = _at(event, "workflow_run", "id")
    attempt = _at(event, "workflow_run", "run_attempt")
    head_sha = _at(event, "workflow_run", "head_sha")
    if not _is_positive(run_id) or not _is_positive(attempt) or not _is_sha(head_sha):
        raise UsageError("the event file names no finished workflow run")
    return FinishedRun(
        run_id=int(str(run_id)),
        attempt=int(str(attempt)),
        head_sha=str(head_sha),
        head_owner=str(_at(event, "workflow_run", "head_repository", "owner", "login") or ""),
        head_branch=str(_at(event, "workflow_run", "head_branch") or ""),
    )


def _at(node: object, *path: str) -> object:
    for name in path:
        if not isinstance(node, dict):
            return None
        node = node.get(name)
    return node


def _is_positive(value: object) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and value > 0


def _is_sha(value: object) -> bool:
    return isinstance(value, str) and _SHA.fullmatch(value) is not None
