"""What README, docs and changelog say is what the code does."""

import functools
import os
import re
import shutil
import subprocess
import tomllib
from pathlib import Path
from typing import Final

import pytest
import yaml

import leakgate as package
from leakgate.config.load_config import load_config
from leakgate.model.units import parse_size
from leakgate.model.verdict import DEFAULT_FAIL_ON, ExitCode, Verdict
from leakgate.report.style import Style
from leakgate.report.terminal import render
from tests.helpers.command_line import leakgate
from tests.helpers.report_leaks import MANY_PLACES_LEAK
from tests.helpers.reports import gate, leaky_python

ROOT: Final = Path(__file__).parents[2]
README: Final = (ROOT / "README.md").read_text(encoding="utf-8")
PAGES: Final = (ROOT / "README.md", ROOT / "CHANGELOG.md", *sorted((ROOT / "docs").glob("*.md")))
PROJECT: Final = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
FENCE: Final = re.compile(r"^```(\w*)\n(.*?)^```$", re.MULTILINE | re.DOTALL)


def table(heading: str) -> list[list[str]]:
    """The rows of the first table under a heading of the README, without its head."""
    section = README.split(f"\n## {heading}\n", 1)[1].split("\n## ", 1)[0]
    rows = [line for line in section.splitlines() if line.startswith("|")]
    return [[cell.strip() for cell in row.strip("|").split("|")] for row in rows[2:]]


def blocks(text: str, language: str) -> list[str]:
    return [body for name, body in FENCE.findall(text) if name == language]


MAKE: Final = shutil.which("make")


@pytest.mark.skipif(MAKE is None, reason="make is not installed")
@pytest.mark.parametrize("command", ["demo", "test"])
def test_the_first_commands_install_leakgate_before_they_run_it(command: str) -> None:
    assert MAKE is not None
    # `make check` may run this test: what it hands down to a make of its own would change the output.
    env = {name: value for name, value in os.environ.items() if name not in ("MAKEFLAGS", "MAKELEVEL", "MFLAGS")}
    planned = subprocess.run(
        [MAKE, "--no-print-directory", "--dry-run", "--always-make", command],
        cwd=ROOT, env=env, capture_output=True, text=True, check=True,
    )  # fmt: skip
    *before, last = planned.stdout.strip().splitlines()
    assert any("--editable ." in line for line in before)
    assert last.startswith(".venv/bin/")


def test_the_table_of_verdicts_is_the_enum() -> None:
    rows = table("Verdicts")
    assert [row[0].strip("`") for row in rows] == [verdict.value for verdict in Verdict]
    fails = {row[0].strip("`") for row in rows if row[2] == "yes"}
    assert fails == {verdict.value for verdict in DEFAULT_FAIL_ON}


def test_the_table_of_exit_codes_is_the_enum() -> None:
    assert [int(row[0]) for row in table("Exit codes")] == [code.value for code in ExitCode]


def test_the_table_of_dependencies_is_that_of_the_package() -> None:
    needed = {re.split(r"[<>=~!\[ ;]", line, maxsplit=1)[0] for line in PROJECT["project"]["dependencies"]}
    assert {row[0] for row in table("Dependencies")} == needed


def test_the_first_screen_has_the_two_commands() -> None:
    first_screen = "\n".join(README.splitlines()[:30])
    for command in ("make demo", "make test", "leakgate monitor", "leakgate run", "leakgate baseline update"):
        assert command in first_screen


def test_every_make_target_that_is_named_exists() -> None:
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    targets = set(re.findall(r"^([a-z-]+):", makefile, re.MULTILINE))
    text = "\n".join(page.read_text(encoding="utf-8") for page in PAGES)
    named = set(re.findall(r"(?:^|`)make ([a-z-]+)", text, re.MULTILINE))
    assert {"demo", "test"} <= named <= targets


@functools.cache
def help_of(command: str) -> str:
    """The help of a command; the test fails where there is no such command."""
    answer = leakgate(ROOT, *command.split(), "--help", COLUMNS="200")
    assert answer.status == 0, command
    return answer.stdout


def names_option(text: str, option: str) -> bool:
    return re.search(rf"(?<![\w-]){re.escape(option)}(?![\w-])", text) is not None


def commands_in(text: str) -> list[str]:
    """The leakgate commands of a page: lines of its code blocks, and code inside sentences."""
    lines = "\n".join(body for _, body in FENCE.findall(text))
    found = re.findall(r"^(?:\$ )?leakgate ([a-z][^\n#|]*)", lines, re.MULTILINE)
    return found + re.findall(r"`leakgate ([a-z][^`\n]*)`", FENCE.sub("", text))


def test_every_command_that_is_named_exists_with_its_options() -> None:
    seen = set()
    for page in PAGES:
        for line in commands_in(page.read_text(encoding="utf-8")):
            words = line.split()
            command = " ".join(words[: 2 if words[0] == "baseline" else 1])
            seen.add(command)
            for option in re.findall(r"(?<=\s)--?[a-z][a-z-]*", line.split(" -- ")[0]):
                assert names_option(help_of(command), option), f"{page.name}: leakgate {line}: {option}"
            assert help_of(command)
    assert {"run", "monitor", "report", "init", "baseline update"} <= seen


