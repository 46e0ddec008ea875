"""Gauge files: those of probes, and those that a hostile program might write in their place."""

import math
import os
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from leakgate.measure.feed import HEADER, MAGIC, RECORD, Feed, GaugeReader
from leakgate.measure.recorder import Recorder
from leakgate.model.evidence import Series
from leakgate.model.metrics import Metric

STARTED = 5_000.0
PID = 42


def header(pid: int = PID, clock_s: float = STARTED + 0.1, magic: bytes = MAGIC, size: int = RECORD.size) -> bytes:
    return HEADER.pack(magic, size, pid, clock_s, 1)


def record(
    t_s: float,
    blocks: int = 100,
    native: int = 2_000,
    tasks: int = -1,
    flags: int = 0,
    seq: int = 0,
    pause_s: float = 0.0,
    calls: int = -1,
) -> bytes:
    return RECORD.pack(STARTED + t_s, blocks, native, tasks, 3, calls, flags, seq, 0.0, pause_s)


def feed(folder: Path, main_pid: int = PID, running: tuple[int, ...] = ()) -> tuple[Feed, Recorder]:
    """``running``: processes of the system that the recorder may not know."""
    recorder = Recorder(main_pid)
    recorder.meet(main_pid, 1.0, "main", 0.0)
    return Feed(folder, recorder, main_pid, STARTED, lives=running.__contains__), recorder


def series(recorder: Recorder, metric: Metric, *, settled: bool = False, pid: int = PID) -> Series:
    track = next(track for track in recorder.tracks(PID) if track.pid == pid)
    return next(
        (one for one in track.series if one.metric is metric and one.settled is settled), Series(metric, (), ())
    )


def test_records_become_series_in_seconds_since_the_start(tmp_path: Path) -> None:
    path = tmp_path / f"gauges-{PID}.bin"
    path.write_bytes(header() + record(0.25) + record(0.5, blocks=110, native=-1, tasks=3))
    reader, recorder = feed(tmp_path)
    assert reader.poll(STARTED + 1)
    assert series(recorder, Metric.BLOCKS) == Series(Metric.BLOCKS, (0.25, 0.5), (100.0, 110.0))
    assert series(recorder, Metric.NATIVE).values == (2_000.0,)
    assert series(recorder, Metric.TASKS).values == (3.0,)
    assert reader.heard
    assert reader.in_use_bytes[0] == 110 * 80


def test_memory_in_use_is_that_of_all_living_processes(tmp_path: Path) -> None:
    (tmp_path / f"gauges-{PID}.bin").write_bytes(header() + record(0.5, blocks=100, native=-1))
    (tmp_path / f"gauges-{PID + 1}.bin").write_bytes(header(PID + 1) + record(0.5, blocks=10, native=3_000))
    reader, recorder = feed(tmp_path)
    recorder.meet(PID + 1, 1.0, "worker", 0.0)
    reader.poll(STARTED + 1)
    shown = [reader.in_use_bytes]
    recorder.keep_only({PID})
    shown.append(reader.in_use_bytes)
    assert shown == [(110 * 80, 3_000), (100 * 80, None)]


def test_a_record_that_is_half_written_waits_for_its_other_half(tmp_path: Path) -> None:
    path = tmp_path / f"gauges-{PID}.bin"
    path.write_bytes(header()[:20])
    reader, recorder = feed(tmp_path)
    assert not reader.poll(STARTED + 1)
    path.write_bytes(header() + record(0.2) + record(0.3)[:30])
    assert reader.poll(STARTED + 1)
    assert not reader.poll(STARTED + 1)
    path.write_bytes(header() + record(0.2) + record(0.3) + record(0.4))
    assert reader.poll(STARTED + 1)
    assert series(recorder, Metric.BLOCKS).t_s == pytest.approx((0.2, 0.3, 0.4))


def test_a_probe_is_heard_with_its_first_record_however_long_after_the_header_that_comes(tmp_path: Path) -> None:
    path = tmp_path / f"gauges-{PID}.bin"
    path.write_bytes(header())
    reader, recorder = feed(tmp_path)
    assert (reader.poll(STARTED + 1), reader.heard) == (False, False)
    path.write_bytes(header() + record(0.2))
    assert (reader.poll(STARTED + 1), reader.heard) == (True, True)
    assert recorder.is_probed(PID)


