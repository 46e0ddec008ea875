"""A session's texts: exact both ways; damaged or forged ones are refused with file, line and field."""

import json
from collections.abc import Callable
from dataclasses import replace
from datetime import date

import pytest
from hypothesis import HealthCheck, given, settings

from leakgate.archive.forms.json_lines import load_lines
from leakgate.archive.forms.json_text import UnreadableError
from leakgate.archive.forms.recording_form import EVIDENCE_LINES
from leakgate.archive.forms.session_form import SessionTexts, dump_session, is_session, load_session
from leakgate.errors import SessionError
from leakgate.model.session_record import Session
from leakgate.model.suppression import Suppression, SuppressionSubject
from tests.helpers.model_strategies import values
from tests.helpers.reports import KINDS, leaky_python, sample_report

SUPPRESSION = Suppression(
    subject=SuppressionSubject.SITE, pattern="*", reason="upstream", expires=date(2026, 12, 31), owner="ada"
)


def session() -> Session:
    result = leaky_python()
    measurement = replace(result.measurement, stdout_path="", stderr_path="")
    return Session(target=result.target, measurement=measurement, root="/home/ada/shop", suppressions=(SUPPRESSION,))


@settings(max_examples=100, deadline=None, suppress_health_check=list(HealthCheck))
@given(values(Session))
def test_every_session_reads_back_exactly(one: Session) -> None:
    texts = dump_session(one)
    assert load_session(texts, "s") == one
    assert all(text.isascii() for text in (texts.meta, texts.history, texts.evidence, texts.snapshot or ""))


@pytest.mark.parametrize("kind", KINDS)
def test_every_sample_reads_back(kind: str) -> None:
    for result in sample_report(kind).results[:3]:
        one = Session(
            target=result.target,
            measurement=replace(result.measurement, stdout_path="", stderr_path=""),
            baseline=result.baseline,
        )
        assert load_session(dump_session(one), "s") == one


def test_readings_are_one_line_a_series_with_short_numbers() -> None:
    lines = dump_session(session()).evidence.splitlines()
    assert [json.loads(line)["kind"] for line in lines] == [
        *("header", "series", "series", "series", "process", "series", "series", "series", "end")
    ]
    assert lines[1].startswith('{"kind":"series","t_s":[0,0.1,0.2,0.3,')
    assert ".0," not in lines[1]


def changed(texts: SessionTexts, part: str, old: str, new: str) -> SessionTexts:
    text = getattr(texts, part)
    assert old in text
    return replace(texts, **{part: text.replace(old, new, 1)})


