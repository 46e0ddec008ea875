"""Readings sorted by process."""

from leakgate.measure.recorder import MAX_PROCESSES, Recorder
from leakgate.model.evidence import ProcessRole
from leakgate.model.metrics import Metric


def test_the_main_process_comes_first_and_children_in_the_order_of_their_start() -> None:
    recorder = Recorder(10)
    recorder.meet(30, 3.0, "late", 2.0)
    recorder.meet(20, 2.0, "early", 1.0)
    recorder.meet(10, 1.0, "main", 5.0)
    tracks = recorder.tracks(10)
    assert [(track.pid, track.role) for track in tracks] == [
        (10, ProcessRole.MAIN),
        (20, ProcessRole.CHILD),
        (30, ProcessRole.CHILD),
    ]


def test_a_probe_may_be_heard_before_its_process_is_found() -> None:
    recorder = Recorder(10)
    recorder.mark_probed(20, 0.5)
    recorder.add(20, Metric.BLOCKS, 0.6, 100)
    recorder.meet(20, 7.0, "child" * 100, 1.0)
    (track,) = recorder.tracks(10)
    assert track.probed
    assert track.command.startswith("child")
    assert len(track.command) == 200
    assert (track.first_s, track.last_s) == (0.5, 0.6)
    assert recorder.is_probed(20)


def test_the_last_words_of_a_process_that_has_ended_are_kept() -> None:
    recorder = Recorder(10)
    recorder.meet(20, 7.0, "child", 1.0)
    recorder.keep_only(set())
    assert not recorder.is_living(20)
    recorder.mark_probed(20, 1.1)
    recorder.add(20, Metric.BLOCKS, 1.1, 100, settled=True)
    (track,) = recorder.tracks(10)
    assert track.probed
    assert track.series[0].settled


def test_a_pid_that_is_used_again_is_another_process() -> None:
    recorder = Recorder(10)
    recorder.meet(20, 7.0, "first", 1.0)
    recorder.meet(20, 7.0, "same", 1.5)
    recorder.meet(20, 8.0, "second", 2.0)
    assert [track.command for track in recorder.tracks(10)] == ["first", "second"]


def test_a_process_that_one_search_missed_continues_its_track() -> None:
    recorder = Recorder(10)
    recorder.meet(20, 7.0, "found before", 1.0)
    recorder.mark_probed(20, 1.1)
    recorder.mark_probed(30, 1.4)
    recorder.keep_only(set())
    recorder.meet(20, 7.0, "found before", 2.0)
    recorder.meet(30, 8.0, "heard before", 2.0)
    assert [(track.pid, track.probed) for track in recorder.tracks(10)] == [(20, True), (30, True)]
    assert recorder.is_living(20)
    assert recorder.is_living(30)


def test_a_pid_that_is_used_again_long_after_its_probe_was_heard_is_another_process() -> None:
    recorder = Recorder(10)
    recorder.mark_probed(20, 1.0)
    recorder.keep_only(set())
    recorder.meet(20, 9.0, "second", 60.0)
    assert [track.probed for track in recorder.tracks(10)] == [True, False]


def test_readings_of_strangers_are_left_out() -> None:
    recorder = Recorder(10)
    recorder.add(99, Metric.RSS, 1.0, 1.0)
    assert recorder.tracks(10) == ()
    assert not recorder.is_probed(99)


def test_many_short_lived_processes_make_room_and_the_main_one_stays() -> None:
    recorder = Recorder(10)
    recorder.meet(10, 1.0, "main", 0.0)
    recorder.meet(11, 1.0, "long", 0.0)
    recorder.add(11, Metric.RSS, 100.0, 1.0)
    recorder.keep_only(set())
    for n in range(1000):
        recorder.meet(1000 + n, float(n), "brief", float(n))
        recorder.keep_only(set())
    tracks = recorder.tracks(10)
    assert len(tracks) == MAX_PROCESSES
    assert [track.command for track in tracks[:2]] == ["main", "long"]
    assert recorder.dropped == 1002 - MAX_PROCESSES


def test_when_all_live_the_newest_has_no_track() -> None:
    recorder = Recorder(10)
    for n in range(MAX_PROCESSES + 5):
        recorder.meet(10 + n, 1.0, "", 0.0)
    assert len(recorder.tracks(10)) == MAX_PROCESSES
    assert recorder.is_living(10)
    assert not recorder.is_living(10 + MAX_PROCESSES + 4)


def test_the_tree_has_series_of_its_own() -> None:
    recorder = Recorder(10)
    assert recorder.count(Metric.RSS) == 0
    recorder.add_tree(Metric.RSS, 0.1, 5)
    recorder.add_tree(Metric.RSS, 0.2, 6)
    assert recorder.count(Metric.RSS) == 2
    assert recorder.tree()[0].values == (5.0, 6.0)


def test_another_worker_of_a_pool_answers_for_one_without_a_probe() -> None:
    recorder = Recorder(10)
    for pid, command in ((20, "worker"), (21, "worker"), (22, "other")):
        recorder.meet(pid, float(pid), command, 1.0, parent=10)
        if pid != 20:
            recorder.mark_probed(pid, 1.5)
    assert recorder.stand_in(20) == 21
    assert recorder.stand_in(22) == 22
    recorder.meet(23, 23.0, "stranger", 2.0, parent=10)
    assert recorder.stand_in(23) == 23
    recorder.keep_only({21, 22})
    assert recorder.stand_in(20) == recorder.stand_in(23)
