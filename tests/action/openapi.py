"""Holds requests and answers to GitHub's own OpenAPI description, and fills in what an answer must have."""

import functools
import json
from pathlib import Path
from typing import Any, Final

from openapi_core import OpenAPI
from openapi_core.exceptions import OpenAPIError
from openapi_core.testing import MockRequest, MockResponse

DESCRIPTION: Final[dict[str, Any]] = json.loads(Path(__file__).with_name("github-openapi.json").read_text("utf-8"))

_STRINGS: Final = {"uri": "https://example.invalid/x", "date-time": "2024-01-01T00:00:00Z"}


@functools.cache
def _api() -> OpenAPI:
    """Check the description itself and return it; that takes a second of processor time."""
    return OpenAPI.from_dict(DESCRIPTION)


def request_of(method: str, path: str, query: dict[str, str], body: bytes | None) -> MockRequest:
    """A request as the validator wants it."""
    return MockRequest("http://localhost", method.lower(), path, args=query, data=body, content_type="application/json")


def request_problem(request: MockRequest) -> str | None:
    """What GitHub's description says against a request; None where it is fine."""
    try:
        _api().validate_request(request)
    except OpenAPIError as error:
        return _sentence(error)
    return None


def answer_problem(request: MockRequest, status: int, body: bytes) -> str | None:
    """What GitHub's description says against an answer; None where it is fine or the status is not described."""
    path = next(path for path in DESCRIPTION["paths"] if _matches(path, request.path))
    if str(status) not in DESCRIPTION["paths"][path][request.method]["responses"]:
        return None
    try:
        _api().validate_response(request, MockResponse(body, status_code=status, content_type="application/json"))
    except OpenAPIError as error:
        return _sentence(error)
    return None


def filled(schema_name: str, values: dict[str, Any]) -> dict[str, Any]:
    """The smallest object that the named schema allows, with these values laid over it."""
    least: dict[str, Any] = _least({"$ref": f"#/components/schemas/{schema_name}"})
    return least | values


def _least(schema: dict[str, Any]) -> Any:
    """The smallest value that a schema allows."""
    if "$ref" in schema:
        return _least(DESCRIPTION["components"]["schemas"][schema["$ref"].rpartition("/")[2]])
    combined = next((schema[name] for name in ("allOf", "oneOf", "anyOf") if name in schema), None)
    if combined is not None and not schema.get("nullable"):
        return _least(combined[0])
    if "properties" in schema and not schema.get("nullable"):
        return {name: _least(schema["properties"][name]) for name in schema.get("required", ())}
    plain = {"string": _STRINGS.get(schema.get("format", ""), "x"), "boolean": False, "array": []}
    return None if schema.get("nullable") else schema.get("enum", [plain.get(schema.get("type", ""), 1)])[0]


def _matches(template: str, path: str) -> bool:
    wanted, given = template.split("/"), path.split("/")
    return len(wanted) == len(given) and all(a.startswith("{") or a == b for a, b in zip(wanted, given, strict=True))


def _sentence(error: Exception) -> str:
    causes = [str(error)]
    cause = error.__cause__
    while cause is not None:
        causes.append(str(cause))
        cause = cause.__cause__
    return ": ".join(causes)
