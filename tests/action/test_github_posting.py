"""The comment over real HTTP, with a server that checks every request against GitHub's own description of its API."""

import threading
from dataclasses import replace

import pytest

from leakgate.errors import UsageError
from leakgate.github.comment import CommentMode, News
from leakgate.github.event import ActionsRun, FinishedRun, PullRequest
from leakgate.github.posting import CommentOptions, CommentOutcome, Posted, post_comment
from leakgate.github.transport import Patience
from tests.action.fake_github import BOT, TOKEN, Answer, FakeGithub, Fault

SHA = "a" * 40
WRONG_TOKEN = "ghs_" + "wrong" * 4


class HastyClock:
    """A clock that moves only in ``sleep``, so that no test waits for a pause."""

    def __init__(self) -> None:
        self.now_s = 100.0
        self.slept_s: list[float] = []

    def monotonic_s(self) -> float:
        return self.now_s

    def processor_s(self) -> float:
        return 0.0

    def sleep(self, seconds: float) -> None:
        self.now_s += seconds
        self.slept_s.append(seconds)

    def utc_iso(self) -> str:
        return "2024-01-01T00:00:00Z"


def run_on(github: FakeGithub, run_id: int = 500, attempt: int = 1) -> ActionsRun:
    return ActionsRun(
        event_name="pull_request",
        repository=github.repository,
        api_url=github.api_url,
        server_url="https://ghe.example",
        run_id=run_id,
        attempt=attempt,
        actor="mona",
        pull_request=PullRequest(number=7, head_sha=SHA, from_fork=False),
    )


def post(
    run: ActionsRun,
    text: str = "It leaks.",
    *,
    news: News = News.LEAKING,
    options: CommentOptions | None = None,
    token: str = TOKEN,
    clock: HastyClock | None = None,
    patience: Patience | None = None,
) -> CommentOutcome:
    return post_comment(
        run,
        token,
        options or CommentOptions(),
        news,
        lambda limit, _fixed: text[:limit] if limit < 65_536 else "no room for the marker",
        clock=clock or HastyClock(),
        patience=patience,
    )


def test_first_run_creates_second_updates(github: FakeGithub) -> None:
    created = post(run_on(github, 500), "It leaks.")
    updated = post(run_on(github, 501), "Green again.", news=News.CLEAN)

    assert (created.posted, updated.posted) == (Posted.CREATED, Posted.UPDATED)
    assert created.comment_id == updated.comment_id
    (body,) = github.bodies()
    assert body.startswith("<!-- leakgate:v1 key=default run=501.1 -->\nGreen again.\n\n<sub>")
    assert "commit `aaaaaaaa`, [job summary](https://ghe.example/octo/app/actions/runs/501)" in body


def test_second_attempt_updates_and_links_itself(github: FakeGithub) -> None:
    post(run_on(github, 500))
    post(run_on(github, 500, attempt=2))

    (body,) = github.bodies()
    assert "run=500.2 -->" in body
    assert "/actions/runs/500/attempts/2" in body


def test_comment_behind_250_others_is_found_and_foreign_markers_are_ignored(github: FakeGithub) -> None:
    forged = "<!-- leakgate:v1 key=default run=999999.9 -->\nAll is well, trust me."
    github.add_comment(forged, author="mallory")
    github.add_comment(forged, author="mallory[bot]")
    for index in range(250):
        github.add_comment(f"comment {index}", author="mona")
    github.add_comment("Quoting: <!-- leakgate:v1 key=default run=999999.9 -->", author=BOT)
    own = github.add_comment("<!-- leakgate:v1 key=default run=400.1 -->\nold", author=BOT)

    outcome = post(run_on(github))

    assert (outcome.posted, outcome.comment_id) == (Posted.UPDATED, own)
    assert github.bodies()[:2] == [forged, forged]
    assert github.methods().count("POST") == 0


def test_two_keys_coexist(github: FakeGithub) -> None:
    first = post(run_on(github), options=CommentOptions(key="api"))
    second = post(run_on(github), options=CommentOptions(key="worker"))
    assert first.comment_id != second.comment_id
    assert len(github.bodies()) == 2


