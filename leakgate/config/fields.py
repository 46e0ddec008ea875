"""The single values of the config: how each is read, and how the JSON Schema describes the same values.

A reader takes the value from YAML and returns it in leakgate's units, or raises ValueError with a sentence for the user
(pydantic collects no other error). Each reader stands next to its schema, so that neither is changed alone.
"""

import re
import shlex
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from typing import Annotated, Any, Final, Literal, TypeVar

from pydantic import PlainValidator, WithJsonSchema

from leakgate.model.target import BudgetForm, TraceMode
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
from leakgate.model.verdict import Expectation, Verdict

FORMAT_VERSION: Final = 1
SHORTEST_DURATION_S: Final = 1.0
LONGEST_DURATION_S: Final = 24 * 3600.0
SHORTEST_INTERVAL_S: Final = 0.01
LONGEST_INTERVAL_S: Final = 10.0
SHORTEST_TEST_TIME_S: Final = 0.1
LONGEST_TEST_TIME_S: Final = 3600.0
LONGEST_NAME: Final = 80
LONGEST_VALUE: Final = 100
LONGEST_TEXT: Final = 4_000
LARGEST_BYTES: Final = 2**63 - 1
LARGEST_COUNT: Final = 1_000_000_000
LARGEST_TOLERANCE: Final = 10.0

_E = TypeVar("_E", bound=StrEnum)

_NUMBER: Final = r"[0-9]+(\.[0-9]+)?"
_SIZE: Final = rf"\s*{_NUMBER}\s*({'|'.join(SIZE_UNITS)})?\s*"
_RATE: Final = rf"{_SIZE}/\s*({'|'.join((*RATE_PERIODS, *ITERATION_WORDS))})\s*"
_COUNT_EACH: Final = rf"\s*{_NUMBER}\s*/\s*({'|'.join(ITERATION_WORDS)})\s*"
DURATION: Final = rf"\s*{_NUMBER}\s*({'|'.join(DURATION_UNITS)})?\s*"
PERCENT: Final = rf"\s*{_NUMBER}\s*%\s*"
_DATE: Final = r"[0-9]{4}-[0-9]{2}-[0-9]{2}"
_NAME: Final = r"[^\s\-]|[^\s\-][^\x00-\x1f\x7f-\x9f]*[^\s]"
_MODULE: Final = r"[^\W\d]\w*(\.[^\W\d]\w*)*"
_ENV_NAME: Final = r"[A-Za-z_][A-Za-z0-9_.()-]*"

FAIL_ON: Final = tuple(verdict for verdict in Verdict if verdict is not Verdict.OK)
"""The verdicts that ``fail-on`` may name."""


@dataclass(frozen=True, slots=True)
class Limit:
    """The limit of a budget, without its metric."""

    form: BudgetForm
    amount: float


def describe(value: object) -> str:
    """Return a value of the file in the user's words: ``the text 'abc'``, ``the number 5``, ``a list``."""
    match value:
        case bool():
            return str(value).lower()
        case int() | float():
            return f"the number {value}"
        case str():
            return f"the text {quote(value)}"
        case list():
            return "a list"
        case _:
            return "a mapping"


def quote(text: str) -> str:
    """Return text of the file in quotes, shortened, with every non-printable character escaped."""
    return repr(text if len(text) <= LONGEST_VALUE else f"{text[:LONGEST_VALUE]}...")


def as_number(value: object) -> int | float | None:
    """Return the value if it is a number, otherwise None; true and false are not numbers."""
    return value if isinstance(value, int | float) and not isinstance(value, bool) else None


def is_whole(number: float, most: int) -> bool:
    """Whether a number is a whole number from 0 to ``most``."""
    return 0 <= number <= most and number == int(number)


def check_duration(seconds: float) -> float:
    """Return the same seconds. Raises ValueError if they are outside the limits of a duration."""
    if not SHORTEST_DURATION_S <= seconds <= LONGEST_DURATION_S:
        raise ValueError("a duration lies between 1s and 24h")
    return seconds


def read_seconds(value: object, what: str) -> float:
    """Return the seconds of a number or of a duration with a unit. ``what``: the expected value, for the message."""
    number = as_number(value)
    if number is not None:
        return float(number)
    if isinstance(value, str) and len(value) <= LONGEST_VALUE:
        return parse_duration(value)
    raise ValueError(f"{describe(value)} is not {what}, such as 30s")


