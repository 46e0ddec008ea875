"""Placeholders in the texts of requests: ``{n}``, ``{uuid}``, ``{random:1-9}``, ``{choice:red|blue}``.

Leaks often need keys that are new with every request. Other text in braces is left as it is, so that a body can hold
JSON.
"""

import re
from collections.abc import Callable, Iterator
from difflib import get_close_matches
from random import Random
from typing import Final
from uuid import UUID

_KNOWN: Final = re.compile(r"\{(?:n|uuid|random:(?P<low>[0-9]+)-(?P<high>[0-9]+)|choice:(?P<choices>[^{}]+))\}")
_NAMED: Final = re.compile(r"\{(?P<name>[A-Za-z_]+)(?P<rest>:[^{}]*)?\}")
_PORT: Final = re.compile(r"\{port(:[A-Za-z_][A-Za-z0-9_]*)?\}")
_NAMES: Final = ("n", "uuid", "random", "choice", "port")
_LARGEST: Final = 10**18

Piece = str | Callable[[int, Random], str]
"""Fixed text, or a function that makes the text of a placeholder from the number of the request and a random
generator."""


def problem_in(text: str, *, only_known: bool) -> str | None:
    """Return a sentence about the first wrong placeholder of a text; None if all of them are right.

    ``only_known``: other words in braces are wrong, too, as in a path.
    """
    for match in _NAMED.finditer(text):
        whole, name = match[0], match["name"]
        if _KNOWN.fullmatch(whole) or _PORT.fullmatch(whole):
            if not _is_in_order(whole):
                return f"{whole!r} has no number to choose: write the smaller one first, such as {{random:1-9}}"
        elif name in ("random", "choice"):
            return f"{whole!r} is incomplete; write {{random:1-9}} or {{choice:red|blue}}"
        elif only_known:
            near = get_close_matches(name.lower(), _NAMES, n=1)
            return f"unknown placeholder {whole!r}" + (
                f"; did you mean {{{near[0]}}}?"
                if near
                else "; known are {n}, {uuid}, {random:1-9}, {choice:a|b} and {port}"
            )
    return None


def _is_in_order(whole: str) -> bool:
    match = _KNOWN.fullmatch(whole)
    if match is None or match["low"] is None:
        return True
    return int(match["low"]) <= int(match["high"]) <= _LARGEST


def pieces(text: str, quoted: Callable[[str], str] | None = None) -> tuple[Piece, ...]:
    """The text cut at its placeholders. ``quoted`` is applied to the text between them and to choices."""
    quote = quoted or str
    found: list[Piece] = []
    end = 0
    for match in _KNOWN.finditer(text):
        if match.start() > end:
            found.append(quote(text[end : match.start()]))
        found.append(_maker(match, quote))
        end = match.end()
    if end < len(text):
        found.append(quote(text[end:]))
    return tuple(found)


def _maker(match: re.Match[str], quote: Callable[[str], str]) -> Callable[[int, Random], str]:
    if match["low"] is not None:
        low, high = int(match["low"]), int(match["high"])
        return lambda _number, chance: str(chance.randint(low, high))
    if match["choices"] is not None:
        choices = [quote(one) for one in match["choices"].split("|")]
        return lambda _number, chance: chance.choice(choices)
    if match[0] == "{uuid}":
        return lambda _number, chance: str(UUID(int=chance.getrandbits(128), version=4))
    return lambda number, _chance: str(number)


def quoted_outside(text: str, quote: Callable[[str], str]) -> str:
    """Return the text with ``quote`` applied to everything outside its placeholders, and to their choices."""
    return "".join(_quoted(text, quote))


def _quoted(text: str, quote: Callable[[str], str]) -> Iterator[str]:
    end = 0
    for match in re.finditer(rf"{_KNOWN.pattern}|{_PORT.pattern}", text):
        yield quote(text[end : match.start()])
        choices = match["choices"]
        yield match[0] if choices is None else f"{{choice:{'|'.join(map(quote, choices.split('|')))}}}"
        end = match.end()
    yield quote(text[end:])
