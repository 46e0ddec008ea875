"""Hostile text is inert in every format: a corpus of attacks, and whatever Hypothesis makes up."""

import html
import re
import unicodedata
import xml.etree.ElementTree as ET
from collections.abc import Callable

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from rich.console import Console

from leakgate.report import escape
from tests.helpers.hostile import HOSTILE_TEXTS

anything = st.text(st.characters(exclude_categories=())) | st.sampled_from(HOSTILE_TEXTS)
"""Lone surrogates too."""
XML_1_0 = re.compile("[\t\n\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]*")
UNSEEN = ("Cc", "Cs")


@given(anything)
@example("\x9d" * 50 + "x")
@example("\x1b]8;;x")
def test_plain_keeps_nothing_that_hides_or_commands(text: str) -> None:
    clean = escape.plain(text)
    assert "\x1b" not in clean
    assert all(char in "\n\t" or unicodedata.category(char) not in UNSEEN for char in clean)
    assert not set(clean) & set("\u200b\u200d\u202e\u2066\ufeff\u2028\ufffe\uffff\U000e0041\u3164")
    assert XML_1_0.fullmatch(clean)
    assert escape.plain(clean) == clean
    clean.encode()


@given(anything, st.integers(min_value=1, max_value=50))
def test_every_cleaner_is_bounded_and_says_that_it_cut(text: str, limit: int) -> None:
    clean = escape.plain(text, limit)
    assert len(clean) <= limit
    whole = escape.plain(text, 10_000)
    if len(whole) > limit:
        assert clean == whole[: limit - 1] + "\u2026"


def test_plain_is_linear_in_hostile_repetition() -> None:
    for opening in ("\x9d", "\x1b]", "\x1b[1;", "\x1b ", "\x90"):
        assert escape.plain(opening * 200_000, 200_000).strip(";1\u2026 ]") == ""


def test_plain_leaves_honest_text_alone() -> None:
    for honest in (
        "caf\u00e9 \u6f22\u5b57 \U0001f600 \u0627\u0644\u0639\u0631\u0628\u064a\u0629",
        "a\tb\nc",
        "a[0] <b> & 'c'",
    ):
        assert escape.plain(honest) == honest


def test_plain_shows_the_text_of_a_link_and_not_its_address() -> None:
    assert escape.plain("\x1b]8;;https://evil.example\x07docs\x1b]8;;\x1b\\ \x1b[31mred\x1b[0m") == "docs red"


def test_an_unfinished_sequence_hides_nothing_after_it() -> None:
    assert escape.plain("\x1b]0;title\nboom") == "0;title\nboom"


def test_one_line_marks_breaks() -> None:
    assert escape.one_line("a\r\nb\u2028c\td\n") == "a\u23ceb\u23cec d"


@given(anything)
def test_terminal_text_prints_as_it_is(text: str) -> None:
    console = Console(width=2_000, color_system="truecolor", force_terminal=True, _environ={})
    with console.capture() as capture:
        console.print(escape.terminal_text(text), end="", soft_wrap=True)
    assert capture.get() == escape.one_line(text)


def test_terminal_block_keeps_lines() -> None:
    assert escape.terminal_block("\na\n\t[b]x[/b]\n").plain == "a\n    [b]x[/b]"


@given(anything)
def test_markdown_inline_has_no_punctuation_of_its_own(text: str) -> None:
    written = escape.markdown_inline(text)
    inner = written.removeprefix("<code>").removesuffix("</code>")
    assert not set(re.sub(r"&#\d+;", "", inner)) & set("!\"#$%&'()*+,-./:;<=>?@[\\]^_`{|}~\n")
    shown = html.unescape(inner)
    assert shown.replace("\u200b", "") == escape.one_line(text)
    assert not re.search(r"://|www\.|@(?!\u200b)", shown, re.IGNORECASE)


@given(anything | st.text("`~\n <!-"))
def test_markdown_block_cannot_be_closed_from_inside(text: str) -> None:
    first, *content, last, end = escape.markdown_block(text).split("\n")
    assert end == ""
    assert first == f"{last}text"
    assert set(last) == {"`"}
    assert all(last not in line for line in content)
    assert "<!--" not in "\n".join(content)


@given(anything)
def test_xml_text_survives_a_parser(text: str) -> None:
    element = ET.Element("a", {"b": escape.xml_text(text)})
    element.text = escape.xml_text(text)
    back = ET.fromstring(ET.tostring(element))  # noqa: S314 - written one line above
    assert (back.text or "") == escape.xml_text(text)
    assert back.get("b") == escape.xml_text(text)


@given(anything)
def test_html_text_holds_no_markup(text: str) -> None:
    written = escape.html_text(text)
    assert not set(written) & set("<>\"'")
    assert html.unescape(written) == escape.plain(text)


@pytest.mark.parametrize("function", [escape.workflow_data, escape.workflow_property])
@given(text=anything)
def test_workflow_commands_stay_on_their_line(function: Callable[[str], str], text: str) -> None:
    written = function(text)
    assert not set(written) & set("\r\n")
    decoded = written.replace("%0A", "\n").replace("%3A", ":").replace("%2C", ",").replace("%25", "%")
    if function is escape.workflow_data:
        assert decoded == escape.plain(text)
    else:
        assert not set(written) & set(":,")
