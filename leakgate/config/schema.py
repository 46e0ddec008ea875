"""The JSON Schema of ``leakgate.yaml``, made from the form; ``leakgate.schema.json`` here is a copy for editors."""

import json
from pathlib import Path
from typing import Final

from pydantic.json_schema import GenerateJsonSchema, JsonSchemaValue
from pydantic_core import core_schema

from leakgate.config.form import FileForm

SCHEMA_FILE: Final = Path(__file__).with_name("leakgate.schema.json")
_DIALECT: Final = "https://json-schema.org/draft/2020-12/schema"


class _Generator(GenerateJsonSchema):
    """pydantic's generator without null: None means that the key is absent, and leakgate refuses null."""

    def nullable_schema(self, schema: core_schema.NullableSchema) -> JsonSchemaValue:
        return self.generate_inner(schema["schema"])

    def default_schema(self, schema: core_schema.WithDefaultSchema) -> JsonSchemaValue:
        return self.generate_inner(schema["schema"])


def config_schema() -> str:
    """Return the JSON Schema (draft 2020-12) as text that ends with a newline."""
    schema = {"$schema": _DIALECT, **FileForm.model_json_schema(by_alias=True, schema_generator=_Generator)}
    schema["title"] = "leakgate.yaml"
    return json.dumps(_without_titles(schema), indent=2, ensure_ascii=False) + "\n"


def _without_titles(schema: object, *, top: bool = True) -> object:
    """Return the schema without the titles that pydantic makes from field names."""
    if isinstance(schema, list):
        return [_without_titles(item, top=False) for item in schema]
    if isinstance(schema, dict):
        return {
            key: _without_titles(value, top=False)
            for key, value in schema.items()
            if top or key != "title" or not isinstance(value, str)
        }
    return schema
