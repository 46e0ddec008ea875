"""The variables of a CI that a measured program gets."""

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
        "CIRCLE_OIDC_TOKEN_V2",
        "CIRCLE_TOKEN",
        "BUILDKITE_AGENT_ACCESS_TOKEN",
        "BITBUCKET_STEP_OIDC_TOKEN",
        "SYSTEM_ACCESSTOKEN",
        "SYSTEM_OIDCREQUESTURI",
        "ENDPOINT_AUTH_PARAMETER_SYSTEMVSSCONNECTION_ACCESSTOKEN",
        "PIPELINES_JWT_TOKEN",
        "BITBUCKET_SSH_KEY_FILE",
        "VSS_NUGET_EXTERNAL_FEED_ENDPOINTS",
        "AZP_TOKEN",
        "SEMAPHORE_ARTIFACT_TOKEN",
        "SEMAPHORE_OIDC_TOKEN",
        "CIRRUS_REPO_CLONE_TOKEN",
        "TEAMCITY_BUILD_PROPERTIES_FILE",
        "bamboo_JWT_TOKEN",
        "FORGEJO_TOKEN",
        "VAULT_ID_TOKEN",
        "GITLAB_OIDC_TOKEN",
        "__PYVENV_LAUNCHER__",
        "github_token",
    ],
)
def test_what_belongs_to_the_ci_is_withheld(name: str) -> None:
    assert is_withheld(name)


@pytest.mark.parametrize(
    "name",
    [
        "PATH",
        "CI",
        "GITHUB_SHA",
        "GITHUB_ACTIONS",
        "RUNNER_TEMP",
        "DATABASE_PASSWORD",
        "MY_TOKEN",
        "PYTHONPATH",
        "SECRET_KEY",
        "SYSTEM_ROOT",
        "BITBUCKET_COMMIT",
        "BUILDKITE_BRANCH",
        "TEAMCITY_VERSION",
        "bamboo_database_password",
    ],
)
def test_what_belongs_to_the_user_stays(name: str) -> None:
    assert not is_withheld(name)


def test_every_file_beside_the_command_files_is_withheld() -> None:
    """A runner of the future may have more files that it obeys."""
    folder = "/home/runner/work/_temp/_runner_file_commands"
    commands = {"GITHUB_OUTPUT": f"{folder}/set_output_1", "GITHUB_ARTIFACTS": f"{folder}/upload_1"}
    kept = {"GITHUB_EVENT_PATH": "/home/runner/work/_temp/_github_workflow/event.json", "GITHUB_REF_NAME": "main"}
    assert without_secrets(commands | kept) == kept


def test_the_rest_is_a_copy() -> None:
    env = {"PATH": "/bin", "GH_TOKEN": "x"}
    assert without_secrets(env) == {"PATH": "/bin"}
    assert "GH_TOKEN" in env
