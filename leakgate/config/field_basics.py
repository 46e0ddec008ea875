"""What the readers of all single values share: words for messages, checks, and pieces of JSON Schemas.

A reader takes a value from YAML and returns it in leakgate's units, or raises ValueError with a sentence for the user
(pydantic collects no other error). Its type, right below it, adds the JSON Schema, so that neither is changed alone.
The readers are in `number_fields.py`, `text_fields.py`, `choice_fields.py` and, for ``load``, in `load_fields.py`.
"""

from typing import Any, Final

from pydantic import WithJsonSchema

from leakgate.config.option_values import LONGEST_VALUE, quote

LONGEST_TEXT: Final = 4_000

TEXT_SCHEMA: Final[dict[str, Any]] = {"type": "string", "pattern": r"\S", "maxLength": LONGEST_TEXT}


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


def as_number(value: object) -> int | float | None:
    """Return the value if it is a number, otherwise None; true and false are not numbers."""
    return value if isinstance(value, int | float) and not isinstance(value, bool) else None


def is_whole(number: float, most: int) -> bool:
    """Whether a number is a whole number from 0 to ``most``."""
    return 0 <= number <= most and number == int(number)


def as_text(value: object) -> str:
    """Return the value if it is text. Raises ValueError."""
    if isinstance(value, str):
        return value
    raise ValueError(f"this must be text, not {describe(value)}; put it in quotes")


def pattern_schema(pattern: str, **more: Any) -> dict[str, Any]:  # noqa: ANN401 - JSON
    """Return the JSON Schema of a text that the pattern matches completely."""
    return {"type": "string", "pattern": f"^({pattern})$", "maxLength": LONGEST_VALUE, **more}


def either(*schemas: dict[str, Any]) -> WithJsonSchema:
    """Return an annotation: the value fits one of the schemas."""
    return WithJsonSchema({"anyOf": list(schemas)})


def number_between(least: float, most: float) -> dict[str, Any]:
    """Return the JSON Schema of a number from ``least`` to ``most``, both included."""
    return {"type": "number", "minimum": least, "maximum": most}
