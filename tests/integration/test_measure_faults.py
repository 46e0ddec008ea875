"""Faulty scripts, all real: a clear answer, bounded cost, and no process left (`try_script`)."""

import os
import re
import resource
import stat
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from leakgate.errors import InterpreterError, OutputError
from leakgate.measure.surroundings import Surroundings
from leakgate.measure.trial import measure_target, run_trial
from leakgate.model.evidence import EndReason, FailureReason, Trial, TrialFailed, TrialOk
from leakgate.model.metrics import Metric
from leakgate.model.step import ExplainPlan
from leakgate.model.target import TargetSpec
from tests.helpers.outside import KeepingExplainer, PatientPacer, is_judgeable, is_probed, never
from tests.helpers.real_runs import SCRIPTS, spec_of, try_script

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="signals, fork and /proc")


def failed(trial: Trial) -> TrialFailed:
    assert isinstance(trial, TrialFailed)
    return trial


def ok(trial: Trial) -> TrialOk:
    assert isinstance(trial, TrialOk)
    return trial


@pytest.mark.parametrize(
    ("script", "status", "stderr"),
    [
        ("target_does_not_exist.py", 2, "can't open file"),
        ("target_not_python.txt", 1, "SyntaxError"),
        ("target_syntax_error.txt", 1, "SyntaxError"),
        ("target_raises.py", 1, "RuntimeError: no \u2603 today"),
    ],
)
def test_a_script_that_cannot_run_crashed_and_its_last_words_are_kept(
    tmp_path: Path, script: str, status: int, stderr: str
) -> None:
    spec = spec_of(script, tmp_path, env={"PYTHONIOENCODING": "utf-8"})
    trial = failed(try_script(spec, tmp_path, pacer=PatientPacer(never)))
    assert trial.reason is FailureReason.CRASHED
    assert trial.exit_code == status
    assert trial.message.startswith(f"exited with status {status} after ")
    assert stderr in trial.stderr_tail
    assert "leakgate" not in trial.stderr_tail.replace(str(SCRIPTS), "").replace(str(tmp_path), "")


def ending(sign: Path, processes: int = 1) -> PatientPacer:
    """Never concludes.

    When a script was watched for long enough to be judged, it makes a file, at which the script ends.
    """

    def lets_it_end(so_far: TrialOk) -> bool:
        if is_probed(so_far, processes):
            sign.touch()
        return False

    return PatientPacer(lets_it_end)


def test_a_script_that_crashes_after_a_while_keeps_what_was_read(tmp_path: Path) -> None:
    sign = tmp_path / "sign"
    spec = spec_of("target_ends_on_sign.py", tmp_path, str(sign), "7")
    trial = failed(try_script(spec, tmp_path, pacer=ending(sign)))
    assert (trial.reason, trial.exit_code, trial.stderr_tail) == (FailureReason.CRASHED, 7, "seven it is")
    assert trial.at_s >= 1.2
    assert {Metric.RSS, Metric.BLOCKS} <= {series.metric for series in trial.processes[0].series}
    assert any(series.metric is Metric.RSS and len(series) > 5 for series in trial.tree)


@pytest.mark.skipif(sys.platform != "linux", reason="the script finds its readings by /proc")
def test_what_the_probe_wrote_survives_os_exit(tmp_path: Path) -> None:
    trial = failed(try_script(spec_of("target_os_exit.py", tmp_path), tmp_path, pacer=PatientPacer(never)))
    assert (trial.reason, trial.exit_code) == (FailureReason.CRASHED, 3)
    assert trial.processes[0].probed


@pytest.mark.parametrize(
    ("number", "name", "hint"),
    [(9, "SIGKILL", "memory"), (11, "SIGSEGV", "PYTHONFAULTHANDLER"), (10, "SIGUSR1", ""), (40, "signal 40", "")],
)
@pytest.mark.skipif(sys.platform != "linux", reason="the numbers of signals")
def test_a_kill_is_named_and_its_cause_suspected(tmp_path: Path, number: int, name: str, hint: str) -> None:
    spec = spec_of("target_kills_itself.py", tmp_path, str(number))
    trial = failed(try_script(spec, tmp_path, pacer=PatientPacer(never)))
    assert (trial.reason, trial.exit_code) == (FailureReason.KILLED, -number)
    assert trial.message.startswith(f"killed by {name} after ")
    assert hint in trial.hint
    assert bool(hint) == bool(trial.hint)


