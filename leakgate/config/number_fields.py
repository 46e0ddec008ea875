"""The numbers of the config: times, sizes, rates, counts and tolerances."""

import re
from dataclasses import dataclass
from typing import Annotated, Final, Literal

from pydantic import PlainValidator, WithJsonSchema

from leakgate.config.field_basics import (
    as_number,
    describe,
    either,
    is_whole,
    number_between,
    pattern_schema,
)
from leakgate.config.option_values import LONGEST_DURATION_S, LONGEST_VALUE, SHORTEST_DURATION_S, check_duration
from leakgate.model.target import BudgetForm
from leakgate.model.units import (
    DURATION_UNITS,
    ITERATION_WORDS,
    RATE_PERIODS,
    SIZE_UNITS,
    parse_duration,
    parse_per_iteration,
    parse_rate,
    parse_size,
)

SHORTEST_INTERVAL_S: Final = 0.01
LONGEST_INTERVAL_S: Final = 10.0
SHORTEST_TEST_TIME_S: Final = 0.1
LONGEST_TEST_TIME_S: Final = 3600.0
LARGEST_BYTES: Final = 2**63 - 1
LARGEST_COUNT: Final = 1_000_000_000
LARGEST_TOLERANCE: Final = 10.0

_NUMBER: Final = r"[0-9]+(\.[0-9]+)?"
_SIZE: Final = rf"\s*{_NUMBER}\s*({'|'.join(SIZE_UNITS)})?\s*"
_RATE: Final = rf"{_SIZE}/\s*({'|'.join((*RATE_PERIODS, *ITERATION_WORDS))})\s*"
_COUNT_EACH: Final = rf"\s*{_NUMBER}\s*/\s*({'|'.join(ITERATION_WORDS)})\s*"
DURATION: Final = rf"\s*{_NUMBER}\s*({'|'.join(DURATION_UNITS)})?\s*"
PERCENT: Final = rf"\s*{_NUMBER}\s*%\s*"
_BYTES: Final = {"type": "integer", "minimum": 0, "maximum": LARGEST_BYTES}


@dataclass(frozen=True, slots=True)
class Limit:
    """The limit of a budget, without its metric."""

    form: BudgetForm
    amount: float


def read_seconds(value: object, what: str) -> float:
    """Return the seconds of a number or of a duration with a unit. ``what``: the expected value, for the message."""
    number = as_number(value)
    if number is not None:
        return float(number)
    if isinstance(value, str) and len(value) <= LONGEST_VALUE:
        return parse_duration(value)
    raise ValueError(f"{describe(value)} is not {what}, such as 30s")


def read_seconds_between(value: object, least: float, most: float, message: str) -> float:
    """Return the seconds of a duration. Raises ValueError with the message if they are not within the limits."""
    seconds = read_seconds(value, "a duration")
    if not least <= seconds <= most:
        raise ValueError(message)
    return seconds


def as_fraction(value: object) -> float | None:
    """Return a number, or a percentage as a fraction; None for any other value."""
    if isinstance(value, str) and len(value) <= LONGEST_VALUE and re.fullmatch(PERCENT, value):
        return float(value.strip().removesuffix("%")) / 100
    return as_number(value)


def read_duration(value: object) -> float:
    """Return the seconds that a script is watched."""
    return check_duration(read_seconds(value, "a duration"))


Duration = Annotated[
    float,
    PlainValidator(read_duration),
    either(number_between(SHORTEST_DURATION_S, LONGEST_DURATION_S), pattern_schema(DURATION)),
]


def read_warmup(value: object) -> float | Literal["auto"]:
    """Return the seconds at the start that are not judged, or ``auto``."""
    if value == "auto":
        return "auto"
    seconds = read_seconds(value, "auto or a duration")
    if not 0 <= seconds < LONGEST_DURATION_S:
        raise ValueError("a warm-up must be between 0s and 24h")
    return seconds


Warmup = Annotated[
    float | Literal["auto"],
    PlainValidator(read_warmup),
    either(
        {"const": "auto"},
        {"type": "number", "minimum": 0, "exclusiveMaximum": LONGEST_DURATION_S},
        pattern_schema(DURATION),
    ),
]


