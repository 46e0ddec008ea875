"""One real run over leaks, healthy programs and failures: verdict, kind, line, exit code, sessions, the same again."""

import json
import sys
from pathlib import Path

import pytest

from tests.helpers.command_line import leakgate
from tests.helpers.gate_project import REPORTS, GateRun, leaking_line

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="signals, and the C library by ctypes")
VERDICTS = {
    "healthy": "ok",
    "python-leak": "leak",
    "native-leak": "leak",
    "child-leak": "leak",
    "cache": "ok",
    "hungry": "over-budget",
    "too-fast": "leak",
    "within-rate": "ok",
    "suppressed": "known",
    "crash": "error",
    "status-7": "error",
    "at-once": "error",
    "os-exit": "error",
    "killed": "error",
    "finite": "ok",
    "caught": "leak",
    "missed": "ok",
}


def test_each_script_gets_its_verdict_in_the_order_of_the_config(gate_run: GateRun) -> None:
    assert {one["name"]: one["verdict"] for one in gate_run.results["scripts"]} == VERDICTS
    assert [one["name"] for one in gate_run.results["scripts"]] == list(VERDICTS)


def test_the_gate_fails_with_1_whatever_could_not_be_measured(gate_run: GateRun) -> None:
    assert gate_run.answer.status == 1
    assert (gate_run.results["verdict"], gate_run.results["exit_code"]) == ("fail", 1)


@pytest.mark.parametrize(
    ("name", "kind", "program", "function"),
    [
        ("python-leak", "python", "gate_python_leak.py", "remember"),
        ("native-leak", "native", "gate_native_leak.py", "take"),
        ("child-leak", "child", "gate_python_leak.py", "remember"),
        ("caught", "python", "gate_python_leak.py", "remember"),
    ],
)
def test_a_leak_is_named_by_kind_file_line_and_function(
    gate_run: GateRun, name: str, kind: str, program: str, function: str
) -> None:
    script = gate_run.script(name)
    worst = script["leaks"][0]
    assert script["kind"] == kind
    assert (Path(worst["file"]).name, worst["line"], worst["function"]) == (program, leaking_line(program), function)
    assert worst["share"] > 0.8
    assert 150_000 < worst["bytes_per_s"] < 600_000
    assert f"{program}:{leaking_line(program)} in {function}" in script["reason"]


@pytest.mark.parametrize("name", ["healthy", "cache", "hungry", "finite", "missed"])
def test_what_does_not_leak_has_no_kind_and_no_places(gate_run: GateRun, name: str) -> None:
    assert (gate_run.script(name)["kind"], gate_run.script(name)["leaks"]) == ("none", [])


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("hungry", "over its ceiling of 60MB"),
        ("too-fast", "gate_python_leak.py"),
        ("within-rate", "within its budget"),
        ("crash", "exited with status 1 after"),
        ("status-7", "exited with status 7 after"),
        ("at-once", "to judge"),
        ("os-exit", "exited with status 5 after"),
        ("killed", "killed by SIGKILL after"),
    ],
)
def test_the_reason_says_what_happened(gate_run: GateRun, name: str, words: str) -> None:
    assert words in gate_run.script(name)["reason"]
    assert words in " ".join(gate_run.answer.stdout.split()) or name == "within-rate"


def test_a_rate_that_is_exceeded_is_said_beside_the_leak(gate_run: GateRun) -> None:
    findings = {(one["rule"], one["verdict"]) for one in gate_run.script("too-fast")["findings"]}
    assert findings == {("growth", "leak"), ("budget", "over-budget")}
    assert gate_run.script("too-fast")["heap"]["budget"] == "256KB/min"


def test_a_known_leak_is_shown_with_its_reason(gate_run: GateRun) -> None:
    leaks = gate_run.script("suppressed")["leaks"]
    assert leaks[0]["known"]
    assert leaks[0]["suppressed_by"] == "bounded by the number of tenants"
    assert "suppressed" in gate_run.answer.stdout


def test_a_crash_shows_the_scripts_last_words_and_the_log_lines_progress(gate_run: GateRun) -> None:
    assert "RuntimeError: the queue is gone" in gate_run.answer.stdout
    for name in VERDICTS:
        assert f"{name}: watching" in gate_run.answer.stderr
    assert "Traceback" not in gate_run.answer.stderr
    assert "\x1b" not in gate_run.answer.text


def test_a_session_of_each_script_is_kept(gate_run: GateRun) -> None:
    assert sorted(folder.name for folder in gate_run.sessions.iterdir()) == sorted(VERDICTS)
    leak = gate_run.sessions / "python-leak"
    assert {path.name for path in leak.iterdir()} == {
        "session.json",
        "evidence.jsonl",
        "rss_history.json",
        "snapshots",
        "logs",
    }
    assert [path.suffix for path in (leak / "snapshots").iterdir()] == [".pytrace"]
    assert (gate_run.sessions / "crash" / "logs" / "stdout.txt").read_text() == "working\n"
    assert "the queue is gone" in (gate_run.sessions / "crash" / "logs" / "stderr.txt").read_text()
    history = json.loads((leak / "rss_history.json").read_text())
    assert history


def test_the_sessions_are_judged_the_same_again(gate_run: GateRun, tmp_path: Path) -> None:
    again = leakgate(tmp_path, "report", str(gate_run.sessions), "--json=again.json")
    results = json.loads((tmp_path / "again.json").read_text(encoding="utf-8"))
    assert again.status == 1
    facts = ("name", "verdict", "reason", "kind", "leaks", "rss", "heap", "native", "findings")
    assert [{fact: one[fact] for fact in facts} for one in results["scripts"]] == [
        {fact: one[fact] for fact in facts} for one in gate_run.results["scripts"]
    ]


@pytest.mark.parametrize(
    ("name", "status"),
    [("healthy", 0), ("python-leak", 1), ("suppressed", 0), ("crash", 3), ("caught", 0), ("missed", 1)],
)
def test_one_session_alone_gives_its_own_status(gate_run: GateRun, name: str, status: int) -> None:
    assert leakgate(gate_run.folder, "report", f"sessions/{name}", "--quiet").status == status


def test_results_are_shown_the_same_again(gate_run: GateRun, tmp_path: Path) -> None:
    paths = (f"--{form}={tmp_path / path}" for form, path in REPORTS.items())
    again = leakgate(gate_run.folder, "report", "results.json", *paths)  # there, the source of the lines is found
    assert again.status == 1
    assert again.stdout == gate_run.answer.stdout
    for path in REPORTS.values():
        assert (tmp_path / path).read_text(encoding="utf-8") == gate_run.text(path), path


def test_what_fails_may_be_asked_afterwards(gate_run: GateRun) -> None:
    results = str(gate_run.folder / "results.json")
    assert (
        leakgate(gate_run.folder, "report", results, "--fail-on=regression", "--quiet").status == 1
    )  # the missed canary
    session = "sessions/python-leak"
    assert leakgate(gate_run.folder, "report", session, "--fail-on=regression", "--quiet").status == 0
