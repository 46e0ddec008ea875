"""From the filled-in form of ``load`` to the value of `model`."""

import json
from pathlib import Path
from typing import Final
from urllib.parse import quote, quote_plus

from leakgate.config.load_form import LoadForm, RequestForm
from leakgate.config.yaml_source import Document, Loc
from leakgate.model.load_spec import (
    DEFAULT_CONNECTIONS,
    DEFAULT_EXPECT,
    DEFAULT_EXPECTED_SHARE,
    DEFAULT_METHODS,
    DEFAULT_TIMEOUT_S,
    DEFAULT_URL,
    LoadProgram,
    LoadSpec,
    OpenApiSpec,
    RequestSpec,
)
from leakgate.model.placeholders import quoted_outside

_PATH_CHARACTERS: Final = "/?%&=:@!$'()*+,;~[]|\"<>^`\\{}"
"""Characters that stay as the user wrote them; non-ASCII characters are percent-encoded."""


def load_spec(form: LoadForm, document: Document, loc: Loc) -> LoadSpec:
    """Return the load with every default filled in. ``loc``: the place of the form in the document."""
    return LoadSpec(
        source=_source(form, document, loc),
        url=form.url or DEFAULT_URL,
        connections=form.connections or DEFAULT_CONNECTIONS,
        rate_per_s=form.rate,
        expected_share=DEFAULT_EXPECTED_SHARE if form.expect is None else form.expect,
        timeout_s=form.timeout or DEFAULT_TIMEOUT_S,
    )


def _source(form: LoadForm, document: Document, loc: Loc) -> tuple[RequestSpec, ...] | OpenApiSpec | LoadProgram:
    if form.requests is not None:
        return tuple(
            _request(request, document, (*loc, "requests", index)) for index, request in enumerate(form.requests)
        )
    if form.openapi is not None:
        return OpenApiSpec(
            document=str(form.openapi),
            on_server=not isinstance(form.openapi, Path),
            methods=tuple(form.methods or DEFAULT_METHODS),
        )
    args = tuple(document.texts[(*loc, "args", index)] for index in range(len(form.args or ())))
    command = tuple(
        document.texts.get((*loc, "command", index), str(word)) for index, word in enumerate(form.command or ())
    )
    return LoadProgram(path=form.path, module=form.module or "", command=command, args=args)


def _request(form: RequestForm, document: Document, loc: Loc) -> RequestSpec:
    content_type, body = _body(form, document, loc)
    headers = tuple((name, document.texts[(*loc, "headers", name)]) for name in form.headers)
    if content_type and all(name.lower() != "content-type" for name, _ in headers):
        headers = (*headers, ("Content-Type", content_type))
    return RequestSpec(
        path=quote(form.path, safe=_PATH_CHARACTERS),
        method=form.method or ("POST" if body else "GET"),
        headers=headers,
        body=body,
        weight=form.weight or 1,
        expect=form.expect or DEFAULT_EXPECT,
    )


def _body(form: RequestForm, document: Document, loc: Loc) -> tuple[str, str]:
    """Return the content type and the text of the body; both empty if there is no body."""
    if "json_" in form.model_fields_set:
        return "application/json", json.dumps(form.json_, ensure_ascii=False)
    if form.form is not None:
        pairs = (
            f"{quote_plus(name)}={quoted_outside(document.texts[(*loc, 'form', name)], quote_plus)}"
            for name in form.form
        )
        return "application/x-www-form-urlencoded", "&".join(pairs)
    return "", form.body or ""
