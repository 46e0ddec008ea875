"""SARIF: the places of results, the text that stays private, and that the strictest available readers accept it."""

import json
import os
import re
import shutil
import subprocess
from dataclasses import replace
from pathlib import Path
from typing import Any, Final

import pytest
from sarif_pydantic import Sarif  # type: ignore[import-untyped]

from leakgate.model.explanation import Frame
from leakgate.model.report import Finding, GateReport, Shard
from leakgate.model.source_ref import SourceRef
from leakgate.model.verdict import ExitCode, GateVerdict, Kind, Verdict
from leakgate.report import sarif
from leakgate.report.style import Style
from tests.helpers.report_leaks import CACHE_HOLDER, CACHE_LEAK, CACHE_SITE
from tests.helpers.report_parts import ROOT, SITE_PACKAGES, target
from tests.helpers.reports import (
    KINDS,
    canary,
    changed,
    crashed,
    gate,
    healthy,
    inconclusive,
    leaky_child,
    leaky_native,
    leaky_python,
    many,
    over_budget,
    sample_report,
)

MULTITOOL: Final = os.environ.get("SARIF_MULTITOOL") or shutil.which("Sarif.Multitool")


def run_of(report: GateReport, style: Style | None = None) -> dict[str, Any]:
    log = json.loads(sarif.render(report, style or Style()))
    assert log["version"] == "2.1.0"
    [run] = log["runs"]
    return dict(run)


def place(result: dict[str, Any]) -> tuple[str, int]:
    [location] = result["locations"]
    physical = location["physicalLocation"]
    assert physical["artifactLocation"]["uriBaseId"] == "%SRCROOT%"
    return physical["artifactLocation"]["uri"], physical["region"]["startLine"]


@pytest.mark.parametrize("kind", KINDS)
def test_every_report_is_valid_and_names_only_files_of_the_repository(kind: str) -> None:
    text = sarif.render(sample_report(kind), Style())

    Sarif.model_validate_json(text)
    uris = re.findall(r'"uri": "([^"]*)"', text)
    assert not [uri for uri in uris if uri.startswith("/") or ":" in uri or ".." in uri.split("/")]
    assert ROOT not in text
    assert SITE_PACKAGES not in text


def test_a_leak_is_an_error_at_the_blamed_line() -> None:
    run = run_of(sample_report("leak"))
    first, second = run["results"]

    assert (first["ruleId"], first["level"], place(first)) == ("leak-python", "error", ("shop/sessions.py", 51))
    assert run["tool"]["driver"]["rules"][first["ruleIndex"]]["id"] == first["ruleId"]
    assert first["partialFingerprints"] == {"leakgateSignature/v1": "py-3f9a1c07d2be"}
    assert "worker leaks +310 KB/s at shop/sessions.py:51 in SessionStore.remember." in first["message"]["text"]
    assert "Held by shop.sessions.\\_SESSIONS" not in first["message"]["text"]
    assert "Held by shop.sessions._SESSIONS: dict of Session" in first["message"]["text"]
    assert "Allocated at shop/sessions.py:48 in SessionStore.remember." in first["message"]["text"]
    assert "suppressions" not in first
    assert place(second) == ("shop/audit.py", 19)
    assert "Allocated at" not in second["message"]["text"]
    assert run["invocations"][0]["exitCode"] == 1
    assert run["invocations"][0]["executionSuccessful"] is True
    assert run["invocations"][0]["startTimeUtc"] == "2026-03-02T10:15:00Z"


def test_the_traceback_is_a_stack_and_its_own_lines_are_related() -> None:
    first = run_of(sample_report("leak"))["results"][0]
    [stack] = first["stacks"]
    libraries = [frame["location"] for frame in stack["frames"] if "physicalLocation" not in frame["location"]]

    assert len(stack["frames"]) == len(CACHE_SITE.frames)
    assert libraries
    assert all(location["logicalLocations"] for location in libraries)
    labels = [related["message"]["text"] for related in first["relatedLocations"]]
    assert labels[0] == "allocated here"
    assert set(labels[1:]) == {"called from here"}
    assert [related["id"] for related in first["relatedLocations"]] == list(range(1, len(labels) + 1))


def test_kinds_have_rules_of_their_own() -> None:
    results = run_of(gate(leaky_native(), leaky_child()))["results"]

    assert {result["ruleId"] for result in results} == {"leak-native", "leak-child"}
    assert "(70 % sure of the line)" in next(r for r in results if r["ruleId"] == "leak-native")["message"]["text"]


def test_known_leaks_are_suppressed_with_their_reason() -> None:
    baseline, suppressed = run_of(sample_report("known"))["results"]

    assert baseline["level"] == suppressed["level"] == "note"
    assert baseline["suppressions"][0]["justification"] == "Recorded in the baseline."
    assert "upgrade is planned" in suppressed["suppressions"][0]["justification"]


