"""The examples of all pages are what they claim to be: configs are valid, code parses, options and keys exist."""

import ast
import json
import re
from pathlib import Path

import pytest
import yaml
from jsonschema import Draft202012Validator

from leakgate.cli.app import COMMANDS, load_command
from leakgate.config.schema import config_schema

ROOT = Path(__file__).parents[2]
PAGES = (ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md")))
FENCE = re.compile(r"^ *```(\w*)\n(.*?)^ *```$", re.MULTILINE | re.DOTALL)
VALIDATOR = Draft202012Validator(json.loads(config_schema()))
OF_OTHER_TOOLS = {
    "--csv",  # the example of extending.md
    "--dist",  # pytest-xdist
    "--force",  # of init, and of git
    "--leakgate",
    "--leakgate-time",  # of pytest with the plugin
    "--max-requests",  # gunicorn
    "--reload",
    "--workers",  # uvicorn
    "--cap-add",  # docker
    "--hook-type",  # pre-commit
}


def blocks(language: str) -> list[tuple[str, str]]:
    return [
        (page.name, body) for page in PAGES for name, body in FENCE.findall(page.read_text("utf-8")) if name == language
    ]


CONFIGS = [(page, body) for page, body in blocks("yaml") if re.search(r"^version: 1$", body, re.MULTILINE)]


@pytest.mark.parametrize(("page", "body"), CONFIGS)
def test_every_config_is_valid(page: str, body: str) -> None:
    """Files that it names are not there: the schema does not ask for them. A date is text to leakgate."""
    errors = [
        f"{'.'.join(map(str, one.path))}: {one.message}"
        for one in VALIDATOR.iter_errors(json.loads(json.dumps(yaml.safe_load(body), default=str)))
    ]
    assert errors == [], page


def test_the_guides_have_configs() -> None:
    with_config = {page for page, _ in CONFIGS}
    assert {"README.md", "configuration.md", "gate-a-server.md", "gate-a-worker.md", "tests.md"} <= with_config


@pytest.mark.parametrize(("page", "body"), blocks("json"))
def test_every_json_parses(page: str, body: str) -> None:
    for text in [body] if not body.startswith('{"kind"') else body.splitlines():
        assert json.loads(text), page


@pytest.mark.parametrize(("page", "body"), blocks("python"))
def test_every_python_parses(page: str, body: str) -> None:
    assert ast.parse(body).body, page


def options() -> set[str]:
    """The options of all commands."""
    loaded = [load_command(name, entry) for name, entry in COMMANDS.items()]
    leaves = [below for one in loaded for below in (getattr(one, "commands", None) or {"": one}).values()]
    params = [param for leaf in leaves for param in leaf.params]
    return {option for param in params for option in (*param.opts, *param.secondary_opts)} | {"--help", "--version"}


def test_every_option_in_a_sentence_exists() -> None:
    known = options() | OF_OTHER_TOOLS
    unknown = set()
    for page in PAGES:
        sentences = FENCE.sub("", page.read_text("utf-8"))
        for code in re.findall(r"`([^`\n]+)`", sentences):
            found = re.match(r"--[a-z][a-z-]*", code)
            if found and found[0] not in known:
                unknown.add((page.name, found[0]))
    assert unknown == set()
