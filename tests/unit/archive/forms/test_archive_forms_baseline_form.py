"""The baseline file's text: stable, readable, and refused with line and column if it is invalid."""

import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from leakgate.archive.forms.baseline_form import MOST_BYTES, dump_baseline, parse_baseline, rate_text, size_text
from leakgate.errors import BaselineError
from leakgate.model.baseline import AcceptedLeak, Baseline, BaselineEntry, BaselineState
from leakgate.model.units import parse_rate, parse_size
from leakgate.model.verdict import Verdict
from tests.helpers.model_strategies import TEXTS

KEY = "cpython-3.11-linux-x86_64"
ENTRY = BaselineEntry(
    verdict=Verdict.KNOWN,
    peak_bytes=63_700_000,
    growth_bytes_per_s=84_100.0,
    leaks=(AcceptedLeak(signature="3f9a", bytes_per_s=70_000.0, where="shop/sessions.py:remember"),),
)
BASELINE = Baseline(
    {KEY: {"worker": ENTRY, "api": BaselineEntry(verdict=Verdict.OK, peak_bytes=0, growth_bytes_per_s=0)}}
)
TEXT = dump_baseline(BASELINE)

LEAKS = st.builds(
    AcceptedLeak,
    signature=TEXTS,
    bytes_per_s=st.floats(0, 1e9),
    where=TEXTS,
    blocks_per_call=st.just(0.0) | st.floats(1e-3, 1e9),
    bytes_per_call=st.just(0.0) | st.floats(1, 1e9),
    reason=TEXTS,
    owner=TEXTS,
)
ENTRIES = st.builds(
    BaselineEntry,
    verdict=st.sampled_from([Verdict.OK, Verdict.KNOWN]),
    peak_bytes=st.integers(0, 10**13),
    growth_bytes_per_s=st.floats(0, 1e12),
    leaks=st.lists(LEAKS, max_size=2, unique_by=lambda leak: leak.signature).map(tuple),
)
BASELINES = st.builds(Baseline, st.dictionaries(TEXTS, st.dictionaries(TEXTS, ENTRIES, max_size=2), max_size=2))


def test_the_text_is_sorted_and_has_one_fact_a_line() -> None:
    assert TEXT.splitlines() == [
        "{",
        '  "environments": {',
        f'    "{KEY}": {{',
        '      "api": {',
        '        "growth": "0 B/s",',
        '        "leaks": {},',
        '        "peak": "0 B",',
        '        "verdict": "ok"',
        "      },",
        '      "worker": {',
        '        "growth": "85 KB/s",',
        '        "leaks": {',
        '          "3f9a": {',
        '            "rate": "70 KB/s",',
        '            "where": "shop/sessions.py:remember"',
        "          }",
        "        },",
        '        "peak": "64 MB",',
        '        "verdict": "known"',
        "      }",
        "    }",
        "  },",
        '  "schema": "leakgate.baseline/1"',
        "}",
    ]


@settings(max_examples=100, deadline=None)
@given(BASELINES)
def test_reading_and_writing_again_changes_nothing(baseline: Baseline) -> None:
    text = dump_baseline(baseline)
    assert text.isascii()
    assert dump_baseline(parse_baseline(text, "b.json")) == text


@settings(deadline=None)
@given(st.just(0.0) | st.floats(1e-3, 1e15))
def test_figures_are_rounded_up_and_by_a_tenth_at_most(size: float) -> None:
    shown = parse_size(size_text(size))
    assert size * (1 - 1e-8) <= shown <= max(size * 1.1 + 1, 1)
    assert size_text(shown) == size_text(size)
    assert parse_rate(rate_text(size / 60)) * 60 >= size * (1 - 1e-8)


@pytest.mark.parametrize(
    ("size", "text"),
    [
        (0, "0 B"), (-5, "0 B"), (0.2, "1 B"), (9.4, "10 B"), (999, "1 KB"), (1001, "1.1 KB"),
        (84_000.000000001, "84 KB"), (99e6, "99 MB"), (99.1e6, "100 MB"), (118_700_000, "120 MB"), (2e12, "2000 GB"),
    ],
)  # fmt: skip
def test_sizes_in_two_digits(size: float, text: str) -> None:
    assert size_text(size) == text


