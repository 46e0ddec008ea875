"""The single values under the key ``load``: how each is read, and how the JSON Schema describes the same values."""

import re
import shlex
from pathlib import Path
from typing import Annotated, Any, Final

from pydantic import PlainValidator, ValidationInfo, WithJsonSchema

from leakgate.config.config_paths import resolved
from leakgate.config.field_basics import (
    LONGEST_TEXT,
    as_number,
    describe,
    either,
    is_whole,
    number_between,
    pattern_schema,
)
from leakgate.config.number_fields import DURATION, PERCENT, as_fraction, read_seconds_between
from leakgate.config.option_values import LONGEST_VALUE, quote
from leakgate.config.text_fields import read_argument, read_text
from leakgate.model.placeholders import problem_in

METHODS: Final = ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS")
MOST_CONNECTIONS: Final = 1_000
HIGHEST_RATE: Final = 100_000.0
LARGEST_WEIGHT: Final = 1_000
SHORTEST_TIMEOUT_S: Final = 0.1
LONGEST_TIMEOUT_S: Final = 600.0
LONGEST_BODY: Final = 1_000_000

_PATH: Final = r"/[^\s#\x00-\x1f\x7f]*"
_URL: Final = r"http://[^\s/#?\x00-\x1f\x7f]+(/[^\s#?\x00-\x1f\x7f]*)?"
_HEADER_NAME: Final = r"[!#$%&'*+.^_`|~0-9A-Za-z-]+"
_HEADER_VALUE: Final = r"[\x20-\x7e]*"
_OWN_HEADERS: Final = ("connection", "content-length", "transfer-encoding")
_EXPECT: Final = r"[1-5](xx|[0-9][0-9])"
_MODULE: Final = r"[A-Za-z_][A-Za-z0-9_]*(\.[A-Za-z_][A-Za-z0-9_]*)*"


def read_path(value: object) -> str:
    """Return the path of a request: it starts with a slash, and its placeholders are known."""
    text = read_text(value)
    if not re.fullmatch(_PATH, text):
        raise ValueError(
            f"{quote(text)} is not the path of a request; it starts with / and has no blanks, such as /items/{{n}}"
        )
    problem = problem_in(text, only_known=True)
    if problem:
        raise ValueError(problem)
    return text


def read_url(value: object) -> str:
    """Return the address of the server."""
    text = read_text(value)
    if text.startswith("https://"):
        raise ValueError("the load sends plain HTTP; for TLS, use your own program under `load.command`")
    if not re.fullmatch(_URL, text):
        raise ValueError(f"{quote(text)} is not the address of a server, such as http://127.0.0.1:{{port}}")
    return text.rstrip("/")


def read_method(value: object) -> str:
    """Return an HTTP method."""
    if isinstance(value, str) and value in METHODS:
        return value
    raise ValueError(f"{describe(value)} is not a method; valid are {', '.join(METHODS)}")


def read_header_name(value: object) -> str:
    """Return the name of a request header."""
    if not isinstance(value, str) or not re.fullmatch(_HEADER_NAME, value) or len(value) > LONGEST_VALUE:
        raise ValueError("this is not the name of a header, such as X-Tenant")
    if value.lower() in _OWN_HEADERS:
        raise ValueError("leakgate sets this header itself")
    return value


def read_header_value(value: object) -> object:
    """Return the value of a header. Only its text in the file counts."""
    text = read_argument(value)
    if isinstance(text, str) and (not re.fullmatch(_HEADER_VALUE, text) or len(text) > LONGEST_TEXT):
        raise ValueError(f"{quote(text)} is not a valid value of a header: use printable ASCII only")
    return _with_placeholders(text)


def read_body(value: object) -> str:
    """Return the text of a body."""
    if not isinstance(value, str):
        raise ValueError(f"this must be text, not {describe(value)}; `json` and `form` take other values")  # noqa: TRY004
    if len(value) > LONGEST_BODY:
        raise ValueError(f"this is longer than {LONGEST_BODY} characters")
    _with_placeholders(value)
    return value


def read_json(value: object) -> object:
    """Return the value, after a check of the placeholders in its texts. Raises ValueError."""
    match value:
        case str():
            _with_placeholders(value)
        case list():
            for item in value:
                read_json(item)
        case dict():
            for item in value.values():
                read_json(item)
    return value


def read_form_value(value: object) -> object:
    """Return the value of a form field. Only its text in the file counts."""
    return _with_placeholders(read_argument(value))


def _with_placeholders(value: object) -> object:
    problem = problem_in(value, only_known=False) if isinstance(value, str) else None
    if problem:
        raise ValueError(problem)
    return value


def read_expected(value: object) -> tuple[str, ...]:
    """Return HTTP statuses and classes; the file has one or a list."""
    values = value if isinstance(value, list) else [value]
    if not values:
        raise ValueError("this must not be empty")
    return tuple(_read_status(one) for one in values)


def _read_status(value: object) -> str:
    number = as_number(value)
    if number is not None and number == int(number) and 100 <= number <= 599:
        return str(int(number))
    if isinstance(value, str) and re.fullmatch(_EXPECT, value):
        return value
    raise ValueError(f"{describe(value)} is not a status such as 200 or a class such as 2xx")


def read_share(value: object) -> float:
    """Return a fraction from 0 to 1."""
    number = as_fraction(value)
    if number is None or not 0 <= number <= 1:
        raise ValueError(f"{describe(value)} is not a share; write a fraction such as 0.99 or a percentage such as 99%")
    return float(number)


