"""Makes the requests of a load from an OpenAPI document: its operations, with examples or generated values.

The document comes from the measured program or from the pull request, so it is not trusted. Its size is limited,
references are followed only within the document, and values are made to a limited depth.
"""

import asyncio
import http.client
import json
import re
from pathlib import Path
from typing import Any, Final
from urllib.parse import quote

from leakgate.load.order import LoadOrder
from leakgate.load.recipes import address_of
from leakgate.load.samples import ApiDocument, sample, sample_text
from leakgate.model.load_spec import DEFAULT_EXPECT, OpenApiSpec, RequestSpec

LARGEST_DOCUMENT: Final = 10_000_000
MOST_OPERATIONS: Final = 500
_LONGEST_BODY: Final = 1_000_000
"""Characters. Aliases in a small YAML document can describe an example of gigabytes."""
_DEEPEST: Final = 200
"""Levels of a YAML document. Examples and schemas are nested to about 20."""
_TIMESTAMP: Final = "tag:yaml.org,2002:timestamp"
_PARAMETER: Final = re.compile(r"\{([^{}]+)\}")
_STATUS: Final = re.compile(r"[1-4]([0-9][0-9]|XX)")
_SAFE_HEADER: Final = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+")


class RefusedError(Exception):
    """The load cannot begin. It has the reason and advice."""

    def __init__(self, why: str, hint: str) -> None:
        super().__init__(why)
        self.why = why
        self.hint = hint


async def operations(order: LoadOrder) -> tuple[RequestSpec, ...]:
    """Return the requests of the order's document. Raises RefusedError if it cannot be read or has none."""
    spec = order.document
    if spec is None:
        raise AssertionError("an order has requests or a document")
    raw = await asyncio.to_thread(_fetch, order, spec) if spec.on_server else _read(spec)
    found = requests_of(_parse(raw, spec.document), spec.methods)
    if not found:
        raise RefusedError(
            f"the document {spec.document} has no operation for {', '.join(spec.methods)}",
            "name other `methods`, or write the `requests` yourself",
        )
    return found


def _fetch(order: LoadOrder, spec: OpenApiSpec) -> bytes:
    address = address_of(order.base)
    path = address.path + spec.document
    connection = http.client.HTTPConnection(address.host, address.port, timeout=order.timeout_s)
    try:
        connection.request("GET", path)
        answer = connection.getresponse()
        body = answer.read(LARGEST_DOCUMENT + 1)
    except (OSError, http.client.HTTPException) as error:
        raise RefusedError(
            f"the document {path} could not be fetched: {error}", "does the server listen there?"
        ) from None
    finally:
        connection.close()
    if answer.status != http.client.OK:
        raise RefusedError(
            f"the server answered {answer.status} to {path}",
            "name the path where the server gives its OpenAPI document, or a file",
        )
    return body


def _read(spec: OpenApiSpec) -> bytes:
    try:
        with Path(spec.document).open("rb") as file:
            return file.read(LARGEST_DOCUMENT + 1)
    except OSError as error:
        raise RefusedError(f"{spec.document} cannot be read: {error.strerror}", "") from None


def _parse(raw: bytes, name: str) -> dict[str, Any]:
    if len(raw) > LARGEST_DOCUMENT:
        raise RefusedError(f"the document {name} is larger than {LARGEST_DOCUMENT // 1_000_000} MB", "")
    try:
        text = raw.decode("utf-8-sig")
        value = json.loads(text) if text.lstrip().startswith("{") else _parse_yaml(text)
    except (ValueError, RecursionError) as error:
        first = str(error).partition("\n")[0]
        raise RefusedError(f"the document {name} is neither JSON nor YAML: {first}", "") from None
    if not isinstance(value, dict) or not isinstance(value.get("paths"), dict):
        raise RefusedError(f"{name} is not an OpenAPI document: it has no `paths`", "")
    return value


def _parse_yaml(text: str) -> object:
    """Return the value of a YAML text. Raises ValueError.

    The parser in C is four times as fast, but it ends the process if values are nested deeply. So the depth is checked
    first, with its events, which are not nested.
    """
    import yaml  # noqa: PLC0415 - takes memory that a load without a document does not need

    fastest = getattr(yaml, "CSafeLoader", yaml.SafeLoader)

    class Loader(fastest):  # type: ignore[misc,valid-type]
        """Reads dates as texts, as JSON has them: examples of dates are sent to the server."""

    Loader.yaml_implicit_resolvers = {
        first: [(tag, pattern) for tag, pattern in known if tag != _TIMESTAMP]
        for first, known in yaml.SafeLoader.yaml_implicit_resolvers.items()
    }
    depth = 0
    try:
        for event in yaml.parse(text, fastest):
            depth += isinstance(event, yaml.CollectionStartEvent) - isinstance(event, yaml.CollectionEndEvent)
            if depth > _DEEPEST:
                raise ValueError("it is nested too deeply")
        return yaml.load(text, Loader)  # noqa: S506 - a safe one
    except yaml.YAMLError as error:
        raise ValueError(str(error)) from None
    except (LookupError, AttributeError, TypeError):  # PyYAML's own, for `!!bool maybe`, `!!int ''` or `!!timestamp x`
        raise ValueError("a value does not fit its tag") from None