@pytest.mark.parametrize(
    ("command", "options"),
    [
        ("run", "-c --config --duration --jobs --fail-on --baseline --no-baseline --output --quiet --verbose"),
        ("run", "--json --junit --markdown --sarif --html"),
        ("monitor", "--duration --interval --rss-threshold --heap-threshold --output"),
        ("attach", "--method --children --suggest --duration --interval --trace --output --json"),
        ("report", "--json --junit --markdown --sarif --html"),
        ("baseline update", "--from"),
        ("baseline show", "--baseline"),
        ("init", "--force"),
    ],
)
def test_the_help_of_a_command_names_every_option(command: str, options: str) -> None:
    for option in options.split():
        assert names_option(help_of(command), option), option


def test_the_help_of_monitor_states_the_defaults() -> None:
    defaults = {
        "--duration": "Default: 60s.",
        "--interval": "Default: 5s.",
        "--rss-threshold": "[default: 50",
        "--heap-threshold": "[default: 1048576",
    }
    for option, default in defaults.items():
        line = next(line for line in help_of("monitor").splitlines() if option in line)
        assert default in line, line


def test_the_config_of_the_readme_loads(tmp_path: Path) -> None:
    (config,) = [block for block in blocks(README, "yaml") if block.startswith("version: 1")]
    value = yaml.safe_load(config)
    paths = [script["path"] for script in value["scripts"] if "path" in script]
    for path in [*paths, value["defaults"]["python"], ".venv/bin/gunicorn"]:
        (tmp_path / path).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / path).touch(mode=0o755)
    (tmp_path / "leakgate.yaml").write_text(config, encoding="utf-8")
    loaded = load_config(tmp_path / "leakgate.yaml")
    assert [target.name for target in loaded.targets] == ["worker", "shop.cli", "api", "canary"]
    assert {parse_size(budget.text) for budget in loaded.targets[1].budgets} == {20_000_000, 1_000_000}


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_links_lead_somewhere(page: Path) -> None:
    text = FENCE.sub("", page.read_text(encoding="utf-8"))
    for target in re.findall(r"\]\(([^)\s]+)\)", text):
        if re.match(r"[a-z]+:", target):
            continue
        path, _, anchor = target.partition("#")
        found = (page.parent / path).resolve() if path else page
        assert found.exists(), target
        if anchor:
            assert anchor in anchors(found), target


def anchors(page: Path) -> set[str]:
    """The anchors that GitHub gives the headings of a page."""
    headings = re.findall(r"^#+ (.+)$", page.read_text(encoding="utf-8"), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.replace("`", "").lower()).replace(" ", "-") for heading in headings}


def test_the_changelog_keeps_its_form() -> None:
    text = (ROOT / "CHANGELOG.md").read_text(encoding="utf-8")
    assert text.startswith("# Changelog\n")
    versions = re.findall(r"^## \[(.+?)\](.*)$", text, re.MULTILINE)
    assert versions[0] == ("Unreleased", "")
    for version, date in versions[1:]:
        assert re.fullmatch(r"\d+\.\d+\.\d+", version)
        assert re.fullmatch(r" - \d{4}-\d\d-\d\d", date)
    kinds = set(re.findall(r"^### (.+)$", text, re.MULTILINE))
    assert kinds <= {"Added", "Changed", "Deprecated", "Removed", "Fixed", "Security"}


def test_one_version_everywhere(tmp_path: Path) -> None:
    assert leakgate(tmp_path, "--version").stdout == f"leakgate {package.__version__}\n"
    assert PROJECT["project"]["dynamic"] == ["version"]
    assert PROJECT["tool"]["hatch"]["version"]["path"] == "leakgate/__init__.py"


def test_the_distribution_is_not_named_like_the_other_project() -> None:
    assert PROJECT["project"]["name"] != "leakgate"
    assert not re.search(r"^\s*pip install leakgate\b", README, re.MULTILINE)


def sample_of(text: str) -> str:
    """The terminal report that a page shows."""
    (sample,) = [body for body in blocks(text, "text") if body.startswith("FAIL  1 leak in 1 script")]
    return sample


def labels_of(report: str) -> list[str]:
    """The labels before what a report says of a leak, and the titles above it, without figures."""
    inner = report.partition("\n\u2500\u2500 ")[2]
    found = re.findall(r"^[ \u2502\u2514\u251c\u2500]*([a-z][a-z ]+?)(?:  +\S|$| \()", inner, re.MULTILINE)
    return [one for one in found if one in LABELS]


LABELS: Final = ("where it grows", "held by", "allocated at", "advice", "run it again")


def test_the_sample_output_has_the_form_of_a_real_report() -> None:
    real = render(gate(leaky_python(leaks=(MANY_PLACES_LEAK,))), Style(width=80))
    sample = sample_of(README)
    heads = [next(line for line in text.splitlines() if "verdict" in line).split() for text in (sample, real)]
    rows = [next(line for line in text.splitlines() if line.startswith("\u2717")).split() for text in (sample, real)]

    assert heads[0] == heads[1]
    assert len(rows[0]) == len(rows[1])
    assert labels_of(sample) == [label for label in labels_of(real) if label in labels_of(sample)]
    assert {"where it grows", "held by", "allocated at"} <= set(labels_of(sample))
    assert max(map(len, sample.splitlines())) <= 80


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("name", ["report", "comment"])
def test_the_pictures_are_there_and_small(name: str, scheme: str) -> None:
    picture = f"docs/pictures/{name}-{scheme}.png"
    content = (ROOT / picture).read_bytes()

    assert picture in README
    assert content.startswith(b"\x89PNG\r\n")
    assert len(content) <= 200_000