def test_scripts_that_share_a_leaking_line_share_the_alert() -> None:
    shared = run_of(many(200))["results"]

    assert len(shared) == 2
    assert shared[0]["message"]["text"].endswith(
        "Also in service-0010, service-0020, service-0030, service-0040, service-0050 and 14 more."
    )
    twice = run_of(gate(leaky_python("a"), leaky_python("b")))["results"]
    assert twice[0]["message"]["text"].endswith(" Also in b.")
    again = run_of(gate(leaky_python("a", leaks=(CACHE_LEAK, CACHE_LEAK))))["results"]
    assert "Also in" not in again[0]["message"]["text"]


def test_budgets_are_shown_at_their_line_of_the_config() -> None:
    [result] = run_of(gate(over_budget()))["results"]

    assert (result["ruleId"], place(result)) == ("over-budget", ("leakgate.yaml", 21))
    assert result["partialFingerprints"] == {"leakgateSignature/v1": "over-budget:import-job:peak:rss"}


def test_a_config_below_the_root_is_named_from_the_root() -> None:
    [result] = run_of(gate(over_budget()), Style(source_root="/home/ada"))["results"]

    assert place(result) == ("shop/leakgate.yaml", 21)


def test_a_leak_without_a_line_is_shown_at_the_script() -> None:
    [result] = run_of(gate(leaky_python(leaks=(), kind=Kind.NONE)))["results"]

    assert (result["ruleId"], place(result)) == ("leak", ("scripts/worker.py", 1))
    assert result["message"]["text"].endswith("81 % of the growth is allocated there")
    quiet = run_of(gate(leaky_python(leaks=(), hint="")))["results"][0]
    assert quiet["message"]["text"].endswith("in every part of it.")
    counted = Finding(rule="count", verdict=Verdict.LEAK, message="grows")
    assert run_of(gate(leaky_python(leaks=(), findings=(counted,))))["results"][0]["partialFingerprints"] == {
        "leakgateSignature/v1": "leak-python:worker:count:"
    }


def test_what_does_not_fail_the_gate_is_a_warning() -> None:
    report = gate(leaky_python(), fail_on=frozenset(), verdict=GateVerdict.PASS, exit_code=ExitCode.PASS)

    assert {result["level"] for result in run_of(report)["results"]} == {"warning"}


def test_planted_leaks_are_results_only_when_missed() -> None:
    assert run_of(gate(canary()))["results"] == []
    [missed] = run_of(gate(canary(caught=False)))["results"]
    assert (missed["ruleId"], place(missed)) == ("canary-missed", ("examples/leaky_cache.py", 1))


def test_what_could_not_be_judged_is_a_notification() -> None:
    run = run_of(gate(crashed(), inconclusive(), replace(crashed("bare"), hint="")))
    error, warning, bare = run["invocations"][0]["toolExecutionNotifications"]

    assert run["results"] == []
    assert run["invocations"][0]["executionSuccessful"] is False
    assert (error["level"], warning["level"]) == ("error", "warning")
    assert error["message"]["text"].startswith("importer is error: the script ended with status 1")
    assert "to get an answer" in warning["message"]["text"]
    assert bare["message"]["text"].endswith("after 1.2 s")


def test_the_worst_come_first_and_the_rest_is_counted(monkeypatch: pytest.MonkeyPatch) -> None:
    report = sample_report("mixed")
    ranks = [result["ruleId"] for result in run_of(report)["results"]]
    assert ranks == ["leak-native", "leak-python", "leak-child", "leak-python", "regression", "over-budget"]

    monkeypatch.setattr(sarif, "MOST_RESULTS", 4)
    cut = run_of(report)
    assert [result["ruleId"] for result in cut["results"]] == ranks[:4]
    assert "2 less severe results left out" in json.dumps(cut["invocations"])


def test_paths_are_relative_to_the_repository_where_it_is_told() -> None:
    results = run_of(sample_report("leak"), Style(source_root="/home/ada/"))["results"]

    assert place(results[0]) == ("shop/shop/sessions.py", 51)


def test_a_line_outside_the_repository_gives_way_to_one_inside() -> None:
    outside = Frame("/opt/vendor/tool.py", 3, "keep")
    climbing = Frame(f"{ROOT}/../../etc/passwd", 1, "x")
    own = Frame(f"{ROOT}/shop/api.py", 9, "call")
    site = replace(CACHE_SITE, frames=(outside, climbing, replace(own, line=0), own), blame=0)
    holder = replace(CACHE_HOLDER, writer=None, frames=())
    leak = replace(CACHE_LEAK, site=site, holder=holder, advice="")
    inside = run_of(gate(leaky_python(leaks=(leak,))))["results"][0]
    nowhere = replace(leak, site=replace(site, frames=(replace(outside, function=""),), share=1.0))
    fallen = run_of(gate(leaky_python(leaks=(nowhere,))))["results"][0]

    assert place(inside) == ("shop/api.py", 9)
    assert place(fallen) == ("scripts/worker.py", 1)
    assert "relatedLocations" not in fallen
    assert fallen["message"]["text"].startswith("worker leaks +310 KB/s at /opt/vendor/tool.py:3. That")


