"""Sessions on a real disk: written completely, replaced safely, and read as untrusted data."""

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings

from leakgate.archive import read_session as reading
from leakgate.archive.folder_names import folder_name
from leakgate.archive.foreign_files import read_text
from leakgate.archive.forms.results_form import dump_results
from leakgate.archive.forms.session_form import dump_session, load_session
from leakgate.archive.read_session import load_any, read_sessions
from leakgate.archive.write_session import LOG_MOST_BYTES, write_session
from leakgate.errors import OutputError, SessionError
from leakgate.model.report import GateReport
from leakgate.model.session_record import Session
from leakgate.model.source_ref import SourceRef
from leakgate.verdict.script import judge_session
from tests.helpers.model_strategies import values
from tests.helpers.reports import healthy, leaky_python, sample_report


def session(name: str = "worker", line: int = 5, **logs: str) -> Session:
    result = leaky_python(name)
    measurement = replace(result.measurement, **({"stdout_path": "", "stderr_path": ""} | logs))  # type: ignore[arg-type]
    return Session(target=replace(result.target, origin=SourceRef("leakgate.yaml", line, 5)), measurement=measurement)


def listing(folder: Path) -> list[str]:
    return sorted(str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file())


def test_a_session_is_the_files_of_the_contract_and_reads_back(tmp_path: Path) -> None:
    folder = write_session(tmp_path / "out", session())
    assert folder == tmp_path / "out" / "worker"
    assert listing(tmp_path / "out") == [
        "worker/evidence.jsonl",
        "worker/rss_history.json",
        "worker/session.json",
        "worker/snapshots/explanation.pytrace",
    ]
    assert read_sessions(folder) == (session(),)
    assert read_sessions(tmp_path / "out") == (session(),)


def test_sessions_come_in_the_order_of_the_config(tmp_path: Path) -> None:
    by_hand = replace(session("alone"), target=replace(session("alone").target, origin=None))
    wanted = (session("zeta", 3), session("Beta", 11), session("alpha", 20), by_hand)
    for one in (wanted[2], wanted[3], wanted[0], wanted[1]):
        write_session(tmp_path, one)
    (tmp_path / ".zeta.part").mkdir()
    (tmp_path / "notes.txt").write_text("mine")
    (tmp_path / "mine").mkdir()
    assert read_sessions(tmp_path) == wanted


def test_a_path_is_a_results_file_or_sessions(tmp_path: Path) -> None:
    report = sample_report("leak")
    results = tmp_path / "results.json"
    results.write_text(dump_results(report))
    write_session(tmp_path, session())
    assert load_any(results) == report
    assert isinstance(load_any(results), GateReport)
    assert load_any(tmp_path) == (session(),)


def test_logs_travel_with_the_session_and_are_named_where_they_lie(tmp_path: Path) -> None:
    out, err = tmp_path / "o", tmp_path / "e"
    out.write_bytes(b"\xffhello")
    err.write_bytes(b"a" * 100 + b"b" * LOG_MOST_BYTES)
    folder = write_session(tmp_path / "out", session(stdout_path=str(out), stderr_path=str(err)))
    measurement = read_sessions(folder)[0].measurement
    assert measurement.stdout_path == str(folder / "logs" / "stdout.txt")
    assert Path(measurement.stdout_path).read_bytes() == b"\xffhello"
    assert Path(measurement.stderr_path).read_bytes().startswith(b"[leakgate left out 100 bytes here]\nbbb")
    again = write_session(tmp_path / "out", replace(session(), measurement=measurement))
    assert Path(read_sessions(again)[0].measurement.stdout_path).read_bytes() == b"\xffhello"


def test_logs_of_services_and_of_the_load_travel_too(tmp_path: Path) -> None:
    logs = tmp_path / "logs"
    logs.mkdir()
    for name in ("stdout.log", "load.stderr.log", "service-redis.stdout.log", "other.txt"):
        (logs / name).write_text(name)
    folder = write_session(tmp_path / "sessions", session(stdout_path=str(logs / "stdout.log")))
    assert {path.name: path.read_text() for path in (folder / "logs").iterdir()} == {
        "stdout.txt": "stdout.log",
        "load.stderr.txt": "load.stderr.log",
        "service-redis.stdout.txt": "service-redis.stdout.log",
    }


def test_logs_that_are_gone_are_no_logs(tmp_path: Path) -> None:
    folder = write_session(tmp_path, session(stdout_path=str(tmp_path / "gone"), stderr_path=str(tmp_path)))
    assert read_sessions(folder)[0].measurement.stdout_path == ""
    assert read_sessions(folder)[0].measurement.stderr_path == ""


