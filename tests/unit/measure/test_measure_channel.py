"""Commands, byte for byte, and the folder they are in."""

import struct
import sys
from pathlib import Path

import pytest

from leakgate.measure.channel import Channel, open_channel
from leakgate.model.step import ExplainPlan


def command(channel: Channel) -> tuple[int, ...]:
    return struct.unpack("<IIIIdQ", (channel.folder / "commands.bin").read_bytes())


def test_commands_are_numbered_and_rewritten_in_place() -> None:
    with open_channel() as channel:
        assert command(channel) == (0, 0, 0, 0, 0.0, 0)
        assert channel.collect() == 1
        assert command(channel) == (1, 1, 0, 0, 0.0, 0)
        assert channel.explain(ExplainPlan(window_s=2.5), 42) == 2
        assert command(channel) == (2, 2, 7, 42, 2.5, 0)
        channel.explain(ExplainPlan(window_s=2.5, blocks_per_s=699.8), 42)
        assert command(channel) == (3, 2, 7, 42, 2.5, 700)


@pytest.mark.parametrize(
    ("plan", "bits", "pid"),
    [
        (ExplainPlan(window_s=1, trace=False), 6, 42),
        (ExplainPlan(window_s=1, native=False, pids=(7,)), 5, 7),
        (ExplainPlan(window_s=1, holders=False, pids=(7, 8)), 3, 0),
        (ExplainPlan(window_s=1, resources=True, quick=True), 31, 42),
    ],
)
def test_what_is_to_be_explained_and_by_whom(plan: ExplainPlan, bits: int, pid: int) -> None:
    with open_channel() as channel:
        channel.explain(plan, 42)
        assert command(channel)[2:4] == (bits, pid)
        assert channel.answer(7, 1).name == "explain-7-1.jsonl"


@pytest.mark.skipif(sys.platform == "win32", reason="modes and links")
def test_the_folder_is_private_and_goes_whatever_happens() -> None:
    folders = []

    def fail() -> None:
        with open_channel() as channel:
            folders.append(channel.folder)
            assert channel.folder.stat().st_mode & 0o777 == 0o700
            assert (channel.folder / "commands.bin").stat().st_mode & 0o777 == 0o600
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        fail()
    assert not folders[0].exists()


@pytest.mark.skipif(sys.platform == "win32", reason="links")
def test_a_link_in_place_of_the_commands_leads_nowhere(tmp_path: Path) -> None:
    victim = tmp_path / "victim"
    victim.write_text("precious")
    with open_channel() as channel:
        (channel.folder / "commands.bin").unlink()
        (channel.folder / "commands.bin").symlink_to(victim)
        channel.collect()
    assert victim.read_text() == "precious"


def test_complaints_of_probes_are_short() -> None:
    with open_channel() as channel:
        for n in range(20):
            (channel.folder / f"error-{n:02}.txt").write_text("no room" + "!" * 10_000 + "\nmore\n")
        (channel.folder / "error-00.txt").write_bytes(b"")
        (channel.folder / "error-01.txt").unlink()
        (channel.folder / "error-01.txt").mkdir()
        (channel.folder / "error-02.txt").unlink()
        (channel.folder / "error-02.txt").symlink_to("/dev/zero")
        complaints = channel.complaints()
    assert len(complaints) == 5
    assert all(one.startswith("the probe reported a problem: no room!") and len(one) < 2_100 for one in complaints)
