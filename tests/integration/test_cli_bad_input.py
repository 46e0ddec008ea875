"""Wrong input: one message that says what is wrong, a hint, status 2, and nothing is run.

A few are given to a command in a process of its own; the many others to the same command line in this process.
"""

import json
import os
import shutil
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from leakgate.archive.forms.baseline_form import dump_baseline
from leakgate.archive.forms.results_form import dump_results
from leakgate.archive.write_session import write_session
from leakgate.model.baseline import Baseline, BaselineEntry
from leakgate.model.session_record import Session
from leakgate.model.verdict import Verdict
from tests.helpers.command_line import Answer, leakgate, leakgate_here
from tests.helpers.gate_project import copy_programs, write_config
from tests.helpers.reports import leaky_python, sample_report

GOOD = "version: 1\nscripts:\n  - {name: never-run, path: app/marker.py}\n"


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A project whose only script leaves a file if it is run."""
    folder = tmp_path_factory.mktemp("project")
    app = copy_programs(folder)
    (app / "marker.py").write_text("open('was-run', 'w').close()\n", encoding="utf-8")
    write_config(folder, GOOD)
    return folder


def refused(folder: Path, *args: str, command: Callable[..., Answer] = leakgate_here) -> Answer:
    """Run the command, check that it ends with 2, prints no traceback and starts no script, and return its output."""
    answer = command(folder, *args)
    assert answer.status == 2, answer.text
    assert "Traceback" not in answer.text
    assert "leakgate has a bug" not in answer.text
    assert not (folder / "was-run").exists()
    return answer


def bomb() -> str:
    lines = ["version: 1", "x0: &x0 [a, a, a, a, a, a, a, a, a]"]
    lines += [f"x{level}: &x{level} [{', '.join([f'*x{level - 1}'] * 9)}]" for level in range(1, 12)]
    return "\n".join([*lines, "scripts: *x11", ""])


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("version: 1\nscripts: [\n", "odd.yaml:3:1: not valid YAML"),
        ("", "odd.yaml:1:1: the file is empty"),
        ("a" * 3_000_000, "odd.yaml is larger than 1.00 MB"),
        (bomb(), "aliases (*name) make the file too large"),
        ("version: 1\nscripts:\n  - {path: app/marker.py, duraton: 3s}\n", "did you mean 'duration'?"),
        (
            "version: 1\nscripts:\n  - {path: app/nowhere.py}\n",
            "odd.yaml:3:12: path: there is no file",
        ),
        (
            "version: 1\ndefaults: {python: no/python}\nscripts:\n  - {path: app/marker.py}\n",
            "no interpreter 'no/python'",
        ),
    ],
    ids=["broken", "empty", "huge", "bomb", "misspelt", "no-script", "no-interpreter"],
)
def test_a_config_that_cannot_be_used(project: Path, text: str, words: str) -> None:
    (project / "odd.yaml").write_text(text, encoding="utf-8")
    assert words in refused(project, "run", "-c", "odd.yaml").stderr


@pytest.mark.parametrize(
    ("words", "message", "hint"),
    [
        ("run -m shop", "run has no option -m", "leakgate monitor -m shop"),
        ("monitor --duraton 5s app/marker.py", "did you mean --duration?", "leakgate monitor SCRIPT -- --duraton"),
        ("pytest --tim 3s tests", "did you mean --time?", "leakgate pytest TESTS -- --tim"),
        ("monitor -m app/marker.py", "-m takes the name of a module", "leakgate monitor app/marker.py"),
        ("monitor leakgate.yaml", "'leakgate.yaml' is a YAML file", "leakgate run -c leakgate.yaml"),
        ("monitor results.json", "there is no file", "leakgate report results.json"),
        ("monitor app.marker", "there is no file", "leakgate monitor -m app.marker"),
        ("monitor -m app.marker:f", "is not the name of a module", "leakgate call app.marker:f"),
        ("run leakgate.yaml", "there is no script named", "-c leakgate.yaml"),
        ("run app/marker.py", "there is no script named", "is named 'never-run'"),
        ("run app/gate_odd.py", "there is no script named", "leakgate monitor app/gate_odd.py"),
        ("pytest --duration 3s tests", "did you mean --time?", "leakgate pytest TESTS -- --duration"),
        ("monitor app", "the folder 'app' has no __main__.py", "the path of a Python file"),
        ("run --json / --html no/x.html", "/: it is a folder, not a file", "another place"),
        ("monitor --json no/x.json app/marker.py", "there is no folder", "another place"),
    ],
)
def test_a_slip_on_the_command_line_is_named(project: Path, words: str, message: str, hint: str) -> None:
    answer = refused(project, *words.split())
    assert message in answer.stderr
    assert hint in answer.stderr.partition("hint: ")[2]
    assert not (project / "no").exists()


def test_every_problem_is_told_at_once_with_its_place(project: Path) -> None:
    text = """\