def read_duration(value: object) -> float:
    """Return the seconds that a script is watched."""
    return check_duration(read_seconds(value, "a duration"))


def read_warmup(value: object) -> float | Literal["auto"]:
    """Return the seconds at the start that are not judged, or ``auto``."""
    if value == "auto":
        return "auto"
    seconds = read_seconds(value, "auto or a duration")
    if not 0 <= seconds < LONGEST_DURATION_S:
        raise ValueError("a warm-up lies between 0s and 24h")
    return seconds


def read_interval(value: object) -> float:
    """Return the seconds between two readings."""
    seconds = read_seconds(value, "a duration")
    if not SHORTEST_INTERVAL_S <= seconds <= LONGEST_INTERVAL_S:
        raise ValueError("an interval lies between 10ms and 10s")
    return seconds


def read_test_time(value: object) -> float:
    """Return the seconds for the repetitions of one test."""
    seconds = read_seconds(value, "a duration")
    if not SHORTEST_TEST_TIME_S <= seconds <= LONGEST_TEST_TIME_S:
        raise ValueError("the time for one test lies between 100ms and 1h")
    return seconds


def _read_bytes(value: object) -> int:
    number = as_number(value)
    if number is not None and is_whole(number, LARGEST_BYTES):
        return int(number)
    if isinstance(value, str) and len(value) <= LONGEST_VALUE:
        return parse_size(value)
    raise ValueError(f"{describe(value)} is not a size; write a whole number of bytes or a size such as 20MB")


def read_growth(value: object) -> Limit:
    """Return a budget of growth: a size over the window, a rate, or a size per request."""
    if isinstance(value, str) and "/" in value and len(value) <= LONGEST_VALUE:
        if value.rpartition("/")[2].strip() in ITERATION_WORDS:
            return Limit(BudgetForm.ITERATION, parse_per_iteration(value))
        return Limit(BudgetForm.RATE, parse_rate(value))
    return Limit(BudgetForm.GROWTH, _read_bytes(value))


def read_peak(value: object) -> Limit:
    """Return a ceiling: a size."""
    if isinstance(value, str) and "/" in value:
        raise ValueError("a peak is a size such as 300MB, not a rate")
    return Limit(BudgetForm.PEAK, _read_bytes(value))


def read_count(value: object) -> Limit:
    """Return a budget for the growth of something that is counted."""
    number = as_number(value)
    if isinstance(value, str) and len(value) <= LONGEST_VALUE and re.fullmatch(_COUNT_EACH, value):
        return Limit(BudgetForm.ITERATION, float(value.partition("/")[0]))
    if number is None or not is_whole(number, LARGEST_COUNT):
        raise ValueError(
            f"{describe(value)} is not a count; write how many more are allowed, a whole number such as 10"
        )
    return Limit(BudgetForm.GROWTH, int(number))


def read_count_each(value: object) -> Limit:
    """Return a budget of blocks: a count per call."""
    if isinstance(value, str) and len(value) <= LONGEST_VALUE and re.fullmatch(_COUNT_EACH, value):
        return Limit(BudgetForm.ITERATION, float(value.partition("/")[0]))
    raise ValueError(f"{describe(value)} is not a count with every call; write a number and /call or /test: 2/call")


def read_switch(value: object) -> bool:
    """Return true or false."""
    if isinstance(value, bool):
        return value
    raise ValueError(f"this must be true or false, not {describe(value)}")


def read_tolerance(value: object) -> float:
    """Return a fraction."""
    number = as_number(value)
    if isinstance(value, str) and len(value) <= LONGEST_VALUE and re.fullmatch(PERCENT, value):
        number = float(value.strip().removesuffix("%")) / 100
    if number is None or not 0 <= number <= LARGEST_TOLERANCE:
        raise ValueError(
            f"{describe(value)} is not a tolerance; write a fraction such as 0.25 or a percentage such as 25%"
        )
    return float(number)


def _as_text(value: object) -> str:
    if isinstance(value, str):
        return value
    raise ValueError(f"this must be text, not {describe(value)}; put it in quotes")


def read_name(value: object) -> str:
    """Return the name of a script."""
    value = _as_text(value)
    if len(value) > LONGEST_NAME:
        raise ValueError(f"a name has at most {LONGEST_NAME} characters, this one has {len(value)}")
    if not re.fullmatch(_NAME, value) or not value.isprintable():
        raise ValueError(
            f"{quote(value)} is not a valid name: it must be printable, must not start with '-', and must not start "
            "or end with a blank"
        )
    return value


