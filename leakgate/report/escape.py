"""Makes text of the measured program inert: one function for each format that leakgate writes. Nothing else escapes.

Names, paths, tracebacks, stderr, types and arguments may be written by an attacker's pull request. Every function here
first takes away what no reader should ever get (``plain``), then escapes for its format, and bounds the length.
"""

import html
import re
from collections.abc import Iterator
from itertools import groupby
from typing import Final

from rich.text import Text

NEWLINE_MARK: Final = "\u23ce"
"""Stands for a line break where there is room for one line only."""
ELLIPSIS: Final = "\u2026"
LINE_LIMIT: Final = 300
BLOCK_LIMIT: Final = 4_000

_ESCAPE_SEQUENCES: Final = re.compile(
    r"(?:\x1b\[|\x9b)[0-?]*[ -/]*[@-~]"  # CSI: colours, cursor
    # OSC, DCS, SOS, PM, APC with their terminator; the class stops at any control character, so matching is linear
    r"|(?:\x1b[\]PX^_]|[\x90\x98\x9d-\x9f])[^\x07\x1b\x80-\x9f]*(?:\x07|\x1b\\|\x9c)"
    r"|\x1b[ -/]*[0-~]?"
)
_LINE_BREAKS: Final = re.compile("\r\n|[\r\x0b\x0c\x85\u2028\u2029]")
_DROPPED: Final = re.compile(
    "["
    r"\x00-\x08\x0e-\x1f\x7f-\x9f"  # C0, DEL and C1; line breaks were made equal before
    r"\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069"  # direction: text that reads otherwise than it is
    r"\u200b-\u200d\u2060-\u2065\u206a-\u206f\ufeff\ufff9-\ufffb"  # zero width, BOM, annotations
    r"\u00ad\u034f\u115f\u1160\u17b4\u17b5\u180e\u3164\uffa0"  # soft hyphen, joiners, fillers: nobody sees them
    r"\U0001bca0-\U0001bca3\U0001d173-\U0001d17a\U000e0000-\U000e0fff"  # shorthand, music, tags
    r"\ud800-\udfff\ufdd0-\ufdef"  # lone surrogates, noncharacters
    + "".join(rf"\U{plane + 0xFFFE:08x}\U{plane + 0xFFFF:08x}" for plane in range(0, 0x110000, 0x10000))
    + "]"
)

_ASCII_PUNCTUATION: Final = {code: f"&#{code};" for code in range(0x21, 0x7F) if not chr(code).isalnum()}
_LOG_COLONS: Final = re.compile(r"(?m)^((?:[^\S\n]|\x1b\[[0-9;]*m)*)::")
_LOG_BRACKETS: Final = re.compile(r"##(?=\w*\[)")
_PROSE_WORD: Final = re.compile(
    r"[(\"']*"
    r"(?:[^\W\d_]+(?:['-][^\W\d_]+)*|[+-]?\d{1,3}(?:,\d{3})*(?:\.\d{1,3})?(?:/(?:s|min|h))?|\d{1,6}|[KMG]?B(?:/(?:s|min|h))?|%)"
    r"[)\"'.,;:!?]*"
)
_ADDRESS: Final = re.compile(r":(?=//)|www(?=\.)|@", re.IGNORECASE)
_COMMIT: Final = re.compile(r"[0-9a-fA-F]{7}")
_SARIF_SYNTAX: Final = str.maketrans({"\\": r"\\", "[": r"\[", "]": r"\]", "{": "{{", "}": "}}"})
_CODE: Final = re.compile(r"(?<!\S)`([^`]+)`([.,;:!?]?)(?!\S)")
_BACKTICKS: Final = re.compile("`+")


def plain(text: str, limit: int = BLOCK_LIMIT) -> str:
    r"""The text without escape sequences and invisible characters, lines ended by ``\n``, at most ``limit`` long.

    What is left may be written as XML 1.0 and encoded as UTF-8; tabs are kept. A cut ends with an ellipsis.
    """
    bounded = text[: 8 * limit]
    clean = _DROPPED.sub("", _LINE_BREAKS.sub("\n", _ESCAPE_SEQUENCES.sub("", bounded)))
    if len(clean) > limit or len(text) > len(bounded):
        return clean[: limit - 1] + ELLIPSIS
    return clean


def one_line(text: str, limit: int = LINE_LIMIT) -> str:
    """The plain text with line breaks shown as a mark and tabs as spaces."""
    return plain(text, limit).strip("\n").replace("\n", NEWLINE_MARK).replace("\t", " ")


def terminal_text(text: str, style: str = "", limit: int = LINE_LIMIT) -> Text:
    """One line for rich: a ``Text``, in which markup, links and emoji codes mean nothing."""
    return Text(one_line(text, limit), style=style)


