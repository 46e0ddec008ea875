"""The load of the config, as results and sessions store it."""

from pathlib import Path
from typing import Literal, Self, assert_never

from pydantic import Field

from leakgate.archive.forms.form_fields import MANY, Count, Flag, Form, Number, Text, count, number
from leakgate.model.load_spec import LoadProgram, LoadSpec, OpenApiSpec, RequestSpec


class RequestSpecForm(Form):
    """A request that was sent again and again."""

    method: Text
    path: Text
    headers: list[tuple[Text, Text]] = Field(max_length=MANY)
    body: Text
    weight: Count
    expect: list[Text] = Field(max_length=MANY)
    name: Text

    @classmethod
    def of(cls, request: RequestSpec) -> Self:
        """Return the form of a value."""
        return cls(
            method=request.method,
            path=request.path,
            headers=list(request.headers),
            body=request.body,
            weight=count(request.weight),
            expect=list(request.expect),
            name=request.name,
        )

    def value(self) -> RequestSpec:
        """Return the value that this form stores."""
        return RequestSpec(
            method=self.method,
            path=self.path,
            headers=tuple(self.headers),
            body=self.body,
            weight=self.weight,
            expect=tuple(self.expect),
            name=self.name,
        )


class RequestsForm(Form):
    """Requests of the config."""

    kind: Literal["requests"]
    requests: list[RequestSpecForm] = Field(max_length=MANY)


class OpenApiSpecForm(Form):
    """Operations of an OpenAPI document."""

    kind: Literal["openapi"]
    document: Text
    on_server: Flag
    methods: list[Text] = Field(max_length=MANY)


class LoadProgramForm(Form):
    """A program of the user."""

    kind: Literal["program"]
    path: Text | None
    module: Text
    command: list[Text] = Field(max_length=MANY)
    args: list[Text] = Field(max_length=MANY)


class LoadSpecForm(Form):
    """The load on the server."""

    source: RequestsForm | OpenApiSpecForm | LoadProgramForm = Field(discriminator="kind")
    url: Text
    connections: Count
    rate_per_s: Number | None = Field(description="null: as fast as answers came")
    expected_share: Number
    timeout_s: Number

    @classmethod
    def of(cls, load: LoadSpec) -> Self:
        """Return the form of a value."""
        return cls(
            source=_source(load.source),
            url=load.url,
            connections=count(load.connections),
            rate_per_s=None if load.rate_per_s is None else number(load.rate_per_s),
            expected_share=number(load.expected_share),
            timeout_s=number(load.timeout_s),
        )

    def value(self) -> LoadSpec:
        """Return the value that this form stores."""
        return LoadSpec(
            source=_source_value(self.source),
            url=self.url,
            connections=self.connections,
            rate_per_s=self.rate_per_s,
            expected_share=self.expected_share,
            timeout_s=self.timeout_s,
        )


def _source(
    source: tuple[RequestSpec, ...] | OpenApiSpec | LoadProgram,
) -> RequestsForm | OpenApiSpecForm | LoadProgramForm:
    match source:
        case OpenApiSpec():
            return OpenApiSpecForm(
                kind="openapi",
                document=source.document,
                on_server=source.on_server,
                methods=list(source.methods),
            )
        case LoadProgram():
            return LoadProgramForm(
                kind="program",
                path=None if source.path is None else str(source.path),
                module=source.module,
                command=list(source.command),
                args=list(source.args),
            )
        case _:
            return RequestsForm(kind="requests", requests=[RequestSpecForm.of(request) for request in source])


def _source_value(
    form: RequestsForm | OpenApiSpecForm | LoadProgramForm,
) -> tuple[RequestSpec, ...] | OpenApiSpec | LoadProgram:
    match form:
        case RequestsForm():
            return tuple(request.value() for request in form.requests)
        case OpenApiSpecForm():
            return OpenApiSpec(document=form.document, on_server=form.on_server, methods=tuple(form.methods))
        case LoadProgramForm():
            return LoadProgram(
                path=None if form.path is None else Path(form.path),
                module=form.module,
                command=tuple(form.command),
                args=tuple(form.args),
            )
        case _:
            assert_never(form)
