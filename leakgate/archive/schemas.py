"""The JSON Schema of each stored form: generated from the forms and committed beside them; a test compares the two."""

import json
from importlib import resources
from typing import Any, Final

from pydantic import BaseModel
from pydantic.json_schema import GenerateJsonSchema, models_json_schema
from pydantic_core.core_schema import CoreSchema

from leakgate.archive.forms.baseline_form import BaselineForm
from leakgate.archive.forms.json_lines import EndLine
from leakgate.archive.forms.recording_form import EVIDENCE_LINES, SNAPSHOT_LINES
from leakgate.archive.forms.results_form import ResultsForm
from leakgate.archive.forms.session_form import HistoryForm, SessionForm

_FORMS: Final[dict[str, tuple[type[BaseModel], ...]]] = {
    "results": (ResultsForm,),
    "baseline": (BaselineForm,),
    "session": (SessionForm, HistoryForm, *EVIDENCE_LINES.values(), *SNAPSHOT_LINES.values(), EndLine),
}
"""The first form is that of the file itself; the other files of a session are in ``$defs``."""
NAMES: Final = tuple(_FORMS)


class _WithoutTitles(GenerateJsonSchema):
    """pydantic's generator without titles of fields, which only repeat the names."""

    def field_title_should_be_set(self, schema: CoreSchema | Any) -> bool:  # noqa: ANN401, ARG002 - pydantic's own
        return False


def schema_text(name: str) -> str:
    """Return the committed schema of ``results``, ``baseline`` or ``session``. Raises KeyError for another name."""
    if name not in _FORMS:
        raise KeyError(name)
    return resources.files("leakgate.archive.forms").joinpath(f"{name}.schema.json").read_text("utf-8")


def generate_schema(name: str) -> str:
    """Return the schema of the current forms, as it should be committed."""
    forms = _FORMS[name]
    _, definitions = models_json_schema(
        [(form, "validation") for form in forms], by_alias=True, schema_generator=_WithoutTitles
    )
    schema = {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": f"leakgate {name}, version 1",
        "$ref": f"#/$defs/{forms[0].__name__}",
        **definitions,
    }
    return json.dumps(schema, indent=2) + "\n"
