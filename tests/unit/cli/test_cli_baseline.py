"""The files, refusals and questions of `leakgate baseline`, with the results of a runner."""

import os
import sys
from pathlib import Path

import pytest
from typer.testing import CliRunner

from leakgate.cli.accept_comment import AcceptRequest, accept_request
from leakgate.cli.app import app
from leakgate.errors import UsageError
from leakgate.report.annotations import annotations
from leakgate.report.next_commands import accept_command, reproduce_command
from tests.helpers.command_line import COMMAND, environment
from tests.helpers.recorded_gate import BASELINE, RUNNER, Behaviour, Leaky, RecordedGate

TWO = Behaviour((Leaky("store.py:remember", 100), Leaky("log.py:note", 60)))
CALM = Behaviour()


@pytest.fixture
def gate(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> RecordedGate:
    made = RecordedGate(tmp_path / "laptop")
    made.write_config("worker", "api")
    monkeypatch.chdir(made.project)
    return made


def run(*words: str, status: int = 0) -> str:
    done = CliRunner().invoke(app, ["baseline", *words])
    assert done.exit_code == status, done.output
    return done.output


def test_results_of_any_machine_give_the_same_bytes(gate: RecordedGate) -> None:
    texts = set()
    for root in (RUNNER, "/__w/mono/mono/services/shop", str(gate.project), "D:\\a\\mono\\mono\\services\\shop"):
        gate.run(root=root, worker=TWO, api=CALM)
        (gate.project / "leakgate-baseline.json").unlink(missing_ok=True)
        run("update", f"--from={gate.results}")
        texts.add(gate.baseline)
    (text,) = texts
    assert '"where": "store.py:remember"' in text
    assert RUNNER not in text


def test_annotations_and_commands_are_those_of_the_repository_wherever_the_run_was_made(gate: RecordedGate) -> None:
    for root in (RUNNER, "/__w/mono/mono/services/shop", "D:\\a\\mono\\mono\\services\\shop"):
        report = gate.run(root=root, worker=TWO, api=CALM)
        (first, *_) = annotations(report, "/home/runner/work/other/other")
        assert "file=services/shop/store.py,line=12" in first
        config = "-c services/shop/leakgate.yaml worker"
        worker = report.results[0]
        assert accept_command(report, worker, "/elsewhere") == f"leakgate baseline update {config}"
        assert reproduce_command(report, worker, "/elsewhere") == f"leakgate run {config}"


def test_a_command_touches_only_what_it_names(gate: RecordedGate) -> None:
    gate.run(worker=TWO, api=CALM)
    run("update", f"--from={gate.results}")
    before = gate.baseline
    gate.run(worker=CALM, api=TWO)
    told = run("update", "api", f"--from={gate.results}")
    assert {line.split()[1] for line in told.splitlines() if line.startswith("cpython")} == {"api:"}
    assert gate.baseline != before
    gate.write_config("api")
    run("update", "api", f"--from={gate.results}")
    assert '"worker"' in gate.baseline, "the entry of a script that left the config was not named"
    run("update", f"--from={gate.results}")
    assert '"worker"' not in gate.baseline


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (("--review",), "there is no terminal to answer them"),
        (("--accept=newer",), "unknown category 'newer'"),
        (("--leak=abc",), "no leak to accept has this signature"),
        (("--leak=ffffffffffff",), "no leak to accept has this signature"),
        (("--reason=",), "write one line"),
        (("--reason=two\nlines",), "write one line"),
        (("--owner=" + "x" * 301,), "write one line"),
        (("nobody",), "there is no script named 'nobody'"),
    ],
)
def test_what_is_not_understood_is_refused_and_nothing_is_written(
    gate: RecordedGate, words: tuple[str, ...], told: str
) -> None:
    gate.run(worker=TWO, api=CALM)
    assert told in run("update", f"--from={gate.results}", *words, status=2)
    assert not (gate.project / "leakgate-baseline.json").exists()


def test_reason_and_owner_are_kept_and_shown(gate: RecordedGate) -> None:
    gate.run(worker=TWO, api=CALM)
    run("update", f"--from={gate.results}", "--reason=bounded by tenants", "--owner=shop team")
    shown = run("show", "worker")
    assert shown.count("bounded by tenants") == 2
    assert shown.count("shop team") == 2
    assert "no entry for 'job'" in run("show", "job", status=2)


