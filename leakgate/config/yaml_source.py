"""The config file as plain values, with the place of every key and value. Knows YAML but not the keys of leakgate.

Scalars follow YAML 1.2, as editors read them: ``on`` and ``1:30`` are text, ``010`` is ten. Size, depth and number of
values are bounded for any file.
"""

import re
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

import yaml

from leakgate.errors import ConfigError, ConfigProblem, UsageError
from leakgate.files import Refusal, RefusedFileError, read_whole_file
from leakgate.model.source_ref import SourceRef

_INIT_HINT: Final = "`leakgate init` writes a starter leakgate.yaml; -c FILE names another one"
LARGEST_FILE_BYTES: Final = 1_000_000
_MOST_VALUES: Final = 20_000
_DEEPEST: Final = 30
_LONGEST_NUMBER: Final = 60

Scalar = str | int | float | bool
Value = Scalar | list["Value"] | dict[str, "Value"] | None
"""None stands for a value with a problem that is reported. A file cannot contain None: an empty value is a problem."""
Loc = tuple[str | int, ...]
"""The path to a value: keys and indices from the top of the file."""

_TAG: Final = "tag:yaml.org,2002:"
_NUMBERS: Final = {
    f"{_TAG}int": re.compile(r"[-+]?[0-9]+|0o[0-7]+|0x[0-9a-fA-F]+"),
    f"{_TAG}float": re.compile(
        r"[-+]?(?:\.[0-9]+|[0-9]+(?:\.[0-9]*)?)(?:[eE][-+]?[0-9]+)?|[-+]?\.(?:inf|Inf|INF)|\.(?:nan|NaN|NAN)"
    ),
}
_BOOLS: Final = {"true": True, "True": True, "TRUE": True, "false": False, "False": False, "FALSE": False}


@dataclass(frozen=True, slots=True)
class Document:
    """The content of the file, and the place of each part."""

    path: str
    """As the user gave it."""
    value: dict[str, Value]
    """The top mapping."""
    problems: tuple[ConfigProblem, ...]
    faulty: frozenset[Loc]
    """Paths of values that are None because of a problem that is reported."""
    places: dict[Loc, SourceRef] = field(repr=False)
    key_places: dict[Loc, SourceRef] = field(repr=False)
    texts: dict[Loc, str] = field(repr=False)
    """Scalars as they are written: ``3.10`` stays ``3.10``."""

    def place(self, loc: Loc) -> SourceRef:
        """Return the place of the value."""
        return self.places[loc]

    def key_place(self, loc: Loc) -> SourceRef:
        """Return the place of the value's key."""
        return self.key_places[loc]


def read_document(path: Path) -> Document:
    """Read and parse the file.

    Raises UsageError if there is no file to read, and ConfigError if it is not YAML or not a mapping. Problems of
    single values are in the document, so that the caller reports them together with those of the form.
    """
    shown = str(path)
    text = _decode(_read(path), shown)
    node = _compose(text, shown)
    if node is None:
        raise _broken(shown, 1, 1, "the file is empty", hint="`leakgate init` writes a starter leakgate.yaml")
    return _Reading(shown).document(node)


def _read(path: Path) -> bytes:
    try:
        return read_whole_file(path, LARGEST_FILE_BYTES, follow_links=True)
    except RefusedFileError as error:
        if error.refusal is Refusal.MISSING:
            raise UsageError(f"there is no {path}", hint=_INIT_HINT) from None
        if error.refusal is Refusal.FOLDER:
            hint = f"name the file: -c {path / 'leakgate.yaml'}"
            raise UsageError(f"{path} is a folder, not a config file", hint=hint) from None
        raise UsageError(f"{path} {error.reason}") from None


def _decode(raw: bytes, shown: str) -> str:
    try:
        return raw.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        before = raw[: error.start].decode("utf-8-sig", "replace")
        line, column = _position(before)
        raise _broken(shown, line, column, "the file is not UTF-8 text") from None


def _position(before: str) -> tuple[int, int]:
    lines = re.split(r"\r\n|\r|\n", before)
    return len(lines), len(lines[-1]) + 1