def read_seldom(spec: TargetSpec) -> TargetSpec:
    """The same target with so few readings that a start on a busy machine does not give enough for a verdict."""
    return replace(spec, interval_s=10.0)


def test_a_script_that_ends_too_soon_says_so(tmp_path: Path) -> None:
    spec = read_seldom(spec_of("target_brief.py", tmp_path, "0"))
    trial = failed(try_script(spec, tmp_path, pacer=PatientPacer(never)))
    assert (trial.reason, trial.exit_code) == (FailureReason.TOO_SHORT, 0)
    assert "too short to judge" in trial.message


def test_a_script_that_ends_by_itself_is_judged_on_its_life(tmp_path: Path) -> None:
    sign = tmp_path / "sign"
    trial = ok(try_script(spec_of("target_ends_on_sign.py", tmp_path, str(sign), "0"), tmp_path, pacer=ending(sign)))
    assert (trial.ending.reason, trial.ending.exit_code) == (EndReason.EXITED, 0)
    assert trial.watched_s == trial.ending.at_s >= 1.2


def test_too_few_readings_are_no_evidence(tmp_path: Path) -> None:
    spec = read_seldom(spec_of("target_idle.py", tmp_path))
    trial = failed(try_script(spec, tmp_path, pacer=PatientPacer(lambda so_far: so_far.watched_s >= 0.4)))
    assert trial.reason is FailureReason.TOO_SHORT
    assert "too little to judge" in trial.message
    assert trial.exit_code is None


def test_a_stubborn_script_is_killed_and_that_is_no_crash(tmp_path: Path) -> None:
    trial = ok(try_script(spec_of("target_stubborn.py", tmp_path), tmp_path))
    assert (trial.ending.reason, trial.ending.exit_code) == (EndReason.DURATION, None)


def test_closed_streams_do_not_matter(tmp_path: Path) -> None:
    ok(try_script(spec_of("target_closes_stdout.py", tmp_path), tmp_path))


def test_output_is_kept_at_both_ends_and_fills_neither_disk_nor_memory(tmp_path: Path) -> None:
    before_kb = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    logs, sign = tmp_path / "logs", tmp_path / "sign"
    pacer = PatientPacer(lambda so_far: sign.exists() and is_judgeable(so_far))
    ok(try_script(spec_of("target_prints_much.py", tmp_path, str(sign)), logs, pacer=pacer))
    stdout = (logs / "stdout.log").read_bytes()
    assert stdout.endswith(b"the last line\n")
    assert re.search(rb"\[leakgate left out 4[78]\d{6} bytes here\]", stdout)
    assert sum(file.stat().st_size for file in logs.iterdir()) < 5_000_000
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before_kb < 30_000


def test_a_child_that_lives_on_is_stopped_and_noted(tmp_path: Path) -> None:
    sign = tmp_path / "sign"
    spec = spec_of("target_ends_on_sign.py", tmp_path, str(sign), "0", "child")
    trial = ok(try_script(spec, tmp_path, pacer=ending(sign, processes=2)))
    assert trial.ending.reason is EndReason.EXITED
    assert any("still running after the main process ended" in note for note in trial.notes)
    assert [track.probed for track in trial.processes] == [True, True]


def test_a_daemon_is_found_stopped_and_explained(tmp_path: Path) -> None:
    spec = read_seldom(spec_of("target_daemon.py", tmp_path))
    trial = failed(try_script(spec, tmp_path, pacer=PatientPacer(never)))
    assert trial.reason is FailureReason.TOO_SHORT
    assert "a process was still running" in trial.message
    assert "foreground" in trial.hint


def test_a_script_may_delete_the_folder_it_started_in(tmp_path: Path) -> None:
    home = tmp_path / "home"
    home.mkdir()
    pacer = PatientPacer(lambda so_far: not home.exists() and is_judgeable(so_far))
    ok(try_script(spec_of("target_moves_away.py", home), tmp_path, pacer=pacer))
    assert not home.exists()


