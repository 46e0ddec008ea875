"""Which Action the starter workflow names."""

import json

import pytest

from leakgate import __version__
from leakgate.github.starter_workflow import ACTION, action_of, starter_workflow

COMMIT = "0123456789abcdef0123456789abcdef01234567"


def origin(url: object, commit: object = COMMIT) -> str:
    return json.dumps({"url": url, "vcs_info": {"vcs": "git", "commit_id": commit}})


@pytest.mark.parametrize(
    "url",
    [
        "https://github.com/acme-inc/leakgate",
        "https://github.com/acme-inc/leakgate.git",
        "https://github.acme.example:8443/acme-inc/leakgate/",
        "ssh://git@github.com/acme-inc/leakgate.git",
    ],
)
def test_installed_from_github_it_is_the_very_commit(url: str) -> None:
    assert action_of(origin(url)) == f"acme-inc/leakgate@{COMMIT} # v{__version__}"
    assert f"      - uses: acme-inc/leakgate@{COMMIT} # v{__version__}\n" in starter_workflow(
        "", action_of(origin(url))
    )


@pytest.mark.parametrize(
    "recorded",
    [
        "",
        "no JSON",
        "[]",
        '{"url": "https://github.com/acme/leakgate"}',
        '{"url": "https://github.com/acme/leakgate", "vcs_info": null}',
        '{"url": "file:///home/me/leakgate", "dir_info": {"editable": true}}',
        origin("https://git.example/acme/leakgate"),
        origin("https://example.com/github.com/acme/leakgate"),
        origin("https://github.com/acme/leakgate\n      - run: touch hacked"),
        origin("https://github.com/acme/deep/leakgate"),
        origin("https://github.com/acme/leakgate", "main"),
        origin(["https://github.com/acme/leakgate"]),
        origin("https://github.com/acme/leakgate", None),
    ],
)
def test_else_it_is_not_guessed(recorded: str) -> None:
    assert action_of(recorded) == ""


def test_the_placeholder_stays_where_nothing_is_known() -> None:
    assert f"      - uses: {ACTION}\n" in starter_workflow()
