"""All problems of a file are reported at once, at their places, in the words of the user."""

import os
from pathlib import Path

import pytest

from leakgate.config.load_config import load_config
from leakgate.errors import ConfigError
from tests.helpers.projects import Project

EACH = "; write `- ` before each entry"
FIRST = "; write `version: 1` in its first line"
HEAD = "version: 1\nscripts:\n- path: a.py\n"


@pytest.fixture
def project(tmp_path: Path) -> Project:
    return Project.create(tmp_path / "project")


def test_every_problem_of_a_file_in_one_go(project: Project) -> None:
    text = """\
version: 1
defaults:
  duraton: 30s
  python: nope/bin/python
  budgets: {rss: 20MB, heap: 1XB, fds: -1}
  env: {MODE: on, 1a: 2, N: }
scripts:
  - name: worker
    path: a.py
    args: [--queue, demo, [1]]
    duration: 1:30
    duration: 3
  - name: worker
    path: missing.py
    expect: yes
  - pth: a.py
  - 5
suppressions:
  - reason: x
  - {site: a, holder: b, reason: '', expires: 2026-02-30}
"""
    assert project.problems(text) == [
        "3:3: unknown key 'duraton'; did you mean 'duration'?",
        "4:11: python: there is no interpreter 'nope/bin/python'",
        "5:30: budgets.heap: '1XB' is not a size; write a number and one of B KB MB GB KiB MiB GiB, such as 20MB",
        "5:40: budgets.fds: the number -1 is not a count; write how many more are allowed, a whole number such as 10",
        "6:19: '1a': not a name of an environment variable: use letters, digits and _, and no digit at the start",
        "6:28: 'N' has no value; give it one or remove it",
        "10:27: args[2]: this must be text, a number, true or false, not a list",
        "11:15: duration: '1:30' is not a duration; write a number and ms, s, m or h, such as 30s",
        "12:5: the key 'duration' appears twice here (first on line 11)",
        "13:11: two scripts are named 'worker' (first on line 8)",
        "14:11: path: there is no file 'missing.py' (paths start at the folder of this config)",
        "15:13: expect: the text 'yes' is not ok or leak",
        "16:5: an entry of 'scripts' needs one of the keys 'path', 'module', 'command', 'call' or 'pytest'",
        "16:5: unknown key 'pth'; did you mean 'path'?",
        "17:5: scripts[3]: must hold keys, not the number 5",
        "19:5: suppressions[0]: needs exactly one of signature, site, holder or library",
        "20:34: reason: this must not be empty",
        "20:47: expires: '2026-02-30' is not a day of the calendar",
    ]