def test_a_session_of_a_former_run_is_replaced_whole(tmp_path: Path) -> None:
    write_session(tmp_path, session())
    (tmp_path / ".worker.part").mkdir()
    (tmp_path / ".worker.part" / "session.json").write_text("half")
    (tmp_path / ".worker.old").mkdir()
    calm = healthy("worker")
    folder = write_session(tmp_path, Session(target=calm.target, measurement=calm.measurement))
    assert read_sessions(tmp_path)[0].target == calm.target
    assert list(tmp_path.iterdir()) == [folder]
    assert not (folder / "snapshots" / "explanation.pytrace").exists()


def other_file(place: Path) -> None:
    place.write_text("mine")


def other_folder(place: Path) -> None:
    place.mkdir()
    (place / "session.json").write_text('{"schema": "mine/1"}')


def empty_folder(place: Path) -> None:
    place.mkdir()


def link_to_a_session(place: Path) -> None:
    place.symlink_to(write_session(place.parent / "elsewhere", session()))


def dead_link(place: Path) -> None:
    place.symlink_to(place.parent / "nowhere")


@pytest.mark.parametrize("obstacle", [other_file, other_folder, empty_folder, link_to_a_session, dead_link])
def test_what_is_no_session_is_left_alone(tmp_path: Path, obstacle: Callable[[Path], None]) -> None:
    obstacle(tmp_path / "worker")
    before = listing(tmp_path)
    with pytest.raises(OutputError, match="is not a session of leakgate, so it was not changed"):
        write_session(tmp_path, session())
    assert listing(tmp_path) == before


def test_a_folder_that_cannot_be_made_is_an_output_error(tmp_path: Path) -> None:
    (tmp_path / "out").write_text("a file")
    with pytest.raises(OutputError, match="the session cannot be written"):
        write_session(tmp_path / "out", session())


WRITER = """
import sys
from dataclasses import replace
from pathlib import Path
from leakgate.archive.read_session import read_sessions
from leakgate.archive.write_session import write_session
(model,) = read_sessions(Path(sys.argv[1]))
for number in range(10_000):
    write_session(Path(sys.argv[2]), replace(model, target=replace(model.target, name=f"s{number % 7}")))
"""


def test_a_writer_that_is_killed_leaves_whole_sessions(tmp_path: Path) -> None:
    model, out = write_session(tmp_path / "model", session()), tmp_path / "out"
    writer = subprocess.Popen([sys.executable, "-c", WRITER, str(model), str(out)])
    try:
        while not (out / "s6").exists():
            assert writer.poll() is None
            time.sleep(0.01)
    finally:
        writer.send_signal(signal.SIGKILL)
        writer.wait()
    found = read_sessions(out)
    assert len(found) >= 6, "the one that was being replaced at that moment may be missing"
    assert {one.measurement for one in found} == {session().measurement}


@pytest.mark.parametrize(
    ("name", "folder"),
    [
        ("worker", "worker"),
        ("api-v1.2_x", "api-v1.2_x"),
        ("Worker", "worker-"),
        ("../../etc/passwd", "etc-passwd-"),
        ("..", "script-"),
        ("con", "con-"),
        ("nul.txt", "nul-txt-"),
        ("trailing.", "trailing-"),
        ("", "script-"),
        ("\ud800", "script-"),
        ("a" * 300, "a" * 40 + "-"),
    ],
)
def test_names_of_folders_are_safe(name: str, folder: str) -> None:
    assert folder_name(name).startswith(folder)
    assert len(folder_name(name)) <= 60


def test_different_scripts_have_different_folders() -> None:
    names = ["worker", "Worker", "WORKER", "wor ker", "wor/ker", "wor-ker", "a" * 61, "a" * 62]
    assert len({folder_name(name).lower() for name in names}) == len(names)


def link_file(folder: Path) -> None:
    (folder / "evidence.jsonl").rename(folder.parent / "moved")
    (folder / "evidence.jsonl").symlink_to(folder.parent / "moved")


def link_meta(folder: Path) -> None:
    (folder / "session.json").rename(folder.parent / "moved")
    (folder / "session.json").symlink_to("../moved")


def link_snapshots(folder: Path) -> None:
    (folder / "snapshots").rename(folder.parent / "moved")
    (folder / "snapshots").symlink_to("../moved")


def link_log(folder: Path) -> None:
    (folder / "logs" / "stdout.txt").symlink_to("/etc/hostname")


def link_logs(folder: Path) -> None:
    (folder / "logs").rmdir()
    (folder / "moved").mkdir()
    (folder / "moved" / "stderr.txt").write_text("x")
    (folder / "logs").symlink_to("moved")


def pipe(folder: Path) -> None:
    (folder / "rss_history.json").unlink()
    os.mkfifo(folder / "rss_history.json")


def huge_snapshot(folder: Path) -> None:
    with (folder / "snapshots" / "more.pytrace").open("wb") as file:
        file.truncate(1024**3)