def read_rate(value: object) -> float:
    """Return requests per second."""
    number = as_number(value)
    if number is None or not 0 < number <= HIGHEST_RATE:
        raise ValueError(
            f"{describe(value)} is not a rate; write requests a second, a number up to {HIGHEST_RATE:,.0f}"
        )
    return float(number)


def read_timeout(value: object) -> float:
    """Return the most seconds that an answer may take."""
    return read_seconds_between(
        value, SHORTEST_TIMEOUT_S, LONGEST_TIMEOUT_S, "a time-out must be between 100ms and 10m"
    )


def _read_whole(value: object, most: int, what: str) -> int:
    number = as_number(value)
    if number is None or not is_whole(number, most) or number < 1:
        raise ValueError(f"{describe(value)} is not {what}; write a whole number from 1 to {most}")
    return int(number)


def read_connections(value: object) -> int:
    """Return how many requests wait for their answer at the same time."""
    return _read_whole(value, MOST_CONNECTIONS, "a number of connections")


def read_weight(value: object) -> int:
    """Return how often a request is sent, compared with the others."""
    return _read_whole(value, LARGEST_WEIGHT, "a weight")


def read_openapi(value: object, info: ValidationInfo) -> str | Path:
    """Return a path on the server, or the path of an existing file."""
    text = read_text(value)
    if text.startswith("/"):
        return read_path(text)
    path = resolved(text, info)
    if not path.is_file():
        raise ValueError(
            f"there is no file {quote(text)} (paths start at the folder of this config); "
            "the path of a document on the server starts with /, such as /openapi.json"
        )
    return path


def read_module(value: object) -> str:
    """Return the name of a module."""
    text = read_text(value)
    if not re.fullmatch(_MODULE, text):
        raise ValueError(f"{quote(text)} is not the name of a module, such as tools.load")
    return text


def read_command(value: object) -> tuple[object, ...]:
    """Return a command: a list of arguments, or one text that is split as a POSIX shell splits words."""
    if isinstance(value, list):
        words = [read_argument(word) for word in value]
    else:
        try:
            words = list(shlex.split(read_text(value)))
        except ValueError as error:
            raise ValueError(f"this is not a command: {str(error).lower()}") from None
    if not words:
        raise ValueError("this must not be empty")
    return tuple(words)


def _whole(most: int) -> WithJsonSchema:
    return WithJsonSchema({"type": "integer", "minimum": 1, "maximum": most})


_STATUS: Final[dict[str, Any]] = {
    "anyOf": [{"type": "integer", "minimum": 100, "maximum": 599}, pattern_schema(_EXPECT)]
}
PATH_SCHEMA: Final = pattern_schema(_PATH, maxLength=LONGEST_TEXT)
_SCALAR: Final = {"type": ["string", "number", "boolean"]}
_ENDPOINT: Final = {"type": "string", "pattern": r"\S", "maxLength": LONGEST_TEXT}

RequestPath = Annotated[str, PlainValidator(read_path), WithJsonSchema(PATH_SCHEMA)]
Address = Annotated[str, PlainValidator(read_url), WithJsonSchema(pattern_schema(_URL, maxLength=LONGEST_TEXT))]
Method = Annotated[str, PlainValidator(read_method), WithJsonSchema({"enum": list(METHODS)})]
HeaderName = Annotated[str, PlainValidator(read_header_name), WithJsonSchema(pattern_schema(_HEADER_NAME))]
HeaderValue = Annotated[
    object,
    PlainValidator(read_header_value),
    WithJsonSchema({**_SCALAR, "pattern": f"^({_HEADER_VALUE})$", "maxLength": LONGEST_TEXT}),
]
Body = Annotated[str, PlainValidator(read_body), WithJsonSchema({"type": "string", "maxLength": LONGEST_BODY})]
JsonBody = Annotated[object, PlainValidator(read_json), WithJsonSchema({"type": [*_SCALAR["type"], "array", "object"]})]
FormValue = Annotated[object, PlainValidator(read_form_value), WithJsonSchema(_SCALAR)]
Expected = Annotated[
    tuple[str, ...],
    PlainValidator(read_expected),
    WithJsonSchema({"anyOf": [*_STATUS["anyOf"], {"type": "array", "items": _STATUS, "minItems": 1}]}),
]
Weight = Annotated[int, PlainValidator(read_weight), _whole(LARGEST_WEIGHT)]
Connections = Annotated[int, PlainValidator(read_connections), _whole(MOST_CONNECTIONS)]
Rate = Annotated[
    float,
    PlainValidator(read_rate),
    WithJsonSchema({"type": "number", "exclusiveMinimum": 0, "maximum": HIGHEST_RATE}),
]
Share = Annotated[float, PlainValidator(read_share), either(number_between(0, 1), pattern_schema(PERCENT))]
Timeout = Annotated[
    float,
    PlainValidator(read_timeout),
    either(number_between(SHORTEST_TIMEOUT_S, LONGEST_TIMEOUT_S), pattern_schema(DURATION)),
]
OpenApi = Annotated[str | Path, PlainValidator(read_openapi), WithJsonSchema(_ENDPOINT)]
Module = Annotated[str, PlainValidator(read_module), WithJsonSchema(pattern_schema(_MODULE, maxLength=LONGEST_TEXT))]
Command = Annotated[
    tuple[object, ...],
    PlainValidator(read_command),
    either(_ENDPOINT, {"type": "array", "items": _SCALAR, "minItems": 1}),
]
