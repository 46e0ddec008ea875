"""A valid file becomes targets: defaults, merging, paths, texts as written, overrides, selection by name."""

import sys
from datetime import date
from pathlib import Path

import pytest

from leakgate.config.load_config import Overrides, load_config
from leakgate.config.option_values import parse_fail_on
from leakgate.errors import ConfigError, UsageError
from leakgate.model.entry import ScriptEntry
from leakgate.model.metrics import Metric
from leakgate.model.source_ref import SourceRef
from leakgate.model.suppression import Suppression, SuppressionSubject
from leakgate.model.target import Budget, BudgetForm, TraceMode
from leakgate.model.verdict import DEFAULT_FAIL_ON, Expectation, Verdict
from leakgate.targets.kind import pinned_file
from tests.helpers.projects import Project

MINIMAL = "version: 1\nscripts:\n  - path: a.py\n"


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Project:
    project = Project.create(tmp_path / "project")
    monkeypatch.chdir(project.root)
    return project


def test_everything_but_the_path_has_a_default(project: Project) -> None:
    config = project.load(MINIMAL)

    assert config.path == Path("leakgate.yaml")
    assert config.root == project.root
    assert config.baseline == project.root / "leakgate-baseline.json"
    assert config.fail_on == DEFAULT_FAIL_ON
    assert config.suppressions == ()
    (target,) = config.targets
    assert target.name == "a"
    assert target.entry == ScriptEntry(path=project.root / "a.py")
    assert target.python == Path(sys.executable)
    assert target.cwd == project.root
    assert (target.args, dict(target.env), target.budgets) == ((), {}, ())
    assert (target.duration_s, target.warmup_s, target.interval_s, target.tolerance) == (30.0, None, 0.1, 0.25)
    assert (target.trace, target.expect) == (TraceMode.AUTO, Expectation.OK)
    assert target.origin == SourceRef("leakgate.yaml", 3, 5)


FULL = """\
version: 1
baseline: ci/base.json
fail-on: [leak, inconclusive]
defaults:
  python: bin/python
  duration: 1m
  warmup: 5
  interval: 250ms
  budgets: {rss: 20MB, heap: 1MB, fds: 10}
  tolerance: 50%
  trace: never
  env: {MODE: on, LEVEL: 1}
  args: [--from, defaults]
  cwd: sub
scripts:
  - name: first
    path: a.py
  - name: second
    path: sub/c.py
    python: sub/../bin/python
    duration: 2h
    warmup: auto
    interval: 1
    budgets:
      heap: 256KB/min
      peak: 300 MB
      native: 1024
      threads: 5
      tasks: 100
      children: 0
    tolerance: 0.1
    trace: always
    env: {LEVEL: 3.10, EXTRA: 'yes'}
    args: []
    cwd: .
    expect: leak
suppressions:
  - {site: "myapp/*:load", reason: bounded by tenants, expires: 2030-12-31, owner: payments}
  - {signature: 3f9a*, reason: known}
"""


def test_defaults_hold_where_a_script_says_nothing(project: Project) -> None:
    target = project.load(FULL).targets[0]

    assert target.python == project.root / "bin/python"
    assert target.cwd == project.root / "sub"
    assert target.args == ("--from", "defaults")
    assert target.env == {"MODE": "on", "LEVEL": "1"}
    assert (target.duration_s, target.warmup_s, target.interval_s, target.tolerance) == (60.0, 5.0, 0.25, 0.5)
    assert target.trace is TraceMode.NEVER
    assert [(budget.metric, budget.form, budget.limit) for budget in target.budgets] == [
        (Metric.RSS, BudgetForm.GROWTH, 20_000_000),
        (Metric.HEAP, BudgetForm.GROWTH, 1_000_000),
        (Metric.FDS, BudgetForm.GROWTH, 10),
    ]


def test_a_script_wins_over_the_defaults(project: Project) -> None:
    target = project.load(FULL).targets[1]

    assert target.entry == ScriptEntry(path=project.root / "sub/c.py")
    assert target.python == project.root / "sub/../bin/python"
    assert target.cwd == project.root
    assert target.args == ()
    assert target.env == {"MODE": "on", "LEVEL": "3.10", "EXTRA": "yes"}
    assert (target.duration_s, target.warmup_s, target.interval_s, target.tolerance) == (7200.0, None, 1.0, 0.1)
    assert (target.trace, target.expect) == (TraceMode.ALWAYS, Expectation.LEAK)
    assert target.budgets == (
        Budget(Metric.RSS, BudgetForm.GROWTH, 20_000_000, "20MB", SourceRef("leakgate.yaml", 9, 18)),
        Budget(Metric.HEAP, BudgetForm.RATE, 256_000 / 60, "256KB/min", SourceRef("leakgate.yaml", 25, 13)),
        Budget(Metric.NATIVE, BudgetForm.GROWTH, 1024, "1024", SourceRef("leakgate.yaml", 27, 15)),
        Budget(Metric.RSS, BudgetForm.PEAK, 300_000_000, "300 MB", SourceRef("leakgate.yaml", 26, 13)),
        Budget(Metric.FDS, BudgetForm.GROWTH, 10, "10", SourceRef("leakgate.yaml", 9, 40)),
        Budget(Metric.THREADS, BudgetForm.GROWTH, 5, "5", SourceRef("leakgate.yaml", 28, 16)),
        Budget(Metric.TASKS, BudgetForm.GROWTH, 100, "100", SourceRef("leakgate.yaml", 29, 14)),
        Budget(Metric.CHILDREN, BudgetForm.GROWTH, 0, "0", SourceRef("leakgate.yaml", 30, 17)),
    )


