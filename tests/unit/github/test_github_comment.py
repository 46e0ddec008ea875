"""The sticky comment's rules, on values alone."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from leakgate.github.comment import (
    Comment,
    CommentUpdate,
    Create,
    News,
    Remove,
    Rest,
    RestReason,
    RunMark,
    check_key,
    key_of,
    marker,
    named_config,
    news_of,
    next_step,
    own_comments,
    read_marker,
)
from leakgate.model.report import TargetResult
from tests.helpers.reports import canary, crashed, gate, healthy, inconclusive, known_leak, leaky_python, over_budget

NOW = RunMark(500, 1)


def comment(comment_id: int, mark: RunMark, author: str = "bot", key: str = "default") -> Comment:
    return Comment(comment_id, author, marker(key, mark) + "\ntext")


@given(st.from_regex(r"[A-Za-z0-9._-]{1,64}", fullmatch=True), st.integers(0, 10**18 - 1), st.integers(0, 10**6 - 1))
def test_marker_reads_back(key: str, run_id: int, attempt: int) -> None:
    line = marker(key, RunMark(run_id, attempt))
    assert read_marker(line) == (key, RunMark(run_id, attempt))
    # GitHub stores what people paste with carriage returns.
    assert read_marker(line + "\r\nbody") == (key, RunMark(run_id, attempt))


@pytest.mark.parametrize(
    "body",
    [
        "",
        " <!-- leakgate:v1 key=default run=1.1 -->",
        "text\n<!-- leakgate:v1 key=default run=1.1 -->",
        "> <!-- leakgate:v1 key=default run=1.1 -->",
        "<!-- leakgate:v1 key=default run=1.1 --> more",
        "<!-- leakgate:v1 key=a b run=1.1 -->",
        "<!-- leakgate:v2 key=default run=1.1 -->",
        "<!-- leakgate:v1 key=default run=1 -->",
    ],
)
def test_other_first_lines_are_no_marker(body: str) -> None:
    assert read_marker(body) is None


def test_own_comments_are_of_author_and_key_and_the_oldest_first() -> None:
    comments = [
        comment(5, NOW),
        comment(3, NOW, key="other"),
        comment(2, NOW, author="mallory"),
        Comment(4, "bot", "hello"),
        comment(1, RunMark(1, 1)),
    ]
    assert [one.comment_id for one in own_comments(comments, "bot", "default")] == [1, 5]


@pytest.mark.parametrize(
    ("found", "may_create", "written", "step"),
    [
        ([], True, False, Create()),
        ([], False, False, Rest(RestReason.NOTHING_TO_SAY)),
        ([], True, True, Rest(RestReason.WRITTEN)),
        ([comment(1, RunMark(499, 9))], False, False, CommentUpdate(1)),
        ([comment(1, NOW)], False, False, CommentUpdate(1)),
        ([comment(1, NOW)], False, True, Rest(RestReason.WRITTEN, comment(1, NOW))),
        ([comment(1, RunMark(500, 2))], True, False, Rest(RestReason.SUPERSEDED, comment(1, RunMark(500, 2)))),
        ([comment(1, RunMark(499, 1))], True, True, CommentUpdate(1)),
        ([comment(1, NOW), comment(2, RunMark(499, 1))], True, True, Remove(2)),
        ([comment(1, RunMark(501, 1)), comment(2, NOW)], True, True, Remove(2)),
        (
            [comment(1, NOW), comment(2, RunMark(501, 1))],
            True,
            True,
            Rest(RestReason.WRITTEN, comment(1, NOW)),
        ),
    ],
)
def test_next_step(found: list[Comment], step: object, *, may_create: bool, written: bool) -> None:
    assert next_step(tuple(found), NOW, may_create=may_create, written=written) == step


@given(st.lists(st.integers(495, 505), max_size=4), st.booleans())
def test_steps_come_to_rest_with_one_comment_of_the_newest(run_ids: list[int], first_time: bool) -> None:  # noqa: FBT001
    """From any state of the comments, the steps come to an end, and the text of an older run never remains."""
    state = {index: RunMark(run_id, 1) for index, run_id in enumerate(run_ids)}
    written = False
    for _ in range(10):
        own = tuple(comment(index, mark) for index, mark in sorted(state.items()))
        match next_step(own, NOW, may_create=first_time, written=written):
            case Create():
                state[99] = NOW
                written = True
            case CommentUpdate(comment_id):
                state[comment_id] = NOW
                written = True
            case Remove(comment_id):
                del state[comment_id]
            case Rest():
                break
    else:
        pytest.fail("no rest")
    if state:
        assert state[min(state)] >= NOW
    newer = [mark for mark in state.values() if mark > NOW]
    assert len(state) <= 1 + len(newer)


@pytest.mark.parametrize(
    ("result", "news"),
    [
        (healthy(), News.CLEAN),
        (canary(), News.CLEAN),
        (canary(caught=False), News.NOTEWORTHY),
        (known_leak(), News.NOTEWORTHY),
        (inconclusive(), News.NOTEWORTHY),
        (crashed(), News.NOTEWORTHY),
        (leaky_python(), News.LEAKING),
        (over_budget(), News.LEAKING),
    ],
)
def test_news(result: TargetResult, news: News) -> None:
    assert news_of(gate(result)) is news


@pytest.mark.parametrize(
    ("workspace", "folder", "config", "named"),
    [
        ("/w/app", ".", "leakgate.yaml", "leakgate.yaml"),
        ("/w/app", "services/api", "leakgate.yaml", "services/api/leakgate.yaml"),
        ("/w/app", "services", "../ci/gate.yaml", "ci/gate.yaml"),
        ("/w/app", ".", "/w/app/ci/gate.yaml", "ci/gate.yaml"),
        ("D:\\w\\app", ".", "ci\\gate.yaml", "ci/gate.yaml"),
    ],
)
def test_a_config_is_named_from_the_root_of_the_repository(
    workspace: str, folder: str, config: str, named: str
) -> None:
    assert named_config(workspace, folder, config) == named


def test_every_config_has_a_key_of_its_own() -> None:
    paths = ["leakgate.yaml", "a/b.yaml", "a-b.yaml", "a_b.yaml", "\u00e9.yaml", "e.yaml", "x" * 200, "y" + "x" * 199]
    keys = [key_of(path) for path in paths]
    assert len(set(keys)) == len(paths)
    assert [check_key(key) for key in keys] == keys
    assert keys[0] == "leakgate.yaml"