version: 1
defaults: {duraton: 3s}
scripts:
  - {path: nope.py}
  - {name: a, path: app/marker.py, budgets: {rss: 1XB}}
  - {name: a, path: app/marker.py}
"""
    (project / "many.yaml").write_text(text, encoding="utf-8")
    lines = refused(project, "run", "-c", "many.yaml", command=leakgate).stderr.splitlines()
    assert [line.split(" ")[0] for line in lines[:-1]] == [
        "many.yaml:2:12:",
        "many.yaml:4:12:",
        "many.yaml:5:51:",
        "many.yaml:6:12:",
    ]
    assert lines[-1] == "4 problems in the config; nothing was run"


@pytest.mark.parametrize(
    ("args", "words"),
    [
        (["run", "-c", "nowhere.yaml"], "hint: `leakgate init` writes a starter"),
        (["run", "-c", "app"], "app is a folder"),
        (["run", "never-rum"], "did you mean 'never-run'?"),
        (["run", "--jobs=0"], "--jobs"),
        (["run", "--duration=never"], "not a duration"),
        (["run", "--fail-on=leek"], "did you mean 'leak'?"),
        (["run", "--json=-", "--junit=-"], "only one report can go to stdout"),
        (["run", "--quiet", "--verbose"], "exclude each other"),
        (["run", "--baseline=leakgate.yaml", "--no-baseline"], "exclude each other"),
        (["run", "--baseline=misspelt.json"], "there is no file misspelt.json"),
        (["report", "results.json", "--baseline=misspelt.json"], "there is no file misspelt.json"),
        (["baseline", "show", "--baseline=misspelt.json"], "there is no file misspelt.json"),
        (["run", "--python=/no/python"], "/no/python"),
        (["run", "--no-such-option"], "No such option"),
        (["run", "--duraton=5s"], "did you mean --duration?"),
        (["run", "-o", "out"], "did you mean --output?"),
        (["run", "--time-limit=0"], "--time-limit must be above 0"),
        (["baseline", "update", "--form", "x"], "did you mean --from?"),
        (["call", "app/marker.py:f"], "write app.marker:f"),
        (["call", "app.marker"], "write app.marker:NAME"),
        (["call", "app.marker:f", "--timeout=3s"], "did you mean --time?"),
        (["attach", "app/marker.py"], "leakgate monitor app/marker.py"),
        (["attach", "marker"], "'marker' is not a process ID"),
        (["app/marker.py"], "leakgate monitor app/marker.py"),
        (["leakgate.yaml"], "leakgate run -c leakgate.yaml"),
        (["schema", "confg"], "did you mean 'config'?"),
        (["run", "--output=leakgate.yaml"], "nothing was run"),
        (["no-such-command"], "No such command"),
        (["schema", "nothing"], "config, results, baseline, session"),
        (["monitor", "nowhere.py"], "there is no file"),
        (["monitor", "app/marker.py", "--interval=0"], "--interval must be above 0"),
        (["monitor", "app/marker.py", "--python=/no/python"], "the interpreter /no/python does not exist"),
        (["report", "nowhere"], "there is no nowhere"),
        (["report", "app"], "app: contains no session"),
        (["baseline", "update", "--from=nowhere.json"], "there is no nowhere.json"),
    ],
    ids=" ".join,
)
def test_options_and_arguments_that_are_wrong(project: Path, args: list[str], words: str) -> None:
    answer = refused(project, *args)
    assert words in " ".join(answer.stderr.replace("│", " ").split())
    assert answer.stdout == ""


@pytest.mark.skipif(sys.platform == "win32", reason="a shell script stands for the interpreter")
@pytest.mark.parametrize(
    ("answer", "words"),
    [
        (
            '{"implementation":"cpython","python":"3.8.1","os":"l","machine":"m","malloc":"p"}',
            "is Python 3.8.1",
        ),
        ("hello", "is not a Python 3 interpreter"),
    ],
)
def test_an_interpreter_that_is_too_old_or_none(project: Path, answer: str, words: str) -> None:
    (project / "old").mkdir(exist_ok=True)
    python = project / "old" / f"python{len(answer)}"
    python.write_text(f"#!/bin/sh\necho '{answer}'\n", encoding="utf-8")
    python.chmod(0o755)
    text = GOOD.replace("scripts:", f"defaults: {{python: old/{python.name}}}\nscripts:")
    (project / "old.yaml").write_text(text, encoding="utf-8")
    said = refused(project, "run", "-c", "old.yaml").stderr
    assert words in said
    assert "hint: " in said


ENTRY = BaselineEntry(verdict=Verdict.OK, peak_bytes=12_000_000, growth_bytes_per_s=0.0)
BASELINE = dump_baseline(Baseline({"cpython-3.11-linux-x86_64": {"never-run": ENTRY}}))


@pytest.mark.parametrize(
    ("text", "words"),
    [
        (BASELINE[: len(BASELINE) // 2], "truncated"),
        (BASELINE.replace("baseline/1", "baseline/9"), "version 9"),
        (f"<<<<<<< HEAD\n{BASELINE}=======\n{BASELINE}>>>>>>> theirs\n", "merge conflict"),
        ("", "the file is empty"),
        (BASELINE.replace('"ok"', '"fine"'), "verdict"),
    ],
    ids=["truncated", "future", "conflict", "empty", "edited"],
)
def test_a_baseline_that_cannot_be_used(project: Path, text: str, words: str) -> None:
    (project / "odd.json").write_text(text, encoding="utf-8")
    said = refused(project, "run", "--baseline=odd.json").stderr
    assert words in said
    assert "odd.json:" in said
    assert ("leakgate baseline resolve" if words == "merge conflict" else "restore the file") in said
    refused(project, "baseline", "update", "--baseline=odd.json")
    assert (project / "odd.json").read_text(encoding="utf-8") == text


@pytest.fixture(scope="module")
def session(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A valid session of a leak."""
    result = leaky_python()
    return write_session(
        tmp_path_factory.mktemp("sound"), Session(target=result.target, measurement=result.measurement)
    )


