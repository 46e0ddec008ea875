"""Files that are no config, also hostile ones: one clear error, in bounded time and memory."""

import contextlib
import os
import tracemalloc
from itertools import pairwise
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from leakgate.config.load_config import load_config
from leakgate.errors import ConfigError, UsageError
from tests.helpers.projects import Project

BILLION_LAUGHS = "a: &a [1, 1, 1, 1, 1, 1, 1, 1, 1]\n" + "".join(
    f"{name}: &{name} [{', '.join([f'*{before}'] * 9)}]\n" for before, name in pairwise("abcdefghijklmnopqrstu")
)


@pytest.fixture
def project(tmp_path: Path) -> Project:
    return Project.create(tmp_path / "project")


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("", "1:1: the file is empty"),
        ("# nothing\n\n", "1:1: the file is empty"),
        ("---\n...\n", "the file must hold keys such as 'version' and 'scripts', not a single value"),
        ("- path: a.py\n", "1:1: the file must hold keys such as 'version' and 'scripts', not a list"),
        ("leak\n", "1:1: the file must hold keys such as 'version' and 'scripts', not a single value"),
        ("version: 1\nscripts: [\n", "3:1: not valid YAML while parsing a flow node: expected the node content"),
        ("version: 1\nscripts:\n\t- path: a.py\n", "3:1: a tab cannot indent YAML; use spaces"),
        ("version: 1\n\tscripts: 1\n", "a tab cannot indent YAML; use spaces"),
        ("version: 1\n\n\tscripts: 1\n", "a tab cannot indent YAML; use spaces"),
        ("version: a: b\n", "1:11: not valid YAML: mapping values are not allowed here"),
        ("version: 'x\n", "not valid YAML while scanning a quoted scalar: found unexpected end of stream"),
        ("version: *x\n", "1:10: not valid YAML: found undefined alias 'x'"),
        ("version: 1\n---\nversion: 2\n", "2:1: the file has a second document (---); leakgate reads only one"),
        ("version: 1\nscripts: \x01\n", "2:10: the character '\\x01' is not allowed in YAML"),
        (b"version: 1\nname: \xff\n", "2:7: the file is not UTF-8 text"),
        ("version: 1\n".encode("utf-16"), "1:1: the file is not UTF-8 text"),
    ],
)
def test_what_is_no_yaml_mapping(project: Project, text: str | bytes, problem: str) -> None:
    (found,) = project.problems(text)

    assert problem in found


def test_an_empty_file_is_answered_with_the_starter(project: Project) -> None:
    with pytest.raises(ConfigError) as caught:
        project.load("")
    assert "leakgate init" in caught.value.hint


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("[" * 300_000, "1:31: the file is nested too deeply"),
        ("- " * 300_000, "1:61: the file is nested too deeply"),
        ("{a: " * 200_000, "the file is nested too deeply"),
        ("? " * 300_000, "the file is nested too deeply"),
        ("a:\n" + "- 1\n" * 25_000, "the file has more than 20,000 values; split it into several configs"),
        ("a: &a [*a]\n", "aliases (*name) make the file too large or endless"),
        ("a: &a {b: *a}\n", "aliases (*name) make the file too large or endless"),
        (BILLION_LAUGHS, "aliases (*name) make the file too large or endless"),
    ],
    ids=["flow", "block", "mappings", "keys", "many", "cycle", "mapping-cycle", "billion-laughs"],
)
def test_bombs_are_refused(project: Project, text: str, problem: str) -> None:
    (found,) = project.problems(text)

    assert problem in found


def test_an_alias_bomb_takes_little_memory(project: Project) -> None:
    path = project.write(BILLION_LAUGHS)
    tracemalloc.start()
    try:
        with pytest.raises(ConfigError):
            load_config(path)
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()

    assert peak < 100_000_000


def test_a_huge_file_is_not_read(project: Project) -> None:
    with pytest.raises(UsageError, match=r"is larger than 1.00 MB, the most that is read"):
        project.load(b"#" * 1_000_001)


