"""Makes text of the measured program harmless: one function for each format. No other module escapes text.

Names, paths, tracebacks, stderr, types and arguments may come from an attacker's pull request. Every function first
removes control and invisible characters (``plain``), then escapes for its format, and limits the length.
"""

import html
import re
from collections.abc import Iterator
from itertools import groupby
from typing import Final

from rich.text import Text

NEWLINE_MARK: Final = "\u23ce"
"""Stands for a line break in text that must stay on one line."""
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
    r"\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069"  # direction: text shown in another order
    r"\u200b-\u200d\u2060-\u2065\u206a-\u206f\ufeff\ufff9-\ufffb"  # zero width, BOM, annotations
    r"\u00ad\u034f\u115f\u1160\u17b4\u17b5\u180e\u3164\uffa0"  # soft hyphen, joiners, fillers: not visible
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
_CODE: Final = re.compile(r"(?<!\S)(\(?)`([^`]+)`(\)?[.,;:!?]?)(?!\S)")
_BACKTICKS: Final = re.compile("`+")


def plain(text: str, limit: int = BLOCK_LIMIT) -> str:
    r"""Return the text without escape sequences and invisible characters, with ``\n`` line ends, cut at ``limit``.

    The result is valid in XML 1.0 and can be encoded as UTF-8; tabs are kept. A shortened text ends with an ellipsis.
    """
    bounded = text[: 8 * limit]
    clean = _DROPPED.sub("", _LINE_BREAKS.sub("\n", _ESCAPE_SEQUENCES.sub("", bounded)))
    if len(clean) > limit or len(text) > len(bounded):
        return clean[: limit - 1] + ELLIPSIS
    return clean


def one_line(text: str, limit: int = LINE_LIMIT) -> str:
    """Return the plain text with line breaks shown as a mark and tabs as spaces."""
    return plain(text, limit).strip("\n").replace("\n", NEWLINE_MARK).replace("\t", " ")


def terminal_text(text: str, style: str = "", limit: int = LINE_LIMIT) -> Text:
    """Return one line for rich: a ``Text``, in which markup, links and emoji codes have no effect."""
    return Text(one_line(text, limit), style=style)


def log_text(text: str) -> str:
    """Return finished terminal output in which no line is a command for a CI that reads commands from logs.

    GitHub obeys ``::name::`` at the start of a line (after blanks) and ``##[name]`` anywhere, Azure ``##vso[...]``,
    TeamCity ``##teamcity[...]``. Apply it last, because wrapping moves text to the start of lines.
    """
    return _LOG_BRACKETS.sub("# #", _LOG_COLONS.sub(r"\1: :", text))


def terminal_block(text: str, style: str = "", limit: int = BLOCK_LIMIT) -> Text:
    """Return several lines for rich."""
    return Text(plain(text, limit).strip("\n").expandtabs(4), style=style)


def markdown_inline(text: str, limit: int = LINE_LIMIT) -> str:
    """Return one line of GitHub Markdown: ``<code>`` with all ASCII punctuation as entities.

    GitHub leaves ``@user``, ``#1`` and addresses alone only inside code, and only entities work in table cells, in
    ``<summary>`` and in any nesting of backticks. Other parsers (remark) look for addresses after they resolve
    entities, and do not treat ``<code>`` as code: a zero-width space splits the start of each address.
    """
    apart = _ADDRESS.sub("\\g<0>\u200b", one_line(text, limit))
    return f"<code>{apart.translate(_ASCII_PUNCTUATION)}</code>"


def markdown_prose(text: str, limit: int = LINE_LIMIT) -> str:
    """Return a sentence of GitHub Markdown: plain words unchanged, everything else in ``<code>``.

    Plain are words of letters only and short numbers, with punctuation around them: GitHub cannot read these as a
    mention, a reference, a commit, an address or an emoji. Text between backticks becomes one piece of code.
    """
    line = one_line(text, limit)
    parts: list[str] = []
    done = 0
    for code in _CODE.finditer(line):
        parts += _prose_words(line[done : code.start()], limit)
        opened, command, closed = code.groups()
        around = (opened.translate(_ASCII_PUNCTUATION), closed.translate(_ASCII_PUNCTUATION))
        parts.append(markdown_inline(command, limit).join(around))
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
    """Return a fenced block, on lines of its own, whose fence is longer than any run of backticks inside.

    The start of an HTML comment is split, because leakgate finds its own comments by one.
    """
    content = plain(text, limit).strip("\n").replace("<!--", "<! --")
    longest = max((len(run) for run in _BACKTICKS.findall(content)), default=0)
    fence = "`" * max(3, longest + 1)
    return f"{fence}{language}\n{content}\n{fence}\n"


def xml_text(text: str, limit: int = BLOCK_LIMIT) -> str:
    """Return characters that XML 1.0 allows; the XML writer escapes ``<``, ``&`` and quotes.

    GitLab treats ``[[ATTACHMENT|path]]`` in test output as a link, so it is split.
    """
    return plain(text, limit).replace("[[ATTACHMENT|", "[ [ATTACHMENT|")


def code_parts(text: str, limit: int = BLOCK_LIMIT) -> Iterator[tuple[str, bool]]:
    """Yield one line in parts, not escaped; each with whether it was between backticks, which are removed."""
    line = one_line(text, limit)
    done = 0
    for code in _CODE.finditer(line):
        yield line[done : code.end(1)], False
        yield code[2], True
        done = code.start(3)
    yield line[done:], False


def html_text(text: str, limit: int = BLOCK_LIMIT) -> str:
    """Return text for an HTML element or a quoted attribute."""
    return html.escape(plain(text, limit), quote=True)


def sarif_text(text: str, limit: int = LINE_LIMIT) -> str:
    """Return one line of a SARIF message, where brackets would make links and braces are placeholders."""
    return one_line(text, limit).translate(_SARIF_SYNTAX)


def workflow_data(text: str, limit: int = BLOCK_LIMIT) -> str:
    """Return the message of a GitHub workflow command (``::error::message``)."""
    return plain(text, limit).replace("%", "%25").replace("\n", "%0A")


def workflow_property(text: str, limit: int = LINE_LIMIT) -> str:
    """Return a property of a GitHub workflow command (``::error file=property::``)."""
    return workflow_data(text, limit).replace(":", "%3A").replace(",", "%2C")
