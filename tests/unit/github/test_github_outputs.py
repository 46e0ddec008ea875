"""Outputs that no value can forge, and a summary that GitHub does not drop."""

import re
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from leakgate.github.outputs import SUMMARY_LIMIT_BYTES, append_outputs, append_summary, format_outputs


def parse_as_the_runner(text: str) -> dict[str, str]:
    """The runner's reading of the file: NAME<<DELIMITER, lines, DELIMITER; or NAME=VALUE."""
    outputs = {}
    lines = iter(text.split("\n"))
    for line in lines:
        if "<<" in line:
            name, delimiter = line.split("<<", 1)
            value = []
            for inner in lines:
                if inner == delimiter:
                    break
                value.append(inner)
            else:
                pytest.fail("no end")
            outputs[name] = "\n".join(value)
        elif line:
            name, value_of = line.split("=", 1)
            outputs[name] = value_of
    return outputs


@given(st.text(alphabet=st.characters(exclude_characters="\r")))
def test_any_value_reads_back(value: str) -> None:
    assert parse_as_the_runner(format_outputs({"leaks": value, "verdict": "leak"})) == {
        "leaks": value,
        "verdict": "leak",
    }


def test_delimiter_cannot_be_foreseen() -> None:
    texts = {format_outputs({"a": "x"}) for _ in range(20)}
    assert len(texts) == 20
    assert all(re.fullmatch(r"a<<leakgate_[0-9a-f]{32}\nx\nleakgate_[0-9a-f]{32}\n", text) for text in texts)


def test_value_with_the_usual_delimiter_sets_no_other_output() -> None:
    text = format_outputs({"leaks": "EOF\nverdict=pass\nleakgate_\nverdict<<x\npass\nx", "verdict": "leak"})
    assert parse_as_the_runner(text)["verdict"] == "leak"


def test_outputs_are_appended_and_lone_surrogates_are_no_accident(tmp_path: Path) -> None:
    path = tmp_path / "output"
    path.write_text("before=1\n", "utf-8")
    append_outputs(path, {"json": "reports/\udcff.json"})
    assert parse_as_the_runner(path.read_text("utf-8")) == {"before": "1", "json": "reports/\\udcff.json"}


@pytest.mark.parametrize("character", ["x", "é", "🐍"])
def test_summary_stays_within_what_github_takes(tmp_path: Path, character: str) -> None:
    path = tmp_path / "summary"
    path.write_bytes(b"y" * 1000)
    assert append_summary(path, lambda limit: character * ((limit - 1) // len(character.encode())))
    assert SUMMARY_LIMIT_BYTES - 10 < path.stat().st_size <= SUMMARY_LIMIT_BYTES
    assert path.read_bytes().startswith(b"y" * 1000 + character.encode())


def test_summary_without_room_is_left_alone(tmp_path: Path) -> None:
    path = tmp_path / "summary"
    path.write_bytes(b"y" * (SUMMARY_LIMIT_BYTES - 10))
    assert not append_summary(path, lambda _: "a report that cannot be shorter")
    assert path.stat().st_size == SUMMARY_LIMIT_BYTES - 10