def test_a_spoilt_channel_costs_the_readings_not_the_trial(tmp_path: Path) -> None:
    sign = tmp_path / "sign"
    pacer = PatientPacer(lambda so_far: sign.exists() and is_probed(so_far))
    trial = ok(try_script(spec_of("target_spoils_channel.py", tmp_path, str(sign)), tmp_path, pacer=pacer))
    assert any("damaged" in note for note in trial.notes)
    blocks = next(series for series in trial.processes[0].series if series.metric is Metric.BLOCKS)
    assert all(0 < value < 10_000_000 for value in blocks.values)


def test_without_a_probe_resident_memory_is_judged_with_a_note(tmp_path: Path) -> None:
    probe = tmp_path / "probe"
    probe.mkdir()
    (probe / "__main__.py").write_text(
        "import sys, time\n"
        "with open(sys.argv[1] + '/error-1.txt', 'w') as file:\n    file.write('no\\n')\n"
        "open('sign', 'w').close()\ntime.sleep(600)"
    )
    sign = tmp_path / "sign"
    pacer = PatientPacer(
        lambda so_far: sign.exists() and is_judgeable(so_far), ExplainPlan(window_s=5.0), collects=True
    )
    spec = spec_of("target_idle.py", tmp_path)
    trial = ok(try_script(spec, tmp_path, pacer=pacer, surroundings=Surroundings(probe_dir=probe)))
    assert trial.explanation is None
    assert any("no probe runs" in note for note in trial.notes)
    assert any("only resident memory" in note for note in trial.notes)
    assert "the probe reported a problem: no" in trial.notes
    assert not trial.processes[0].probed
    assert next(series for series in trial.tree if series.metric is Metric.RSS).values[-1] > 1_000_000


def test_an_interpreter_that_vanishes_between_check_and_start(tmp_path: Path) -> None:
    trial = failed(try_script(spec_of("target_idle.py", tmp_path, python=tmp_path / "gone"), tmp_path))
    assert trial.reason is FailureReason.NOT_STARTED
    assert "No such file" in trial.message


def test_a_machine_that_cannot_start_the_supervisor(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    spec = spec_of("target_idle.py", tmp_path)
    monkeypatch.setattr(sys, "executable", str(tmp_path / "gone"))
    trial = failed(try_script(spec, tmp_path))
    assert trial.reason is FailureReason.NOT_STARTED
    assert "supervisor of a script" in trial.message


def test_a_supervisor_that_breaks_at_once_says_why(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    spec = spec_of("target_idle.py", tmp_path)
    broken = tmp_path / "broken"
    broken.write_text("#!/bin/sh\necho no library >&2\nexit 1\n")
    broken.chmod(0o755)
    monkeypatch.setattr(sys, "executable", str(broken))
    trial = failed(try_script(spec, tmp_path))
    assert trial.reason is FailureReason.NOT_STARTED
    assert trial.message.endswith("no library")
    assert "belongs to leakgate" in trial.hint


def test_a_folder_that_does_not_exist(tmp_path: Path) -> None:
    trial = failed(try_script(spec_of("target_idle.py", tmp_path / "nowhere"), tmp_path))
    assert trial.reason is FailureReason.NOT_STARTED


def test_a_wrong_interpreter_is_refused_before_anything_runs(tmp_path: Path) -> None:
    spec = spec_of("target_idle.py", tmp_path, python=tmp_path / "gone")
    with pytest.raises(InterpreterError, match="does not exist"):
        measure_target(
            spec,
            pacer=PatientPacer(),
            explainer=KeepingExplainer(),
            logs=tmp_path / "logs",
            surroundings=Surroundings(),
        )
    assert not (tmp_path / "logs").exists()


def test_logs_that_cannot_be_written_are_an_output_error(tmp_path: Path) -> None:
    (tmp_path / "logs").write_text("in the way")
    with pytest.raises(OutputError):
        run_trial(
            spec_of("target_idle.py", tmp_path),
            pacer=PatientPacer(),
            explainer=KeepingExplainer(),
            logs=tmp_path / "logs",
            surroundings=Surroundings(),
        )


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write everywhere")
def test_a_log_that_cannot_be_opened_loses_the_output_only(tmp_path: Path) -> None:
    logs = tmp_path / "logs"
    logs.mkdir()
    logs.chmod(stat.S_IRUSR | stat.S_IXUSR)
    ok(try_script(spec_of("target_idle.py", tmp_path), logs))