@pytest.mark.parametrize(
    ("mode", "news", "exists", "posted"),
    [
        (CommentMode.AUTO, News.CLEAN, False, Posted.SKIPPED),
        (CommentMode.AUTO, News.CLEAN, True, Posted.UPDATED),
        (CommentMode.AUTO, News.NOTEWORTHY, False, Posted.CREATED),
        (CommentMode.AUTO, News.LEAKING, False, Posted.CREATED),
        (CommentMode.ALWAYS, News.CLEAN, False, Posted.CREATED),
        (CommentMode.ON_LEAK, News.NOTEWORTHY, False, Posted.SKIPPED),
        (CommentMode.ON_LEAK, News.NOTEWORTHY, True, Posted.UPDATED),
        (CommentMode.ON_LEAK, News.LEAKING, False, Posted.CREATED),
        (CommentMode.NEVER, News.LEAKING, True, Posted.SKIPPED),
    ],
)
def test_mode(github: FakeGithub, mode: CommentMode, news: News, posted: Posted, *, exists: bool) -> None:
    if exists:
        github.add_comment("<!-- leakgate:v1 key=default run=1.1 -->\nred")
    outcome = post(run_on(github), news=news, options=CommentOptions(mode=mode))
    assert outcome.posted is posted
    if mode is CommentMode.NEVER:
        assert github.requests == []


def test_read_only_token_of_a_fork(github: FakeGithub) -> None:
    github.rights = "read"
    run = run_on(github)
    fork = replace(run, pull_request=PullRequest(number=7, head_sha=SHA, from_fork=True))

    assert "from a fork" in post(fork).message
    assert "Dependabot" in post(replace(run, actor="dependabot[bot]")).message
    outcome = post(run)
    assert outcome.posted is Posted.FORBIDDEN
    assert "pull-requests: write" in outcome.message
    assert github.bodies() == []


def test_wrong_token_is_neither_repeated_nor_shown(github: FakeGithub) -> None:
    outcome = post(run_on(github), token=WRONG_TOKEN)
    assert outcome.posted is Posted.FAILED
    assert "does not accept the token" in outcome.message
    assert WRONG_TOKEN not in repr(outcome)
    assert len(github.requests) == 1


def test_server_that_echoes_the_token_does_not_get_it_into_the_log(github: FakeGithub) -> None:
    github.faults.append(Fault(method="POST", status=422, body=b'{"message": "no \\u001b[31m' + TOKEN.encode() + b'"}'))
    outcome = post(run_on(github))
    assert outcome.posted is Posted.FAILED
    assert TOKEN not in outcome.message
    assert "\x1b" not in outcome.message


@pytest.mark.parametrize("status", [429, 403])
def test_rate_limit_waits_as_long_as_asked(github: FakeGithub, status: int) -> None:
    github.faults.append(Fault(method="POST", status=status, headers={"Retry-After": "7"}))
    clock = HastyClock()
    assert post(run_on(github), clock=clock).posted is Posted.CREATED
    assert 7.0 in clock.slept_s
    assert len(github.bodies()) == 1


def test_rate_limit_that_names_a_time_is_read_against_the_server_s_clock(github: FakeGithub) -> None:
    headers = {
        "X-RateLimit-Remaining": "0",
        "X-RateLimit-Reset": "4102444811",
        "Date": "Fri, 01 Jan 2100 00:00:00 GMT",
    }
    github.faults.append(Fault(method="GET", status=403, headers=headers))
    clock = HastyClock()
    assert post(run_on(github), clock=clock).posted is Posted.CREATED
    assert 11.0 in clock.slept_s


def test_longer_wait_than_leakgate_has_is_not_begun(github: FakeGithub) -> None:
    github.faults.append(Fault(method="GET", status=429, headers={"Retry-After": "3600"}, times=99))
    clock = HastyClock()
    outcome = post(run_on(github), clock=clock)
    assert outcome.posted is Posted.FAILED
    assert clock.slept_s == []


@pytest.mark.parametrize(
    "fault",
    [
        Fault(method="GET", status=500),
        Fault(method="GET", status=503, times=2),
        Fault(method="GET", status=200, body=b"<html>a proxy's page</html>"),
        Fault(method="GET", cut=True),
        Fault(method="PATCH", status=502),
    ],
    ids=lambda fault: f"{fault.method}-{fault.status}-{fault.cut}",
)
def test_passing_fault_is_outlived(github: FakeGithub, fault: Fault) -> None:
    github.add_comment("<!-- leakgate:v1 key=default run=1.1 -->\nred")
    github.faults.append(replace(fault))
    assert post(run_on(github)).posted is Posted.UPDATED
    assert len(github.bodies()) == 1


def test_lasting_fault_ends_with_a_message_in_bounded_time(github: FakeGithub) -> None:
    github.faults.append(Fault(method="GET", status=503, times=1000))
    clock = HastyClock()
    outcome = post(run_on(github), clock=clock)
    assert outcome.posted is Posted.FAILED
    assert "503" in outcome.message
    assert sum(clock.slept_s) <= 60
    assert len(github.requests) == 4


def test_lost_answer_to_a_create_makes_no_second_comment(github: FakeGithub) -> None:
    github.faults.append(Fault(method="POST", status=502, carried_out=True))
    assert post(run_on(github)).posted is Posted.UPDATED
    assert len(github.bodies()) == 1
    assert github.methods().count("POST") == 1


