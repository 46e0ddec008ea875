"""Values for the parameters and bodies of an OpenAPI document: its own examples, else values that fit the schema.

Texts without restrictions contain a placeholder, so that they are different in every request.
"""

from typing import Any, Final

_DEEPEST: Final = 8
_MOST_STEPS: Final = 20
_LONGEST_TEXT: Final = 1_000
_MOST_FIELDS: Final = 100
_MOST_PARTS: Final = 10_000
"""Parts of one value. A schema that refers to itself in each of its fields would else give `_MOST_FIELDS` to the power
of `_DEEPEST`."""
_FORMATS: Final = {
    "uuid": "{uuid}",
    "date": "2024-01-31",
    "date-time": "2024-01-31T12:00:00Z",
    "time": "12:00:00Z",
    "email": "user{n}@example.com",
    "uri": "https://example.com/{n}",
    "hostname": "host{n}.example.com",
    "ipv4": "192.0.2.1",
    "ipv6": "2001:db8::1",
    "byte": "bGVhaw==",
}
_LARGEST: Final = 10**9


class ApiDocument:
    """A document whose references can be followed."""

    def __init__(self, root: dict[str, Any]) -> None:
        self._root = root
        self.parts_left = _MOST_PARTS
        """How many parts the value that is being made may still have."""

    def resolved(self, value: object) -> Any:  # noqa: ANN401 - JSON
        """Return the value, or the value to which it refers within the document; None if that does not exist."""
        for _ in range(_MOST_STEPS):
            if not isinstance(value, dict) or not isinstance(value.get("$ref"), str):
                return value
            value = self._find(value["$ref"])
        return None

    def _find(self, reference: str) -> object:
        if not reference.startswith("#/"):
            return None
        found: object = self._root
        for step in reference[2:].split("/"):
            key = step.replace("~1", "/").replace("~0", "~")
            if not isinstance(found, dict):
                return None
            found = found.get(key)
        return found


def sample_text(document: ApiDocument, parameter: dict[str, Any], name: str) -> str:
    """Return a parameter as text."""
    value = sample(document, parameter, name)
    if isinstance(value, list):
        value = value[0] if value else ""
    if isinstance(value, bool):
        return str(value).lower()
    return str(value)[:_LONGEST_TEXT] if isinstance(value, str | int | float) else "{n}"


def sample(document: ApiDocument, holder: object, name: str) -> object:
    """Return a value for a parameter or a body: its example, else a value that fits its schema."""
    if not isinstance(holder, dict):
        return f"{name}-{{n}}"
    example = _example(document, holder)
    if example is not None:
        return example
    document.parts_left = _MOST_PARTS
    return _of_schema(document, holder.get("schema", holder), name, _DEEPEST)


def _example(document: ApiDocument, holder: dict[str, Any]) -> object:
    if "example" in holder:
        return holder["example"]
    examples = holder.get("examples")
    if isinstance(examples, list) and examples:
        return examples[0]
    if isinstance(examples, dict) and examples:
        first = document.resolved(next(iter(examples.values())))
        return first.get("value") if isinstance(first, dict) else None
    return None


def _of_schema(document: ApiDocument, schema: object, name: str, depth: int) -> object:
    schema = document.resolved(schema)
    document.parts_left -= 1
    if not isinstance(schema, dict) or depth <= 0 or document.parts_left < 0:
        return f"{name}-{{n}}"
    example = _example(document, schema)
    if example is None:
        example = schema.get("default", schema.get("const"))
    if example is not None:
        return example
    if isinstance(schema.get("enum"), list) and schema["enum"]:
        return schema["enum"][0]
    for key in ("anyOf", "oneOf"):
        if isinstance(schema.get(key), list) and schema[key]:
            return _of_schema(document, schema[key][0], name, depth - 1)
    if isinstance(schema.get("allOf"), list):
        return _merged(document, schema["allOf"], name, depth)
    return _of_type(document, schema, name, depth)


def _merged(document: ApiDocument, parts: list[Any], name: str, depth: int) -> object:
    values = [_of_schema(document, part, name, depth - 1) for part in parts[:_MOST_FIELDS]]
    objects = [value for value in values if isinstance(value, dict)]
    if objects:
        return {key: value for one in objects for key, value in one.items()}
    return values[0] if values else f"{name}-{{n}}"


def _of_type(document: ApiDocument, schema: dict[str, Any], name: str, depth: int) -> object:
    kind = schema.get("type")
    if isinstance(kind, list):
        kind = next((one for one in kind if one != "null"), "null")
    properties = schema.get("properties")
    value: object = f"{name}-{{n}}"
    match kind:
        case "integer" | "number":
            value = _number(schema)
        case "boolean":
            value = True
        case "null":
            value = None
        case "array":
            value = [_of_schema(document, schema.get("items"), name, depth - 1)]
        case "string":
            value = _text(schema, name)
        case _ if kind == "object" or isinstance(properties, dict):
            fields = list(properties.items())[:_MOST_FIELDS] if isinstance(properties, dict) else []
            value = {str(key): _of_schema(document, one, str(key), depth - 1) for key, one in fields}
    return value


def _number(schema: dict[str, Any]) -> int:
    low, high = schema.get("minimum", 1), schema.get("maximum")
    if isinstance(low, int | float) and abs(low) <= _LARGEST:
        return int(low) + (1 if "exclusiveMinimum" in schema else 0)
    return int(high) if isinstance(high, int | float) and abs(high) <= _LARGEST else 1


def _text(schema: dict[str, Any], name: str) -> str:
    text = _FORMATS.get(str(schema.get("format")))
    if text is not None:
        return text
    longest = schema.get("maxLength")
    if isinstance(longest, int) and longest < len(name) + 8:
        return "a" * max(0, min(longest, _LONGEST_TEXT))
    shortest = schema.get("minLength")
    padding = "a" * min(shortest, _LONGEST_TEXT) if isinstance(shortest, int) else ""
    return f"{name}-{{n}}{padding}"
