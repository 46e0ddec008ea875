"""Streams of any length in files of bounded size."""

import os
import threading
from pathlib import Path

from hypothesis import given
from hypothesis import strategies as st
from pytest import TempPathFactory  # noqa: PT013 - in a signature only

from leakgate.measure.output import BoundedLog, pump, read_tail


@given(
    chunks=st.lists(st.binary(min_size=1, max_size=40), max_size=30), head=st.integers(0, 60), tail=st.integers(1, 60)
)
def test_both_ends_are_kept_and_what_is_missing_is_counted(
    tmp_path_factory: TempPathFactory, chunks: list[bytes], head: int, tail: int
) -> None:
    path = tmp_path_factory.mktemp("log") / "log"
    log = BoundedLog(path, head, tail)
    for chunk in chunks:
        log.write(chunk)
    log.close()
    whole, kept = b"".join(chunks), path.read_bytes()
    if b"[leakgate left out " not in kept:
        assert kept == whole
    else:
        start, _, rest = kept.partition(b"\n[leakgate left out ")
        count, _, end = rest.partition(b" bytes here]\n")
        assert start == whole[:head]
        assert whole.endswith(end)
        assert len(end) >= tail
        assert len(start) + int(count) + len(end) == len(whole)
    assert len(kept) <= head + tail + 40 + 60


def test_a_pump_reads_to_the_end_and_closes(tmp_path: Path) -> None:
    source, sink = os.pipe()
    pumping = threading.Thread(target=pump, args=(source, BoundedLog(tmp_path / "log")))
    pumping.start()
    for n in range(100):
        os.write(sink, b"%d\n" % n)
    os.close(sink)
    pumping.join(120)
    assert read_tail(tmp_path / "log", lines=2) == "98\n99"


def test_where_nothing_can_be_written_the_writer_does_not_notice(tmp_path: Path) -> None:
    log = BoundedLog(tmp_path / "no" / "folder", 5, 5)
    log.write(b"0123456789" * 3)
    log.close()


def test_a_full_disk_loses_output_only() -> None:
    log = BoundedLog(Path("/dev/full"), 5, 5)
    log.write(b"0123456789" * 3)
    log.close()


def test_the_tail_of_a_long_or_strange_file_is_short(tmp_path: Path) -> None:
    path = tmp_path / "log"
    path.write_bytes(b"\xff\xfe" * 50_000 + b"\nlast")
    tail = read_tail(path)
    assert tail.endswith("\nlast")
    assert len(tail) <= 16_384
    assert read_tail(tmp_path / "gone") == ""
