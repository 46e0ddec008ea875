"""``leakgate.baseline/1``: a file that people review. Sorted keys, one fact a line, figures rounded to two digits.

Text in, text out; the caller reads and writes the files.
"""

import json
import math
import re
from decimal import ROUND_CEILING, Context, Decimal
from typing import Annotated, Any, Final, Literal, NoReturn

from pydantic import Field, PlainValidator, WithJsonSchema

from leakgate.archive.forms.form_fields import MANY, Form, Number, Text
from leakgate.archive.forms.json_text import DuplicateKeyError, UnreadableError, check_version, parse, show, validate
from leakgate.archive.forms.place_form import line_and_column, locate, locate_duplicate
from leakgate.errors import BaselineError
from leakgate.model.baseline import AcceptedLeak, Baseline, BaselineEntry
from leakgate.model.units import RATE_PERIODS, SIZE_UNITS, parse_per_iteration, parse_rate, parse_size
from leakgate.model.verdict import Verdict

FAMILY: Final = "leakgate.baseline"
VERSION: Final = 1
MOST_BYTES: Final = 8 * 1024 * 1024
MOST_SCRIPTS: Final = 20_000
"""The largest number of scripts of one environment, and of leaks of one script."""

_SIZE_PATTERN: Final = rf"^[0-9]+(\.[0-9]+)? ?({'|'.join(SIZE_UNITS)})$"
_RATE_PATTERN: Final = rf"{_SIZE_PATTERN[:-1]}/({'|'.join(RATE_PERIODS)})$"
_EACH_PATTERN: Final = rf"{_SIZE_PATTERN[:-1]}/(iteration|call)$"
_CONFLICT: Final = re.compile(r"^(?:<<<<<<<|=======|>>>>>>>|\|\|\|\|\|\|\|)(?= |\r?$)", re.MULTILINE)
_TWO_DIGITS_UP: Final = Context(prec=2, rounding=ROUND_CEILING)
_RESTORE: Final = "restore the file from version control, or delete it and run `leakgate baseline update`"


def _size(value: object) -> str:
    if not isinstance(value, str) or not re.fullmatch(_SIZE_PATTERN[1:-1], value):
        raise ValueError('should be a size such as "120 MB"')
    parse_size(value)
    return value


def _rate(value: object) -> str:
    if not isinstance(value, str) or not re.fullmatch(_RATE_PATTERN[1:-1], value):
        raise ValueError('should be a rate such as "84 KB/s"')
    parse_rate(value)
    return value


def _each(value: object) -> str:
    if not isinstance(value, str) or not re.fullmatch(_EACH_PATTERN[1:-1], value):
        raise ValueError('should be growth with every iteration such as "84 B/iteration"')
    parse_per_iteration(value)
    return value


Size = Annotated[str, PlainValidator(_size), WithJsonSchema({"type": "string", "pattern": _SIZE_PATTERN})]
Rate = Annotated[str, PlainValidator(_rate), WithJsonSchema({"type": "string", "pattern": _RATE_PATTERN})]

Each = Annotated[str, PlainValidator(_each), WithJsonSchema({"type": "string", "pattern": _EACH_PATTERN})]


class KnownLeakForm(Form):
    """A leak that was accepted."""

    blocks_per_call: Number | None = Field(
        default=None, ge=0, description="for a test or callable: blocks that each call leaves behind"
    )
    owner: Text | None = Field(default=None, description="who is responsible for it")
    rate: Rate
    reason: Text | None = Field(default=None, description="why it was accepted")
    size_per_call: Each | None = Field(
        default=None, description="for a test or callable: memory that each call leaves behind"
    )
    where: Text = Field(description="file:function, for people")

    def value(self, signature: str) -> AcceptedLeak:
        """Return the value that this form stores."""
        return AcceptedLeak(
            signature=signature,
            bytes_per_s=parse_rate(self.rate),
            where=self.where,
            blocks_per_call=self.blocks_per_call or 0.0,
            bytes_per_call=0.0 if self.size_per_call is None else parse_per_iteration(self.size_per_call),
            reason=self.reason or "",
            owner=self.owner or "",
        )


class BaselineEntryForm(Form):
    """How one script behaved when it was last accepted."""

    growth: Rate = Field(description="sustained growth of memory; 0 B/s for a script that does not grow")
    growth_per_iteration: Each | None = Field(
        default=None, description="the same per request or call, if they were counted"
    )
    leaks: dict[Text, KnownLeakForm] = Field(max_length=MANY, description="by signature")
    owner: Text | None = Field(default=None, description="who is responsible for it")
    peak: Size = Field(description="highest resident memory of the process tree")
    reason: Text | None = Field(default=None, description="why the peak, or growth without a known place, was accepted")
    verdict: Literal["ok", "known"]

    def value(self) -> BaselineEntry:
        """Return the value that this form stores."""
        return BaselineEntry(
            verdict=Verdict(self.verdict),
            peak_bytes=parse_size(self.peak),
            growth_bytes_per_s=parse_rate(self.growth),
            growth_bytes_per_iteration=(
                None if self.growth_per_iteration is None else parse_per_iteration(self.growth_per_iteration)
            ),
            leaks=tuple(leak.value(signature) for signature, leak in self.leaks.items()),
            reason=self.reason or "",
            owner=self.owner or "",
        )