def test_settled_readings_are_a_series_of_their_own_and_disturbed_ones_are_left_out(tmp_path: Path) -> None:
    (tmp_path / f"gauges-{PID}.bin").write_bytes(
        header()
        + record(0.1, blocks=1)
        + record(0.2, blocks=2, flags=1, seq=4, pause_s=0.03)
        + record(0.3, blocks=3, flags=2)
        + record(0.4, blocks=4, flags=4)
        + record(0.5, blocks=5, flags=1 | 4)
        + record(0.6, blocks=6, flags=8)
    )
    reader, recorder = feed(tmp_path)
    reader.poll(STARTED + 1)
    assert series(recorder, Metric.BLOCKS).values == (1.0, 6.0)
    assert series(recorder, Metric.BLOCKS, settled=True).values == (2.0,)
    assert reader.longest_settle_s == pytest.approx(0.03)
    assert reader.obeyed_seq == 4


def test_a_probe_is_explaining_until_its_first_reading_without_a_flag(tmp_path: Path) -> None:
    gauges = tmp_path / f"gauges-{PID}.bin"
    gauges.write_bytes(header() + record(0.1))
    reader, _ = feed(tmp_path)
    answers = []
    for at_s, flags in ((0.2, 4), (0.3, 2 | 4), (0.4, 0)):
        gauges.write_bytes(gauges.read_bytes() + record(at_s, flags=flags))
        reader.poll(STARTED + 1)
        answers.append(reader.are_explaining)
    assert answers == [True, True, False]


def test_children_are_read_by_pid_and_their_files_removed_when_they_have_ended(tmp_path: Path) -> None:
    (tmp_path / f"gauges-{PID}.bin").write_bytes(header() + record(0.1))
    child = tmp_path / "gauges-77-1.bin"
    child.write_bytes(header(77) + record(0.2, blocks=7))
    reader, recorder = feed(tmp_path)
    reader.poll(STARTED + 1)
    assert series(recorder, Metric.BLOCKS, pid=77).values == (7.0,)
    recorder.keep_only({PID})
    reader.poll(STARTED + 2)
    assert not child.exists()
    assert (tmp_path / f"gauges-{PID}.bin").exists()
    reader.poll(STARTED + 3)
    assert series(recorder, Metric.BLOCKS, pid=77).values == (7.0,)


def test_a_child_that_was_not_found_yet_keeps_its_file_until_its_first_record(tmp_path: Path) -> None:
    """On a busy machine, half a second may pass between the header and the first record, or until it is found."""
    (tmp_path / f"gauges-{PID}.bin").write_bytes(header() + record(0.1))
    child, ended = tmp_path / "gauges-77.bin", tmp_path / "gauges-78.bin"
    child.write_bytes(header(77))
    ended.write_bytes(header(78))
    reader, recorder = feed(tmp_path, running=(77,))
    reader.poll(STARTED + 1)
    reader.poll(STARTED + 2)
    assert child.exists()
    assert not ended.exists()
    recorder.meet(77, 1.0, "worker", 2.0)
    child.write_bytes(header(77) + record(2.5, blocks=7))
    reader.poll(STARTED + 3)
    assert series(recorder, Metric.BLOCKS, pid=77).values == (7.0,)
    assert recorder.is_probed(77)


def test_the_files_of_a_program_that_replaced_itself_are_read_in_their_order_however_the_folder_lists_them(
    tmp_path: Path,
) -> None:
    names = [f"gauges-{PID}.bin", *(f"gauges-{PID}-{number}.bin" for number in range(1, 12))]
    for at, name in reversed(list(enumerate(names))):
        (tmp_path / name).write_bytes(header(clock_s=STARTED + at) + record(at + 0.25, blocks=at))
    reader, recorder = feed(tmp_path)
    reader.poll(STARTED + 20)
    assert series(recorder, Metric.BLOCKS).values == tuple(range(12))


def test_two_that_call_themselves_by_one_pid_never_make_time_go_back(tmp_path: Path) -> None:
    for name, blocks in ((f"gauges-{PID}.bin", 1), (f"gauges-{PID}-1.bin", 2)):
        (tmp_path / name).write_bytes(header() + record(0.25, blocks=blocks) + record(0.75, blocks=blocks))
    reader, recorder = feed(tmp_path)
    reader.poll(STARTED + 1)
    assert series(recorder, Metric.BLOCKS).t_s == (0.25, 0.75, 0.75)