def _broken(shown: str, line: int, column: int, message: str, *, hint: str = "") -> ConfigError:
    return ConfigError((ConfigProblem(SourceRef(shown, line, column), message),), hint=hint)


class _TooMuchError(yaml.MarkedYAMLError):
    """The file is deeper or longer than any real config."""


class _Loader(yaml.SafeLoader):
    """PyYAML's composer in Python (the one in C recurses on the C stack), bounded, with the scalars of YAML 1.2."""

    yaml_implicit_resolvers: dict[str, list[tuple[str, re.Pattern[str]]]] = {}  # noqa: RUF012 - PyYAML's own class table

    def __init__(self, text: str) -> None:
        super().__init__(text)
        self._depth = 0
        self._count = 0

    def compose_node(self, parent: yaml.Node | None, index: int) -> yaml.Node | None:
        self._count += 1
        if self._depth >= _DEEPEST or self._count > _MOST_VALUES:
            event = self.peek_event()  # type: ignore[no-untyped-call]
            too_many = f"has more than {_MOST_VALUES:,} values; split it into several configs"
            what = "is nested too deeply" if self._depth >= _DEEPEST else too_many
            raise _TooMuchError(problem=f"the file {what}", problem_mark=event.start_mark)
        self._depth += 1
        node = super().compose_node(parent, index)
        self._depth -= 1
        return node


_Loader.add_implicit_resolver(f"{_TAG}null", re.compile(r"(?:~|null|Null|NULL|)\Z"), ["~", "n", "N", ""])
_Loader.add_implicit_resolver(f"{_TAG}bool", re.compile(rf"(?:{'|'.join(_BOOLS)})\Z"), list("tTfF"))
for _tag, _pattern in _NUMBERS.items():
    _Loader.add_implicit_resolver(_tag, re.compile(rf"(?:{_pattern.pattern})\Z"), list("-+.0123456789"))


def _compose(text: str, shown: str) -> yaml.Node | None:
    try:
        loader = _Loader(text)
        try:
            return loader.get_single_node()
        finally:
            loader.dispose()
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        line, column = (mark.line + 1, mark.column + 1) if mark else (1, 1)
        raise _broken(shown, line, column, _explain(error, text, line)) from None
    except yaml.reader.ReaderError as error:
        line, column = _position(text[: error.position])
        raise _broken(shown, line, column, f"the character {chr(error.character)!a} is not allowed in YAML") from None


def _explain(error: yaml.MarkedYAMLError, text: str, line: int) -> str:
    problem = error.problem or "something is wrong"
    if isinstance(error, _TooMuchError):
        return problem
    if "but found another document" in problem:
        return "the file has a second document (---); leakgate reads only one"
    if "'\\t'" in problem or _indented_by_tab(text, line):
        return "a tab cannot indent YAML; use spaces"
    context = f" {error.context}" if error.context else ""
    return f"not valid YAML{context}: {problem}"


def _indented_by_tab(text: str, line: int) -> bool:
    lines = text.splitlines()
    return any(lines[at].lstrip(" ").startswith("\t") for at in (line - 2, line - 1) if 0 <= at < len(lines))