@pytest.mark.parametrize(
    ("origin", "expected"),
    [
        (SourceRef("leakgate.yaml", 5, 5), ("leakgate.yaml", 5)),
        (SourceRef("ci/leak gate.yaml", 5, 5), ("ci/leak%20gate.yaml", 5)),
        (SourceRef(f"{ROOT}/ci/leakgate.yaml", 0, 5), ("ci/leakgate.yaml", 1)),
        (SourceRef("/etc/leakgate.yaml", 7, 5), ("leakgate.yaml", 7)),
        (SourceRef("../leakgate.yaml", 7, 5), ("leakgate.yaml", 7)),
        (SourceRef("..", 7, 5), ("leakgate.yaml", 7)),
        (None, ("tool.py", 1)),
    ],
)
def test_a_script_outside_the_repository_is_shown_at_its_entry(
    origin: SourceRef | None, expected: tuple[str, int]
) -> None:
    spec = target("worker", origin=origin, script="/opt/vendor/tool.py")
    report = gate(leaky_python(target=spec, leaks=()), config_path="")
    result = run_of(report)["results"][0]

    assert place(result) == expected


@pytest.mark.parametrize(
    ("changes", "category"),
    [
        ({}, "leakgate/leakgate.yaml/"),
        ({"config_path": "ci/leakgate.yaml"}, "leakgate/ci/leakgate.yaml/"),
        ({"config_path": ""}, "leakgate/"),
        ({"config_path": "../up.yaml"}, "leakgate/up.yaml/"),
        ({"shard": Shard(index=2, count=4)}, "leakgate/leakgate.yaml/shard-2-of-4/"),
    ],
)
def test_each_config_and_shard_has_a_category(changes: dict[str, Any], category: str) -> None:
    assert run_of(gate(healthy(), **changes))["automationDetails"]["id"] == category


def test_configs_of_one_name_in_two_folders_of_a_repository_have_two_categories() -> None:
    report = gate(healthy(), config_path="/ci/services/api/leakgate.yaml")
    assert run_of(report, Style(source_root="/ci"))["automationDetails"]["id"] == "leakgate/services/api/leakgate.yaml/"


def test_a_config_that_was_typed_from_below_the_root_changes_no_path() -> None:
    report = changed(sample_report("leak"), config_path="leakgate.yaml")
    results = run_of(report, Style(source_root="/home/ada"))["results"]
    assert place(results[0]) == ("shop/shop/sessions.py", 51)


def test_a_run_that_was_made_outside_of_the_checkout_is_named_from_its_config() -> None:
    results = run_of(sample_report("leak"), Style(source_root="/another/machine"))["results"]
    assert place(results[0]) == ("shop/sessions.py", 51)


def test_text_of_the_program_makes_no_link_and_no_placeholder() -> None:
    text = sarif.render(sample_report("hostile"), Style())
    said = [json.loads(match) for match in re.findall(r'"text": ("(?:[^"\\\\]|\\\\.)*")', text)]

    assert any(r"\[link\](javascript:alert(1))" in message for message in said)
    assert not [message for message in said if re.search(r"(?<!\\)[\[\]]|(?<!\{)\{(?!\{)", message)]
    assert "\\u001b" not in text


def test_no_start_time_is_made_up() -> None:
    result = healthy()
    result = replace(result, measurement=replace(result.measurement, started_at="yesterday"))

    assert "startTimeUtc" not in run_of(gate(result))["invocations"][0]


@pytest.mark.skipif(MULTITOOL is None, reason="Microsoft's SARIF multitool is not installed")
@pytest.mark.parametrize("kind", ["mixed", "hostile", "known", "empty"])
def test_the_multitool_finds_no_error(kind: str, tmp_path: Path) -> None:
    path = tmp_path / f"{kind}.sarif"
    path.write_text(sarif.render(sample_report(kind), Style()), encoding="utf-8")
    command = [str(MULTITOOL), "validate", str(path), "--rule-kind", "Sarif;Ghas", "--level", "Error;Warning"]
    done = subprocess.run(
        [*command, "--kind", "Fail"],
        capture_output=True,
        text=True,
        check=True,
        timeout=600,
        env={**os.environ, "DOTNET_SYSTEM_GLOBALIZATION_INVARIANT": "1"},
    )
    said = [line for line in done.stdout.splitlines() if re.search(r": (error|warning) ", line)]

    # The project has no page that could be named as informationUri; the tool ends with 0 whatever it finds.
    assert [line for line in said if "SARIF2005" not in line] == []
    assert "Analysis completed successfully" in done.stdout