def test_the_gate_has_its_own_keys(project: Project) -> None:
    config = project.load(FULL)

    assert config.baseline == project.root / "ci/base.json"
    assert config.fail_on == {Verdict.LEAK, Verdict.INCONCLUSIVE}
    assert config.suppressions == (
        Suppression(
            subject=SuppressionSubject.SITE,
            pattern="myapp/*:load",
            reason="bounded by tenants",
            expires=date(2030, 12, 31),
            owner="payments",
            origin=SourceRef("leakgate.yaml", 38, 5),
        ),
        Suppression(
            subject=SuppressionSubject.SIGNATURE,
            pattern="3f9a*",
            reason="known",
            origin=SourceRef("leakgate.yaml", 39, 5),
        ),
    )


@pytest.mark.parametrize(
    ("written", "text"),
    [
        ("on", "on"),
        ("yes", "yes"),
        ("NO", "NO"),
        ("3.10", "3.10"),
        ("010", "010"),
        ("0x1F", "0x1F"),
        ("1e3", "1e3"),
        ("1:30", "1:30"),
        ("2024-01-31", "2024-01-31"),
        ("1_000", "1_000"),
        (".inf", ".inf"),
        ("true", "true"),
        ("'~'", "~"),
        ("'00'", "00"),
        ("'two words'", "two words"),
        (r'"tab\tand \u00e9"', "tab\tand é"),
        ("=", "="),
    ],
)
def test_arguments_and_variables_are_taken_as_they_are_written(project: Project, written: str, text: str) -> None:
    (target,) = project.load(f"{MINIMAL}    args: [{written}]\n    env: {{NAME: {written}}}\n").targets

    assert target.args == (text,)
    assert target.env == {"NAME": text}


@pytest.mark.parametrize(
    "text",
    [
        "\ufeff" + MINIMAL,
        MINIMAL.replace("\n", "\r\n"),
        "---\n" + MINIMAL + "...\n",
        "%YAML 1.1\n---\n" + MINIMAL,
        "# comment\n\n" + MINIMAL,
        '{"version": 1, "scripts": [{"path": "a.py"}]}',
        "version: 1\nscripts: [&first {path: a.py}]\n",
        "version: 1.0\nscripts:\n- path: !!str a.py\n",
        "version: 0x1\nscripts:\n- path: a.py\n",
        "version: 0o1\nscripts:\n- path: a.py\n",
    ],
)
def test_other_ways_to_write_the_same(project: Project, text: str) -> None:
    assert [target.name for target in project.load(text).targets] == ["a"]


def test_aliases_repeat_a_value(project: Project) -> None:
    config = project.load("version: 1\nscripts:\n- path: a.py\n  env: &e {A: 1}\n- path: b.py\n  env: *e\n")

    assert [dict(target.env) for target in config.targets] == [{"A": "1"}, {"A": "1"}]