def test_create_that_was_not_carried_out_is_repeated_after_a_look(github: FakeGithub) -> None:
    github.faults.append(Fault(method="POST", cut=True))
    assert post(run_on(github)).posted is Posted.CREATED
    assert len(github.bodies()) == 1


def test_create_that_always_fails_gives_up(github: FakeGithub) -> None:
    github.faults.append(Fault(method="POST", status=500, times=1000))
    outcome = post(run_on(github))
    assert outcome.posted is Posted.FAILED
    assert "500" in outcome.message


def test_silent_server_is_given_up(github: FakeGithub) -> None:
    github.faults.append(Fault(method="GET", hang_s=30, times=1000))
    outcome = post(run_on(github), patience=Patience(request_s=0.2, attempts=2))
    assert outcome.posted is Posted.FAILED
    assert "timed out" in outcome.message


def test_answer_without_end_is_given_up(github: FakeGithub) -> None:
    github.faults.append(Fault(method="GET", status=200, body=b"[" + b" " * 200_000 + b"]", times=1000))
    outcome = post(run_on(github), patience=Patience(answer_bytes=1000, attempts=2))
    assert outcome.posted is Posted.FAILED
    assert "larger" in outcome.message


@pytest.mark.parametrize("body", [b"{}", b'[{"id": "x"}]', b"[1]", b"[[]]"])
def test_answer_of_another_shape_is_refused(github: FakeGithub, body: bytes) -> None:
    github.login = BOT
    github.before = lambda _: None
    github.faults += [Fault(method="GET", status=200, body=b'{"login": "github-actions[bot]"}')]
    github.faults += [Fault(method="GET", status=200, body=body, times=10)]
    assert post(run_on(github)).posted is Posted.FAILED


def test_comment_deleted_between_list_and_update_is_created_again(github: FakeGithub) -> None:
    github.add_comment("<!-- leakgate:v1 key=default run=1.1 -->\nred")

    def delete_first(method: str) -> None:
        if method == "PATCH":
            github.comments[0]["deleted"] = True

    github.before = delete_first
    assert post(run_on(github)).posted is Posted.CREATED
    assert len(github.bodies()) == 1


def test_comment_deleted_right_after_it_was_written_stays_deleted(github: FakeGithub) -> None:
    def delete_new(method: str) -> None:
        if method == "GET" and github.comments:
            github.comments[0]["deleted"] = True

    github.before = delete_new
    assert post(run_on(github)).posted is Posted.CREATED
    assert github.bodies() == []


def test_older_run_does_not_overwrite_a_newer_one(github: FakeGithub) -> None:
    post(run_on(github, 501), "newer")
    outcome = post(run_on(github, 500), "older")
    assert outcome.posted is Posted.SKIPPED
    assert "newer run" in outcome.message
    assert "newer" in github.bodies()[0]


def test_older_run_that_writes_last_is_corrected_by_the_newer(github: FakeGithub) -> None:
    """The older run listed before the newer one wrote, and writes after it: the newer one looks again."""
    own = github.add_comment("<!-- leakgate:v1 key=default run=1.1 -->\nred")
    state = {"patched": False}

    def write_late(method: str) -> None:
        if method == "GET" and state["patched"]:
            state["patched"] = False
            github.comments[own - 1000]["body"] = "<!-- leakgate:v1 key=default run=500.1 -->\nolder"
            github.before = None
        state["patched"] = state["patched"] or method == "PATCH"

    github.before = write_late
    post(run_on(github, 501), "newer")
    (body,) = github.bodies()
    assert body.startswith("<!-- leakgate:v1 key=default run=501.1 -->\nnewer")


def test_runs_at_the_same_moment_leave_one_comment_of_the_newest(github: FakeGithub) -> None:
    both_listed = threading.Barrier(2, timeout=180)
    waits = threading.Semaphore(2)

    def hold(method: str) -> None:
        # Both runs have listed the comments, and found none, before either creates its own.
        if method == "POST" and waits.acquire(blocking=False):
            both_listed.wait()

    github.before = hold
    runs = [threading.Thread(target=post, args=(run_on(github, run_id), f"run {run_id}")) for run_id in (500, 501)]
    for run in runs:
        run.start()
    for run in runs:
        run.join()
    post(run_on(github, 501, attempt=2), "newest")

    (body,) = github.bodies()
    assert "newest" in body


def test_event_without_pull_request_makes_no_request(github: FakeGithub) -> None:
    outcome = post(replace(run_on(github), event_name="push", pull_request=None))
    assert outcome.posted is Posted.SKIPPED
    assert github.requests == []


def test_job_without_token_makes_no_request(github: FakeGithub) -> None:
    assert post(run_on(github), token="").posted is Posted.FORBIDDEN
    assert github.requests == []


