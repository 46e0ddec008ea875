"""Sizes, rates and durations: text to number and back."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from leakgate.model.units import (
    format_change,
    format_count,
    format_duration,
    format_rate,
    format_size,
    parse_duration,
    parse_rate,
    parse_size,
)


@pytest.mark.parametrize(
    ("text", "size_bytes"),
    [
        (0, 0),
        (1024, 1024),
        ("17", 17),
        ("17B", 17),
        ("256KB", 256_000),
        ("1.5 MiB", 1_572_864),
        (" 20MB ", 20_000_000),
        ("1GB", 1_000_000_000),
        ("1KiB", 1024),
        ("1GiB", 1_073_741_824),
        ("0.4B", 0),
        ("0.6B", 1),
    ],
)
def test_sizes(text: str | int, size_bytes: int) -> None:
    assert parse_size(text) == size_bytes


@pytest.mark.parametrize(
    "text", ["", "MB", "20mb", "20 TB", "-1MB", -1, "1,5MB", "1e3", "\u0661MB", "1MB/s", "1 2MB", "1.MB", ".5MB"]
)
def test_what_is_no_size(text: str | int) -> None:
    with pytest.raises(ValueError, match="is not a size; write a number and one of B KB MB GB KiB MiB GiB"):
        parse_size(text)


def test_a_size_has_a_bound() -> None:
    with pytest.raises(ValueError, match="larger than any memory"):
        parse_size("99999999999GB")


@pytest.mark.parametrize(
    ("text", "bytes_per_s"), [("1KB/s", 1000.0), ("60KB/min", 1000.0), ("3600 KB / h", 1000.0), (" 60/min ", 1.0)]
)
def test_rates(text: str, bytes_per_s: float) -> None:
    assert parse_rate(text) == bytes_per_s


@pytest.mark.parametrize("text", ["1KB", "1KB/day", "/s", "1KB//s", "1KB/", "x/s", "1KB/S"])
def test_what_is_no_rate(text: str) -> None:
    with pytest.raises(ValueError, match="is not a"):
        parse_rate(text)


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("250ms", 0.25),
        ("30s", 30.0),
        ("5m", 300.0),
        ("1h", 3600.0),
        ("12", 12.0),
        (12, 12.0),
        (0.5, 0.5),
        (" 1.5 m ", 90.0),
    ],
)
def test_durations(text: str | float, seconds: float) -> None:
    assert parse_duration(text) == pytest.approx(seconds)


@pytest.mark.parametrize("text", ["", "s", "30 sec", "1:30", "-5s", -5, "1d", "5M", float("nan"), float("inf")])
def test_what_is_no_duration(text: str | float) -> None:
    with pytest.raises(ValueError, match="is not a duration; write a number and ms, s, m or h"):
        parse_duration(text)


def test_a_duration_has_a_bound() -> None:
    with pytest.raises(ValueError, match="longer than 30 days"):
        parse_duration("721h")


@pytest.mark.parametrize(
    ("size_bytes", "text"),
    [
        (0, "0 B"),
        (0.4, "0 B"),
        (999, "999 B"),
        (999.6, "1.00 KB"),
        (1000, "1.00 KB"),
        (9_996, "10.0 KB"),
        (12_340, "12.3 KB"),
        (99_960, "100 KB"),
        (999_499, "999 KB"),
        (999_500, "1.00 MB"),
        (1_250_000, "1.25 MB"),
        (-300, "-300 B"),
        (-1_250_000, "-1.25 MB"),
        (2_500_000_000, "2.50 GB"),
        (1e15, "1000000 GB"),
    ],
)
def test_sizes_for_people(size_bytes: float, text: str) -> None:
    assert format_size(size_bytes) == text


@pytest.mark.parametrize(
    ("size_bytes", "text"), [(1_250_000, "+1.25 MB"), (-300, "-300 B"), (0, "0 B"), (0.2, "0 B"), (-0.2, "0 B")]
)
def test_changes_have_a_sign(size_bytes: float, text: str) -> None:
    assert format_change(size_bytes) == text


def test_rates_for_people() -> None:
    assert format_rate(84_000) == "+84.0 KB/s"
    assert format_rate(1000, "min") == "+60.0 KB/min"
    assert format_rate(-1000, "h") == "-3.60 MB/h"


@pytest.mark.parametrize(
    ("seconds", "text"),
    [
        (0, "0 ms"),
        (0.85, "850 ms"),
        (12.34, "12.3 s"),
        (59.94, "59.9 s"),
        (59.96, "1 m 00 s"),
        (125, "2 m 05 s"),
        (3599.6, "1 h 00 m"),
        (3720, "1 h 02 m"),
        (90_000, "25 h 00 m"),
    ],
)
def test_durations_for_people(seconds: float, text: str) -> None:
    assert format_duration(seconds) == text


def test_counts_for_people() -> None:
    assert format_count(12_345.4) == "12,345"


@given(st.integers(0, 10**15))
def test_a_size_for_people_reads_back_within_its_figures(size_bytes: int) -> None:
    assert parse_size(format_size(size_bytes)) == pytest.approx(size_bytes, rel=0.0051, abs=0.5)
