"""The form of the key ``load``: what makes a server work while it is watched."""

from typing import Annotated, Any, Final, Self

from pydantic import BeforeValidator, ConfigDict, Field, GetJsonSchemaHandler, model_validator
from pydantic.json_schema import JsonSchemaValue
from pydantic_core import core_schema

from leakgate.config import config_paths, fields, load_fields
from leakgate.config.strict import ConfigForm
from leakgate.model.load_spec import DEFAULT_METHODS

SOURCES: Final = ("requests", "openapi", "path", "module", "command")
"""What makes the load; a load has exactly one of them."""
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
        description="Path and query of the request.", examples=["/items/{n}", "/search?q={choice:tea|coffee}"]
    )
    method: load_fields.Method | None = Field(
        default=None, description="Method. Default: GET, or POST where there is a body.", examples=["PUT"]
    )
    headers: dict[load_fields.HeaderName, load_fields.HeaderValue] = Field(
        default_factory=dict,
        description="Headers of the request.",
        examples=[{"X-Tenant": "demo"}],
        json_schema_extra={"additionalProperties": False},
    )
    json_: load_fields.JsonBody | None = Field(
        default=None, alias="json", description="Body, sent as JSON.", examples=[{"id": "{uuid}", "lines": [1, 2]}]
    )
    form: dict[fields.Text, load_fields.FormValue] | None = Field(
        default=None,
        description="Body, sent as the fields of a form.",
        examples=[{"name": "user-{n}"}],
        json_schema_extra={"additionalProperties": False},
    )
    body: load_fields.Body | None = Field(
        default=None, description="Body, sent as it is written.", examples=["id,amount\n{n},1\n"]
    )
    weight: load_fields.Weight | None = Field(
        default=None, description="How often it is sent, compared with the others. Default: 1.", examples=[3]
    )
    expect: load_fields.Expected | None = Field(
        default=None,
        description="Status or class, one or a list, that counts as expected. Default: 2xx and 3xx.",
        examples=["2xx", 404, [200, 404]],
    )

    @model_validator(mode="after")
    def _has_one_body(self) -> Self:
        given = [key for key in _BODIES if key in self.model_fields_set or f"{key}_" in self.model_fields_set]
        if len(given) > 1:
            raise ValueError(f"has {' and '.join(given)}; a request has one body")
        return self


class _TextOrKeys:
    """Says in the JSON Schema that a request may be written as its path alone."""

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
    """What makes the server work: requests, an OpenAPI document, or a program of yours."""

    model_config = ConfigDict(json_schema_extra=_one_source)

    requests: Annotated[list[Request], Field(min_length=1)] | None = Field(
        default=None,
        description="Requests to send: a path, or a mapping.",
        examples=[["/items/{n}", {"method": "POST", "path": "/orders", "json": {"id": "{uuid}"}}]],
    )
    openapi: load_fields.OpenApi | None = Field(
        default=None,
        description="OpenAPI document with the operations to call: a path on the server, or a file relative to this "
        "file.",
        examples=["/openapi.json"],
    )
    methods: Annotated[list[load_fields.Method], Field(min_length=1)] | None = Field(
        default=None,
        description=f"Methods of the operations to call. Default: {', '.join(DEFAULT_METHODS)}.",
        examples=[["GET", "POST"]],
    )
    path: config_paths.Script | None = Field(
        default=None,
        description="Python file that makes the load. It finds the server's address in LEAKGATE_URL.",
        examples=["tools/traffic.py"],
    )
    module: load_fields.Module | None = Field(
        default=None, description="Module that makes the load, as python -m runs it.", examples=["tools.traffic"]
    )
    command: load_fields.Command | None = Field(
        default=None,
        description="Command that makes the load.",
        examples=[["locust", "--headless", "-H", "http://127.0.0.1:{port}"]],
    )
    args: list[fields.Argument] | None = Field(
        default=None, description="Arguments of path or module.", examples=[["--users", 4]]
    )
    url: load_fields.Address | None = Field(
        default=None,
        description="Where the server listens. Default: http://127.0.0.1:{port}.",
        examples=["http://127.0.0.1:8000"],
    )
    connections: load_fields.Connections | None = Field(
        default=None, description="Requests on their way at a time. Default: 4.", examples=[16]
    )
    rate: load_fields.Rate | None = Field(
        default=None, description="Requests a second. Default: as fast as answers come.", examples=[200]
    )
    expect: load_fields.Share | None = Field(
        default=None, description="Share of answers that must be as expected. Default: 99%.", examples=["99%", 0.95]
    )
    timeout: load_fields.Timeout | None = Field(
        default=None, description="How long an answer may take. Default: 30s.", examples=["5s"]
    )

    @model_validator(mode="after")
    def _fits_together(self) -> Self:
        given = [source for source in SOURCES if getattr(self, source) is not None]
        if len(given) != 1:
            found = f", not {' and '.join(given)}" if given else ""
            raise ValueError(f"needs exactly one of {', '.join(SOURCES[:-1])} or {SOURCES[-1]}{found}")
        source = given[0]
        if self.methods is not None and source != "openapi":
            raise ValueError("'methods' goes with 'openapi' only")
        if self.args is not None and source not in ("path", "module"):
            raise ValueError("'args' goes with 'path' or 'module' only")
        extra = [key for key in _OF_REQUESTS if getattr(self, key) is not None]
        if extra and source not in ("requests", "openapi"):
            raise ValueError(f"{extra[0]!r} goes with 'requests' or 'openapi' only: leakgate sends nothing itself here")
        return self
