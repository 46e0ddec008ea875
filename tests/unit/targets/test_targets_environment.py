"""What of the CI's environment a measured program gets to see."""

import pytest

from leakgate.targets.environment import is_withheld, without_secrets


@pytest.mark.parametrize(
    "name",
    [
        "GITHUB_OUTPUT",
        "GITHUB_ENV",
        "GITHUB_PATH",
        "GITHUB_STATE",
        "GITHUB_STEP_SUMMARY",
        "GITHUB_TOKEN",
        "GH_TOKEN",
        "GH_ENTERPRISE_TOKEN",
        "ACTIONS_RUNTIME_TOKEN",
        "ACTIONS_ID_TOKEN_REQUEST_URL",
        "INPUT_GITHUB-TOKEN",
        "LEAKGATE_ANYTHING",
        "CI_JOB_TOKEN",
        "CI_JOB_JWT_V2",
        "CI_REGISTRY_PASSWORD",
        "CI_REPOSITORY_URL",
        "RUNNER_SECRET",
        "__PYVENV_LAUNCHER__",
        "github_token",
    ],
)
def test_what_belongs_to_the_ci_is_withheld(name: str) -> None:
    assert is_withheld(name)


@pytest.mark.parametrize(
    "name",
    ["PATH", "CI", "GITHUB_SHA", "GITHUB_ACTIONS", "RUNNER_TEMP", "DATABASE_PASSWORD", "MY_TOKEN", "PYTHONPATH"],
)
def test_what_belongs_to_the_user_stays(name: str) -> None:
    assert not is_withheld(name)


def test_the_rest_is_a_copy() -> None:
    env = {"PATH": "/bin", "GH_TOKEN": "x"}
    assert without_secrets(env) == {"PATH": "/bin"}
    assert "GH_TOKEN" in env