class _Reading:
    """One pass over the composed nodes; collects values, places and problems."""

    def __init__(self, shown: str) -> None:
        self._shown = shown
        self._problems: list[ConfigProblem] = []
        self._faulty: set[Loc] = set()
        self._places: dict[Loc, SourceRef] = {}
        self._key_places: dict[Loc, SourceRef] = {}
        self._texts: dict[Loc, str] = {}
        self._budget = _MOST_VALUES

    def document(self, top: yaml.Node) -> Document:
        if not isinstance(top, yaml.MappingNode):
            what = "a list" if isinstance(top, yaml.SequenceNode) else "a single value"
            where = self._ref(top)
            raise _broken(
                self._shown,
                where.line,
                where.column,
                f"the file must hold keys such as 'version' and 'scripts', not {what}",
            )
        self._places[()] = self._ref(top)
        value = self._mapping(top, ())
        return Document(
            path=self._shown,
            value=value,
            problems=tuple(self._problems),
            faulty=frozenset(self._faulty),
            places=self._places,
            key_places=self._key_places,
            texts=self._texts,
        )

    def _ref(self, node: yaml.Node) -> SourceRef:
        return SourceRef(self._shown, node.start_mark.line + 1, node.start_mark.column + 1)

    def _note(self, node: yaml.Node, message: str) -> None:
        self._problems.append(ConfigProblem(self._ref(node), message))

    def _fault(self, loc: Loc, node: yaml.Node, message: str) -> None:
        self._faulty.add(loc)
        self._note(node, message)

    def _value(self, node: yaml.Node, loc: Loc) -> Value:
        self._places[loc] = self._ref(node)
        self._budget -= 1
        # An alias gives the same node again, so a bomb or a cycle shows only while the values are walked.
        if self._budget < 0 or len(loc) > _DEEPEST:
            where = self._ref(node)
            raise _broken(self._shown, where.line, where.column, "aliases (*name) make the file too large or endless")
        if isinstance(node, yaml.MappingNode) and node.tag == f"{_TAG}map":
            return self._mapping(node, loc)
        if isinstance(node, yaml.SequenceNode) and node.tag == f"{_TAG}seq":
            return [self._value(item, (*loc, index)) for index, item in enumerate(node.value)]
        if isinstance(node, yaml.ScalarNode):
            return self._scalar(node, loc)
        self._refuse_tag(node, loc)
        return None

    def _mapping(self, node: yaml.MappingNode, loc: Loc) -> dict[str, Value]:
        mapping: dict[str, Value] = {}
        seen: dict[str, SourceRef] = {}
        for key_node, value_node in node.value:
            if not isinstance(key_node, yaml.ScalarNode):
                self._note(key_node, "a key must be a word, not a list or a mapping")
                continue
            key = key_node.value
            if key == "<<" and key_node.style is None:
                self._note(key_node, "merge keys (<<) are not supported; write shared settings under 'defaults'")
                continue
            if not _is_text(key):
                self._note(key_node, "a key has a character that is not text (NUL or an unpaired surrogate)")
                continue
            if key in seen:
                self._note(key_node, f"the key {key!r} appears twice here (first on line {seen[key].line})")
                continue
            seen[key] = self._key_places[(*loc, key)] = self._ref(key_node)
            mapping[key] = self._value(value_node, (*loc, key))
        return mapping

    def _scalar(self, node: yaml.ScalarNode, loc: Loc) -> Scalar | None:
        text: str = node.value
        self._texts[loc] = text
        kind = node.tag.removeprefix(_TAG)
        if kind == "str" and _is_text(text):
            return text
        if kind == "bool" and text in _BOOLS:
            return _BOOLS[text]
        if node.tag in _NUMBERS and _NUMBERS[node.tag].fullmatch(text) and len(text) <= _LONGEST_NUMBER:
            return _number(text)
        match kind:
            case "str":
                self._fault(
                    loc,
                    node,
                    f"{_name(loc)} has a character that cannot be passed to a program (NUL or an unpaired surrogate)",
                )
            case "null":
                self._fault(loc, node, f"{_name(loc)} has no value; give it one or remove it")
            case "bool" | "int" | "float":
                self._fault(loc, node, f"{_name(loc)} is not a number (or true, false) that can be read")
            case _:
                self._refuse_tag(node, loc)
        return None

    def _refuse_tag(self, node: yaml.Node, loc: Loc) -> None:
        tag = node.tag.replace(_TAG, "!!")
        self._fault(loc, node, f"unknown tag {tag[:60]!r}; only plain values are allowed")


def _is_text(text: str) -> bool:
    """Whether the text can be passed to a program: it has no NUL and no unpaired surrogate."""
    return all(char != "\0" and not "\ud800" <= char <= "\udfff" for char in text)


def _number(text: str) -> int | float:
    if text.startswith(("0x", "0o")):
        return int(text, 0)
    if re.fullmatch(r"[-+]?[0-9]+", text):
        return int(text)
    return float(text.lower().replace(".inf", "inf").replace(".nan", "nan"))


def _name(loc: Loc) -> str:
    """Return the last key of the path, with the index of an item: ``'args'[1]``."""
    index = f"[{loc[-1]}]" if isinstance(loc[-1], int) else ""
    key = next(part for part in reversed(loc) if isinstance(part, str))
    return f"{key!r}{index}"
