"""JSON lines files: a header with the version, one form per line, and an end line that proves completeness."""

from collections.abc import Iterable, Iterator, Mapping
from typing import Final, Literal

from leakgate.archive.forms.form_fields import Count, Form
from leakgate.archive.forms.json_text import UnreadableError, check_version, parse, render_line, show, validate

MOST_LINES: Final = 200_000
"""The largest number of lines of one file. A session of 10,000 processes has about 100,000."""
LONGEST_LINE: Final = 24 * 1024 * 1024
"""Characters of one line: a series of a million readings. A watch keeps a tenth of that."""


class EndLine(Form):
    """The last line."""

    kind: Literal["end"]
    lines: Count


def dump_lines(forms: Iterable[Form]) -> str:
    """Return the text of a file; the first form is its header."""
    # The kind comes first, because readers look for it; pydantic would put fields of a parent class first.
    lines = [render_line({"kind": ""} | form.model_dump(by_alias=True)) for form in forms]
    lines.append(render_line(EndLine(kind="end", lines=len(lines)).model_dump()))
    return "\n".join(lines) + "\n"


def load_lines(
    text: str, family: str, version: int, kinds: Mapping[str, type[Form]], most: int
) -> tuple[tuple[int, Form], ...]:
    """Return (line number, form) of each line except the end line. Raises UnreadableError with the line.

    A file without its end line is refused: a session gets its final name only when it is complete, so an incomplete
    session is damaged or forged, never just interrupted.
    """
    if len(text) > most:
        raise UnreadableError(f"is larger than {most // 1024**2} MiB")
    if text.count("\n") > MOST_LINES:
        raise UnreadableError(f"has more than {MOST_LINES:,} lines")
    return tuple(forms_of(_lines(text), family, version, kinds))


def forms_of(
    lines: Iterable[str], family: str, version: int, kinds: Mapping[str, type[Form]]
) -> Iterator[tuple[int, Form]]:
    """Yield the line number and the form of each line, without the end line. Raises UnreadableError.

    Each line is checked before the next one is taken from ``lines``. `load_lines` says what a file must have.
    """
    number, ended = 0, False
    for number, line in enumerate(lines, 1):
        if not line.endswith("\n"):
            raise UnreadableError("the last line is not complete; the file is truncated", line=number)
        if number > MOST_LINES:
            raise UnreadableError(f"has more than {MOST_LINES:,} lines")
        if ended:
            raise UnreadableError("the number in the end line does not match the lines of the file", line=number - 1)
        try:
            form = _load_line(line[:-1], number, family, version, kinds)
        except UnreadableError as error:
            raise UnreadableError(error.message, path=error.path, line=number, column=error.column) from None
        ended = isinstance(form, EndLine)
        if not isinstance(form, EndLine):
            yield number, form
        elif form.lines != number - 1:
            raise UnreadableError("the number in the end line does not match the lines of the file", line=number)
    if not number:
        raise UnreadableError("the last line is not complete; the file is truncated", line=1)
    if not ended:
        raise UnreadableError("the end is missing; the file is truncated", line=number)


def _lines(text: str) -> Iterator[str]:
    """Yield the lines one by one: the pieces of `str.split` would need as much memory again as the text."""
    start = 0
    while start < len(text):
        end = text.find("\n", start) + 1 or len(text)
        yield text[start:end]
        start = end


def _load_line(line: str, number: int, family: str, version: int, kinds: Mapping[str, type[Form]]) -> Form:
    value = parse(line, LONGEST_LINE)
    if not isinstance(value, dict):
        raise UnreadableError("should be an object")
    kind = value.get("kind")
    if (number == 1) is not (kind == "header"):
        raise UnreadableError("the header should be the first line, and only that", path=("kind",))
    if number == 1:
        check_version(value, family, version)
    form = EndLine if kind == "end" else kinds.get(kind) if isinstance(kind, str) else None
    if form is None:
        raise UnreadableError(f"no such kind of line: {show(kind)}", path=("kind",))
    return validate(form, value)
