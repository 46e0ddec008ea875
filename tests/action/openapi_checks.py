"""Checks requests and answers against GitHub's own OpenAPI description.

Loading the validator takes a second of processor time, so only `FakeGithub` does it, when it starts.
"""

import functools

from openapi_core import OpenAPI
from openapi_core.exceptions import OpenAPIError
from openapi_core.testing import MockRequest, MockResponse

from tests.action.openapi import DESCRIPTION


@functools.cache
def _api() -> OpenAPI:
    """Check the description itself and return it; that takes a second of processor time."""
    return OpenAPI.from_dict(DESCRIPTION)


def load() -> None:
    """Load everything now, so that the first request is as fast as the others."""
    _api()


def request_of(method: str, path: str, query: dict[str, str], body: bytes | None) -> MockRequest:
    """A request in the form that the validator needs."""
    return MockRequest("http://localhost", method.lower(), path, args=query, data=body, content_type="application/json")


def request_problem(request: MockRequest) -> str | None:
    """Return how a request violates GitHub's description; None if it does not."""
    try:
        _api().validate_request(request)
    except OpenAPIError as error:
        return _sentence(error)
    return None


def answer_problem(request: MockRequest, status: int, body: bytes) -> str | None:
    """Return how an answer violates GitHub's description; None if it does not, or if the status is not described."""
    path = next(path for path in DESCRIPTION["paths"] if _matches(path, request.path))
    if str(status) not in DESCRIPTION["paths"][path][request.method]["responses"]:
        return None
    try:
        _api().validate_response(request, MockResponse(body, status_code=status, content_type="application/json"))
    except OpenAPIError as error:
        return _sentence(error)
    return None


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
