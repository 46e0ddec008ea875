"""The field types of all stored forms: bounded, finite, strict about numbers, and tolerant of any text.

Files come from other machines and from untrusted pull requests: no value in them is converted or guessed.
"""

import math
from typing import Annotated, Any, Final

from pydantic import (
    BaseModel,
    ConfigDict,
    Field,
    GetCoreSchemaHandler,
    PlainSerializer,
    PlainValidator,
    Strict,
    WithJsonSchema,
)

LARGEST: Final = 10**18
"""Limit for times, sizes and counts. No real program exceeds it (an exabyte, or 30 billion years)."""
MANY: Final = 100_000
"""The largest number of entries of a list of named things."""


class Form(BaseModel):
    """A part of a stored file. A missing or unknown field is an error, because the fields of a version never change.

    The first wrong item of a list ends its validation: a hostile list of a million items would have an error for each.
    """

    model_config = ConfigDict(extra="forbid", frozen=True, defer_build=True)

    @classmethod
    def __get_pydantic_core_schema__(cls, source: type[BaseModel], handler: GetCoreSchemaHandler) -> Any:  # noqa: ANN401 - pydantic's own schema
        """Return pydantic's schema of the form, in which each list stops at its first error."""
        schema = handler(source)
        _stop_at_first_error(schema)
        return schema


def _stop_at_first_error(schema: object) -> None:
    """Mark the lists in a schema of pydantic, also those in forms that it contains."""
    if isinstance(schema, dict):
        if schema.get("type") == "list":
            schema["fail_fast"] = True
        for part in schema.values():
            _stop_at_first_error(part)
    elif isinstance(schema, list | tuple):
        for part in schema:
            _stop_at_first_error(part)


def _text(value: object) -> str:
    # pydantic's own check refuses lone surrogates, which may be in file names on Linux and in output of programs.
    if not isinstance(value, str):
        raise ValueError("should be a string")  # noqa: TRY004 - pydantic collects ValueError
    return value


def _shortest(value: float) -> float:
    return int(value) if value.is_integer() and (value or math.copysign(1.0, value) > 0) else value


Text = Annotated[str, PlainValidator(_text), WithJsonSchema({"type": "string"})]
Flag = Annotated[bool, Strict()]
Whole = Annotated[int, Strict(), Field(ge=-LARGEST, le=LARGEST)]
Count = Annotated[int, Strict(), Field(ge=0, le=LARGEST)]
Number = Annotated[
    float, Strict(), Field(ge=-LARGEST, le=LARGEST, allow_inf_nan=False), PlainSerializer(_shortest, return_type=float)
]
Share = Annotated[
    float, Strict(), Field(ge=0, le=1, allow_inf_nan=False), PlainSerializer(_shortest, return_type=float)
]


def number(value: float) -> float:
    """Return a number that a file can hold: NaN becomes 0, and a number beyond ``LARGEST`` becomes ``LARGEST``."""
    if math.isnan(value):
        return 0.0
    return float(min(max(value, -LARGEST), LARGEST))


def whole(value: float) -> int:
    """Return a whole number that a file can hold."""
    return value if isinstance(value, int) and -LARGEST <= value <= LARGEST else int(number(value))


def count(value: float) -> int:
    """Return a whole number that is not negative."""
    return max(0, whole(value))


def share(value: float) -> float:
    """Return a fraction from 0 to 1."""
    return min(max(0.0, number(value)), 1.0)


def bound(value: float) -> float | None:
    """Return an end of an interval; None if the interval is open there."""
    return number(value) if math.isfinite(value) else None