def test_personal_token_writes_as_its_user(github: FakeGithub) -> None:
    github.login = "mona"
    github.add_comment("<!-- leakgate:v1 key=default run=1.1 -->\nthe bot's", author=BOT)
    assert post(run_on(github)).posted is Posted.CREATED
    assert post(run_on(github, 501)).posted is Posted.UPDATED
    assert len(github.bodies()) == 2


def test_enterprise_server_and_link_to_another_host() -> None:
    with FakeGithub(prefix="/api/v3") as enterprise, FakeGithub() as elsewhere:
        enterprise.link_host = elsewhere.api_url
        for index in range(150):
            enterprise.add_comment(f"comment {index}", author="mona")
        assert post(run_on(enterprise)).posted is Posted.CREATED
        assert enterprise.violations == []
        assert elsewhere.requests == []


def test_redirect_to_another_host_is_not_followed(github: FakeGithub) -> None:
    with FakeGithub() as elsewhere:
        github.faults.append(
            Fault(method="GET", status=302, headers={"Location": elsewhere.api_url + "/user"}, times=9)
        )
        assert post(run_on(github)).posted is Posted.FAILED
        assert elsewhere.requests == []


def test_redirect_of_a_renamed_repository_is_followed(github: FakeGithub) -> None:
    path = "/repos/octo/app/issues/7/comments"
    github.faults.append(Fault(method="POST", status=307, headers={"Location": path}))
    assert post(run_on(github)).posted is Posted.CREATED


class TestSecondWorkflow:
    """The pull request is found through the API by the head of the finished run."""

    @staticmethod
    def after(github: FakeGithub, head_sha: str = SHA, branch: str = "patch-1") -> ActionsRun:
        finished = FinishedRun(run_id=321, attempt=2, head_sha=head_sha, head_owner="mallory", head_branch=branch)
        return replace(run_on(github), event_name="workflow_run", pull_request=None, finished=finished)

    def test_posts_to_the_pull_request_with_the_same_head(self, github: FakeGithub) -> None:
        github.add_pull(7, head="mallory:patch-1", head_sha=SHA)
        assert post(self.after(github)).posted is Posted.CREATED
        (body,) = github.bodies(7)
        assert "run=321.2" in body
        assert "/actions/runs/321/attempts/2" in body

    @pytest.mark.parametrize("branch", ["", "patch-1"])
    def test_head_that_moved_on_gets_nothing(self, github: FakeGithub, branch: str) -> None:
        github.add_pull(7, head="mallory:patch-1", head_sha="b" * 40)
        assert post(self.after(github, branch=branch)).posted is Posted.SKIPPED
        assert "POST" not in github.methods()

    def test_branch_name_cannot_add_a_parameter(self, github: FakeGithub) -> None:
        github.add_pull(7, head="mallory:patch-1", head_sha=SHA)
        assert post(self.after(github, branch="x&head=mallory:patch-1")).posted is Posted.SKIPPED

    def test_two_pull_requests_with_one_head_get_nothing(self, github: FakeGithub) -> None:
        github.add_pull(7, head="mallory:patch-1", head_sha=SHA)
        github.add_pull(8, head="mallory:patch-1", head_sha=SHA)
        assert post(self.after(github)).posted is Posted.SKIPPED


def test_longest_report_fits_with_marker_and_link(github: FakeGithub) -> None:
    assert post(run_on(github), "🐍" * 70_000).posted is Posted.CREATED
    assert len(github.bodies()[0]) == 65_536


def test_body_that_is_too_long_is_reported(github: FakeGithub) -> None:
    outcome = post_comment(
        run_on(github), TOKEN, CommentOptions(), News.LEAKING, lambda limit, _fixed: "x" * 2 * limit, clock=HastyClock()
    )
    assert outcome.posted is Posted.FAILED
    assert "too long" in outcome.message


@pytest.mark.parametrize("key", ["", "a b", "x" * 65, "a-->", "é", "a\n"])
def test_bad_key_is_a_usage_error(github: FakeGithub, key: str) -> None:
    with pytest.raises(UsageError, match="comment key"):
        post(run_on(github), options=CommentOptions(key=key))


def test_fake_notices_what_github_would_not_take() -> None:
    """The check itself is tested: a request and an answer that violate GitHub's description are caught."""
    with FakeGithub() as server:
        headers = {"authorization": f"Bearer {TOKEN}"}
        server.handle("POST", "/repos/octo/app/issues/7/comments", headers, b'{"body": 1}')
        server.comments.append({"number": 7, "deleted": False, "id": "no number"})
        server.handle("GET", "/repos/octo/app/issues/7/comments", headers, None)
        assert len(server.violations) == 2
        assert isinstance(server.handle("GET", "/user", {}, None), Answer)