@pytest.mark.parametrize(
    ("part", "old", "new", "message"),
    [
        (
            "meta",
            "leakgate.session/1",
            "leakgate.session/2",
            "s/session.json: $.schema: is of version 2; this leakgate",
        ),
        ("meta", '"name": "worker",', "", "s/session.json: $.name: is missing"),
        ("meta", '"name": "worker"', '"name": 5', "s/session.json: $.name: should be a string"),
        ("meta", '"explained": true', '"explained": false', "s/session.json: $.watched.explained: does not agree"),
        ("meta", '"failure": null', '"failure": {}', "s/session.json: $.failure.reason: is missing"),
        ("meta", '"kind": "path"', '"kind": "paths"', "s/session.json: $.target.entry: unknown kind of target 'paths'"),
        ("meta", '"expires": "2026-12-31"', '"expires": "soon"', "$.suppressions[0].expires: Invalid isoformat"),
        ("meta", '"started_at": "2026-03-02', '"started_at": "2026-13-02', "s/session.json: month must be in 1..12"),
        ("meta", '"tolerance": 0.25', '"tolerance": 1e999', "$.target.tolerance: should be"),
        ("meta", "{", "[" * 100_000, "s/session.json: is nested too deeply"),
        ("meta", "\n}", "", "the text ends too early"),
        (
            "history",
            '"t_s": [0',
            '"t_s": [0.05',
            "s/rss_history.json: does not agree with the readings in evidence.jsonl",
        ),
        ("history", '"t_s"', '"times"', "s/rss_history.json: $.t_s: is missing"),
        ("evidence", "\n", "\n\n", "s/evidence.jsonl:2:1: the text ends too early"),
        ("evidence", '"kind":"header"', '"kind":"head"', "s/evidence.jsonl:1: $.kind: the header should be the first"),
        ("evidence", "leakgate.session/1", "leakgate.session/9", "s/evidence.jsonl:1: $.schema: is of version 9"),
        (
            "evidence",
            '"kind":"series"',
            '"kind":"header"',
            "s/evidence.jsonl:2: $.kind: the header should be the first",
        ),
        (
            "evidence",
            '"kind":"series"',
            '"kind":"cereal"',
            's/evidence.jsonl:2: $.kind: no such kind of line: "cereal"',
        ),
        ("evidence", '"kind":"series"', '"kind":[1]', "s/evidence.jsonl:2: $.kind: no such kind of line: list"),
        ("evidence", '"settled":false', '"settled":0', "s/evidence.jsonl:2: $.settled: should be a valid boolean"),
        ("evidence", '"t_s":[0', '"t_s":[null', "s/evidence.jsonl:2: $.t_s[0]: should be a valid number"),
        ("evidence", '"t_s":[0', '"t_s":[NaN', "s/evidence.jsonl:2: NaN is not a number"),
        ("evidence", '"t_s":[0', '"t_s":[1e400', "s/evidence.jsonl:2: $.t_s[0]: should be"),
        ("evidence", '"t_s":[0', '"t_s":[5,0', "s/evidence.jsonl:2: $: 302 times for 301 values"),
        ("evidence", '"process":0', '"process":1', "s/evidence.jsonl:6: $.process: no such process before this line"),
        ("evidence", '{"kind":"end","lines":8}\n', "", "s/evidence.jsonl:8: the end is missing; the file is truncated"),
        ("evidence", '"lines":8}\n', '"lines":8}', "s/evidence.jsonl:9: the last line is not complete"),
        ("evidence", '"lines":8}', '"lines":7}', "s/evidence.jsonl:9: the number in the end line does not match"),
        (
            "evidence",
            '{"kind":"end","lines":8}\n',
            '{"kind":"end","lines":8}\n' * 2,
            "s/evidence.jsonl:9: the number in the end",
        ),
        ("evidence", '{"kind":"end","lines":8}', "[]", "s/evidence.jsonl:9: should be an object"),
        ("snapshot", '"share":', '"part":', "s/snapshots/explanation.pytrace:2: $.site.share: is missing"),
    ],
)
def test_what_is_wrong_has_file_line_and_field(part: str, old: str, new: str, message: str) -> None:
    with pytest.raises(SessionError) as caught:
        load_session(changed(dump_session(session()), part, old, new), "s")
    assert message.replace(": $: ", ": ") in caught.value.message
    assert caught.value.hint


def test_a_snapshot_must_be_there_as_the_session_says() -> None:
    texts = dump_session(session())
    with pytest.raises(SessionError, match="does not agree with whether there is"):
        load_session(replace(texts, snapshot=None), "s")
    failed = sample_report("error").results[0]
    bare = dump_session(Session(target=failed.target, measurement=failed.measurement))
    with pytest.raises(SessionError, match="does not agree with whether there is"):
        load_session(replace(bare, snapshot=texts.snapshot), "s")


def test_a_script_either_left_evidence_or_failed() -> None:
    texts = dump_session(session())
    neither = json.loads(texts.meta) | {"watched": None}
    with pytest.raises(SessionError, match=r"session\.json: should have either watched or failure"):
        load_session(replace(texts, meta=json.dumps(neither)), "s")


def test_a_file_of_lines_is_bounded() -> None:
    with pytest.raises(UnreadableError, match="larger than 0 MiB"):
        load_lines("{}\n{}\n", "leakgate.session", 1, EVIDENCE_LINES, 3)


def test_an_empty_file_of_lines_is_refused() -> None:
    with pytest.raises(SessionError, match="the last line is not complete"):
        load_session(replace(dump_session(session()), evidence=""), "s")


@pytest.mark.parametrize(
    ("change", "answer"),
    [
        (lambda meta: meta, True),
        (lambda meta: meta.replace("session/1", "session/99"), True),
        (lambda meta: meta.replace("leakgate.session/1", "other"), False),
        (lambda meta: meta[:-3], False),
        (lambda meta: f"[{meta}]", False),
        (lambda meta: meta.replace('"leakgate.session/1"', "1"), False),
    ],
)
def test_a_session_of_any_version_is_told_from_other_files(change: Callable[[str], str], *, answer: bool) -> None:
    assert is_session(change(dump_session(session()).meta)) is answer
