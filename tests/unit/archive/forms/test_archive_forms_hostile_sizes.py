"""Texts that would need too much memory are refused before any value is made from them."""

import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from pydantic import ValidationError

from leakgate.archive.foreign_files import read_text
from leakgate.archive.forms import baseline_form, json_lines
from leakgate.archive.forms.baseline_form import parse_baseline
from leakgate.archive.forms.form_fields import Form
from leakgate.archive.forms.json_lines import load_lines
from leakgate.archive.forms.json_text import MOST_KEYS, UnreadableError, parse, validate
from leakgate.archive.forms.recording_form import EVIDENCE_LINES
from leakgate.archive.forms.results_form import MOST_BYTES, ResultsForm, dump_results
from leakgate.archive.read_results import read_results
from leakgate.archive.write_session import write_session
from leakgate.errors import BaselineError, SessionError
from leakgate.model.session_record import Session
from tests.helpers import reports

_READS = r"""
import re, sys
from pathlib import Path
from leakgate.archive.read_session import load_any
from leakgate.errors import SessionError
try:
    load_any(Path(sys.argv[1]))
except SessionError as error:
    # The peak in getrusage is that of the parent, if that is larger.
    print(re.search(r"VmHWM:\s+([0-9]+)", Path("/proc/self/status").read_text())[1], error.message)
"""
_START = '{"schema": "leakgate.results/1", "scripts": ['


@pytest.mark.parametrize(
    "values",
    ["[]," * 1_200_000 + "1", "{}," * 600_000 + "1", "1," * 4_000_000 + "1", '"",' * 2_000_000 + "1"],
    ids=["lists", "objects", "numbers", "strings"],
)
def test_more_values_than_fit_into_memory_are_refused(values: str) -> None:
    with pytest.raises(UnreadableError, match=r"has values for [1-9]\d+(\.\d)? MB of memory; at most 101 MB are read"):
        parse(f"[{values}]", MOST_BYTES)


def test_results_of_hundreds_of_scripts_are_far_below_the_limit() -> None:
    text = dump_results(reports.many(10))
    with pytest.raises(UnreadableError) as refused:
        parse(text, MOST_BYTES, most_memory_bytes=0)
    megabytes = float(refused.value.message.partition(" MB")[0].rpartition(" ")[2])
    assert megabytes < 101 / 25  # of 250 scripts with all their readings


def test_objects_with_very_many_keys_are_refused() -> None:
    one = ",".join(f'"{number}": 0' for number in range(MOST_KEYS + 1))
    with pytest.raises(UnreadableError, match=r"an object has more than 1,000 keys"):
        parse(f"{{{one}}}", MOST_BYTES)
    apart = ",".join(f'"{number}": {{}}' for number in range(MOST_KEYS + 1))
    with pytest.raises(UnreadableError, match=r"an object has more than 1,000 keys"):
        parse(f"{{{apart}}}", MOST_BYTES)
    quoted = json.dumps({"text": '{"a": ' * 5_000 + '"b":' * 5_000, "more": ["x"] * 5_000})
    assert set(parse(quoted, MOST_BYTES)) == {"text", "more"}
    many = ",".join(f'{{"{number}": 0}}' for number in range(50_001))
    with pytest.raises(UnreadableError, match=r"or all objects together too many"):
        parse(f"[{many}]", MOST_BYTES)


def _stay_unread(monkeypatch: pytest.MonkeyPatch) -> None:
    def unread(*_: object, **__: object) -> None:
        raise AssertionError("the text was parsed")

    monkeypatch.setattr(json, "loads", unread)