def read_text(value: object) -> str:
    """Return text that is not empty: a path, a pattern, a reason."""
    value = _as_text(value)
    if not value.strip():
        raise ValueError("this must not be empty")
    if len(value) > LONGEST_TEXT:
        raise ValueError(f"this is longer than {LONGEST_TEXT} characters")
    return value


def read_argument(value: object) -> object:
    """Return an argument or the value of a variable. Only its text in the file counts."""
    if isinstance(value, str | int | float):
        return value
    raise ValueError(f"this must be text, a number, true or false, not {describe(value)}")


def read_module(value: object) -> str:
    """Return the dotted name of a module."""
    text = read_text(value)
    if re.fullmatch(_MODULE, text) and len(text) <= LONGEST_VALUE:
        return text
    raise ValueError(f"{quote(text)} is not the name of a module, such as package.module")


def read_words(value: object) -> list[object] | str:
    """Return a command line: a list of words, or one text that is split as a POSIX shell splits words."""
    if isinstance(value, str):
        try:
            words = shlex.split(read_text(value))
        except ValueError as error:
            raise ValueError(f"{quote(value)} cannot be split into words: {error}") from None
        if not words or not words[0]:
            raise ValueError("a command needs at least the name of a program")
        return value
    if not isinstance(value, list) or not value:
        raise ValueError(f"this must be a list of words, or one text, not {describe(value)}")
    if not isinstance(value[0], str) or not value[0].strip():
        raise ValueError("a command begins with the name of a program")
    return [read_argument(word) for word in value]


def read_callable(value: object) -> str:
    """Return the path of a callable, ``package.module:name``."""
    text = read_text(value)
    if re.fullmatch(f"{_MODULE}:{_MODULE}", text) and len(text) <= LONGEST_VALUE:
        return text
    raise ValueError(f"{quote(text)} is not package.module:name, such as shop.parser:parse_sample")


def read_arguments(value: object) -> list[object] | str:
    """Return arguments: a list of words, may be empty, or one text that is split as a POSIX shell splits words."""
    if isinstance(value, str):
        try:
            shlex.split(read_text(value))
        except ValueError as error:
            raise ValueError(f"{quote(value)} cannot be split into words: {error}") from None
        return value
    if isinstance(value, list):
        return [read_argument(word) for word in value]
    raise ValueError(f"this must be a list of words, or one text, not {describe(value)}")


def read_env_name(value: object) -> str:
    """Return the name of an environment variable."""
    if isinstance(value, str) and len(value) <= LONGEST_VALUE and re.fullmatch(_ENV_NAME, value):
        return value
    raise ValueError("not a name of an environment variable: use letters, digits and _, and no digit at the start")


def read_date(value: object) -> date:
    """Return a day of the calendar."""
    if isinstance(value, str) and re.fullmatch(_DATE, value):
        try:
            return date.fromisoformat(value)
        except ValueError:
            raise ValueError(f"{quote(value)} is not a day of the calendar") from None
    raise ValueError(f"{describe(value)} is not a date; write it as 2030-12-31")


def read_version(value: object) -> int:
    """Return the version of the file's format."""
    if as_number(value) == FORMAT_VERSION:
        return FORMAT_VERSION
    number = as_number(value)
    if number is not None and number > FORMAT_VERSION:
        raise ValueError(f"version {number} is newer than this leakgate, which reads version 1; upgrade leakgate")
    raise ValueError(f"{describe(value)} is not a version; write version: 1, without quotes")


def _choice(values: tuple[_E, ...]) -> Callable[[object], _E]:
    names = ", ".join(values[:-1]) + f" or {values[-1]}"

    def read(value: object) -> _E:
        if isinstance(value, str) and value in values:
            return next(member for member in values if member == value)
        raise ValueError(f"{describe(value)} is not {names}")

    return read


def pattern_schema(pattern: str, **more: Any) -> dict[str, Any]:  # noqa: ANN401 - JSON
    """Return the JSON Schema of a text that the pattern matches completely."""
    return {"type": "string", "pattern": f"^({pattern})$", "maxLength": LONGEST_VALUE, **more}


def either(*schemas: dict[str, Any]) -> WithJsonSchema:
    """Return an annotation: the value fits one of the schemas."""
    return WithJsonSchema({"anyOf": list(schemas)})