@pytest.mark.parametrize(
    ("text", "names", "reason"),
    [
        ("/leakgate accept", (), ""),
        ("/leakgate accept worker", ("worker",), ""),
        ("\n/leakgate accept worker  api : bounded, see #12\r\nthanks\n", ("worker", "api"), "bounded, see #12"),
        ("/leakgate accept: later", (), "later"),
    ],
)
def test_a_comment_asks_for_names_with_a_reason(text: str, names: tuple[str, ...], reason: str) -> None:
    assert accept_request(text) == AcceptRequest(names=names, reason=reason)


@pytest.mark.parametrize(
    "text", ["", "/leakgate", "please /leakgate accept", "/leakgate acceptworker", "/leakgate accept --baseline=/etc/x"]
)
def test_any_other_comment_is_refused(text: str) -> None:
    with pytest.raises(UsageError, match="not a request to accept"):
        accept_request(text)


def test_a_comment_is_accepted_by_the_same_path(gate: RecordedGate, tmp_path: Path) -> None:
    gate.run(worker=TWO, api=TWO)
    (tmp_path / "comment").write_text("/leakgate accept worker : bounded\n", encoding="utf-8")
    run("update", f"--from={gate.results}", f"--comment={tmp_path / 'comment'}", "--owner=ada")
    by_comment = gate.baseline
    (gate.project / "leakgate-baseline.json").unlink()
    run("update", "worker", f"--from={gate.results}", "--reason=bounded", "--owner=ada")
    assert gate.baseline == by_comment
    (tmp_path / "comment").write_bytes(b"\xff")
    for path in (tmp_path / "comment", tmp_path / "missing"):
        assert "--comment" in run("update", f"--from={gate.results}", f"--comment={path}", status=2)


def test_without_git_or_commits_the_history_is_a_plain_sentence(gate: RecordedGate, tmp_path: Path) -> None:
    outside = tmp_path / "b.json"
    outside.write_text('{"schema": "leakgate.baseline/1", "environments": {}}', encoding="utf-8")
    assert "is not in a git repository" in run("show", "--history", f"--baseline={outside}", status=2)
    gate.run(worker=TWO, api=CALM)
    run("update", f"--from={gate.results}")
    assert run("show", "--history").startswith("not committed\n")


def test_resolve_refuses_what_is_no_conflict(gate: RecordedGate) -> None:
    assert "has no merge conflict" in run("resolve", status=2)
    (gate.repository.folder / BASELINE).write_text("<<<<<<< a\n{}\n=======\n[]\n>>>>>>> b\n", encoding="utf-8")
    assert "(ours):1:1" in run("resolve", status=2)


@pytest.mark.skipif(sys.platform == "win32", reason="needs a pseudo-terminal")
def test_a_review_asks_on_a_terminal(gate: RecordedGate) -> None:
    import pty  # noqa: PLC0415 - not on Windows

    gate.run(worker=TWO, api=CALM)
    child, terminal = pty.fork()
    if child == 0:
        command = [*COMMAND, "baseline", "update", f"--from={gate.results}", "--review"]
        os.execve(command[0], command, environment())  # noqa: S606 - no shell
    os.write(
        terminal, b"e\ny\nn\nn\ny\nbounded\n"
    )  # scripts api and worker, then two leaks: in the order that is shown
    said = _until_end(terminal)
    _, status = os.waitpid(child, 0)
    assert os.waitstatus_to_exitcode(status) == 0, said
    assert "new: the baseline does not have them yet" in said
    assert said.count("accept? [y]es, [n]o, [q]uit") == 4
    assert "not accepted: 2 changes" in said
    assert '"reason": "bounded"' in gate.baseline


def _until_end(terminal: int) -> str:
    parts = []
    while True:
        try:
            part = os.read(terminal, 65_536)
        except OSError:  # Linux: the other end is closed
            break
        if not part:
            break
        parts.append(part)
    return b"".join(parts).decode("utf-8", "replace")
