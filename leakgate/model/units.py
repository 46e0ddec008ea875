"""Sizes, rates and durations: how users write them and how leakgate shows them.

Converts text to numbers and back, without I/O. No other module knows the units of the config file.
"""

import re
from typing import Final

SIZE_UNITS: Final[dict[str, int]] = {
    "B": 1,
    "KB": 1000,
    "MB": 1000**2,
    "GB": 1000**3,
    "KiB": 1024,
    "MiB": 1024**2,
    "GiB": 1024**3,
}
RATE_PERIODS: Final[dict[str, int]] = {"s": 1, "min": 60, "h": 3600}
DURATION_UNITS: Final[dict[str, float]] = {"ms": 0.001, "s": 1.0, "m": 60.0, "h": 3600.0}

ITERATION_WORDS: Final = ("iteration", "request", "call", "test", "run")
"""The words that the config accepts for one iteration."""

_NUMBER = r"(?P<number>[0-9]+(?:\.[0-9]+)?)"
_SIZE = re.compile(rf"{_NUMBER}\s*(?P<unit>[A-Za-z]+)?")
_RATE = re.compile(r"(?P<size>[^/]+)/\s*(?P<period>[a-z]+)")
_DURATION = re.compile(rf"{_NUMBER}\s*(?P<unit>[a-z]+)?")
_LARGEST_BYTES: Final = 2**63 - 1
_LONGEST_S: Final = 30 * 24 * 3600.0


def parse_size(text: str | int) -> int:
    """Bytes of a size such as ``256KB``, ``1.5 MiB`` or a plain integer of bytes.

    Raises ValueError with a sentence for the user.
    """
    if isinstance(text, int):
        text = str(text)
    match = _SIZE.fullmatch(text.strip())
    unit = (match["unit"] or "B") if match else ""
    if match is None or unit not in SIZE_UNITS:
        names = " ".join(SIZE_UNITS)
        raise ValueError(f"{text!r} is not a size; write a number and one of {names}, such as 20MB")
    value = float(match["number"]) * SIZE_UNITS[unit]
    if value > _LARGEST_BYTES:
        raise ValueError(f"{text!r} is larger than any memory")
    return round(value)


def parse_rate(text: str) -> float:
    """Bytes per second of a rate such as ``256KB/min``. Raises ValueError for the user."""
    match = _RATE.fullmatch(text.strip())
    if match is None or match["period"] not in RATE_PERIODS:
        raise ValueError(f"{text!r} is not a rate; write a size and /s, /min or /h, such as 256KB/min")
    return parse_size(match["size"]) / RATE_PERIODS[match["period"]]


def parse_per_iteration(text: str) -> float:
    """Bytes with every request or call, such as ``64B/request``. Raises ValueError for the user."""
    size, _, word = text.rpartition("/")
    if word.strip() not in ITERATION_WORDS:
        raise ValueError(f"{text!r} is not growth per request; write a size and /request or /call, such as 64B/request")
    return float(parse_size(size))


def parse_duration(text: str | float) -> float:
    """Seconds of a duration such as ``250ms``, ``30s``, ``5m``, ``1h`` or plain seconds.

    Raises ValueError with a sentence for the user.
    """
    if isinstance(text, int | float):
        text = str(text)
    match = _DURATION.fullmatch(text.strip())
    unit = (match["unit"] or "s") if match else ""
    if match is None or unit not in DURATION_UNITS:
        raise ValueError(f"{text!r} is not a duration; write a number and ms, s, m or h, such as 30s")
    seconds = float(match["number"]) * DURATION_UNITS[unit]
    if seconds > _LONGEST_S:
        raise ValueError(f"{text!r} is longer than 30 days")
    return seconds


def format_size(size_bytes: float) -> str:
    """A size in the decimal units of the config, three significant figures: ``1.25 MB``."""
    magnitude = abs(size_bytes)
    for unit in ("GB", "MB", "KB"):
        if magnitude >= SIZE_UNITS[unit] * 0.9995:
            return f"{_significant(size_bytes / SIZE_UNITS[unit])} {unit}"
    return f"{round(size_bytes)} B"


def format_change(size_bytes: float) -> str:
    """A size with its sign: ``+1.25 MB``, ``-300 B``, ``0 B``."""
    rounded = format_size(size_bytes)
    return f"+{rounded}" if size_bytes > 0 and rounded != "0 B" else rounded


def format_each(size_bytes: float) -> str:
    """A few bytes with their sign, as exactly as makes sense: ``+0.4 B``, ``+1,248 B``, ``+104 KB``."""
    magnitude = abs(size_bytes)
    if magnitude >= 100_000:
        return format_change(size_bytes)
    if magnitude >= 10:
        return f"{size_bytes:+,.0f} B"
    return f"{size_bytes:+.1f} B" if magnitude >= 0.05 else "0 B"


def format_rate(bytes_per_s: float, period: str = "s") -> str:
    """A rate with its sign in the asked period (``s``, ``min`` or ``h``): ``+84.0 KB/s``."""
    return f"{format_change(bytes_per_s * RATE_PERIODS[period])}/{period}"


def format_duration(seconds: float) -> str:
    """A duration for people: ``850 ms``, ``12.3 s``, ``2 m 05 s``, ``1 h 02 m``."""
    if seconds < 1:
        return f"{round(seconds * 1000)} ms"
    if seconds < 59.95:
        return f"{seconds:.1f} s"
    whole = round(seconds)
    if whole < 3600:
        return f"{whole // 60} m {whole % 60:02d} s"
    return f"{whole // 3600} h {whole % 3600 // 60:02d} m"


def format_count(count: float) -> str:
    """A whole number with a comma between thousands: ``12,345``."""
    return f"{round(count):,}"


def _significant(value: float) -> str:
    magnitude = abs(value)
    if magnitude >= 99.95:
        return f"{value:.0f}"
    if magnitude >= 9.995:
        return f"{value:.1f}"
    return f"{value:.2f}"