def test_paths_start_at_the_folder_of_the_config(project: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    project.write(MINIMAL)
    monkeypatch.chdir(project.root / "sub")

    config = load_config(Path("../leakgate.yaml"))

    assert config.path == Path("../leakgate.yaml")
    file = pinned_file(config.targets[0])
    assert file is not None
    assert file.samefile(project.root / "a.py")
    assert str(config.targets[0].origin) == f"{Path('../leakgate.yaml')}:3:5"


def test_an_interpreter_link_is_not_followed(project: Project) -> None:
    (project.root / "venv").mkdir()
    link = project.root / "venv" / "python"
    link.symlink_to(project.root / "bin" / "python")

    assert project.load(f"{MINIMAL}    python: venv/python\n").targets[0].python == link


def test_a_windows_environment_is_found_by_its_posix_name(project: Project) -> None:
    scripts = project.root / ".venv" / "Scripts"
    scripts.mkdir(parents=True)
    (scripts / "python.exe").write_text("", encoding="utf-8")
    (scripts / "python.exe").chmod(0o755)

    assert project.load(f"{MINIMAL}    python: .venv/bin/python\n").targets[0].python == scripts / "python.exe"


def test_a_command_is_looked_up_on_path(project: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(project.root / "bin"))

    assert project.load(f"{MINIMAL}    python: python\n").targets[0].python == project.root / "bin" / "python"


def test_the_command_line_wins_over_the_file(project: Project) -> None:
    overrides = Overrides(duration_s=12.0, baseline=Path("other.json"), fail_on=frozenset({Verdict.LEAK}))
    config = project.load(FULL, overrides=overrides)

    assert [target.duration_s for target in config.targets] == [12.0, 12.0]
    assert config.baseline == project.root / "other.json"
    assert config.fail_on == {Verdict.LEAK}


@pytest.mark.parametrize("duration_s", [0.5, 90_000.0, float("nan"), -1.0])
def test_an_override_has_the_bounds_of_the_file(project: Project, duration_s: float) -> None:
    with pytest.raises(UsageError, match="--duration: a duration must be between 1s and 24h"):
        project.load(MINIMAL, overrides=Overrides(duration_s=duration_s))


def test_an_override_that_does_not_go_with_the_file_is_a_problem_of_the_file(project: Project) -> None:
    with pytest.raises(ConfigError) as caught:
        project.load(FULL, overrides=Overrides(duration_s=4.0))

    assert [str(problem.where) for problem in caught.value.problems] == ["leakgate.yaml:7:11", "leakgate.yaml:23:15"]
    assert "a warm-up of 5.0 s leaves nothing to judge in 4.0 s" in caught.value.message
    assert "an interval of 1.0 s gives too few readings in 4.0 s" in caught.value.message


def test_an_interpreter_of_the_command_line_is_for_scripts_that_name_none(project: Project) -> None:
    python = Path(sys.executable)
    link = project.root / "python-link"
    link.symlink_to(python)
    (bare,) = project.load(MINIMAL, overrides=Overrides(python=Path("./python-link"))).targets
    assert bare.python == link, "a link makes a virtual environment and is kept"
    named = project.load(FULL, overrides=Overrides(python=python)).targets
    assert [target.python for target in named] == [target.python for target in project.load(FULL).targets]


def test_an_interpreter_that_is_none_is_a_usage_error(project: Project) -> None:
    with pytest.raises(UsageError, match="--python: 'nosuch' is not an executable program"):
        project.load(MINIMAL, overrides=Overrides(python=Path("nosuch")))


def test_scripts_are_picked_by_name_in_the_order_of_the_file(project: Project) -> None:
    assert [target.name for target in project.load(FULL, only=("second", "first", "second")).targets] == [
        "first",
        "second",
    ]
    assert [target.name for target in project.load(FULL, only=("second",)).targets] == ["second"]


def test_an_unknown_name_is_answered_with_the_nearest(project: Project) -> None:
    with pytest.raises(UsageError, match="there is no script named 'frist'; did you mean 'first'") as caught:
        project.load(FULL, only=("frist",))
    assert caught.value.hint == "the config has first, second"

    with pytest.raises(UsageError, match=r"there is no script named 'zzz'$"):
        project.load(FULL, only=("zzz",))


def test_a_long_list_of_names_is_cut(project: Project) -> None:
    scripts = "".join(f"- {{name: s{number}, path: a.py}}\n" for number in range(30))
    with pytest.raises(UsageError) as caught:
        project.load(f"version: 1\nscripts:\n{scripts}", only=("x",))
    assert caught.value.hint.endswith("s18, s19 ...")


def test_fail_on_of_the_command_line() -> None:
    assert parse_fail_on(["leak", "inconclusive", "leak"]) == {Verdict.LEAK, Verdict.INCONCLUSIVE}
    with pytest.raises(UsageError, match="unknown verdict 'leek'; did you mean 'leak'"):
        parse_fail_on(["leek"])
    with pytest.raises(UsageError, match="unknown verdict 'ok'") as caught:
        parse_fail_on(["ok"])
    assert (
        caught.value.hint
        == "valid are known, leak, over-budget, regression, inconclusive, too-slow, not-repeatable, error; "
        "or none, so that nothing fails"
    )
    with pytest.raises(UsageError, match="at least one"):
        parse_fail_on([])
    with pytest.raises(UsageError, match="unknown verdict 'none'"):
        parse_fail_on(["none", "leak"])


def test_advisory_is_an_empty_list_and_an_answer_of_the_command_line(project: Project) -> None:
    assert parse_fail_on(["none"]) == frozenset()
    text = "version: 1\nscripts: [{path: a.py}]\n"
    assert project.load(text + "fail-on: []\n").fail_on == frozenset()
    assert project.load(text + "fail-on: [leak]\n", overrides=Overrides(fail_on=frozenset())).fail_on == frozenset()


def test_a_large_config_is_read(project: Project) -> None:
    scripts = "".join(
        f"- name: script-{number}\n  path: a.py\n  env: {{A: 1, B: 2}}\n  budgets: {{rss: 1MB, heap: 1MB/min}}\n"
        for number in range(300)
    )
    assert len(project.load(f"version: 1\nscripts:\n{scripts}").targets) == 300