class BaselineForm(Form):
    """The accepted behaviour of scripts: environment -> script -> facts. Written by ``leakgate baseline update``."""

    environments: dict[Text, dict[Text, BaselineEntryForm]] = Field(
        max_length=MANY, description="by implementation, minor Python version, operating system and architecture"
    )
    schema_: Literal["leakgate.baseline/1"] = Field(alias="schema")


def dump_baseline(baseline: Baseline) -> str:
    """Return the text of the file; equal baselines give equal bytes. Entries that are not ``ok`` are ``known``."""
    environments = {
        key: {script: _facts(entry) for script, entry in entries.items()}
        for key, entries in baseline.environments.items()
    }
    return json.dumps({"schema": f"{FAMILY}/{VERSION}", "environments": environments}, indent=2, sort_keys=True) + "\n"


def _facts(entry: BaselineEntry) -> dict[str, object]:
    each = entry.growth_bytes_per_iteration
    return {
        "growth": rate_text(entry.growth_bytes_per_s),
        **({} if each is None else {"growth_per_iteration": each_text(each)}),
        "leaks": {leak.signature: _leak_facts(leak) for leak in entry.leaks},
        "peak": size_text(entry.peak_bytes),
        **_given(reason=entry.reason, owner=entry.owner),
        "verdict": str(Verdict.OK if entry.verdict is Verdict.OK else Verdict.KNOWN),
    }


def _leak_facts(leak: AcceptedLeak) -> dict[str, object]:
    return {
        **({"blocks_per_call": count_of(leak.blocks_per_call)} if leak.blocks_per_call > 0 else {}),
        "rate": rate_text(leak.bytes_per_s),
        **({"size_per_call": call_text(leak.bytes_per_call)} if leak.bytes_per_call > 0 else {}),
        "where": leak.where,
        **_given(reason=leak.reason, owner=leak.owner),
    }


def _given(**texts: str) -> dict[str, str]:
    return {name: text for name, text in texts.items() if text}


def size_text(size_bytes: float) -> str:
    """Return a size with two significant digits, rounded up: noise seldom changes it, and it covers the original."""
    exact = Decimal(f"{max(0.0, size_bytes):.9g}")  # without the last bits that unit conversions leave
    rounded = float(_TWO_DIGITS_UP.plus(exact))
    unit = next((unit for unit in ("GB", "MB", "KB") if rounded >= SIZE_UNITS[unit]), "B")
    amount = rounded / SIZE_UNITS[unit]
    if unit == "B":
        amount = math.ceil(amount)
    return f"{amount:.1f} {unit}" if amount < 10 and amount % 1 else f"{amount:.0f} {unit}"


def each_text(size_bytes: float) -> str:
    """Return growth per iteration with two significant digits, rounded up: ``1.3 KB/iteration``."""
    return f"{size_text(size_bytes)}/iteration"


def call_text(size_bytes: float) -> str:
    """Return growth per call with two significant digits, rounded up: ``1.3 KB/call``."""
    return f"{size_text(size_bytes)}/call"


def count_of(amount: float) -> float:
    """Return a count with two significant digits, rounded up; an int if it is a whole number."""
    rounded = float(_TWO_DIGITS_UP.plus(Decimal(f"{max(0.0, amount):.9g}")))
    return int(rounded) if rounded.is_integer() else rounded


def rate_text(bytes_per_s: float) -> str:
    """Return a rate with two significant digits, rounded up: ``84 KB/s``."""
    return f"{size_text(bytes_per_s)}/s"


def parse_baseline(text: str, source: str) -> Baseline:
    """Return the baseline in a text. Raises BaselineError with line and column of the first problem."""
    if not text.strip():
        raise BaselineError(f"{source}:1:1: the file is empty", hint=_RESTORE)
    if conflict := _CONFLICT.search(text):
        line, column = line_and_column(text, conflict.start())
        raise BaselineError(
            f"{source}:{line}:{column}: a merge conflict is not resolved here",
            hint="`leakgate baseline resolve` keeps what either side accepted",
        )
    try:
        value = parse(text, MOST_BYTES, most_keys=MOST_SCRIPTS)
        check_version(value, FAMILY, VERSION)
        _check_entries(value)
        form = validate(BaselineForm, value)
    except DuplicateKeyError as error:
        _refuse(source, locate_duplicate(text), error.message)
    except UnreadableError as error:
        if error.path:
            _refuse(source, locate(text, error.path), f"{show(error.path[-1])}: {error.message}")
        _refuse(source, (error.line or 1, error.column or 1), error.message)
    return Baseline(
        {key: {name: entry.value() for name, entry in entries.items()} for key, entries in form.environments.items()}
    )


def _check_entries(value: dict[str, Any]) -> None:
    """Raise UnreadableError for the first entry with a problem: pydantic would collect the problems of all entries."""
    environments = value.get("environments")
    for environment, entries in environments.items() if isinstance(environments, dict) else ():
        for script, entry in entries.items() if isinstance(entries, dict) else ():
            try:
                validate(BaselineEntryForm, entry)
            except UnreadableError as error:
                path = ("environments", environment, script, *error.path)
                raise UnreadableError(error.message, path=path) from None


def _refuse(source: str, place: tuple[int, int], message: str) -> NoReturn:
    line, column = place
    raise BaselineError(f"{source}:{line}:{column}: {message}", hint=_RESTORE) from None
