"""Reads and writes JSON text, and describes errors in words for users. Does not know any particular form."""

import json
import re
from collections.abc import Callable
from functools import lru_cache, partial
from typing import Any, Final, NoReturn, TypeVar

from pydantic import BaseModel, ValidationError

from leakgate.model.units import format_size

MOST_MEMORY_BYTES: Final = 96 * 1024 * 1024
"""The most memory for one text and its values. With leakgate itself, a refused file needs up to 200 MB."""
MOST_KEYS: Final = 1_000
"""The largest number of keys of one object. No form has as many fields, and pydantic reports each unknown key: about 1
KB for each."""
_MOST_DIFFERENT_KEYS: Final = 50_000
"""The largest number of different keys in one text. Equal keys share their memory."""
_ENTRY_BYTES: Final = 32
"""A number, and its place in a list."""
_STRING_BYTES: Final = 40
"""A short string has so much more than a number."""
_LIST_BYTES: Final = 72
_OBJECT_BYTES: Final = 200
"""An object with a few keys. One without keys needs a third of it."""
_FEW_KEYS: Final = 5
_KEY_BYTES: Final = 32
"""The place of one more key in an object."""
_SMALL_TEXT: Final = 1_000_000
"""Characters. The keys of a shorter text need less than 30 MB, so they are counted while they are read."""
_WIDE_CHARACTER_BYTES: Final = 4
"""One character beyond U+FFFF makes each character of its string so large, and ``\\u`` may stand for one."""
_STRING: Final = r'"(?:[^"\\]++|\\.?)*+(?:"|\Z)'
"""One that is not closed reaches to the end, so that each sign is looked at once."""
_ANY_STRING: Final = re.compile(_STRING, re.DOTALL)
_NO_STRUCTURE: Final = re.compile(rf'(?:{_STRING}|[^"{{}}:]++)++', re.DOTALL)
"""Strings, and all other signs except braces and colons."""
_PIECE: Final = re.compile(rf'(?:{_STRING}|[^"]++){{1,100000}}+', re.DOTALL)
"""A part of a text, which ends outside of strings."""
_BRACE: Final = re.compile("[{}]")
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


def parse(text: str, most: int, *, most_keys: int = MOST_KEYS, most_memory_bytes: int = MOST_MEMORY_BYTES) -> Any:  # noqa: ANN401 - JSON of unknown shape, checked by the forms
    """Return the value of a JSON text of at most ``most`` characters, whose objects have at most ``most_keys`` keys.

    Raises UnreadableError, also for duplicate keys, NaN and infinity, and if the values would need more memory than
    ``most_memory_bytes``.
    """
    if len(text) > most:
        raise UnreadableError(f"is larger than {most // 1024**2} MiB")
    if (needed := _memory_bytes(text)) > most_memory_bytes:
        raise UnreadableError(
            f"has values for {format_size(needed)} of memory; at most {format_size(most_memory_bytes)} are read"
        )
    if len(text) > _SMALL_TEXT and _has_an_object_with_more_keys(text, most_keys):
        raise _too_many_keys(most_keys)
    keys: set[str] = set()
    try:
        return json.loads(text, object_pairs_hook=partial(_object, most_keys, keys), parse_constant=_refuse_constant)
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


def _memory_bytes(text: str) -> int:
    """Return how much memory the values of a text need, estimated from its signs before anything is made of it.

    The texts of keys and strings are at most as long as the whole text. Signs inside of strings count too; real files
    have few.
    """
    objects, lists = text.count("{"), text.count("[")
    keys = text.count('":') + text.count('" :')
    strings = max(0, text.count('"') // 2 - keys)
    more_keys = max(0, keys - _FEW_KEYS * objects)
    entries = text.count(",") + objects + lists
    values = _ENTRY_BYTES * entries + _OBJECT_BYTES * objects + _LIST_BYTES * lists + _STRING_BYTES * strings
    return len(text) + values + _KEY_BYTES * more_keys + _WIDE_CHARACTER_BYTES * _characters_that_may_be_wide(text)


def _characters_that_may_be_wide(text: str) -> int:
    r"""Return how many signs of a text are in strings that contain ``\u``."""
    if "\\u" not in text:
        return 0
    return sum(len(found[0]) for found in _ANY_STRING.finditer(text) if "\\u" in found[0])


def _has_an_object_with_more_keys(text: str, most_keys: int) -> bool:
    """Whether one object has more keys. The parser would have all of them in memory before they can be counted."""
    outer: list[int] = []
    keys = 0
    for piece in _PIECE.finditer(text):
        structure, start = _NO_STRUCTURE.sub("", piece[0]), 0  # one colon for each key, and the braces
        for brace in _BRACE.finditer(structure):
            keys += brace.start() - start
            start = brace.end()
            if keys > most_keys:
                return True
            if brace[0] == "{":
                outer.append(keys)
                keys = 0
            else:
                keys = outer.pop() if outer else 0
        keys += len(structure) - start
    return keys > most_keys


def _too_many_keys(most_keys: int) -> UnreadableError:
    return UnreadableError(f"an object has more than {most_keys:,} keys, or all objects together too many")


def _object(most_keys: int, keys: set[str], pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """Return one object. ``keys``: all keys so far, to which those of this object are added."""
    value = dict(pairs)
    keys.update(value)
    if len(value) > most_keys or len(keys) > _MOST_DIFFERENT_KEYS:
        raise _too_many_keys(most_keys)
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