@pytest.mark.parametrize(
    "member",
    [
        '"{}": 0',
        '"{}\\\\": 0',
        '"{}\\"}}": 0',
        '"{}": "}}"',
        '"{}"\n:0',
        '"a{0}": 0, "{0}": {{}}',
        '"{}": [[{{"a": 0}}]]',
    ],
    ids=[
        "flat",
        "backslash",
        "quote and brace",
        "brace in a value",
        "line feed",
        "objects between",
        "objects in lists",
    ],
)
def test_the_keys_of_a_large_object_are_counted_before_it_is_read(member: str, monkeypatch: pytest.MonkeyPatch) -> None:
    most = 20_000
    fill = f'"fill": "{"x" * 1_000_000}"'
    allowed = ",".join(member.format(number) for number in range(most // 2 - 1))
    # Of the last but one member, each object has two keys.
    assert parse(f"{{{fill},{allowed}}}", MOST_BYTES, most_keys=most)["fill"]
    _stay_unread(monkeypatch)
    more = ",".join(member.format(number) for number in range(most))
    for text in (f"{{{fill},{more}}}", f'[{{"a": {{{fill},{more}}}}}]', f'{{"a": {{}}, {fill}, {more}'):
        with pytest.raises(UnreadableError, match=r"an object has more than 20,000 keys"):
            parse(text, MOST_BYTES, most_keys=most)


@pytest.mark.parametrize("text", ["\\ud83d\\ude00{}", "{}\\ud83d\\ude00"], ids=["first", "last"])
def test_a_long_string_with_a_wide_character_is_refused_before_it_is_read(
    text: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert len(parse(f'["{text.format("a" * 1_000_000)}"]', MOST_BYTES)[0]) == 1_000_001
    _stay_unread(monkeypatch)
    with pytest.raises(UnreadableError, match=r"has values for 125 MB of memory"):
        parse(f'["{text.format("a" * 25_000_000)}"]', MOST_BYTES)


def test_a_string_that_does_not_end_is_looked_at_once() -> None:
    text = '{"a": "' + '\\"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa' * 100_000  # for each of the quotes: 70 GB of signs
    with pytest.raises(UnreadableError, match="the text ends too early"):
        parse(text, MOST_BYTES)


def test_the_first_wrong_item_of_a_list_ends_its_validation() -> None:
    with pytest.raises(ValidationError) as one:
        ResultsForm.model_validate({"scripts": [{}]})
    with pytest.raises(ValidationError) as thousand:
        ResultsForm.model_validate({"scripts": [{}] * 1_000})
    assert thousand.value.error_count() == one.value.error_count()


def test_the_first_wrong_entry_of_a_baseline_ends_its_validation(monkeypatch: pytest.MonkeyPatch) -> None:
    entries = ", ".join(f'"s{number}": {{}}' for number in range(1_000))
    text = f'{{"schema": "leakgate.baseline/1", "environments": {{"here": {{{entries}}}}}}}'
    seen: list[object] = []

    def noted(form: type[Form], value: object) -> Form:
        seen.append(value)
        return validate(form, value)

    monkeypatch.setattr(baseline_form, "validate", noted)
    with pytest.raises(BaselineError, match=r"b.json:1:\d+: \"growth\": is missing"):
        parse_baseline(text, "b.json")
    assert seen == [{}]


def test_a_file_of_empty_lines_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(json_lines, "MOST_LINES", 100)
    with pytest.raises(UnreadableError, match="has more than 100 lines"):
        load_lines("\n" * 101, "leakgate.session", 1, EVIDENCE_LINES, 1_000)


@pytest.mark.parametrize("read", [lambda path: read_text(path, MOST_BYTES), read_results], ids=["session", "results"])
def test_long_texts_have_to_be_ascii(tmp_path: Path, read: Callable[[Path], object]) -> None:
    path = tmp_path / "results.json"
    path.write_text(f"{_START}{'a' * (MOST_BYTES // 4)}\N{LADY BEETLE}", "utf-8")
    with pytest.raises(SessionError, match=r"more than the 8,388,608 that are read of a text that is not ASCII"):
        read(path)


_TWO_KEYS = ",".join(f'"{number}": {{}}, "a{number}": 0' for number in range(200_000))
_NUMBERS = "0.5," * 2_100_000
_LONG = 31 * 1024 * 1024
_COSTLY = {
    "numbers and a string": f'{_START}{_NUMBERS}"{"a" * (_LONG - len(_NUMBERS))}"]}}',
    "keys between objects": f"{{{_TWO_KEYS}}}",
    "a wide character": f'{_START}"{"a" * _LONG}\\ud83d\\ude00"]}}',
}


@pytest.mark.skipif(sys.platform != "linux", reason="reads /proc")
@pytest.mark.parametrize("kind", _COSTLY)
def test_a_refused_file_needs_less_than_200_mb(kind: str, tmp_path: Path) -> None:
    path = tmp_path / "results.json"
    path.write_text(_COSTLY[kind], "ascii")
    done = subprocess.run([sys.executable, "-c", _READS, path], capture_output=True, text=True, check=True)
    most_kb, _, message = done.stdout.partition(" ")
    assert message
    assert int(most_kb) < 200_000


def _large_session(folder: Path, last: str, history: str) -> Path:
    """Write a session with 60 MB of readings, then ``last`` lines. ``history``: a reading that only its history has."""
    result = reports.leaky_python("worker")
    place = write_session(folder, Session(target=result.target, measurement=result.measurement))
    *lines, _ = (place / "evidence.jsonl").read_text("ascii").splitlines()
    times = ",".join(f"{number / 100:.2f}" for number in range(60_000))
    series = f'{{"kind":"series","process":0,"metric":"blocks","settled":true,"t_s":[{times}],"values":[{times}]}}'
    lines += [*[series] * 75, *last.splitlines()]
    end = json.dumps({"kind": "end", "lines": len(lines)})
    (place / "evidence.jsonl").write_text("\n".join((*lines, end, "")), "ascii")
    other = place / "rss_history.json"
    text = other.read_text("ascii")
    for name in ("t_s", "rss_bytes"):
        text = text.replace(f'"{name}": [', f'"{name}": [{history}', 1)
    other.write_text(text, "ascii")
    return place


_TEST = (
    '{"kind":"test","id":"t","outcome":"passed","text":"","file":"t.py","line":1,"plain_s":1.0,"confirmed":null,'
    '"explanation":null,"calls":0,"budget":"","first":{"answer":"ok","count":4000,"stopped":"time","seconds":1.0,'
    '"failure":"","caches":[],"readings":{"blocks":[1,0,3999],"native":[1,0,3999]}}}\n'
)


@pytest.mark.skipif(sys.platform != "linux", reason="reads /proc")
@pytest.mark.parametrize(
    ("last", "history", "refused"),
    [
        ('{"kind":"series"}', "", "is missing"),
        ("", "0,", "does not agree with the readings"),
        (_TEST * 1_300, "", "tests with more than 10,000,000 readings"),
    ],
    ids=["last line", "history", "packed readings"],
)
def test_a_large_session_that_is_refused_needs_less_than_200_mb(
    last: str, history: str, refused: str, tmp_path: Path
) -> None:
    place = _large_session(tmp_path, last, history)
    done = subprocess.run([sys.executable, "-c", _READS, place], capture_output=True, text=True, check=True)
    most_kb, _, message = done.stdout.partition(" ")
    assert refused in message
    assert int(most_kb) < 200_000
