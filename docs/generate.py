"""Writes everything that is generated from the code: JSON Schemas, and marked parts of README.md and docs.

make docs
python docs/generate.py

A part stands between `<!-- generated: NAME -->` and `<!-- end -->`; PARTS has its function. Text comes from the code
alone: a description of the config form, the help of an option, a table of the model. tests/docs checks that every page
is the generated one.
"""

import json
import re
from collections.abc import Callable, Iterator, Sequence
from enum import Enum
from pathlib import Path
from typing import Any, Final

import yaml

from leakgate.archive import schemas
from leakgate.cli.app import COMMANDS, load_command
from leakgate.cli.report_options import option_of
from leakgate.config.schema import SCHEMA_FILE, config_schema
from leakgate.model.metrics import METRICS
from leakgate.model.verdict import DEFAULT_FAIL_ON, EXIT_CODES, VERDICTS, ExitCode, Verdict
from leakgate.report.formats import FILE_FORMATS

ROOT: Final = Path(__file__).parents[1]
PAGES: Final = (ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md")))
FORMS: Final = ROOT / "leakgate" / "archive" / "forms"
PLACE: Final = re.compile(r"<!-- generated: ([\w-]+) -->\n.*?<!-- end -->", re.DOTALL)
SECTIONS: Final = {
    "budgets": "budgets",
    "ready": "ready",
    "stop": "stop",
    "services": "services",
    "load": "load",
    "suppressions": "suppressions",
}
"""The key of a mapping or list of mappings, and the anchor of the section about its keys."""
Json = dict[str, Any]


def filled(text: str) -> str:
    """A page with every generated part written again. KeyError where a part has no function."""
    return PLACE.sub(lambda found: f"<!-- generated: {found[1]} -->\n{PARTS[found[1]]()}\n<!-- end -->", text)


def table(head: tuple[str, ...], rows: Sequence[tuple[str, ...]]) -> str:
    """A table in Markdown; `|` in a cell is escaped."""
    lines = [head, tuple("---" for _ in head), *(tuple(cell.replace("|", "\\|") for cell in row) for row in rows)]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines).replace("| --- |", "|---|").replace(" --- |", "---|")


def config_keys(form: str) -> str:
    """The keys of one mapping of the config: meaning, default, example."""
    schema = json.loads(config_schema())
    keys = schema["$defs"][form] if form else schema
    inherited = schema["$defs"]["SettingsForm"]["properties"] if form == "ScriptKeys" else {}
    rows = [_key(name, one, keys) for name, one in keys["properties"].items() if name not in inherited]
    if all(default == "none" for _, _, default, _ in rows):
        return table(("key", "meaning", "example"), [(key, meaning, shown) for key, meaning, _, shown in rows])
    return table(("key", "meaning", "default", "example"), rows)


def _key(name: str, key: Json, form: Json) -> tuple[str, str, str, str]:
    meaning, _, default = key["description"].partition(" Default: ")
    if name in SECTIONS:
        meaning += f" See [below](#{SECTIONS[name]})."
    if name in form.get("required", ()):
        default = "required"
    elif {"required": [name]} in form.get("oneOf", ()):
        default = "exactly one of these"
    # As the only item of a list in brackets, so that a text has its quotes where brackets demand them.
    shown = yaml.safe_dump([key["examples"][0]], default_flow_style=True, sort_keys=False, width=1000).strip()[1:-1]
    return f"`{name}`", meaning, _default(default), f"`{shown}`"


def _default(text: str) -> str:
    value = text.removesuffix(".")
    if not value:
        return "none"
    return value if " " in value or "`" in value or value == "required" else f"`{value}`"


def verdicts() -> str:
    """Every verdict, its meaning, and whether it fails the gate unless the user says otherwise."""
    return table(
        ("verdict", "meaning", "fails the gate"), [(f"`{one}`", VERDICTS[one], _fails(one)) for one in Verdict]
    )


def _fails(verdict: Verdict) -> str:
    if verdict is Verdict.ERROR:
        return f"yes, with {ExitCode.UNMEASURED.value}"
    return "yes" if verdict in DEFAULT_FAIL_ON else "only with `--fail-on`"


def exit_codes() -> str:
    """Every exit code and its meaning."""
    return table(("code", "meaning"), [(str(one.value), EXIT_CODES[one].meaning) for one in ExitCode])


def exit_codes_and_steps() -> str:
    """Every exit code, its meaning, and the next step of the user."""
    rows = [(str(one.value), EXIT_CODES[one].meaning, EXIT_CODES[one].next_step) for one in ExitCode]
    return table(("exit code", "what happened", "what to do"), rows)


def metrics() -> str:
    """Every metric: its name in reports, its unit, how it is read, the budgets that limit it."""
    rows = [
        (
            f"`{metric}`",
            info.title,
            info.unit.value,
            f"{info.source.value}, {info.nature.value}",
            info.meaning,
            " ".join(f"`{key}`" for key in info.budget_keys) or "none",
        )
        for metric, info in METRICS.items()
    ]
    return table(("metric", "title", "unit", "read from, nature", "meaning", "budget"), rows)