def test_where_a_launcher_was_started_the_first_process_with_a_probe_is_the_main_one(tmp_path: Path) -> None:
    (tmp_path / "gauges-43.bin").write_bytes(header(43) + record(0.1, seq=2))
    reader, _recorder = feed(tmp_path)
    reader.poll(STARTED + 1)
    assert (reader.main_pid, reader.obeyed_seq) == (43, 2)
    (tmp_path / f"gauges-{PID}.bin").write_bytes(header() + record(0.1))
    reader.poll(STARTED + 2)
    assert reader.main_pid == PID


def test_a_clock_of_another_time_namespace_is_moved(tmp_path: Path) -> None:
    ahead = 1_000_000.0
    (tmp_path / f"gauges-{PID}.bin").write_bytes(header(clock_s=STARTED + ahead) + record(ahead + 0.5))
    reader, recorder = feed(tmp_path)
    reader.poll(STARTED + 2)
    assert series(recorder, Metric.BLOCKS).t_s == pytest.approx((2.5,))


@pytest.mark.parametrize(
    "content",
    [
        header(magic=b"LKGAUGE9") + record(0.1),
        header(size=32) + record(0.1),
        header(pid=1) + record(0.1),
        header(clock_s=math.nan) + record(0.1),
        b"\0" * 1000,
    ],
)
def test_a_file_of_another_form_is_not_read(tmp_path: Path, content: bytes) -> None:
    (tmp_path / f"gauges-{PID}.bin").write_bytes(content)
    reader, recorder = feed(tmp_path)
    assert not reader.poll(STARTED + 1)
    assert len(series(recorder, Metric.BLOCKS)) == 0
    assert reader.complaints() == (
        f"the readings of the probe in process {PID} are damaged; leakgate ignored them from there on",
    )


@pytest.mark.parametrize(
    "bad",
    [
        record(math.nan),
        record(math.inf),
        record(0.05),  # goes back
        record(500.0),  # in the future
        record(0.3, blocks=-2),
        record(0.3, native=2**60),
        record(0.3, tasks=2**62),
    ],
)
def test_a_record_that_cannot_be_true_is_left_out(tmp_path: Path, bad: bytes) -> None:
    (tmp_path / f"gauges-{PID}.bin").write_bytes(header() + record(0.1) + bad + record(0.4))
    reader, recorder = feed(tmp_path)
    reader.poll(STARTED + 1)
    assert series(recorder, Metric.BLOCKS).t_s == pytest.approx((0.1, 0.4))
    assert reader.complaints() == ()


def test_a_huge_file_of_nothing_is_given_up_soon(tmp_path: Path) -> None:
    path = tmp_path / f"gauges-{PID}.bin"
    path.write_bytes(header() + record(0.1))
    os.truncate(path, 10 * 1024**3)
    reader, recorder = feed(tmp_path)
    reader.drain(STARTED + 1)
    assert len(series(recorder, Metric.BLOCKS)) == 1
    assert len(reader.complaints()) == 1


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="no FIFOs here")
def test_what_is_no_plain_file_is_not_read(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "gauges-1.bin")
    (tmp_path / "gauges-2.bin").symlink_to("/dev/zero")
    (tmp_path / "gauges-3.bin").mkdir()
    (tmp_path / "gauges-x.bin").write_bytes(b"")
    reader, _recorder = feed(tmp_path)
    assert not reader.poll(STARTED + 1)
    assert not reader.heard


def test_a_folder_that_is_gone_ends_nothing(tmp_path: Path) -> None:
    reader, _recorder = feed(tmp_path / "gone")
    assert not reader.poll(STARTED + 1)


def test_a_file_that_cannot_be_removed_is_not_read_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "gauges-77.bin").write_bytes(header(77) + record(0.2))
    reader, recorder = feed(tmp_path)
    reader.poll(STARTED + 1)
    recorder.keep_only({PID})

    def refuse(path: Path) -> None:
        raise PermissionError(path)

    # Root may remove everything, so a real refusal is not possible on every machine.
    monkeypatch.setattr(Path, "unlink", refuse)
    reader.poll(STARTED + 2)
    reader.poll(STARTED + 3)
    assert (tmp_path / "gauges-77.bin").exists()


@given(rubbish=st.binary(max_size=2_000), start=st.sampled_from([b"", header()]))
def test_no_content_can_break_the_reader(
    tmp_path_factory: pytest.TempPathFactory, rubbish: bytes, start: bytes
) -> None:
    path = tmp_path_factory.mktemp("feed") / "gauges-42.bin"
    path.write_bytes(start + rubbish)
    times = [t for t, _gauge in GaugeReader(path, PID).read(STARTED, STARTED + 10)]
    assert times == sorted(times)
    assert all(0 <= t <= 11 for t in times)
