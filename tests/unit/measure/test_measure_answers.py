"""A probe's answer, and files that a hostile program might write in its place."""

import json
import os
import sys
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from leakgate.measure.answers import read_explanation
from leakgate.model.explain_raw import RawExplanation, RawHolder, RawNativeSite, RawSite, RawType, RawWindow

PID = 42
STARTED = 1_000.0
SITE = {"kind": "site", "frames": [["a.py", 3], ["b.py", 0, "run"]], "bytes": [0, 10], "blocks": [0, 1]}


def answer(path: Path, *entries: object) -> RawExplanation:
    path.write_text("".join(json.dumps(entry) + "\n" for entry in entries))
    raw = read_explanation(path, PID, STARTED)
    assert raw is not None
    return raw


def test_a_whole_answer(tmp_path: Path) -> None:
    raw = answer(
        tmp_path / "x.jsonl",
        {"kind": "header", "version": 1, "pid": PID},
        {
            "kind": "window",
            "t0": 1_005.0,
            "t1": 1_009.0,
            "marks": [1_005.0, 1_009],
            "traced_bytes": [0, 100],
            "traced_blocks": [0, 2],
            "native_bytes": [5, 6],
        },
        SITE,
        {"kind": "native-site", "frames": [["c.py", 7, "f"]], "bytes": 900, "calls": 3, "total": 4},
        {"kind": "type", "name": "app.Thing", "counts": [1, 9], "bytes": 56},
        {
            "kind": "holder",
            "path": "app.CACHE",
            "root": "module app",
            "container_type": "dict",
            "lengths": [1, 9],
            "bound": 100,
            "entry_type": "Thing",
            "writer": ["a.py", 3, "put"],
            "frames": [["a.py", 3, "put"]],
        },
        {"kind": "note", "text": "native memory was not sampled"},
        {"kind": "of the future"},
        {"kind": "end", "pause_s": 0.25},
    )
    assert raw == RawExplanation(
        pid=PID,
        pause_s=0.25,
        window=RawWindow(
            t0_s=5.0,
            t1_s=9.0,
            marks_s=(5.0, 9.0),
            traced_bytes=(0, 100),
            traced_blocks=(0, 2),
            native_bytes=(5, 6),
        ),
        sites=(RawSite(frames=(("a.py", 3, ""), ("b.py", 1, "run")), bytes=(0, 10), blocks=(0, 1)),),
        native_sites=(RawNativeSite(frames=(("c.py", 7, "f"),), bytes=900, calls=3, total=4),),
        types=(RawType(name="app.Thing", counts=(1, 9), bytes=56),),
        holders=(
            RawHolder(
                path="app.CACHE",
                root="module app",
                container_type="dict",
                lengths=(1, 9),
                bound=100,
                entry_type="Thing",
                writer=("a.py", 3, "put"),
                frames=(("a.py", 3, "put"),),
            ),
        ),
        notes=("native memory was not sampled",),
    )


def test_an_answer_that_was_cut_off_gives_what_there_is(tmp_path: Path) -> None:
    path = tmp_path / "x.jsonl"
    path.write_text(json.dumps(SITE) + "\n" + json.dumps(SITE)[:20])
    raw = read_explanation(path, PID, STARTED)
    assert raw is not None
    assert len(raw.sites) == 1
    assert not raw.complete
    assert raw.notes == (f"1 lines of the explanation from process {PID} were not understood",)


@pytest.mark.parametrize(
    "entry",
    [
        [],
        "text",
        {**SITE, "frames": []},
        {**SITE, "frames": [["a.py"]]},
        {**SITE, "frames": [["a.py", -1]]},
        {**SITE, "frames": [["a.py", 2**40]]},
        {**SITE, "frames": [[1, 1]]},
        {**SITE, "frames": {"a.py": 1}},
        {**SITE, "bytes": [1.5, 2]},
        {**SITE, "bytes": [True, 2]},
        {**SITE, "bytes": [2**70, 2]},
        {**SITE, "bytes": [1]},
        {**SITE, "bytes": None},
        {"kind": "window", "t0": 2.0, "t1": 1.0},
        {"kind": "window", "t0": "2", "t1": 3.0},
        {"kind": "window", "t0": float("nan"), "t1": 3.0},
        {"kind": "window", "t0": 1.0, "t1": float("inf")},
        {"kind": "type", "name": None, "counts": []},
        {"kind": "holder"},
        {"kind": "note", "text": 5},
        {"kind": "end", "pause_s": -1},
    ],
)
def test_a_line_that_is_wrong_is_left_out_and_counted(tmp_path: Path, entry: object) -> None:
    raw = answer(tmp_path / "x.jsonl", entry, SITE)
    assert len(raw.sites) == 1
    assert raw.notes == (f"1 lines of the explanation from process {PID} were not understood",)


def test_nesting_without_end_is_a_wrong_line(tmp_path: Path) -> None:
    path = tmp_path / "x.jsonl"
    path.write_text("[" * 200_000 + "\n" + json.dumps(SITE))
    raw = read_explanation(path, PID, STARTED)
    assert raw is not None
    assert len(raw.sites) == 1


def test_numbers_of_entries_marks_frames_and_letters_are_bounded(tmp_path: Path) -> None:
    long = {**SITE, "frames": [["a" * 5_000, 1]] * 500, "bytes": [1] * 5_000, "blocks": [1] * 5_000}
    raw = answer(tmp_path / "x.jsonl", long, *[SITE] * 6_000, *[{"kind": "note", "text": "n"}] * 100)
    assert len(raw.sites) == 5_000
    assert len(raw.notes) == 50
    assert len(raw.sites[0].frames) == 64
    assert len(raw.sites[0].bytes) == 1_000
    assert len(raw.sites[0].frames[0][0]) == 1_000


def test_of_a_huge_file_only_the_beginning_is_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    line = len(json.dumps(SITE)) + 1
    monkeypatch.setattr("leakgate.measure.answers.MAX_BYTES", 10 * line)
    assert len(answer(tmp_path / "x.jsonl", *[SITE] * 100).sites) == 10


@pytest.mark.skipif(sys.platform == "win32", reason="links and FIFOs")
def test_what_is_no_plain_file_is_no_answer(tmp_path: Path) -> None:
    assert read_explanation(tmp_path / "gone", PID, STARTED) is None
    assert read_explanation(tmp_path, PID, STARTED) is None
    (tmp_path / "link").symlink_to("/dev/zero")
    assert read_explanation(tmp_path / "link", PID, STARTED) is None
    os.mkfifo(tmp_path / "fifo")
    assert read_explanation(tmp_path / "fifo", PID, STARTED) is None


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(["frames", "bytes", "t0"]), inner),
    max_leaves=8,
)


@given(
    st.sampled_from(["window", "site", "native-site", "type", "holder", "note", "end", "header"]),
    st.dictionaries(
        st.sampled_from(
            ["t0", "t1", "marks", "frames", "bytes", "blocks", "name", "counts", "text", "pause_s", "path"]
        ),
        JSON,
    ),
)
def test_no_line_can_break_the_reader(
    tmp_path_factory: pytest.TempPathFactory, kind: str, fields: dict[str, object]
) -> None:
    answer(tmp_path_factory.mktemp("explain") / "x.jsonl", {**fields, "kind": kind})
