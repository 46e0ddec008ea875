"""The forms of ``ready``, ``stop`` and ``services``, and their conversion to values of `model`."""

import re
import shlex
import signal
from types import MappingProxyType
from typing import Annotated, Any, Final, Self

from pydantic import ConfigDict, Field, PlainValidator, WithJsonSchema, model_validator

from leakgate.config.field_basics import LONGEST_TEXT, TEXT_SCHEMA, as_number, describe, either, pattern_schema
from leakgate.config.number_fields import Duration
from leakgate.config.option_values import quote
from leakgate.config.strict import ConfigForm
from leakgate.config.text_fields import Argument, EnvName, Name, Words, read_text
from leakgate.config.yaml_source import Document, Loc
from leakgate.model.load_spec import DEFAULT_URL
from leakgate.model.staging import (
    DEFAULT_READY_TIMEOUT_S,
    DEFAULT_STOP_SIGNAL,
    DEFAULT_STOP_TIMEOUT_S,
    ReadySpec,
    ServiceSpec,
    StopSpec,
)

_SIGNALS: Final = ("SIGTERM", "SIGINT", "SIGQUIT", "SIGHUP", "SIGUSR1", "SIGUSR2", "SIGKILL")
_WAYS: Final = ("url", "port", "output")
_URL: Final = r"/\S*|https?://\S+"
_PORT: Final = r"[0-9]{1,5}|\{port(:[A-Za-z_][A-Za-z0-9_]*)?\}"


def _read_url(value: object) -> str:
    text = read_text(value)
    if not re.fullmatch(_URL, text):
        raise ValueError(f"{quote(text)} is neither a path such as /health nor a whole address")
    return text


def _read_port(value: object) -> str:
    number = as_number(value)
    text = str(value) if number is not None else read_text(value)
    if re.fullmatch(r"[A-Za-z_][A-Za-z0-9_]*", text):
        return f"{{port:{text}}}"
    if not re.fullmatch(_PORT, text) or (text.isdecimal() and not 0 < int(text) < 65_536):
        raise ValueError(f"{describe(value)} is not a port: write its number, or the name of a {{port:name}}")
    return text


def _read_pattern(value: object) -> str:
    text = read_text(value)
    try:
        re.compile(text)
    except re.error as error:
        raise ValueError(f"{quote(text)} is not a regular expression: {error}") from None
    return text


def _read_signal(value: object) -> str:
    text = value if isinstance(value, str) else ""
    if text not in _SIGNALS or not hasattr(signal, text):
        raise ValueError(f"{describe(value)} is not one of the signals {', '.join(_SIGNALS)}")
    return text


Url = Annotated[
    str,
    PlainValidator(_read_url),
    WithJsonSchema(pattern_schema(_URL, maxLength=LONGEST_TEXT)),
]
Port = Annotated[
    str,
    PlainValidator(_read_port),
    either(
        {"type": "integer", "minimum": 1, "maximum": 65_535},
        pattern_schema(rf"{_PORT}|[A-Za-z_][A-Za-z0-9_]*", maxLength=LONGEST_TEXT),
    ),
]
Pattern = Annotated[str, PlainValidator(_read_pattern), WithJsonSchema(TEXT_SCHEMA)]
Signal = Annotated[str, PlainValidator(_read_signal), WithJsonSchema({"enum": list(_SIGNALS)})]


def _at_most_one_way(schema: dict[str, Any]) -> None:
    schema["allOf"] = [{"not": {"required": [one, other]}} for at, one in enumerate(_WAYS) for other in _WAYS[at + 1 :]]