def test_any_verdict_but_ok_is_known() -> None:
    leak = BaselineEntry(verdict=Verdict.LEAK, peak_bytes=1, growth_bytes_per_s=1.0)
    assert '"verdict": "known"' in dump_baseline(Baseline({KEY: {"a": leak}}))


def test_entries_are_found_by_environment_and_script() -> None:
    read = parse_baseline(TEXT, "b.json")
    entry = read.entry(KEY, "worker")
    assert entry is not None
    assert (entry.verdict, entry.peak_bytes, entry.growth_bytes_per_s) == (Verdict.KNOWN, 64_000_000, 85_000.0)
    assert entry.leaks == ENTRY.leaks
    assert read.entry(KEY, "other") is None
    assert read.entry("pypy", "worker") is None
    assert (read.state(KEY), read.state("pypy")) == (BaselineState.FOUND, BaselineState.OTHER_ENVIRONMENT)
    assert Baseline().state(KEY) is BaselineState.MISSING
    assert [row[:2] for row in read.rows()] == [(KEY, "api"), (KEY, "worker")]


@pytest.mark.parametrize("unit", ["64MB", "64000 KB", "0.064 GB"])
def test_sizes_may_be_written_by_hand(unit: str) -> None:
    entry = parse_baseline(TEXT.replace("64 MB", unit), "b.json").entry(KEY, "worker")
    assert entry is not None
    assert entry.peak_bytes == 64_000_000


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        (TEXT[292:], "", "b.json:14:31: the text ends too early; the file is truncated"),
        ('/1"\n}', '/1"\n}}', "b.json:24:2: this is not JSON: Extra data"),
        ("},", "}", "b.json:7:9: this is not JSON: Expecting ',' delimiter"),
        ('      "worker"', '<<<<<<< HEAD\n      "worker"', "b.json:10:1: a merge conflict is not resolved here"),
        ('      "worker"', '=======\r\n      "worker"', "b.json:10:1: a merge conflict"),
        ("64 MB", "64 XB", 'b.json:18:9: "peak": should be a size such as "120 MB"'),
        ("64 MB", "64 MB\\n", 'b.json:18:9: "peak": should be a size'),
        ('"64 MB"', "64", 'b.json:18:9: "peak": should be a size'),
        ("64 MB", "9" * 50 + " GB", "is larger than any memory"),
        ("70 KB/s", "70 KB", 'b.json:14:13: "rate": should be a rate such as "84 KB/s"'),
        ('"70 KB/s"', "[]", 'b.json:14:13: "rate": should be a rate'),
        ("known", "leak", "b.json:19:9: \"verdict\": should be 'ok' or 'known'"),
        ('"peak": "0 B",', "", 'b.json:4:7: "peak": is missing'),
        ('"peak": "64 MB"', '"size": "64 MB"', 'b.json:10:7: "peak": is missing'),
        ('"api"', '"worker"', 'b.json:10:7: the key "worker" appears twice in one object'),
        ("baseline/1", "baseline/7", 'b.json:23:3: "schema": is of version 7; this leakgate reads version 1'),
        ("leakgate.b", "other.b", "is not a leakgate.baseline file"),
        ("}\n", "}" + " " * MOST_BYTES, "is larger than 8 MiB"),
    ],
)
def test_what_is_wrong_has_a_place(old: str, new: str, message: str) -> None:
    assert old in TEXT
    with pytest.raises(BaselineError) as caught:
        parse_baseline(TEXT.replace(old, new), "b.json")
    assert message in caught.value.message
    assert caught.value.message.startswith("b.json:")
    assert ("resolve" if "conflict" in message else "version control") in caught.value.hint


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "b.json:1:1: the file is empty"),
        (" \n", "b.json:1:1: the file is empty"),
        ("[]", 'b.json:1:1: "schema": is not a leakgate.baseline file'),
        ("NaN]]", "b.json:1:1: NaN is not a number"),
        ("[" * 100_000, "b.json:1:1: is nested too deeply"),
    ],
)
def test_what_is_no_baseline_at_all_is_refused(text: str, message: str) -> None:
    with pytest.raises(BaselineError) as caught:
        parse_baseline(text, "b.json")
    assert message in caught.value.message


def test_equal_signs_inside_a_line_are_no_conflict() -> None:
    name = "======= <<<<<<< >>>>>>>"
    text = TEXT.replace('"api"', json.dumps(name))
    assert parse_baseline(text, "b.json").entry(KEY, name) is not None
