"""Extracts the part of GitHub's published OpenAPI description that the fake server is checked against.

Run it by hand to update the description; the result is committed as ``github-openapi.json``::

    npm install --ignore-scripts @octokit/openapi
    python tests/action/openapi_subset.py node_modules/@octokit/openapi/generated/api.github.com.json

The description is MIT licensed (GitHub Inc., and Octokit contributors for the package); its notice is kept in the file.
"""

import json
import sys
from pathlib import Path
from typing import Any

OPERATIONS = {
    "/user": ("get",),
    "/repos/{owner}/{repo}/issues/{issue_number}/comments": ("get", "post"),
    "/repos/{owner}/{repo}/issues/comments/{comment_id}": ("get", "patch", "delete"),
    "/repos/{owner}/{repo}/pulls": ("get", "post"),
    "/repos/{owner}/{repo}/pulls/{pull_number}": ("get",),
    "/repos/{owner}/{repo}/pulls/{pull_number}/files": ("get",),
    "/repos/{owner}/{repo}/actions/workflows/{workflow_id}/runs": ("get",),
}
PROSE = ("example", "examples", "externalDocs", "x-octokit", "summary", "tags")
NOTICE = (
    "A part of GitHub's OpenAPI description, cut by tests/action/openapi_subset.py from @octokit/openapi. "
    "MIT License, Copyright (c) GitHub Inc. and (c) 2020 Octokit contributors: permission is granted, free of charge, "
    "to use, copy, modify, merge, publish and distribute it, provided that this notice is kept; provided as is, "
    "without warranty of any kind."
)


def subset(whole: dict[str, Any]) -> dict[str, Any]:
    """The operations that leakgate uses, and every component that they refer to, without prose and examples."""
    paths = {path: _operations(whole["paths"][path], methods) for path, methods in OPERATIONS.items()}
    components: dict[str, dict[str, Any]] = {}
    _collect(paths, whole, components)
    return {
        "openapi": whole["openapi"],
        "info": {
            "title": whole["info"]["title"],
            "version": whole["info"]["version"],
            "description": NOTICE,
        },
        "paths": paths,
        "components": components,
    }


def _operations(item: dict[str, Any], methods: tuple[str, ...]) -> dict[str, Any]:
    kept = {method: _without_prose(item[method]) for method in methods}
    if "parameters" in item:
        kept["parameters"] = _without_prose(item["parameters"])
    return kept


def _collect(node: Any, whole: dict[str, Any], components: dict[str, dict[str, Any]]) -> None:
    if isinstance(node, list):
        for item in node:
            _collect(item, whole, components)
    if not isinstance(node, dict):
        return
    reference = node.get("$ref")
    if isinstance(reference, str):
        _, _, kind, name = reference.split("/")
        if name not in components.setdefault(kind, {}):
            components[kind][name] = _without_prose(whole["components"][kind][name])
            _collect(components[kind][name], whole, components)
    for value in node.values():
        _collect(value, whole, components)


def _without_prose(node: Any, *, names: bool = False) -> Any:
    """Return the node without texts for people. ``names``: the keys are names of properties, and all of them stay."""
    if isinstance(node, list):
        return [_without_prose(item) for item in node]
    if not isinstance(node, dict):
        return node
    kept = {}
    for key, value in node.items():
        if names or key not in PROSE:
            # A response must have a description, but it may be empty.
            prose = key == "description" and isinstance(value, str)
            kept[key] = "" if prose else _without_prose(value, names=key == "properties" and not names)
    return kept


if __name__ == "__main__":
    source = Path(sys.argv[1])
    target = Path(__file__).with_name("github-openapi.json")
    cut = subset(json.loads(source.read_text("utf-8")))
    target.write_text(json.dumps(cut, separators=(",", ":"), sort_keys=True) + "\n", "utf-8")