class ReadyForm(ConfigForm):
    """How a program shows that it is ready: at most one of url, port and output."""

    model_config = ConfigDict(json_schema_extra=_at_most_one_way)

    url: Url | None = Field(
        default=None,
        description="A path or a whole address that answers with a status of 2xx or 3xx.",
        examples=["/health"],
    )
    port: Port | None = Field(
        default=None,
        description="A port that accepts connections: its number, or the name of a `{port:name}`. "
        "Default: `{port}`, if the script uses it.",
        examples=["redis", 6379],
    )
    output: Pattern | None = Field(
        default=None,
        description="A regular expression that matches a part of a line of stdout or stderr. Python buffers its output "
        "when that is not a terminal: set `PYTHONUNBUFFERED: 1` under `env`.",
        examples=["ready to accept"],
    )
    timeout: Duration | None = Field(
        default=None, description="How long leakgate waits at most. Default: 30s.", examples=["1m"]
    )

    @model_validator(mode="after")
    def _has_one_way(self) -> Self:
        given = [way for way in _WAYS if getattr(self, way) is not None]
        if len(given) > 1:
            raise ValueError(f"has {' and '.join(given)}; use only one of them")
        return self


class StopForm(ConfigForm):
    """How leakgate ends a program."""

    signal: Signal | None = Field(
        default=None,
        description="The signal for the main process, which is expected to end its workers. Default: every process "
        "gets SIGTERM.",
        examples=["SIGINT"],
    )
    timeout: Duration | None = Field(
        default=None,
        description="How long leakgate waits before it kills the remaining processes. Default: 10s.",
        examples=["30s"],
    )


class ServiceForm(ConfigForm):
    """A program that runs together with the script and is not judged."""

    command: Words = Field(
        description="The command: a list of words, or one text.", examples=[["redis-server", "--port", "{port:redis}"]]
    )
    name: Name | None = Field(
        default=None, description="The name in messages. Default: the name of the program.", examples=["redis"]
    )
    env: dict[EnvName, Argument] = Field(
        default_factory=dict,
        description="Variables that are added to its environment.",
        examples=[{"MODE": "demo"}],
        json_schema_extra={"additionalProperties": False},
    )
    ready: ReadyForm | None = Field(
        default=None, description="When the service is ready. Default: at once.", examples=[{"port": "redis"}]
    )
    stop: StopForm | None = Field(
        default=None, description="How leakgate ends it. Default: SIGTERM, then 10 s.", examples=[{"timeout": "30s"}]
    )


def words_of(value: list[object] | str, document: Document, loc: Loc) -> tuple[str, ...]:
    """Return the words of a command: the items of a list as written, or a text split as a shell splits it."""
    if isinstance(value, str):
        return tuple(shlex.split(value))
    return tuple(document.texts[(*loc, index)] for index in range(len(value)))


def ready_spec(form: ReadyForm | None, address: str = DEFAULT_URL) -> ReadySpec | None:
    """Return the value of `model`; None if the form is absent. ``address``: the start of a ``url`` that is a path."""
    if form is None:
        return None
    url = form.url or ""
    return ReadySpec(
        url=f"{address}{url}" if url.startswith("/") else url,
        port=form.port or ("{port}" if form.url is None and form.output is None else ""),
        output=form.output or "",
        timeout_s=form.timeout or DEFAULT_READY_TIMEOUT_S,
    )


def stop_spec(form: StopForm | None) -> StopSpec:
    """Return the value of `model`, with defaults filled in."""
    if form is None:
        return StopSpec()
    return StopSpec(signal=form.signal or DEFAULT_STOP_SIGNAL, timeout_s=form.timeout or DEFAULT_STOP_TIMEOUT_S)


def service_spec(form: ServiceForm, document: Document, loc: Loc) -> ServiceSpec:
    """Return the value of `model`. ``loc``: the place of the form in the document."""
    command = words_of(form.command, document, (*loc, "command"))
    return ServiceSpec(
        name=form.name or command[0].replace("\\", "/").rpartition("/")[2],
        command=command,
        env=MappingProxyType({name: document.texts[(*loc, "env", name)] for name in form.env}),
        ready=ready_spec(form.ready),
        stop=stop_spec(form.stop),
    )