def huge_evidence(folder: Path) -> None:
    with (folder / "evidence.jsonl").open("ab") as file:
        file.truncate(2 * 1024**3)


def huge_log(folder: Path) -> None:
    with (folder / "logs" / "stderr.txt").open("wb") as file:
        file.truncate(1024**3)


def no_history(folder: Path) -> None:
    (folder / "rss_history.json").unlink()


def folder_for_file(folder: Path) -> None:
    (folder / "evidence.jsonl").unlink()
    (folder / "evidence.jsonl").mkdir()


def not_text(folder: Path) -> None:
    (folder / "evidence.jsonl").write_bytes(b'{"kind":"header"\n\xff')


def field_missing(folder: Path) -> None:
    meta = json.loads((folder / "session.json").read_text())
    del meta["target"]["interval_s"]
    (folder / "session.json").write_text(json.dumps(meta))


@pytest.mark.parametrize(
    ("damage", "message"),
    [
        (link_file, "evidence.jsonl: is not a regular file"),
        (link_meta, "session.json: is not a regular file"),
        (link_snapshots, "snapshots: is not a folder"),
        (link_log, "stdout.txt: is not a regular file"),
        (link_logs, "logs: is not a folder"),
        (pipe, "rss_history.json: is not a regular file"),
        (huge_snapshot, "more.pytrace: is 1,073,741,824 bytes, more than the 8,388,608 that are read"),
        (huge_evidence, "evidence.jsonl: is 2,147,483,648 bytes, more than the 100,663,296 that are read"),
        (huge_log, "stderr.txt: is 1,073,741,824 bytes"),
        (no_history, "rss_history.json: is missing"),
        (folder_for_file, "evidence.jsonl: is a folder"),
        (not_text, "evidence.jsonl:2: is not UTF-8 text"),
        (field_missing, "session.json: $.target.interval_s: is missing"),
    ],
)
def test_a_session_that_is_not_sound_is_refused(tmp_path: Path, damage: Callable[[Path], None], message: str) -> None:
    folder = write_session(tmp_path, session())
    damage(folder)
    with pytest.raises(SessionError) as caught:
        read_sessions(folder)
    assert message in caught.value.message


def test_empty_folders_that_an_archive_lost_are_no_matter(tmp_path: Path) -> None:
    calm = healthy("calm")
    folder = write_session(tmp_path, Session(target=calm.target, measurement=calm.measurement))
    (folder / "logs").rmdir()
    (folder / "snapshots").rmdir()
    assert read_sessions(folder)[0].target == calm.target


def test_a_link_among_sessions_is_not_followed(tmp_path: Path) -> None:
    (tmp_path / "out").mkdir()
    (tmp_path / "out" / "x").symlink_to(write_session(tmp_path, session()))
    with pytest.raises(SessionError, match="is a link; links are not followed"):
        read_sessions(tmp_path / "out")


@pytest.mark.parametrize("name", ["none", "bad\x00name", "empty", "file"])
def test_a_place_without_sessions_says_so(tmp_path: Path, name: str) -> None:
    (tmp_path / "empty").mkdir()
    (tmp_path / "file").write_text("x")
    with pytest.raises(SessionError, match=r"cannot be read|contains no session"):
        read_sessions(tmp_path / name)


@pytest.mark.parametrize("name", ["none", "bad\x00name"])
def test_a_path_that_is_not_there_is_an_error_of_the_user(tmp_path: Path, name: str) -> None:
    with pytest.raises(SessionError, match="there is no "):
        load_any(tmp_path / name)


@pytest.mark.skipif(sys.platform != "linux", reason="needs files that the kernel makes up")
@pytest.mark.parametrize(
    ("path", "message"),
    [("/proc/self/mem", "cannot be read: Input/output"), ("/proc/self/maps", "is larger than 10 B")],
)
def test_files_that_are_not_what_they_seemed(path: str, message: str) -> None:
    with pytest.raises(SessionError, match=message):
        read_text(Path(path), 10)


def test_folders_are_bounded(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    # The real bounds would need gigabytes and ten thousand files.
    write_session(tmp_path, session("a"))
    write_session(tmp_path, session("b"))
    monkeypatch.setattr(reading, "MOST_TOTAL_BYTES", 1000)
    with pytest.raises(SessionError, match="has more than 1,000 bytes"):
        read_sessions(tmp_path)
    monkeypatch.setattr(reading, "MOST_ENTRIES", 1)
    with pytest.raises(SessionError, match="has more than 1 entries"):
        read_sessions(tmp_path)


@settings(max_examples=100, deadline=None, suppress_health_check=list(HealthCheck))
@given(values(Session))
def test_whatever_a_session_holds_it_can_be_judged(one: Session) -> None:
    assert judge_session(one) == judge_session(load_session(dump_session(one), "s"))