def requests_of(document: dict[str, Any], methods: tuple[str, ...]) -> tuple[RequestSpec, ...]:
    """Return one request for each operation with these methods, in the order of the document."""
    source = ApiDocument(document)
    found: list[RequestSpec] = []
    for path, item in document["paths"].items():
        whole = source.resolved(item)
        if not isinstance(path, str) or not path.startswith("/") or not isinstance(whole, dict):
            continue
        path = _without_surrogates(path)  # noqa: PLW2901 - the same path, as it can be sent
        for method in methods:
            operation = source.resolved(whole.get(method.lower()))
            if isinstance(operation, dict) and len(found) < MOST_OPERATIONS:
                shared = _list(whole.get("parameters")) + _list(operation.get("parameters"))
                found.append(_request(source, path, method, operation, shared))
    return tuple(found)


def _list(value: object) -> list[Any]:
    return value if isinstance(value, list) else []


def _request(
    source: ApiDocument, path: str, method: str, operation: dict[str, Any], parameters: list[Any]
) -> RequestSpec:
    values: dict[tuple[str, str], str] = {}
    for parameter in map(source.resolved, parameters):
        if isinstance(parameter, dict) and _is_wanted(parameter):
            place, name = str(parameter.get("in")), str(parameter.get("name"))
            values[place, name] = sample_text(source, parameter, name)
    query = "&".join(f"{_quoted(name)}={_escaped(text)}" for (place, name), text in values.items() if place == "query")
    filled = _PARAMETER.sub(lambda match: _escaped(values.get(("path", match[1]), "{n}")), path)
    headers = [(name, _plain(text)) for (place, name), text in values.items() if place == "header"]
    cookies = "; ".join(f"{_plain(name)}={_plain(text)}" for (place, name), text in values.items() if place == "cookie")
    content_type, body = _body(source, operation) if method not in ("GET", "HEAD") else ("", "")
    extra = [("Cookie", cookies)] if cookies else []
    extra += [("Content-Type", content_type)] if content_type else []
    return RequestSpec(
        path=_path(filled) + (f"?{query}" if query else ""),
        method=method,
        headers=tuple((name, text) for name, text in (*headers, *extra) if _SAFE_HEADER.fullmatch(name)),
        body=body,
        expect=_expected(operation),
        name=f"{method} {path}",
    )


def _is_wanted(parameter: dict[str, Any]) -> bool:
    return parameter.get("required") is True or "example" in parameter or "examples" in parameter


def _escaped(text: str) -> str:
    """Percent-encode a text, except for placeholders."""
    return "".join(part if part.startswith("{") else _quoted(part) for part in re.split(r"(\{[^{}]*\})", text))


def _quoted(text: str) -> str:
    return quote(text, safe="", errors="replace")


def _path(text: str) -> str:
    return quote(text, errors="replace", safe="/%:@!$&'()*+,;=~{}-._|")


def _plain(text: str) -> str:
    return "".join(char for char in text if " " <= char <= "~")


def _body(source: ApiDocument, operation: dict[str, Any]) -> tuple[str, str]:
    request = source.resolved(operation.get("requestBody"))
    content = request.get("content") if isinstance(request, dict) else None
    if not isinstance(content, dict):
        return "", ""
    for kind, media in content.items():
        if isinstance(kind, str) and "json" in kind:
            value = sample(source, source.resolved(media), "body")
            return _plain(kind), _json(value)
    return "", ""


def _json(value: object) -> str:
    """Return a value as JSON; empty if it is too long or contains itself. Sets and bytes of YAML become texts."""
    encoder = json.JSONEncoder(ensure_ascii=False, skipkeys=True, default=str)
    parts, length = [], 0
    try:
        for part in encoder.iterencode(value):
            length += len(part)
            if length > _LONGEST_BODY:
                return ""
            parts.append(part)
    except (ValueError, RecursionError):
        return ""
    return _without_surrogates("".join(parts))


def _without_surrogates(text: str) -> str:
    """Replace what JSON can escape but no encoding can send."""
    return text.encode("utf-8", "replace").decode()


def _expected(operation: dict[str, Any]) -> tuple[str, ...]:
    """Return the usual expected statuses, and those that the document lists, such as 404 for a missing item."""
    answers = operation.get("responses")
    named = [str(status).upper() for status in answers] if isinstance(answers, dict) else []
    documented = (status.replace("XX", "xx") for status in named if _STATUS.fullmatch(status))
    return tuple(dict.fromkeys((*DEFAULT_EXPECT, *(status for status in documented if status != "422"))))