def without_a_field(folder: Path) -> None:
    value = json.loads((folder / "session.json").read_text(encoding="utf-8"))
    del value["root"]
    (folder / "session.json").write_text(json.dumps(value), encoding="utf-8")


def huge_snapshot(folder: Path) -> None:
    os.truncate(folder / "snapshots" / "explanation.pytrace", 1024**3)


def linked_snapshot(folder: Path) -> None:
    (folder / "snapshots" / "explanation.pytrace").unlink()
    (folder / "snapshots" / "explanation.pytrace").symlink_to("/etc/passwd")


def climbing_name(folder: Path) -> None:
    text = (folder / "session.json").read_text(encoding="utf-8")
    name = json.loads(text)["name"]
    (folder / "session.json").write_text(text.replace(f'"{name}"', '"../../climbed"'), encoding="utf-8")


def half_evidence(folder: Path) -> None:
    evidence = folder / "evidence.jsonl"
    os.truncate(evidence, evidence.stat().st_size // 2)


def a_pickle(folder: Path) -> None:
    (folder / "session.json").write_bytes(b"cos\nsystem\n(S'touch was-run'\ntR.")


@pytest.mark.parametrize(
    ("spoil", "words"),
    [
        (without_a_field, "session.json: $.root: is missing"),
        (huge_snapshot, "is 1,073,741,824 bytes, more than"),
        (linked_snapshot, "is not a regular file"),
        (half_evidence, "evidence.jsonl"),
        (climbing_name, "spoilt"),
        (a_pickle, "session.json"),
    ],
)
@pytest.mark.skipif(sys.platform == "win32", reason="links and sparse files")
def test_a_session_that_cannot_be_trusted(
    project: Path, session: Path, tmp_path: Path, spoil: Callable[[Path], None], words: str
) -> None:
    spoilt = tmp_path / "spoilt"
    shutil.copytree(session, spoilt)
    spoil(spoilt)
    said = refused(project, "report", str(spoilt), "--json=again.json", command=leakgate).stderr
    assert words in said
    assert "hint: " in said
    again = json.loads(
        (project / "again.json").read_text(encoding="utf-8")
    )  # a report of the failure, and of no script
    assert again["scripts"] == []
    assert again["problems"]
    assert not (tmp_path / "climbed").exists()


def test_results_that_cannot_be_trusted(project: Path, tmp_path: Path) -> None:
    value = json.loads(dump_results(sample_report("leak")))
    del value["scripts"][0]["verdict"]
    (tmp_path / "results.json").write_text(json.dumps(value), encoding="utf-8")
    assert "$.scripts[0].verdict: is missing" in refused(project, "report", str(tmp_path / "results.json")).stderr
    with (tmp_path / "huge.json").open("wb") as file:
        file.truncate(1024**3)
    assert "is larger than" in refused(project, "report", str(tmp_path / "huge.json")).stderr
