"""Requests from an OpenAPI document: any examples and schemas give requests that can be sent."""

import json
from typing import Any

import pytest

from leakgate.load.openapi import RefusedError, _parse, requests_of
from leakgate.model.load_spec import RequestSpec


def request_of(document: str) -> RequestSpec:
    (request,) = requests_of(_parse(document.encode(), "api"), ("GET", "POST"))
    return request


def with_body(schema: str, more: str = "") -> str:
    content = f"{{content: {{application/json: {{schema: {schema}}}}}}}"
    return f"{more}\npaths: {{/orders: {{post: {{requestBody: {content}}}}}}}"


def test_dates_in_yaml_are_sent_as_they_are_written() -> None:
    day, amount = "{type: string, example: 2026-01-31}", "{default: 1.5}"
    request = request_of(with_body(f"{{type: object, properties: {{day: {day}, amount: {amount}}}}}"))
    assert json.loads(request.body) == {"day": "2026-01-31", "amount": 1.5}


def test_sets_and_bytes_in_yaml_are_sent_as_texts() -> None:
    request = request_of(with_body("{example: {data: !!binary YQ==, names: !!set {a}, !!binary YQ==: 1}}"))
    assert json.loads(request.body) == {"data": "b'a'", "names": "{'a'}"}


@pytest.mark.parametrize(
    ("document", "why"),
    [
        ("[" * 100_000, "it is nested too deeply"),
        ("? " * 100_000, "it is nested too deeply"),
        ("paths: {}\na: !!bool maybe", "a value does not fit its tag"),
        ("paths: {}\na: !!int ''", "a value does not fit its tag"),
        ("paths: {}\na: !!timestamp soon", "a value does not fit its tag"),
        ("paths: {}\na: !!python/object:os.system {}", "could not determine a constructor"),
        ("paths: {? [a] : 1}", "while constructing a mapping"),
        ("\N{BELL}\x00", "unacceptable character"),
    ],
)
def test_yaml_that_cannot_be_read_is_refused_with_the_reason(document: str, why: str) -> None:
    with pytest.raises(RefusedError, match=f"the document api is neither JSON nor YAML: {why}"):
        _parse(document.encode(), "api")


def test_an_example_that_contains_itself_or_grows_without_bound_is_no_body() -> None:
    assert request_of(with_body("{example: &a [*a]}")).body == ""
    levels = [f"x{at}: &x{at} [{', '.join([f'*x{at - 1}'] * 10)}]" for at in range(1, 9)]
    bomb = "\n".join(["x0: &x0 [1]", *levels])
    assert request_of(with_body("{example: *x8}", bomb)).body == ""


def test_a_schema_that_refers_to_itself_in_each_field_gives_a_body_of_a_limited_size() -> None:
    node: dict[str, Any] = {"properties": {f"f{at}": {"$ref": "#/node"} for at in range(100)}}
    content = {"application/json": {"schema": {"$ref": "#/node"}}}
    document = {"node": node, "paths": {"/a": {"post": {"requestBody": {"content": content}}}}}
    assert 0 < len(request_of(json.dumps(document)).body) < 1_000_000


def test_characters_that_no_encoding_has_are_replaced() -> None:
    parameters = [
        {"in": "query", "name": "\ud800", "example": "\ud800"},
        {"in": "cookie", "name": "\ud800", "example": 1},
    ]
    content = {"application/json": {"schema": {"example": "\ud800"}}}
    operation = {"parameters": parameters, "requestBody": {"content": content}}
    request = request_of(json.dumps({"paths": {"/\ud800": {"post": operation}}}))
    assert (request.path, request.body, request.name) == ("/%3F?%3F=%3F", '"?"', "POST /?")
    assert dict(request.headers)["Cookie"] == "=1"