def log_text(text: str) -> str:
    """Finished terminal output in which no line is a command to a CI that reads its logs for them.

    GitHub obeys ``::name::`` at the start of a line (after blanks) and ``##[name]`` anywhere, Azure ``##vso[...]``,
    TeamCity ``##teamcity[...]``. To be applied last, because wrapping moves text to the start of lines.
    """
    return _LOG_BRACKETS.sub("# #", _LOG_COLONS.sub(r"\1: :", text))


def terminal_block(text: str, style: str = "", limit: int = BLOCK_LIMIT) -> Text:
    """Several lines for rich."""
    return Text(plain(text, limit).strip("\n").expandtabs(4), style=style)


def markdown_inline(text: str, limit: int = LINE_LIMIT) -> str:
    """One line of GitHub Markdown: ``<code>`` with all ASCII punctuation as entities.

    Only inside code does GitHub leave ``@user``, ``#1`` and addresses alone, and only entities survive table cells,
    ``<summary>`` and every nesting of backticks. Other parsers (remark) look for addresses after entities are
    resolved and do not know ``<code>`` as code: a zero-width space takes their beginnings apart.
    """
    apart = _ADDRESS.sub("\\g<0>\u200b", one_line(text, limit))
    return f"<code>{apart.translate(_ASCII_PUNCTUATION)}</code>"


def markdown_prose(text: str, limit: int = LINE_LIMIT) -> str:
    """A sentence of GitHub Markdown: plain words as they are, whatever else it holds in ``<code>``.

    Plain are words of letters only and short numbers, with punctuation around them: nothing in which GitHub could see
    a mention, a reference, a commit, an address or an emoji. What stands between backticks is one piece of code.
    """
    line = one_line(text, limit)
    parts: list[str] = []
    done = 0
    for code in _CODE.finditer(line):
        parts += _prose_words(line[done : code.start()], limit)
        parts.append(markdown_inline(code[1], limit) + code[2].translate(_ASCII_PUNCTUATION))
        done = code.end()
    return " ".join((*parts, *_prose_words(line[done:], limit)))


def _prose_words(text: str, limit: int) -> Iterator[str]:
    for plain_words, run in groupby(text.split(), key=_is_plain_word):
        words = " ".join(run)
        if plain_words:
            yield words.translate(_ASCII_PUNCTUATION)
        else:
            code = words.rstrip(",;")
            after = words[len(code) :].translate(_ASCII_PUNCTUATION)
            yield f"{markdown_inline(code, limit) if code else ''}{after}"


def _is_plain_word(token: str) -> bool:
    return _PROSE_WORD.fullmatch(token) is not None and _COMMIT.search(token) is None


def markdown_block(text: str, limit: int = BLOCK_LIMIT, language: str = "text") -> str:
    """A fenced block whose fence is longer than any run of backticks inside; starts and ends on lines of its own.

    A comment's opening is broken up, because leakgate finds its own comments by one.
    """
    content = plain(text, limit).strip("\n").replace("<!--", "<! --")
    longest = max((len(run) for run in _BACKTICKS.findall(content)), default=0)
    fence = "`" * max(3, longest + 1)
    return f"{fence}{language}\n{content}\n{fence}\n"


def xml_text(text: str, limit: int = BLOCK_LIMIT) -> str:
    """Characters that XML 1.0 admits; ``<``, ``&`` and quotes are left to the XML writer.

    GitLab takes ``[[ATTACHMENT|path]]`` in test output for a link; it is broken up.
    """
    return plain(text, limit).replace("[[ATTACHMENT|", "[ [ATTACHMENT|")


def code_parts(text: str, limit: int = BLOCK_LIMIT) -> Iterator[tuple[str, bool]]:
    """One line in parts, not yet escaped; with each, whether it stood between backticks, which are left out."""
    line = one_line(text, limit)
    done = 0
    for code in _CODE.finditer(line):
        yield line[done : code.start()], False
        yield code[1], True
        done = code.start(2)
    yield line[done:], False


def html_text(text: str, limit: int = BLOCK_LIMIT) -> str:
    """Text for an HTML element or a quoted attribute."""
    return html.escape(plain(text, limit), quote=True)


def sarif_text(text: str, limit: int = LINE_LIMIT) -> str:
    """One line of a SARIF message, in which brackets make links and braces are placeholders."""
    return one_line(text, limit).translate(_SARIF_SYNTAX)


def workflow_data(text: str, limit: int = BLOCK_LIMIT) -> str:
    """The message of a GitHub workflow command (``::error::message``)."""
    return plain(text, limit).replace("%", "%25").replace("\n", "%0A")


def workflow_property(text: str, limit: int = LINE_LIMIT) -> str:
    """A property of a GitHub workflow command (``::error file=property::``)."""
    return workflow_data(text, limit).replace(":", "%3A").replace(",", "%2C")