def number_between(least: float, most: float) -> dict[str, Any]:
    """Return the JSON Schema of a number from ``least`` to ``most``, both included."""
    return {"type": "number", "minimum": least, "maximum": most}


_BYTES: Final = {"type": "integer", "minimum": 0, "maximum": LARGEST_BYTES}
_ARGUMENT: Final = WithJsonSchema({"type": ["string", "number", "boolean"]})

Duration = Annotated[
    float,
    PlainValidator(read_duration),
    either(number_between(SHORTEST_DURATION_S, LONGEST_DURATION_S), pattern_schema(DURATION)),
]
Warmup = Annotated[
    float | Literal["auto"],
    PlainValidator(read_warmup),
    either(
        {"const": "auto"},
        {"type": "number", "minimum": 0, "exclusiveMaximum": LONGEST_DURATION_S},
        pattern_schema(DURATION),
    ),
]
Interval = Annotated[
    float,
    PlainValidator(read_interval),
    either(number_between(SHORTEST_INTERVAL_S, LONGEST_INTERVAL_S), pattern_schema(DURATION)),
]
TestTime = Annotated[
    float,
    PlainValidator(read_test_time),
    either(number_between(SHORTEST_TEST_TIME_S, LONGEST_TEST_TIME_S), pattern_schema(DURATION)),
]
Growth = Annotated[Limit, PlainValidator(read_growth), either(_BYTES, pattern_schema(_SIZE), pattern_schema(_RATE))]
Peak = Annotated[Limit, PlainValidator(read_peak), either(_BYTES, pattern_schema(_SIZE))]
Count = Annotated[
    Limit,
    PlainValidator(read_count),
    either({"type": "integer", "minimum": 0, "maximum": LARGEST_COUNT}, pattern_schema(_COUNT_EACH)),
]
CountEach = Annotated[Limit, PlainValidator(read_count_each), WithJsonSchema(pattern_schema(_COUNT_EACH))]
Switch = Annotated[bool, PlainValidator(read_switch), WithJsonSchema({"type": "boolean"})]
Tolerance = Annotated[
    float, PlainValidator(read_tolerance), either(number_between(0, LARGEST_TOLERANCE), pattern_schema(PERCENT))
]
Name = Annotated[str, PlainValidator(read_name), WithJsonSchema(pattern_schema(_NAME, maxLength=LONGEST_NAME))]
TEXT_SCHEMA: Final[dict[str, Any]] = {"type": "string", "pattern": r"\S", "maxLength": LONGEST_TEXT}
Text = Annotated[str, PlainValidator(read_text), WithJsonSchema(TEXT_SCHEMA)]
Module = Annotated[str, PlainValidator(read_module), WithJsonSchema(pattern_schema(_MODULE))]
Words = Annotated[
    list[object] | str,
    PlainValidator(read_words),
    either(
        {
            "type": "array",
            "minItems": 1,
            "prefixItems": [{"type": "string", "pattern": r"\S"}],
            "items": {"type": ["string", "number", "boolean"]},
        },
        TEXT_SCHEMA,
    ),
]
CallablePath = Annotated[str, PlainValidator(read_callable), WithJsonSchema(pattern_schema(f"{_MODULE}:{_MODULE}"))]
Arguments = Annotated[
    list[object] | str,
    PlainValidator(read_arguments),
    either({"type": "array", "items": {"type": ["string", "number", "boolean"]}}, TEXT_SCHEMA),
]
Argument = Annotated[object, PlainValidator(read_argument), _ARGUMENT]
EnvName = Annotated[str, PlainValidator(read_env_name), WithJsonSchema(pattern_schema(_ENV_NAME))]
Day = Annotated[date, PlainValidator(read_date), WithJsonSchema(pattern_schema(_DATE, format="date"))]
Version = Annotated[int, PlainValidator(read_version), WithJsonSchema({"const": FORMAT_VERSION})]
Trace = Annotated[
    TraceMode, PlainValidator(_choice(tuple(TraceMode))), WithJsonSchema({"enum": [mode.value for mode in TraceMode]})
]
Expect = Annotated[
    Expectation,
    PlainValidator(_choice(tuple(Expectation))),
    WithJsonSchema({"enum": [word.value for word in Expectation]}),
]
FailOn = Annotated[
    Verdict, PlainValidator(_choice(FAIL_ON)), WithJsonSchema({"enum": [verdict.value for verdict in FAIL_ON]})
]
