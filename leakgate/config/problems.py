"""The errors that pydantic finds in the form, in the user's words and at their place in the file."""

from difflib import get_close_matches
from typing import Final

from pydantic import BaseModel
from pydantic_core import ErrorDetails

from leakgate.config.field_basics import describe
from leakgate.config.form import FileForm, ScriptKeys, SuppressionKeys
from leakgate.config.load_form import LoadForm, RequestForm
from leakgate.config.option_values import quote
from leakgate.config.settings_form import BudgetsForm, SettingsForm
from leakgate.config.staging_keys import ReadyForm, ServiceForm, StopForm
from leakgate.config.yaml_source import Document, Loc
from leakgate.errors import ConfigProblem
from leakgate.model.source_ref import SourceRef

_BAD_KEY: Final = "[key]"
_LONGEST: Final = 100
_SYNONYMS: Final = {
    "path": ("script", "file", "filename", "program"),
    "module": ("mod", "package"),
    "command": ("cmd", "run", "exec"),
    "call": ("callable", "function", "func"),
    "pytest": ("test", "tests", "suite"),
    "duration": ("time", "timeout", "seconds", "watch"),
    "budgets": ("limits", "thresholds"),
    "scripts": ("targets", "programs", "entries", "jobs"),
    "defaults": ("settings", "default", "options"),
    "suppressions": ("ignore", "ignores", "suppress"),
}
"""Words that users write for a key; other tools have such keys."""
_HOMES: Final[dict[type[BaseModel], str]] = {
    FileForm: "at the top of the file",
    SettingsForm: "under 'defaults' or in a script",
    ScriptKeys: "in an entry of 'scripts'",
    BudgetsForm: "under 'budgets'",
    SuppressionKeys: "in an entry of 'suppressions'",
    LoadForm: "under 'load'",
    RequestForm: "in an entry of 'load.requests'",
    ReadyForm: "under 'ready'",
    StopForm: "under 'stop'",
    ServiceForm: "in an entry of 'services'",
}


def explain(error: ErrorDetails, document: Document) -> ConfigProblem:
    """Return an error of the form as a problem of the file."""
    loc = error["loc"]
    match error["type"]:
        case "extra_forbidden":
            return ConfigProblem(document.key_place(loc), _unknown_key(loc))
        case "missing":
            owner = _owner(loc[:-1])
            begin = "; write `version: 1` in its first line" if loc == ("version",) else ""
            return ConfigProblem(document.place(loc[:-1]), f"{owner} needs the key {loc[-1]!r}{begin}")
        case "model_type" | "dict_type":
            is_script = loc[0] == "scripts" and isinstance(error["input"], str)
            meant = f"; write `path: {error['input'][:_LONGEST]}`" if is_script else ""
            message = f"must hold keys, not {describe(error['input'])}{meant}"
        case "list_type":
            meant = "; write `- ` before each entry" if loc in {("scripts",), ("suppressions",)} else ""
            message = f"must be a list, not {describe(error['input'])}{meant}"
        case "too_short":
            message = "must not be empty"
        case _:
            message = error["msg"].removeprefix("Value error, ")
    if loc[-1] == _BAD_KEY:
        return ConfigProblem(document.key_place(loc[:-1]), f"{quote(str(loc[-2]))}: {message}")
    return ConfigProblem(_place(document, loc), f"{_label(loc)}: {message}")


def _place(document: Document, loc: Loc) -> SourceRef:
    """Return the place of the value. A key that a short form leaves out has the place of the short form."""
    return document.place(loc if loc in document.places else loc[:-1])


def _owner(loc: Loc) -> str:
    """Return the mapping in which a key is missing, in words."""
    if not loc:
        return "the file"
    return f"an entry of {loc[0]!r}" if len(loc) == 2 else f"{_label(loc)!r}"


def _label(loc: Loc) -> str:
    """Return the keys from the script or the defaults to a value: ``budgets.rss``, ``args[1]``."""
    match loc:
        case ("scripts" | "suppressions" as section, int(index)):
            return f"{section}[{index}]"
        case ("scripts" | "suppressions", int(), *rest) | ("defaults", *rest) if rest:
            parts = rest
        case _:
            parts = list(loc)
    return "".join(f"[{part}]" if isinstance(part, int) else f".{part}" for part in parts).removeprefix(".")


def _form_of(loc: Loc) -> type[BaseModel]:
    """Return the form that reads a mapping of the file."""
    match loc:
        case ():
            form: type[BaseModel] = FileForm
        case (*_, "budgets"):
            form = BudgetsForm
        case (*_, "load"):
            form = LoadForm
        case (*_, "ready"):
            form = ReadyForm
        case (*_, "stop"):
            form = StopForm
        case (*_, "services", int()):
            form = ServiceForm
        case (*_, "requests", int()):
            form = RequestForm
        case ("scripts", *_):
            form = ScriptKeys
        case ("suppressions", *_):
            form = SuppressionKeys
        case _:
            form = SettingsForm
    return form


def _keys(form: type[BaseModel]) -> list[str]:
    return [info.alias or name for name, info in form.model_fields.items()]


def _unknown_key(loc: Loc) -> str:
    key = str(loc[-1])
    here = _form_of(loc[:-1])
    message = f"unknown key {quote(key)}"
    for form, home in _HOMES.items():
        if key in _keys(form):
            return f"{message} here; it belongs {home}"
    written = key.lower().replace("_", "-")[:_LONGEST]
    near = [known for known, words in _SYNONYMS.items() if written in words and known in _keys(here)]
    near = near or get_close_matches(written, _keys(here), n=1)
    if near:
        return f"{message}; did you mean {near[0]!r}?"
    return f"{message}; valid keys here are {', '.join(_keys(here))}"
