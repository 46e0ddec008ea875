"""The run on GitHub, read from the environment and the event file."""

import json
from pathlib import Path
from typing import Any

import pytest

from leakgate.errors import UsageError
from leakgate.github.event import FinishedRun, PullRequest, read_run

SHA = "0123456789abcdef0123456789abcdef01234567"
PULL_REQUEST = {"pull_request": {"number": 7, "head": {"sha": SHA, "repo": {"full_name": "octo/app"}}}}
FINISHED = {
    "workflow_run": {
        "id": 321,
        "run_attempt": 2,
        "head_sha": SHA,
        "head_branch": "patch-1\n::error::",
        "head_repository": {"owner": {"login": "mallory"}},
    }
}


def environment(tmp_path: Path, name: str, event: object, **changes: str) -> dict[str, str]:
    path = tmp_path / "event.json"
    path.write_text(json.dumps(event), "utf-8")
    return {
        "GITHUB_REPOSITORY": "octo/app",
        "GITHUB_EVENT_NAME": name,
        "GITHUB_EVENT_PATH": str(path),
        "GITHUB_API_URL": "https://ghe.example/api/v3/",
        "GITHUB_SERVER_URL": "https://ghe.example",
        "GITHUB_RUN_ID": "500",
        "GITHUB_RUN_ATTEMPT": "1",
        "GITHUB_ACTOR": "mona",
    } | changes


def test_pull_request_of_the_same_repository(tmp_path: Path) -> None:
    run = read_run(environment(tmp_path, "pull_request", PULL_REQUEST))
    assert run.pull_request == PullRequest(number=7, head_sha=SHA, from_fork=False)
    assert run.api_url == "https://ghe.example/api/v3"
    assert run.url == "https://ghe.example/octo/app/actions/runs/500"
    assert not run.by_dependabot


@pytest.mark.parametrize("repository", [{"full_name": "mallory/app"}, None])
def test_pull_request_of_a_fork_even_of_a_deleted_one(tmp_path: Path, repository: object) -> None:
    event = {"pull_request": {"number": 7, "head": {"sha": SHA, "repo": repository}}}
    run = read_run(environment(tmp_path, "pull_request", event))
    assert run.pull_request is not None
    assert run.pull_request.from_fork


def test_second_attempt_has_a_page_of_its_own(tmp_path: Path) -> None:
    run = read_run(environment(tmp_path, "push", {}, GITHUB_RUN_ATTEMPT="2", GITHUB_ACTOR="dependabot[bot]"))
    assert run.url.endswith("/runs/500/attempts/2")
    assert run.by_dependabot


@pytest.mark.parametrize("name", ["push", "merge_group", "schedule", "workflow_dispatch", "issue_comment"])
def test_events_without_pull_request(tmp_path: Path, name: str) -> None:
    run = read_run(environment(tmp_path, name, PULL_REQUEST))
    assert run.pull_request is None
    assert run.finished is None


def test_finished_run_of_the_second_workflow(tmp_path: Path) -> None:
    run = read_run(environment(tmp_path, "workflow_run", FINISHED))
    assert run.pull_request is None
    assert run.finished == FinishedRun(
        run_id=321, attempt=2, head_sha=SHA, head_owner="mallory", head_branch="patch-1\n::error::"
    )


def test_finished_run_of_a_deleted_fork_names_nobody(tmp_path: Path) -> None:
    event = {"workflow_run": FINISHED["workflow_run"] | {"head_repository": None, "head_branch": None}}
    run = read_run(environment(tmp_path, "workflow_run", event))
    assert run.finished is not None
    assert (run.finished.head_owner, run.finished.head_branch) == ("", "")


@pytest.mark.parametrize(
    ("name", "event"),
    [
        ("pull_request", {}),
        ("pull_request", {"pull_request": {"number": True, "head": {"sha": SHA}}}),
        ("pull_request", {"pull_request": {"number": 7, "head": {"sha": "HEAD"}}}),
        ("pull_request", {"pull_request": {"number": -7, "head": {"sha": SHA}}}),
        ("workflow_run", {}),
        ("workflow_run", {"workflow_run": {"id": 1, "run_attempt": 1, "head_sha": "main"}}),
        ("push", []),
    ],
)
def test_event_file_that_is_not_github_s_is_refused(tmp_path: Path, name: str, event: Any) -> None:
    with pytest.raises(UsageError, match="event file"):
        read_run(environment(tmp_path, name, event))


@pytest.mark.parametrize(
    "changes",
    [
        {"GITHUB_REPOSITORY": ""},
        {"GITHUB_REPOSITORY": "octo/app/issues/1?"},
        {"GITHUB_RUN_ID": "0x1"},
        {"GITHUB_RUN_ID": "1\n2"},
        {"GITHUB_API_URL": "file:///etc/passwd"},
        {"GITHUB_API_URL": "https://user:secret@ghe.example"},
        {"GITHUB_EVENT_PATH": "/does/not/exist"},
    ],
)
def test_environment_that_is_not_github_s_is_refused(tmp_path: Path, changes: dict[str, str]) -> None:
    with pytest.raises(UsageError):
        read_run(environment(tmp_path, "push", {}, **changes))


@pytest.mark.parametrize("content", [b"{", b"\xff", b"[" * 100_000])
def test_broken_event_file_is_refused(tmp_path: Path, content: bytes) -> None:
    env = environment(tmp_path, "push", {})
    Path(env["GITHUB_EVENT_PATH"]).write_bytes(content)
    with pytest.raises(UsageError, match="cannot be read"):
        read_run(env)


def test_huge_event_file_is_refused(tmp_path: Path) -> None:
    env = environment(tmp_path, "push", {})
    with Path(env["GITHUB_EVENT_PATH"]).open("wb") as file:
        file.truncate(40 * 1024**2)
    with pytest.raises(UsageError, match="larger"):
        read_run(env)
