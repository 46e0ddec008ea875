"""The values of the config that are one of a few: switches, words of a list, a date, the version of the format."""

import re
from collections.abc import Callable
from datetime import date
from enum import StrEnum
from typing import Annotated, Final, TypeVar

from pydantic import PlainValidator, WithJsonSchema

from leakgate.config.field_basics import as_number, describe, pattern_schema
from leakgate.config.option_values import FAIL_ON, quote
from leakgate.model.target import TraceMode
from leakgate.model.verdict import Expectation, Verdict

FORMAT_VERSION: Final = 1

_DATE: Final = r"[0-9]{4}-[0-9]{2}-[0-9]{2}"
_E = TypeVar("_E", bound=StrEnum)


def read_switch(value: object) -> bool:
    """Return true or false."""
    if isinstance(value, bool):
        return value
    raise ValueError(f"this must be true or false, not {describe(value)}")


Switch = Annotated[bool, PlainValidator(read_switch), WithJsonSchema({"type": "boolean"})]


def read_date(value: object) -> date:
    """Return a day of the calendar."""
    if isinstance(value, str) and re.fullmatch(_DATE, value):
        try:
            return date.fromisoformat(value)
        except ValueError:
            raise ValueError(f"{quote(value)} is not a day of the calendar") from None
    raise ValueError(f"{describe(value)} is not a date; write it as 2030-12-31")


Day = Annotated[date, PlainValidator(read_date), WithJsonSchema(pattern_schema(_DATE, format="date"))]


def read_version(value: object) -> int:
    """Return the version of the file's format."""
    if as_number(value) == FORMAT_VERSION:
        return FORMAT_VERSION
    number = as_number(value)
    if number is not None and number > FORMAT_VERSION:
        raise ValueError(f"version {number} is newer than this leakgate, which reads version 1; upgrade leakgate")
    raise ValueError(f"{describe(value)} is not a version; write version: 1, without quotes")


Version = Annotated[int, PlainValidator(read_version), WithJsonSchema({"const": FORMAT_VERSION})]


def _choice(values: tuple[_E, ...]) -> Callable[[object], _E]:
    names = ", ".join(values[:-1]) + f" or {values[-1]}"

    def read(value: object) -> _E:
        if isinstance(value, str) and value in values:
            return next(member for member in values if member == value)
        raise ValueError(f"{describe(value)} is not {names}")

    return read


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
