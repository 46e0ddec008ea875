"""The text of the config: names, paths, command lines and their words."""

import re
import shlex
from typing import Annotated, Final

from pydantic import PlainValidator, WithJsonSchema

from leakgate.config.field_basics import (
    LONGEST_TEXT,
    TEXT_SCHEMA,
    as_text,
    describe,
    either,
    pattern_schema,
)
from leakgate.config.option_values import LONGEST_VALUE, quote

LONGEST_NAME: Final = 80

_NAME: Final = r"[^\s\-]|[^\s\-][^\x00-\x1f\x7f-\x9f]*[^\s]"
_MODULE: Final = r"[^\W\d]\w*(\.[^\W\d]\w*)*"
_ENV_NAME: Final = r"[A-Za-z_][A-Za-z0-9_.()-]*"
_ARGUMENT: Final = {"type": ["string", "number", "boolean"]}


def read_name(value: object) -> str:
    """Return the name of a script."""
    value = as_text(value)
    if len(value) > LONGEST_NAME:
        raise ValueError(f"a name has at most {LONGEST_NAME} characters, this one has {len(value)}")
    if not re.fullmatch(_NAME, value) or not value.isprintable():
        raise ValueError(
            f"{quote(value)} is not a valid name: it must be printable, must not start with '-', and must not start "
            "or end with a blank"
        )
    return value


Name = Annotated[str, PlainValidator(read_name), WithJsonSchema(pattern_schema(_NAME, maxLength=LONGEST_NAME))]


def read_text(value: object) -> str:
    """Return text that is not empty: a path, a pattern, a reason."""
    value = as_text(value)
    if not value.strip():
        raise ValueError("this must not be empty")
    if len(value) > LONGEST_TEXT:
        raise ValueError(f"this is longer than {LONGEST_TEXT} characters")
    return value


Text = Annotated[str, PlainValidator(read_text), WithJsonSchema(TEXT_SCHEMA)]


def read_module(value: object) -> str:
    """Return the dotted name of a module."""
    text = read_text(value)
    if re.fullmatch(_MODULE, text) and len(text) <= LONGEST_VALUE:
        return text
    raise ValueError(f"{quote(text)} is not the name of a module, such as package.module")


Module = Annotated[str, PlainValidator(read_module), WithJsonSchema(pattern_schema(_MODULE))]


def read_callable(value: object) -> str:
    """Return the path of a callable, ``package.module:name``."""
    text = read_text(value)
    if re.fullmatch(f"{_MODULE}:{_MODULE}", text) and len(text) <= LONGEST_VALUE:
        return text
    raise ValueError(f"{quote(text)} is not package.module:name, such as shop.parser:parse_sample")


CallablePath = Annotated[str, PlainValidator(read_callable), WithJsonSchema(pattern_schema(f"{_MODULE}:{_MODULE}"))]


def read_argument(value: object) -> object:
    """Return an argument or the value of a variable. Only its text in the file counts."""
    if isinstance(value, str | int | float):
        return value
    raise ValueError(f"this must be text, a number, true or false, not {describe(value)}")


Argument = Annotated[object, PlainValidator(read_argument), WithJsonSchema(_ARGUMENT)]


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


Words = Annotated[
    list[object] | str,
    PlainValidator(read_words),
    either(
        {
            "type": "array",
            "minItems": 1,
            "prefixItems": [{"type": "string", "pattern": r"\S"}],
            "items": _ARGUMENT,
        },
        TEXT_SCHEMA,
    ),
]


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


Arguments = Annotated[
    list[object] | str,
    PlainValidator(read_arguments),
    either({"type": "array", "items": _ARGUMENT}, TEXT_SCHEMA),
]


def read_env_name(value: object) -> str:
    """Return the name of an environment variable."""
    if isinstance(value, str) and len(value) <= LONGEST_VALUE and re.fullmatch(_ENV_NAME, value):
        return value
    raise ValueError("not a name of an environment variable: use letters, digits and _, and no digit at the start")


EnvName = Annotated[str, PlainValidator(read_env_name), WithJsonSchema(pattern_schema(_ENV_NAME))]
