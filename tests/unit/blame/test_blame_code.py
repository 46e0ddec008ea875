"""Which function a line of a source file belongs to."""

import textwrap

import pytest

from leakgate.blame.code import FunctionTable

SOURCE = textwrap.dedent(
    """\
    import functools

    class Cart:
        limit = 3

        @functools.lru_cache(
            maxsize=None,
        )
        def total(self):
            def add(price):
                return price
            return sum(map(add, [1]))

    async def main():
        pass

    def pages(first):
        def inner():
            yield 0
        for page in [first]:
            yield page

    def once(): return (lambda: (yield))
    """
)


@pytest.mark.parametrize(
    ("line", "name"),
    [
        (1, "<module>"),
        (4, "<module>"),
        (6, "<module>"),
        (9, "<module>"),  # the header is run by what makes the function
        (10, "Cart.total"),
        (11, "Cart.total.add"),
        (12, "Cart.total"),
        (14, "main"),  # here the frame of a coroutine is allocated
        (15, "main"),
        (17, "pages"),  # and that of a generator
        (18, "pages.inner"),
        (20, "pages"),
        (23, "once"),
        (99, "<module>"),
    ],
)
def test_the_function_around_a_line(line: int, name: str) -> None:
    assert FunctionTable(SOURCE).name_at(line) == name


@pytest.mark.parametrize("depth", [300, 900, 2_500])
def test_expressions_may_be_nested_deeper_than_python_calls_functions(depth: int) -> None:
    source = "def load():\n    pass\n    return a" + ".b" * depth + "\n"
    assert FunctionTable(source).name_at(3) == "load"


@pytest.mark.parametrize("source", ["def broken(:", "\0", ""])
def test_a_file_that_does_not_parse_knows_no_functions(source: str) -> None:
    assert FunctionTable(source).name_at(1) == "<module>"


def test_a_file_that_is_nested_too_deeply_knows_no_functions() -> None:
    assert FunctionTable("-" * 100_000 + "1").name_at(1) == "<module>"
