"""Reads and writes JSON text, and describes errors in words for users. Does not know any particular form."""

import json
from collections.abc import Callable
from functools import lru_cache
from typing import Any, Final, NoReturn, TypeVar

from pydantic import BaseModel, ValidationError

_SHOWN_CHARACTERS: Final = 60
_NESTED: Final = frozenset({dict, list})
_encode: Final = json.JSONEncoder(allow_nan=False).encode
"""Created once: results of many scripts have millions of values."""
_encode_key: Final = lru_cache(maxsize=1_000)(_encode)
"""Cached, because most keys are names of fields that occur in every test and every leak."""

FormT = TypeVar("FormT", bound=BaseModel)

Path = tuple[str | int, ...]
"""Keys and indices from the top of a document to one value."""


class UnreadableError(ValueError):
    """Text that is not valid. Each codec turns it into an error for users, with the name of the file."""

    def __init__(self, message: str, *, path: Path = (), line: int = 0, column: int = 0) -> None:
        super().__init__(message)
        self.message = message
        self.path = path
        self.line = line
        self.column = column

    def describe(self, source: str) -> str:
        """Return the error and its place, if known: ``file:line:column: $.path: message``."""
        place = source + "".join(f":{number}" for number in (self.line, self.column) if number)
        return f"{place}: {show_path(self.path)}: {self.message}" if self.path else f"{place}: {self.message}"


class DuplicateKeyError(UnreadableError):
    """An object has a key twice. Readers would not agree on which value holds."""


def parse(text: str, most: int) -> Any:  # noqa: ANN401 - JSON of unknown shape, checked by the forms
    """Return the value of a JSON text of at most ``most`` characters.

    Raises UnreadableError, also for duplicate keys, NaN and infinity.
    """
    if len(text) > most:
        raise UnreadableError(f"is larger than {most // 1024**2} MiB")
    try:
        return json.loads(text, object_pairs_hook=_without_duplicates, parse_constant=_refuse_constant)
    except json.JSONDecodeError as error:
        ended = error.pos >= len(text.rstrip()) or error.msg.startswith("Unterminated string")
        message = "the text ends too early; the file is truncated" if ended else f"this is not JSON: {error.msg}"
        raise UnreadableError(message, line=error.lineno, column=error.colno) from None
    except RecursionError:
        raise UnreadableError("is nested too deeply") from None
    except UnreadableError:
        raise
    except ValueError:
        raise UnreadableError("contains a number with too many digits") from None


def _without_duplicates(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    value = dict(pairs)
    if len(value) < len(pairs):
        seen: set[str] = set()
        twice = next(key for key, _ in pairs if key in seen or seen.add(key))  # type: ignore[func-returns-value]
        raise DuplicateKeyError(f"the key {show(twice)} appears twice in one object")
    return value


def _refuse_constant(name: str) -> NoReturn:
    raise UnreadableError(f"{name} is not a number that JSON knows")


def check_version(value: object, family: str, version: int) -> None:
    """Raise UnreadableError if the value is not of this family (``leakgate.results``) and version."""
    found = value.get("schema") if isinstance(value, dict) else None
    if found == f"{family}/{version}":
        return
    name, _, number = found.partition("/") if isinstance(found, str) else ("", "", "")
    if name != family:
        named = "it has no `schema`" if found is None else f"its schema is {show(found)}"
        raise UnreadableError(f"is not a {family} file: {named}", path=("schema",))
    if number.isdecimal() and number.isascii():
        message = f"is of version {number[:20]}; this leakgate reads version {version}: use a newer leakgate"
        raise UnreadableError(message, path=("schema",))
    raise UnreadableError(f"has a version that cannot be read: {show(found)}", path=("schema",))


def validate(form: type[FormT], value: object) -> FormT:
    """Return a form from a parsed value. Raises UnreadableError for the first problem."""
    try:
        return form.model_validate(value)
    except ValidationError as error:
        first = error.errors(include_url=False, include_context=False, include_input=False)[0]
        raise UnreadableError(_sentence(first["msg"]), path=first["loc"]) from None


def _sentence(message: str) -> str:
    message = message.removeprefix("Value error, ")
    if message == "Extra inputs are not permitted":
        return "this version has no such field"
    if message == "Field required":
        return "is missing"
    return message.replace("Input should", "should")


def show_path(path: Path) -> str:
    """Return a path in the usual notation: ``$.scripts[0].leaks[2].share``."""
    return "$" + "".join(f"[{step}]" if isinstance(step, int) else f".{show(step)[1:-1]}" for step in path)


def show(value: object) -> str:
    """Return a short ASCII text for a hostile value."""
    text = json.dumps(value) if isinstance(value, str) else type(value).__name__
    return text if len(text) <= _SHOWN_CHARACTERS else f'{text[:_SHOWN_CHARACTERS]}..."'


def render(value: object) -> str:
    """Return indented ASCII JSON with a line feed at its end; a list of plain values stays on one line."""
    pieces: list[str] = []
    _add_pieces(value, "\n", pieces.append)
    pieces.append("\n")
    return "".join(pieces)


def _add_pieces(value: object, newline: str, add: Callable[[str], None]) -> None:
    """Add the text of a value piece by piece. ``newline``: a line feed and the indentation of the value."""
    inner = newline + "  "
    if isinstance(value, dict) and value:
        opening = "{"
        for key, item in value.items():
            add(f"{opening}{inner}{_encode_key(key)}: ")
            if type(item) in _NESTED:
                _add_pieces(item, inner, add)
            else:
                add(_encode(item))
            opening = ","
        add(newline + "}")
    elif isinstance(value, list) and not _NESTED.isdisjoint(map(type, value)):
        opening = "["
        for item in value:
            add(opening + inner)
            _add_pieces(item, inner, add)
            opening = ","
        add(newline + "]")
    else:
        add(_encode(value))


def render_line(value: object) -> str:
    """Return one line of a JSON lines file, without its line feed."""
    return json.dumps(value, allow_nan=False, separators=(",", ":"))