def read_interval(value: object) -> float:
    """Return the seconds between two readings."""
    message = "an interval must be between 10ms and 10s"
    return read_seconds_between(value, SHORTEST_INTERVAL_S, LONGEST_INTERVAL_S, message)


Interval = Annotated[
    float,
    PlainValidator(read_interval),
    either(number_between(SHORTEST_INTERVAL_S, LONGEST_INTERVAL_S), pattern_schema(DURATION)),
]


def read_test_time(value: object) -> float:
    """Return the seconds for the repetitions of one test."""
    message = "the time for one test must be between 100ms and 1h"
    return read_seconds_between(value, SHORTEST_TEST_TIME_S, LONGEST_TEST_TIME_S, message)


TestTime = Annotated[
    float,
    PlainValidator(read_test_time),
    either(number_between(SHORTEST_TEST_TIME_S, LONGEST_TEST_TIME_S), pattern_schema(DURATION)),
]


def _read_bytes(value: object) -> int:
    number = as_number(value)
    if number is not None and is_whole(number, LARGEST_BYTES):
        return int(number)
    if isinstance(value, str) and len(value) <= LONGEST_VALUE:
        return parse_size(value)
    raise ValueError(f"{describe(value)} is not a size; write a whole number of bytes or a size such as 20MB")


def read_growth(value: object) -> Limit:
    """Return a budget of growth: a size for the whole watch, a rate, or a size per request."""
    if isinstance(value, str) and "/" in value and len(value) <= LONGEST_VALUE:
        if value.rpartition("/")[2].strip() in ITERATION_WORDS:
            return Limit(BudgetForm.ITERATION, parse_per_iteration(value))
        return Limit(BudgetForm.RATE, parse_rate(value))
    return Limit(BudgetForm.GROWTH, _read_bytes(value))


Growth = Annotated[Limit, PlainValidator(read_growth), either(_BYTES, pattern_schema(_SIZE), pattern_schema(_RATE))]


def read_peak(value: object) -> Limit:
    """Return a ceiling: a size."""
    if isinstance(value, str) and "/" in value:
        raise ValueError("a peak is a size such as 300MB, not a rate")
    return Limit(BudgetForm.PEAK, _read_bytes(value))


Peak = Annotated[Limit, PlainValidator(read_peak), either(_BYTES, pattern_schema(_SIZE))]


def _count_each(value: object) -> Limit | None:
    if isinstance(value, str) and len(value) <= LONGEST_VALUE and re.fullmatch(_COUNT_EACH, value):
        return Limit(BudgetForm.ITERATION, float(value.partition("/")[0]))
    return None


def read_count(value: object) -> Limit:
    """Return a budget for the growth of something that is counted."""
    each = _count_each(value)
    if each is not None:
        return each
    number = as_number(value)
    if number is None or not is_whole(number, LARGEST_COUNT):
        raise ValueError(
            f"{describe(value)} is not a count; write how many more are allowed, a whole number such as 10"
        )
    return Limit(BudgetForm.GROWTH, int(number))


Count = Annotated[
    Limit,
    PlainValidator(read_count),
    either({"type": "integer", "minimum": 0, "maximum": LARGEST_COUNT}, pattern_schema(_COUNT_EACH)),
]


def read_count_each(value: object) -> Limit:
    """Return a budget of blocks: a count per call."""
    each = _count_each(value)
    if each is not None:
        return each
    raise ValueError(f"{describe(value)} is not a count with every call; write a number and /call or /test: 2/call")


CountEach = Annotated[Limit, PlainValidator(read_count_each), WithJsonSchema(pattern_schema(_COUNT_EACH))]


def read_tolerance(value: object) -> float:
    """Return a fraction."""
    number = as_fraction(value)
    if number is None or not 0 <= number <= LARGEST_TOLERANCE:
        raise ValueError(
            f"{describe(value)} is not a tolerance; write a fraction such as 0.25 or a percentage such as 25%"
        )
    return float(number)


Tolerance = Annotated[
    float, PlainValidator(read_tolerance), either(number_between(0, LARGEST_TOLERANCE), pattern_schema(PERCENT))
]
