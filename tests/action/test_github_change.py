"""The questions of a report to GitHub about a pull request, answered by the stand-in: its files, and when lines were
added.
"""

import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from leakgate.github.change_lookup import look_up_change
from leakgate.github.comment import News
from leakgate.github.event import ActionsRun, FinishedRun, PullRequest
from leakgate.github.posting import CommentOptions, post_comment
from leakgate.measure.clock import SystemClock
from leakgate.model.review import CodePlace, Review, SeenLeak, Touch
from tests.action import step
from tests.action.fake_github import TOKEN, FakeGithub, Fault
from tests.action.runner import ROOT

SHA, OLD = "a" * 40, "b" * 40
ADDED = CodePlace(path="shop/api.py", line=2)
KEPT = CodePlace(path="shop/api.py", line=90)
ELSEWHERE = CodePlace(path="shop/db.py", line=7)
LARGE = CodePlace(path="shop/large.py", line=1)


@pytest.fixture
def server(github: FakeGithub) -> FakeGithub:
    github.files = {"shop/api.py": "@@ -1,2 +1,3 @@\n a\n+b\n c", "shop/large.py": None}
    commit = {"oid": OLD, "committedDate": "2026-10-01T09:00:00Z"}
    github.blame = {"shop/db.py": [{"startingLine": 1, "endingLine": 9, "commit": commit}]}
    return github


def run_on(github: FakeGithub) -> ActionsRun:
    return ActionsRun(
        event_name="pull_request",
        repository=github.repository,
        api_url=github.api_url,
        graphql_url=f"{github.api_url}/graphql",
        server_url="https://ghe.example",
        run_id=500,
        attempt=1,
        actor="mona",
        pull_request=PullRequest(number=7, head_sha=SHA, from_fork=False),
    )


def looked_up(run: ActionsRun, token: str = TOKEN) -> Review:
    return look_up_change(run, token, (ADDED, KEPT, ELSEWHERE, LARGE), clock=SystemClock())


def test_each_line_is_told_apart(server: FakeGithub) -> None:
    review = looked_up(run_on(server))
    touches = [review.touch(place) for place in (ADDED, KEPT, ELSEWHERE, LARGE)]
    assert touches == [Touch.LINE, Touch.FILE, Touch.NONE, Touch.FILE]
    assert review.origins[ELSEWHERE].commit == OLD
    assert set(review.origins) == {ELSEWHERE}
    assert review.host is not None
    assert review.host.commit == SHA


def test_a_change_of_more_files_than_github_lists_leaves_the_rest_unknown(server: FakeGithub) -> None:
    server.files = {f"file{at}.py": "" for at in range(3_000)}
    review = looked_up(run_on(server))
    assert review.touch(ELSEWHERE) is None


@pytest.mark.parametrize("status", [403, 404, 500])
def test_what_github_does_not_answer_is_left_out(server: FakeGithub, status: int) -> None:
    server.faults.append(Fault(method="GET", status=status, times=9))
    review = looked_up(run_on(server))
    assert (review.files, review.touch(ADDED)) == (None, None)
    assert review.host is not None


def test_the_pull_request_of_a_finished_run_is_found_by_its_head(server: FakeGithub) -> None:
    server.add_pull(7, head="mona:fix", head_sha=SHA)
    finished = FinishedRun(run_id=400, attempt=1, head_sha=SHA, head_owner="mona", head_branch="fix")
    run = replace(run_on(server), event_name="workflow_run", pull_request=None, finished=finished)
    assert looked_up(run).touch(ADDED) is Touch.LINE


def test_a_later_green_run_says_what_is_fixed_and_goes_on_saying_it(server: FakeGithub) -> None:
    leak = SeenLeak(script="worker", place="shop/api.py:2", bytes_per_s=385_000.0)
    fixed = SeenLeak(script="worker", place="shop/api.py:2", bytes_per_s=385_000.0, fixed_in=SHA)
    for remembered in ((leak,), (fixed,), None):
        post_comment(
            run_on(server),
            TOKEN,
            CommentOptions(),
            News.LEAKING,
            lambda _limit, told: f"fixed: {[one.fixed_in for one in told]}",
            clock=SystemClock(),
            carry=lambda earlier, _commit, now=remembered: earlier if now is None else now,  # type: ignore[misc]
        )
    (body,) = server.bodies()
    assert f"fixed: ['{SHA}']" in body


def test_a_failed_set_up_brings_the_comment_up_to_date_without_anything_installed(
    server: FakeGithub, tmp_path: Path
) -> None:
    files = step.Files(folder=tmp_path)
    (event := tmp_path / "event.json").write_text(
        f'{{"pull_request": {{"number": 7, "head": {{"sha": "{SHA}", "repo": {{"full_name": "octo/app"}}}}}}}}', "utf-8"
    )
    server.add_comment("<!-- leakgate:v1 key=services-api-leakgate.yaml-1 run=1.1 -->\nof another gate")
    server.add_comment("<!-- leakgate:v1 key=leakgate.yaml run=400.1 -->\nNo leak.")
    env = files.environment(
        **step.variables_of(
            "unready", LEAKGATE_SETUP="success", LEAKGATE_INSTALL="failure", LEAKGATE_GITHUB_TOKEN=TOKEN
        ),
        GITHUB_EVENT_NAME="pull_request",
        GITHUB_EVENT_PATH=str(event),
        GITHUB_API_URL=server.api_url,
        GITHUB_SERVER_URL="https://ghe.example",
        GITHUB_REPOSITORY="octo/app",
        GITHUB_RUN_ID="500",
        GITHUB_RUN_ATTEMPT="1",
    )
    # Without site-packages, because the environment of leakgate could not be made.
    command = [sys.executable, "-I", "-S", "-B", str(ROOT / "action" / "failed.py")]
    done = subprocess.run(command, env=env, cwd=tmp_path, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    other, body = server.bodies()
    assert "of another gate" in other
    assert "nothing was measured" in body
    assert "requirements could not be installed" in body
    assert "run=500.1" in body
    assert "nothing was measured" in files.command_file("GITHUB_STEP_SUMMARY").read_text("utf-8")