def test_a_problem_begins_with_the_path_as_the_user_gave_it(project: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    project.write("version: 2\nscripts: []\n")
    monkeypatch.chdir(project.root)
    with pytest.raises(ConfigError) as caught:
        load_config(Path("leakgate.yaml"))

    assert caught.value.message == (
        "leakgate.yaml:1:10: version: version 2 is newer than this leakgate, which reads version 1; upgrade leakgate\n"
        "leakgate.yaml:2:10: scripts: must not be empty"
    )


@pytest.mark.parametrize(
    ("text", "problems"),
    [
        (
            "{}",
            [
                "1:1: the file needs the key 'scripts'",
                "1:1: the file needs the key 'version'; write `version: 1` in its first line",
            ],
        ),
        (
            "version: '1'\nscripts: [{path: a.py}]",
            ["1:10: version: the text '1' is not a version; write version: 1, without quotes"],
        ),
        (
            "version: true\nscripts: [{path: a.py}]",
            ["1:10: version: true is not a version; write version: 1, without quotes"],
        ),
        (
            "version: 0\nscripts: [{path: a.py}]",
            ["1:10: version: the number 0 is not a version; write version: 1, without quotes"],
        ),
        (
            "version: 1\nscripts: a.py",
            ["2:10: scripts: must be a list, not the text 'a.py'" + EACH],
        ),
        (
            "version: 1\nscripts: {path: a.py}",
            ["2:10: scripts: must be a list, not a mapping" + EACH],
        ),
        ("version: 1\nscripts: [[a.py]]", ["2:11: scripts[0]: must hold keys, not a list"]),
        (
            "version: 1\nscripts: [a.py]",
            ["2:11: scripts[0]: must hold keys, not the text 'a.py'; write `path: a.py`"],
        ),
        (
            "version: 1\ntargets: []",
            ["1:1: the file needs the key 'scripts'", "2:1: unknown key 'targets'; did you mean 'scripts'?"],
        ),
        (f"{HEAD}defaults: {{limits: {{}}}}", ["4:12: unknown key 'limits'; did you mean 'budgets'?"]),
        ("version: 1\nscripts:", ["2:9: 'scripts' has no value; give it one or remove it"]),
        ("version: 1\nscripts:\n-", ["3:2: 'scripts'[0] has no value; give it one or remove it"]),
        (f"{HEAD}defaults: fast", ["4:11: defaults: must hold keys, not the text 'fast'"]),
        (f"{HEAD}fail-on: leak", ["4:10: fail-on: must be a list, not the text 'leak'"]),
        (f"{HEAD}fail_on: [leak]", ["4:1: unknown key 'fail_on'; did you mean 'fail-on'?"]),
        (
            f"{HEAD}fail-on: [leek]",
            [
                (
                    "4:11: fail-on[0]: the text 'leek' is not "
                    "known, leak, over-budget, regression, inconclusive, too-slow, not-repeatable or error"
                )
            ],
        ),
        (f"{HEAD}baseline: [x]", ["4:11: baseline: this must be text, not a list; put it in quotes"]),
        (
            f"{HEAD}suppressions: x",
            ["4:15: suppressions: must be a list, not the text 'x'" + EACH],
        ),
        (
            f"{HEAD}suppressions: [{{site: a, holder: b, reason: c}}]",
            ["4:16: suppressions[0]: needs exactly one of signature, site, holder or library, not site and holder"],
        ),
        (f"{HEAD}suppressions: [{{site: a}}]", ["4:16: an entry of 'suppressions' needs the key 'reason'"]),
        (
            f"{HEAD}suppressions: [{{site: a, reason: b, expires: soon}}]",
            ["4:46: expires: the text 'soon' is not a date; write it as 2030-12-31"],
        ),
    ],
)
def test_the_form_of_the_file(project: Project, text: str, problems: list[str]) -> None:
    assert project.problems(text + "\n") == problems


@pytest.mark.parametrize(
    ("line", "problem"),
    [
        ("fail-on: [leak]", "4:3: unknown key 'fail-on' here; it belongs at the top of the file"),
        ("rss: 1MB", "4:3: unknown key 'rss' here; it belongs under 'budgets'"),
        ("reason: x", "4:3: unknown key 'reason' here; it belongs in an entry of 'suppressions'"),
        ("Duration: 3s", "4:3: unknown key 'Duration'; did you mean 'duration'?"),
        (
            "on: x",
            "4:3: unknown key 'on'; valid keys here are python, duration, warmup, interval, budgets, tolerance, trace,",
        ),
        ("budgets: {rrs: 1MB}", "4:13: unknown key 'rrs'; did you mean 'rss'?"),
        ("budgets: {path: 1MB}", "4:13: unknown key 'path' here; it belongs in an entry of 'scripts'"),
        ('"a\\u202e\\e[31m": 1', "4:3: unknown key 'a\\u202e\\x1b[31m'; valid keys"),
        ("budgets: 20MB", "4:12: budgets: must hold keys, not the text '20MB'"),
        (
            "budgets: {rss: 1.5}",
            "4:18: budgets.rss: the number 1.5 is not a size; write a whole number of bytes or a size",
        ),
        ("budgets: {rss: true}", "4:18: budgets.rss: true is not a size"),
        ("budgets: {rss: -1}", "4:18: budgets.rss: the number -1 is not a size"),
        ("budgets: {rss: .inf}", "4:18: budgets.rss: the number inf is not a size"),
        ("budgets: {rss: 1MB/day}", "4:18: budgets.rss: '1MB/day' is not a rate; write a size and /s, /min or /h"),
        ("budgets: {heap: 1mb}", "4:19: budgets.heap: '1mb' is not a size; write a number and one of B KB MB"),
        ("budgets: {native: 99999999999GB}", "4:21: budgets.native: '99999999999GB' is larger than any memory"),
        ("budgets: {peak: 1MB/s}", "4:19: budgets.peak: a peak is a size such as 300MB, not a rate"),
        ("budgets: {fds: 10MB}", "4:18: budgets.fds: the text '10MB' is not a count"),
        ("budgets: {fds: 1.5}", "4:18: budgets.fds: the number 1.5 is not a count"),
        ("duration: [30s]", "4:13: duration: a list is not a duration, such as 30s"),
        ("duration: true", "4:13: duration: true is not a duration, such as 30s"),
        ("duration: 500ms", "4:13: duration: a duration must be between 1s and 24h"),
        ("duration: 25h", "4:13: duration: a duration must be between 1s and 24h"),
        ("duration: -5", "4:13: duration: a duration must be between 1s and 24h"),
        ("duration: .nan", "4:13: duration: a duration must be between 1s and 24h"),
        ("duration: 10 fortnights", "4:13: duration: '10 fortnights' is not a duration"),
        ("warmup: never", "4:11: warmup: 'never' is not a duration"),
        ("warmup: []", "4:11: warmup: a list is not auto or a duration, such as 30s"),
        ("warmup: 24h", "4:11: warmup: a warm-up must be between 0s and 24h"),
        ("warmup: 30s", "4:11: a warm-up of 30.0 s leaves nothing to judge in 30.0 s"),
        ("interval: 1ms", "4:13: interval: an interval must be between 10ms and 10s"),
        ("interval: 11", "4:13: interval: an interval must be between 10ms and 10s"),
        (
            "interval: 5s",
            "4:13: an interval of 5.0 s gives too few readings in 30.0 s; use at most a tenth of the duration",
        ),
        ("tolerance: lots", "4:14: tolerance: the text 'lots' is not a tolerance"),
        ("tolerance: 11", "4:14: tolerance: the number 11 is not a tolerance"),
        ("tolerance: 1001%", "4:14: tolerance: the text '1001%' is not a tolerance"),
        ("trace: yes", "4:10: trace: the text 'yes' is not auto, always or never"),
        ("trace: true", "4:10: trace: true is not auto, always or never"),
        ("name: 5", "4:9: name: this must be text, not the number 5; put it in quotes"),
        ("name: ''", "4:9: name: '' is not a valid name: it must be printable"),
        ("name: -x", "4:9: name: '-x' is not a valid name: it must be printable, must not start with '-'"),
        ("name: 'x '", "4:9: name: 'x ' is not a valid name"),
        ('name: "a\\u202eb"', "4:9: name: 'a\\u202eb' is not a valid name"),
        (f"name: {'x' * 81}", "4:9: name: a name has at most 80 characters, this one has 81"),
        ("expect: fail", "4:11: expect: the text 'fail' is not ok or leak"),
        ("args: --queue", "4:9: args: must be a list, not the text '--queue'"),
        ("args: {a: 1}", "4:9: args: must be a list, not a mapping"),
        ("env: [A=1]", "4:8: env: must hold keys, not a list"),
        ("env: {A=B: 1}", "4:9: 'A=B': not a name of an environment variable"),
        ("env: {A: [1]}", "4:12: env.A: this must be text, a number, true or false, not a list"),
        ("cwd: nowhere", "4:8: cwd: there is no folder 'nowhere' (paths start at the folder of this config)"),
        ("cwd: a.py", "4:8: cwd: there is no folder 'a.py'"),
        (f"cwd: {'x' * 4001}", "4:8: cwd: this is longer than 4000 characters"),
        (f"cwd: {'x' * 4000}", "4:8: cwd: there is no folder 'xxx"),
        ("python: python-of-nobody", "4:11: python: there is no interpreter 'python-of-nobody' here or on PATH"),
        ("python: ./python-of-nobody", "4:11: python: there is no interpreter './python-of-nobody'"),
        ("python: sub", "4:11: python: 'sub' is not an interpreter that can be started"),
        ("python: no/bin/python", "4:11: python: there is no interpreter 'no/bin/python'"),
    ],
)
def test_the_keys_of_a_script(project: Project, line: str, problem: str) -> None:
    (found,) = project.problems(f"{HEAD}  {line}\n")

    assert found.startswith(problem)
    assert found.isprintable()


@pytest.mark.skipif(os.name == "nt", reason="Windows has no executable bit")
def test_an_interpreter_must_be_executable(project: Project) -> None:
    assert project.problems(f"{HEAD}  python: a.py\n") == [
        "4:11: python: 'a.py' is not an interpreter that can be started"
    ]


def test_a_script_must_be_a_file(project: Project) -> None:
    assert project.problems("version: 1\nscripts: [{path: sub}]\n") == [
        "2:18: path: the folder 'sub' has no __main__.py; name the Python file to run"
    ]


def test_a_problem_of_the_defaults_is_reported_once_and_there(project: Project) -> None:
    text = "version: 1\ndefaults: {interval: 4s, warmup: 50s}\nscripts: [{path: a.py}, {path: b.py}]\n"
    assert project.problems(text) == [
        "2:22: an interval of 4.0 s gives too few readings in 30.0 s; use at most a tenth of the duration",
        "2:34: a warm-up of 50.0 s leaves nothing to judge in 30.0 s",
    ]


def test_scripts_of_one_file_need_names(project: Project) -> None:
    text = f"{HEAD}- path: a.py\n- {{path: b.py, name: a}}\n- path: sub\n- {{name: [a], path: b.py}}\n"
    assert project.problems(text) == [
        "4:9: two scripts are named 'a' (first on line 3); give one of them a 'name'",
        "5:22: two scripts are named 'a' (first on line 3)",
        "6:9: path: the folder 'sub' has no __main__.py; name the Python file to run",
        "7:10: name: this must be text, not a list; put it in quotes",
    ]


def test_a_file_name_that_makes_no_name(project: Project) -> None:
    (project.root / "-x.py").write_text("", encoding="utf-8")
    (found,) = project.problems("version: 1\nscripts: [{path: -x.py}]\n")

    assert found.startswith("2:18: this cannot be used as a name ('-x' is not a valid name: ")
    assert found.endswith("; add the key 'name'")


def test_names_are_compared_even_where_the_scripts_are_no_list(project: Project) -> None:
    assert project.problems("version: 1\nscripts: 5\n") == ["2:10: scripts: must be a list, not the number 5" + EACH]
