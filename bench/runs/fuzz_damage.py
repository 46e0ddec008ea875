"""Makes damaged inputs from a good one: another value, key or entry at a random place, or other bytes.

The places of a seed are found once. An input is then made by replacing a few bytes, and is not parsed for it.
"""

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from random import Random
from typing import Any, Final

ODD: Final[tuple[Any, ...]] = (
    None,
    True,
    0,
    -1,
    1,
    2**31,
    2**63,
    -(2**63),
    10**400,
    0.5,
    -0.0,
    1e308,
    -1e308,
    5e-324,
    "",
    " ",
    "\x00",
    "\ud800",
    "\u202e",
    "NaN",
    "1e999",
    "a" * 5_000,
    "../../x",
    "2026-13-45T99:99:99",
    "9" * 5_000,
    [],
    {},
    [[]],
    [None],
    {"": None},
)
_ODD_JSON: Final = (*(json.dumps(value).encode() for value in ODD), b"NaN", b"-Infinity", b"1e999", b"1" * 5_000)
_ODD_KEYS: Final = (b'""', b'"' + b"x" * 300 + b'"', b'"\\ud800"', b'"schema"', b'"kind"', b'"name"')
_ODD_BYTES: Final = (
    b"\x00",
    b"\xff",
    b"{",
    b"[",
    b'"',
    b"\\u",
    b"\xed\xa0\x80",
    b"NaN",
    b"1e999",
    b"\n",
    b"&a *a",
    b"- ",
    b"? ",
    b"!!bool ",
)
_TOKEN: Final = re.compile(rb'(?P<key>"(?:[^"\\]|\\.)*")\s*:|"(?:[^"\\]|\\.)*"|[{}\[\]]|[^\s{}\[\],:"]+')
_WORD: Final = re.compile(rb"[\w./-]+")


@dataclass(frozen=True, slots=True)
class Place:
    """A value in a good input, by its offsets."""

    start: int
    end: int
    key: int
    """Where its key begins; -1 without a key."""


@dataclass(frozen=True, slots=True)
class Seed:
    """A good input, and the places at which it can be damaged."""

    data: bytes
    places: tuple[Place, ...]

    @classmethod
    def of(cls, data: bytes) -> "Seed":
        """Find the places: the values of JSON, or the words of any other text; none in binary data."""
        if data[:1] in (b"{", b"["):
            return cls(data, tuple(_values(data)))
        words = () if b"\0" in data else tuple(Place(one.start(), one.end(), -1) for one in _WORD.finditer(data))
        return cls(data, words)


def _values(data: bytes) -> Iterator[Place]:
    """Yield the values of one or several JSON documents; an object or a list comes after its own values."""
    opened: list[tuple[int, int]] = []
    key = -1
    for token in _TOKEN.finditer(data):
        if token["key"] is not None:
            key = token.start()
            continue
        match token[0]:
            case b"{" | b"[":
                opened.append((token.start(), key))
            case b"}" | b"]":
                start, its_key = opened.pop()
                yield Place(start, token.end(), its_key)
            case _:
                yield Place(token.start(), token.end(), key)
        key = -1


def damaged(seed: Seed, random: Random) -> bytes:
    """Return a good input with one to four faults. Now and then they cancel each other out."""
    data = seed.data
    by_place = bool(seed.places) and random.random() < 0.75
    if by_place:
        chosen = {random.choice(seed.places) for _ in range(random.choice((1, 1, 1, 2, 3)))}
        for place in sorted(chosen, key=lambda one: one.start, reverse=True):  # from the end, so that offsets hold
            data = _odd_value(data, place, seed, random)
    if not by_place or random.random() < 0.15:
        for _ in range(random.randint(1, 4)):
            data = _odd_bytes(data, random)
    return data


def _odd_value(data: bytes, place: Place, seed: Seed, random: Random) -> bytes:
    before, value, after = data[: place.start], data[place.start : place.end], data[place.end :]
    match random.randrange(6):
        case 0:  # leave the entry out, with its comma
            comma = re.match(rb"\s*,", after)
            before = data[: place.start if place.key < 0 else place.key]
            return before + after[comma.end() :] if comma else before.rstrip().removesuffix(b",") + after
        case 1 if place.key >= 0:
            colon = before.rindex(b":")
            return data[: place.key] + random.choice(_ODD_KEYS) + data[colon:]
        case 2 if place.key >= 0:
            entry = data[place.key : place.end]
            return data[: place.end] + b", " + entry + after
        case 3:
            other = random.choice(seed.places)
            return before + seed.data[other.start : other.end] + after
        case 4:
            return before + b"[" + value + b"]" + after
        case _:
            return before + random.choice(_ODD_JSON) + after


def _odd_bytes(data: bytes, random: Random) -> bytes:
    at, to = sorted((random.randint(0, len(data)), random.randint(0, len(data))))
    match random.randrange(6):
        case 0:
            return data[:at]
        case 1:
            return data[:at] + random.choice(_ODD_BYTES) + data[at:]
        case 2:
            return data[:at] + random.randbytes(random.randint(1, 8)) + data[at + 8 :]
        case 3:
            return data[:at] + data[min(to, at + 200) :]
        case 4:
            return data[:to] + data[at : min(to, at + 200)] + data[to:]
        case _:
            return data[:at] + random.choice(_ODD_JSON) + data[at + random.randint(0, 12) :]
