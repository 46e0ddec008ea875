"""The page about the config has every key of the schema, and all YAML on it is a valid config."""

import json
import os
import re
from pathlib import Path
from typing import Any

import pytest

from leakgate.config.load_config import load_config
from leakgate.config.schema import config_schema
from leakgate.targets.kind import KEYS
from tests.helpers.projects import Project

ROOT = Path(__file__).parents[3]
PAGE = (ROOT / "docs" / "configuration.md").read_text(encoding="utf-8")
SCHEMA = json.loads(config_schema())
SECTIONS = {
    "Top of the file": SCHEMA["properties"],
    "Scripts": SCHEMA["$defs"]["ScriptKeys"]["properties"],
    "Defaults, and what a script may say itself": SCHEMA["$defs"]["SettingsForm"]["properties"],
    "Budgets": SCHEMA["$defs"]["BudgetsForm"]["properties"],
    "Ready": SCHEMA["$defs"]["ReadyForm"]["properties"],
    "Stop": SCHEMA["$defs"]["StopForm"]["properties"],
    "Services": SCHEMA["$defs"]["ServiceForm"]["properties"],
    "Load": SCHEMA["$defs"]["LoadForm"]["properties"],
    "Load requests": SCHEMA["$defs"]["RequestForm"]["properties"],
    "Suppressions": SCHEMA["$defs"]["SuppressionKeys"]["properties"],
}
MINIMAL: dict[str, Any] = {"version": 1, "scripts": [{"path": "src/worker.py"}]}


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Project:
    """A project in which every path and every command of the page exists."""
    project = Project.create(tmp_path / "project")
    commands = (".venv/bin/python", ".venv/bin/gunicorn")
    for path in ("src/worker.py", "src/importer.py", "tools/traffic.py", "services/api/x", *commands):
        (project.root / path).parent.mkdir(parents=True, exist_ok=True)
        (project.root / path).write_text("", encoding="utf-8")
    for path in commands:
        (project.root / path).chmod(0o755)
    monkeypatch.setenv("PATH", str(project.root / ".venv/bin"), prepend=os.pathsep)
    return project


def rows(section: str) -> dict[str, str]:
    """The keys of the section's table and their examples."""
    text = PAGE.split(f"\n## {section}\n")[1].split("\n## ")[0]
    found = re.findall(r"^\| `([^`]+)` \|.*\| `([^`]+)` \|$", text, re.MULTILINE)
    return {key: example.replace("\\|", "|") for key, example in found}


def wrap(section: str, values: dict[str, Any]) -> dict[str, Any]:  # noqa: PLR0911 - one for each section
    """A whole config that holds the values where the section's keys belong."""
    script = {} if section == "Scripts" and values.keys() & set(KEYS) else MINIMAL["scripts"][0]
    match section:
        case "Top of the file":
            return {**MINIMAL, **values}
        case "Budgets":
            return {**MINIMAL, "scripts": [{**script, "budgets": values}]}
        case "Ready" | "Stop":
            return {**MINIMAL, "scripts": [{**script, section.lower(): values}]}
        case "Services":
            return {**MINIMAL, "scripts": [{**script, "services": [{"command": ["redis-server"], **values}]}]}
        case "Load":
            return {**MINIMAL, "scripts": [{**script, "load": {**_beside(values), **values}}]}
        case "Load requests":
            return {**MINIMAL, "scripts": [{**script, "load": {"requests": [{"path": "/", **values}]}}]}
        case "Suppressions":
            subject = {} if values.keys() & {"signature", "site", "holder", "library"} else {"site": "x"}
            return {**MINIMAL, "suppressions": [{"reason": "x", **subject, **values}]}
        case _:
            return {**MINIMAL, "scripts": [{**script, **values}]}


def _beside(values: dict[str, Any]) -> dict[str, Any]:
    """The other keys that a load needs."""
    match [*values]:
        case ["requests" | "openapi" | "path" | "module" | "command"]:
            return {}
        case ["methods"]:
            return {"openapi": "/openapi.json"}
        case ["args"]:
            return {"path": "src/worker.py"}
        case _:
            return {"requests": ["/"]}


def test_every_key_of_the_schema_stands_on_the_page_where_it_belongs() -> None:
    settings = rows("Defaults, and what a script may say itself").keys()
    for section, keys in SECTIONS.items():
        expected = set(keys) - set(settings) if section == "Scripts" else set(keys)
        assert set(rows(section)) == expected, section


@pytest.mark.parametrize("section", SECTIONS)
def test_every_example_of_the_tables_loads(project: Project, section: str) -> None:
    for key, example in rows(section).items():
        text = json.dumps(wrap(section, {key: "@"})).replace('"@"', example)
        assert project.problems(text) == [], key


def test_the_defaults_on_the_page_are_those_of_the_loader(project: Project) -> None:
    written = dict(
        re.findall(
            r"^\| `(duration|warmup|interval|tolerance|trace|expect)` \|.*\| `(.*)` \| `.*` \|$",
            PAGE.split("\n## Budgets\n")[0],
            re.MULTILINE,
        )
    )
    explicit = {**MINIMAL, "scripts": [{**MINIMAL["scripts"][0], **written}]}

    assert len(written) == 6
    (target,) = project.load(json.dumps(explicit)).targets
    assert (target,) == project.load(json.dumps(MINIMAL)).targets


@pytest.mark.parametrize("block", re.findall(r"```yaml\n(.*?)```", PAGE, re.DOTALL))
def test_every_block_of_yaml_loads(project: Project, block: str) -> None:
    whole = block if "version:" in block else f"version: 1\ndefaults:\n{re.sub('^', '  ', block, flags=re.MULTILINE)}\n"
    if "scripts:" not in whole:
        whole += "scripts: [{path: src/worker.py}]\n"
    assert project.problems(whole) == []


def test_the_messages_on_the_page_are_those_of_the_loader(project: Project) -> None:
    text = """\
version: 1
defaults:
  duraton: 30s

scripts:
  - path: src/worker.py
    name: worker
    budgets:
      heap: 1XB
  - name: other
    path: src/wroker.py
"""
    shown = re.findall(r"```text\n(.*?)```", PAGE, re.DOTALL)[0].splitlines()
    assert [f"leakgate.yaml:{problem}" for problem in project.problems(text)] == shown


@pytest.mark.parametrize("config", ["leakgate.yaml", "examples/leaky.yaml"])
def test_the_configs_of_this_repository_load_and_name_their_schema(config: str) -> None:
    path = ROOT / config
    assert load_config(path).targets

    modeline = path.read_text(encoding="utf-8").splitlines()[0]
    schema = path.parent / modeline.removeprefix("# yaml-language-server: $schema=")
    assert schema.read_text(encoding="utf-8") == config_schema()


def test_both_kinds_of_canary_are_in_the_gate_of_this_repository() -> None:
    canaries = {target.name for target in load_config(ROOT / "leakgate.yaml").targets if target.expect.value == "leak"}
    assert canaries == {"leaky-sessions", "leaky-buffers"}
