"""The key ``work``: the function whose calls are counted, and the keys that exclude it."""

from pathlib import Path

import pytest

from leakgate.errors import ConfigError
from tests.helpers.projects import Project

HEAD = "version: 1\nscripts:\n- "


@pytest.fixture
def project(tmp_path: Path) -> Project:
    return Project.create(tmp_path / "project")


def test_the_function_is_kept_as_it_is_written(project: Project) -> None:
    config = project.load(HEAD + "path: a.py\n  work: mail.tasks:Sender.send\n")
    assert config.targets[0].work == "mail.tasks:Sender.send"


def test_a_load_program_of_the_user_counts_nothing_so_both_may_be_there(project: Project) -> None:
    config = project.load(HEAD + "path: a.py\n  work: mail:send\n  load: {command: [true]}\n")
    assert config.targets[0].work == "mail:send"


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("path: a.py\n  work: mail.send\n", "package.module:name"),
        ('path: a.py\n  work: mail:send\n  load: {requests: ["/"]}\n', "the requests of 'load'"),
        ("path: a.py\n  work: mail:send\n  repeat: true\n", "every repetition"),
        ("call: mail:send\n  work: mail:send\n", "every repetition"),
    ],
)
def test_what_cannot_be_counted_is_said(project: Project, text: str, said: str) -> None:
    with pytest.raises(ConfigError) as caught:
        project.load(HEAD + text)
    assert said in str(caught.value)
