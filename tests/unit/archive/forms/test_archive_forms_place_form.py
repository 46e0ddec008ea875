"""Line and column of a value in a JSON text."""

import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from leakgate.archive.forms.place_form import locate, locate_duplicate, members

TEXT = """{
  "a": [1, {"b": "}"}, {"c": {}}],
  "d\\"e": {"f": null}
}
"""
JSON = st.recursive(
    st.none() | st.booleans() | st.floats(allow_nan=False) | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=3), inner, max_size=3),
    max_leaves=20,
)


def paths(value: object, at: tuple[str | int, ...] = ()) -> list[tuple[str | int, ...]]:
    if isinstance(value, list):
        return [path for index, item in enumerate(value) for path in paths(item, (*at, index))]
    if isinstance(value, dict):
        return [path for key, item in value.items() for path in ((*at, key), *paths(item, (*at, key)))]
    return []


@settings(deadline=None)
@given(JSON, st.sampled_from([None, 1]))
def test_every_member_is_found_in_order(value: object, indent: int | None) -> None:
    text = json.dumps(value, indent=indent)
    found = list(members(text))
    assert [path for path, _ in found] == paths(value)
    for path, start in found:
        assert json.JSONDecoder().raw_decode(text, start)[0] == path[-1]


@pytest.mark.parametrize(
    ("path", "place"),
    [
        ((), (1, 1)),
        (("nowhere",), (1, 1)),
        (("a",), (2, 3)),
        (("a", 1, "b"), (2, 13)),
        (("a", 2, "c", "missing"), (2, 25)),
        (('d"e', "f"), (3, 12)),
    ],
)
def test_a_path_has_a_place(path: tuple[str | int, ...], place: tuple[int, int]) -> None:
    assert locate(TEXT, path) == place


def test_the_second_of_two_equal_keys_is_found() -> None:
    assert locate_duplicate('{"a": {"b": 1},\n "c": {"b": 2,\n  "b": 3}}') == (3, 3)


def test_there_may_be_no_duplicate() -> None:
    with pytest.raises(ValueError, match="no key"):
        locate_duplicate(TEXT)
