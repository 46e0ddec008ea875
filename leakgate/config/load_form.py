"""The form of the key ``load``: the requests or the program that make a server work while it is watched."""

from typing import Annotated, Any, Final, Self

from pydantic import BeforeValidator, ConfigDict, Field, GetJsonSchemaHandler, model_validator
from pydantic.json_schema import JsonSchemaValue
from pydantic_core import core_schema

from leakgate.config import config_paths, load_fields, text_fields
from leakgate.config.strict import ConfigForm
from leakgate.model.load_spec import DEFAULT_METHODS

SOURCES: Final = ("requests", "openapi", "path", "module", "command")
"""The keys that make the load; a load has exactly one of them."""
_BODIES: Final = ("json", "body", "form")
_OF_REQUESTS: Final = ("connections", "rate", "expect", "timeout")


def _at_most_one_body(schema: dict[str, Any]) -> None:
    schema["allOf"] = [
        {"not": {"required": [one, other]}} for at, one in enumerate(_BODIES) for other in _BODIES[at + 1 :]
    ]


class RequestForm(ConfigForm):
    """A request that is sent again and again. Placeholders: {n}, {uuid}, {random:1-9}, {choice:a|b}."""

    model_config = ConfigDict(json_schema_extra=_at_most_one_body)

    path: load_fields.RequestPath = Field(
        description="Path and query of the request.", examples=["/search?q={choice:tea|coffee}", "/items/{n}"]
    )
    method: load_fields.Method | None = Field(
        default=None,
        description="`GET`, `HEAD`, `POST`, `PUT`, `PATCH`, `DELETE` or `OPTIONS`. Default: GET, or POST with a body.",
        examples=["PUT"],
    )
    headers: dict[load_fields.HeaderName, load_fields.HeaderValue] = Field(
        default_factory=dict,
        description="Headers of the request.",
        examples=[{"X-Tenant": "demo"}],
        json_schema_extra={"additionalProperties": False},
    )
    json_: load_fields.JsonBody | None = Field(
        default=None,
        alias="json",
        description="A body that is sent as JSON.",
        examples=[{"id": "{uuid}", "lines": [1, 2]}],
    )
    form: dict[text_fields.Text, load_fields.FormValue] | None = Field(
        default=None,
        description="A body that is sent as the fields of a form.",
        examples=[{"name": "user-{n}"}],
        json_schema_extra={"additionalProperties": False},
    )
    body: load_fields.Body | None = Field(
        default=None, description="A body of plain text. It is sent unchanged.", examples=["id,amount"]
    )
    weight: load_fields.Weight | None = Field(
        default=None,
        description="How often this request is sent compared with the others, 1 to 1000. Default: 1.",
        examples=[3],
    )
    expect: load_fields.Expected | None = Field(
        default=None,
        description="The status or status class that counts as expected, one or a list. Default: 2xx and 3xx.",
        examples=[[200, 404], "2xx", 404],
    )

    @model_validator(mode="after")
    def _has_one_body(self) -> Self:
        given = [key for key in _BODIES if key in self.model_fields_set or f"{key}_" in self.model_fields_set]
        if len(given) > 1:
            raise ValueError(f"has {' and '.join(given)}; a request has one body")
        return self


class _TextOrKeys:
    """States in the JSON Schema that a request may be just its path."""

    def __get_pydantic_json_schema__(
        self, schema: core_schema.CoreSchema, handler: GetJsonSchemaHandler
    ) -> JsonSchemaValue:
        return {"anyOf": [load_fields.PATH_SCHEMA, handler(schema)]}


def _with_keys(value: object) -> object:
    return {"path": value} if isinstance(value, str) else value


Request = Annotated[RequestForm, BeforeValidator(_with_keys), _TextOrKeys()]


def _one_source(schema: dict[str, Any]) -> None:
    schema["oneOf"] = [{"required": [source]} for source in SOURCES]


class LoadForm(ConfigForm):
    """The load of a server: requests, an OpenAPI document, or a program of yours."""

    model_config = ConfigDict(json_schema_extra=_one_source)

    requests: Annotated[list[Request], Field(min_length=1)] | None = Field(
        default=None,
        description="The requests to send. Each is a path, or a mapping with the keys of a request.",
        examples=[["/items/{n}", {"method": "POST", "path": "/orders", "json": {"id": "{uuid}"}}]],
    )
    openapi: load_fields.OpenApi | None = Field(
        default=None,
        description="An OpenAPI document with the operations to call: a path on the server, which starts with `/`, or "
        "a file. Parameters get the example values of the document, or generated values.",
        examples=["/openapi.json"],
    )
    methods: Annotated[list[load_fields.Method], Field(min_length=1)] | None = Field(
        default=None,
        description=f"With `openapi`: the methods of the operations to call. Default: {', '.join(DEFAULT_METHODS)}.",
        examples=[["GET", "POST"]],
    )
    path: config_paths.Script | None = Field(
        default=None,
        description="A Python file of yours that makes the load. The variable `LEAKGATE_URL` has the address of the "
        "server.",
        examples=["tools/traffic.py"],
    )
    module: load_fields.Module | None = Field(
        default=None,
        description="A module of yours that makes the load, run as `python -m` runs it.",
        examples=["tools.traffic"],
    )
    command: load_fields.Command | None = Field(
        default=None,
        description="A command that makes the load, such as locust, k6 or wrk: a list of words or one text.",
        examples=[["locust", "--headless", "-H", "http://127.0.0.1:{port}"]],
    )
    args: list[text_fields.Argument] | None = Field(
        default=None, description="Arguments of `path` or `module`.", examples=[["--users", 4]]
    )
    url: load_fields.Address | None = Field(
        default=None,
        description="The address of the server. Default: http://127.0.0.1:{port}.",
        examples=["http://127.0.0.1:8000"],
    )
    connections: load_fields.Connections | None = Field(
        default=None,
        description="How many requests may wait for their answer at the same time, 1 to 1000. Default: 4.",
        examples=[16],
    )
    rate: load_fields.Rate | None = Field(
        default=None,
        description="Requests per second. Default: as fast as answers come, as long as the load takes at most a third "
        "of a processor.",
        examples=[200],
    )
    expect: load_fields.Share | None = Field(
        default=None, description="The share of answers that must be as expected. Default: 99%.", examples=[0.95, "99%"]
    )
    timeout: load_fields.Timeout | None = Field(
        default=None, description="How long an answer may take, `100ms` to `10m`. Default: 30s.", examples=["5s"]
    )

    @model_validator(mode="after")
    def _fits_together(self) -> Self:
        given = [source for source in SOURCES if getattr(self, source) is not None]
        if len(given) != 1:
            found = f", not {' and '.join(given)}" if given else ""
            raise ValueError(f"needs exactly one of {', '.join(SOURCES[:-1])} or {SOURCES[-1]}{found}")
        source = given[0]
        if self.methods is not None and source != "openapi":
            raise ValueError("'methods' is only for 'openapi'")
        if self.args is not None and source not in ("path", "module"):
            raise ValueError("'args' is only for 'path' or 'module'")
        extra = [key for key in _OF_REQUESTS if getattr(self, key) is not None]
        if extra and source not in ("requests", "openapi"):
            raise ValueError(f"{extra[0]!r} is only for 'requests' or 'openapi': leakgate sends no requests here")
        return self
