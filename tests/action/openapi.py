"""The least content of an answer of GitHub, according to its own OpenAPI description."""

import json
from pathlib import Path
from typing import Any, Final

DESCRIPTION: Final[dict[str, Any]] = json.loads(Path(__file__).with_name("github-openapi.json").read_text("utf-8"))

_STRINGS: Final = {"uri": "https://example.invalid/x", "date-time": "2024-01-01T00:00:00Z"}


def filled(schema_name: str, values: dict[str, Any]) -> dict[str, Any]:
    """The smallest object that the named schema allows, updated with these values."""
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
