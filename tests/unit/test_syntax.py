"""Source of any program as a syntax tree."""

import ast
import warnings

import pytest

from leakgate.syntax import called_name, parsed


@pytest.mark.parametrize("source", ["def f(:", "x = '\x00'", "(" * 10_000, "print 'of another version'"])
def test_a_source_that_cannot_be_parsed_has_no_tree(source: str) -> None:
    assert parsed(source) is None


def test_doubtful_code_of_the_program_causes_no_warning() -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert parsed(r"pattern = '\d'") is not None


@pytest.mark.parametrize(
    ("source", "name"),
    [("web.Application()", "Application"), ("main()", "main"), ("(lambda: 1)()", ""), ("main", "")],
)
def test_the_last_name_of_what_is_called(source: str, name: str) -> None:
    assert called_name(ast.parse(source, mode="eval").body) == name


def test_nothing_is_called_where_there_is_no_node() -> None:
    assert called_name(None) == ""