def commands() -> str:
    """Every command with its arguments and options."""
    return "\n\n".join(text for name, entry in COMMANDS.items() for text in _command(name, load_command(name, entry)))


def _command(name: str, command: Any) -> Iterator[str]:  # noqa: ANN401 - typer's type has no public name
    if hasattr(command, "commands"):
        for below, one in command.commands.items():
            yield from _command(f"{name} {below}", one)
        return
    reports = {option_of(one) for one in FILE_FORMATS} | {"--quiet", "--verbose"}
    shared = [one for one in command.params if one.opts[0] in reports]
    own = [one for one in command.params if one not in shared and not getattr(one, "hidden", False)]
    text = re.sub(r"\[/?bold\]", "", command.help.replace("\n\n", "\0").replace("\n", " ").replace("\0", "\n\n"))
    yield f"## leakgate {name}\n\n{text}"
    if own:
        yield table(("option", "meaning", "default"), [_option(one) for one in own])
    if shared:
        yield "It also takes the [options of reports](#options-of-reports)."


def _option(option: Any) -> tuple[str, str, str]:  # noqa: ANN401 - see above
    names = ", ".join(f"`{one}`" for one in [*option.opts, *option.secondary_opts] if one.startswith("-"))
    value = f"`{_metavar(option)}`" if _metavar(option) else ""
    meaning, _, default = option.help.partition(" Default: ")
    if not default or " " in default:  # a default in several words stays a part of the meaning
        meaning, shown = option.help, _option_default(option)
    else:
        shown = _default(default)
    return f"{names} {value}".strip(), meaning, shown


def _metavar(option: Any) -> str:  # noqa: ANN401 - see above
    if isinstance(option.default, Enum):
        return "|".join(str(one.value) for one in type(option.default))
    return option.metavar or ""


def _option_default(option: Any) -> str:  # noqa: ANN401 - see above
    match option.default:
        case None | False | "" | ():
            return "required" if option.required else ""
        case True:
            return f"`{option.opts[0]}`"
        case Enum() as member:
            return f"`{member.value}`"
        case float() as number:
            return f"`{number:g}`"
        case value:
            return f"`{value}`"


def report_options() -> str:
    """The options that every command with reports takes."""
    command = load_command("report", COMMANDS["report"])
    names = {option_of(one) for one in FILE_FORMATS} | {"--quiet", "--verbose"}
    rows = [_option(one)[:2] for one in command.params if one.opts[0] in names]
    return table(("option", "meaning"), rows)


def action_inputs() -> str:
    """The inputs of the GitHub Action."""
    inputs = yaml.safe_load((ROOT / "action.yml").read_text("utf-8"))["inputs"]
    rows = [
        (f"`{name}`", f"`{one['default']}`" if one.get("default") else "", " ".join(one["description"].split()))
        for name, one in inputs.items()
    ]
    return table(("input", "default", "meaning"), rows)


def action_outputs() -> str:
    """The outputs of the GitHub Action."""
    outputs = yaml.safe_load((ROOT / "action.yml").read_text("utf-8"))["outputs"]
    return table(
        ("output", "meaning"), [(f"`{name}`", " ".join(one["description"].split())) for name, one in outputs.items()]
    )


PARTS: Final[dict[str, Callable[[], str]]] = {
    "config-top": lambda: config_keys(""),
    "config-scripts": lambda: config_keys("ScriptKeys"),
    "config-settings": lambda: config_keys("SettingsForm"),
    "config-budgets": lambda: config_keys("BudgetsForm"),
    "config-ready": lambda: config_keys("ReadyForm"),
    "config-stop": lambda: config_keys("StopForm"),
    "config-services": lambda: config_keys("ServiceForm"),
    "config-load": lambda: config_keys("LoadForm"),
    "config-requests": lambda: config_keys("RequestForm"),
    "config-suppressions": lambda: config_keys("SuppressionKeys"),
    "verdicts": verdicts,
    "exit-codes": exit_codes,
    "exit-codes-and-steps": exit_codes_and_steps,
    "metrics": metrics,
    "commands": commands,
    "report-options": report_options,
    "action-inputs": action_inputs,
    "action-outputs": action_outputs,
}
"""The name of a part in a page, and the function that writes it."""


def main() -> None:
    """Write every schema and every page."""
    SCHEMA_FILE.write_text(config_schema(), "utf-8")
    for name in schemas.NAMES:
        (FORMS / f"{name}.schema.json").write_text(schemas.generate_schema(name), "utf-8")
    for page in PAGES:
        page.write_text(filled(page.read_text("utf-8")), "utf-8")


if __name__ == "__main__":
    main()