def test_a_missing_file_is_answered_with_init(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match=r"there is no .*leakgate\.yaml") as caught:
        load_config(tmp_path / "leakgate.yaml")
    assert "leakgate init" in caught.value.hint
    assert not isinstance(caught.value, ConfigError)


def test_a_folder_is_no_config(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="is a folder, not a config file") as caught:
        load_config(tmp_path)
    assert caught.value.hint == f"name the file: -c {tmp_path / 'leakgate.yaml'}"


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="this platform has no named pipes")
def test_a_pipe_is_not_waited_for(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    with pytest.raises(UsageError, match="is not a regular file"):
        load_config(tmp_path / "pipe")


@pytest.mark.parametrize("name", ["x" * 5000, "a\0b", "leakgate.yaml/below"])
def test_a_path_that_cannot_be_opened(project: Project, name: str) -> None:
    project.write("version: 1\n")
    with pytest.raises(UsageError, match="cannot be read"):
        load_config(project.root / name)


@pytest.mark.parametrize(
    ("line", "problem"),
    [
        (
            "!!python/object:os.system x",
            "3:6: unknown tag '!!python/object:os.system'; only plain values are allowed",
        ),
        ("!!python/object/apply:os.system [x]", "unknown tag '!!python/object/apply:os.system'"),
        ("!own {a: 1}", "3:6: unknown tag '!own'; only plain values are allowed"),
        ("!!binary aGk=", "unknown tag '!!binary'"),
        ("!!set {a}", "unknown tag '!!set'"),
        ("!!int x", "3:6: 'key' is not a number (or true, false) that can be read"),
        ("!!float x", "3:6: 'key' is not a number"),
        ("!!bool perhaps", "3:6: 'key' is not a number (or true, false)"),
        (f"{'9' * 5000}", "3:6: 'key' is not a number"),
        ("", "3:5: 'key' has no value; give it one or remove it"),
        ("~", "3:6: 'key' has no value"),
        ("[1, null]", "3:10: 'key'[1] has no value"),
        (r'"a\0b"', "3:6: 'key' has a character that cannot be passed to a program"),
        (r'"\ud83d"', "3:6: 'key' has a character that cannot be passed to a program"),
        ("{<<: {a: 1}}", "3:7: merge keys (<<) are not supported; write shared settings under 'defaults'"),
        (r'{"\ud800": 1}', "3:7: a key has a character that is not text (NUL or an unpaired surrogate)"),
        ("{[a]: 1}", "3:7: a key must be a word, not a list or a mapping"),
        ("{a: 1, b: 2, a: 3}", "3:19: the key 'a' appears twice here (first on line 3)"),
    ],
)
def test_values_that_no_config_holds(project: Project, line: str, problem: str) -> None:
    found = project.problems(f"version: 1\nscripts: [path: a.py]\nkey: {line}\n")

    assert any(entry.startswith(problem) or problem in entry for entry in found), found


def test_special_numbers_are_numbers(project: Project) -> None:
    text = "version: 1\nscripts:\n- path: a.py\n  tolerance: {}\n"
    assert project.problems(text.format(".nan")) == [
        "4:14: tolerance: the number nan is not a tolerance; write a fraction such as 0.25 or a percentage such as 25%"
    ]
    assert "the number -inf" in project.problems(text.format("-.INF"))[0]
    assert project.load(text.format("+.5")).targets[0].tolerance == 0.5


@settings(
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow], max_examples=300, deadline=None
)
@given(
    text=st.text(alphabet=st.sampled_from("version: 1\nscripts:-[]{}&*!|>'\"%@`#,?~<\t path.py\\0"))
    | st.binary(max_size=60)
)
def test_no_text_ends_in_anything_but_a_usage_error(project: Project, text: str | bytes) -> None:
    with contextlib.suppress(UsageError):
        project.load(text)
