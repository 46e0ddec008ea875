"""The JSON Schemas of the package: equal to the generated ones, valid, and fulfilled by written files and examples."""

import json
import re
from pathlib import Path
from typing import Any

import jsonschema
import pytest
from check_jsonschema import main as check_jsonschema  # type: ignore[import-untyped]  # ships no types
from click.testing import CliRunner

from leakgate.archive import schemas
from leakgate.archive.forms.baseline_form import dump_baseline, parse_baseline
from leakgate.archive.forms.recording_form import load_evidence, load_snapshot
from leakgate.archive.forms.results_form import dump_results, load_results
from leakgate.archive.forms.session_form import dump_session
from leakgate.model.baseline import BaselineState
from leakgate.model.session_record import Session
from tests.helpers.reports import KINDS, sample_report

DOCS = Path(__file__).parents[3] / "docs" / "formats.md"
EXAMPLES = dict(re.findall(r"<!-- example: (\w+) -->\n```json\n(.*?)```", DOCS.read_text("utf-8"), re.DOTALL))


def validator(name: str, definition: str | None = None) -> jsonschema.Draft202012Validator:
    schema = json.loads(schemas.schema_text(name))
    if definition is not None:
        schema["$ref"] = f"#/$defs/{definition}"
    return jsonschema.Draft202012Validator(schema)


@pytest.mark.parametrize("name", schemas.NAMES)
def test_committed_is_generated(name: str) -> None:
    assert schemas.schema_text(name) == schemas.generate_schema(name)


def test_each_is_a_valid_schema() -> None:
    folder = Path(schemas.__file__).parent / "forms"
    files = sorted(str(path) for path in folder.glob("*.schema.json"))
    assert len(files) == len(schemas.NAMES)
    result = CliRunner().invoke(check_jsonschema, ["--check-metaschema", *files])
    assert result.exit_code == 0, result.output


def test_another_name_has_no_schema() -> None:
    with pytest.raises(KeyError):
        schemas.schema_text("../model/target")


@pytest.mark.parametrize("kind", [kind for kind in KINDS if kind != "many"])
def test_results_match_their_schema(kind: str) -> None:
    validator("results").validate(json.loads(dump_results(sample_report(kind))))


@pytest.mark.parametrize(
    ("path", "value"),
    [(("verdict",), "great"), (("scripts", 0, "warmup_s"), "1"), (("scripts", 0, "other"), 1), (("exit_code",), 77)],
)
def test_the_schema_refuses_what_the_loader_refuses(path: tuple[Any, ...], value: object) -> None:
    results = json.loads(dump_results(sample_report("leak")))
    at = results
    for step in path[:-1]:
        at = at[step]
    at[path[-1]] = value
    assert not validator("results").is_valid(results)


@pytest.mark.parametrize("kind", ["mixed", "hostile"])
def test_sessions_match_their_schema(kind: str) -> None:
    lines = {
        "header": "HeaderLine",
        "process": "ProcessLine",
        "series": "SeriesLine",
        "work": "WorkLine",
        "end": "EndLine",
    }
    traced = {"header": "SnapshotHeaderLine", "note": "NoteLine", "site": "SiteLine", "holder": "HolderLine"}
    traced |= {"type": "TypeLine", "end": "EndLine"}
    checks = {name: validator("session", name) for name in {*lines.values(), *traced.values(), "HistoryForm"}}
    for result in sample_report(kind).results:
        texts = dump_session(Session(target=result.target, measurement=result.measurement))
        validator("session").validate(json.loads(texts.meta))
        checks["HistoryForm"].validate(json.loads(texts.history))
        for text, forms in ((texts.evidence, lines), (texts.snapshot or "", traced)):
            for line in map(json.loads, text.splitlines()):
                checks[forms[line["kind"]]].validate(line)


def test_the_examples_of_the_docs_are_read() -> None:
    assert EXAMPLES.keys() == {"results", "baseline", "evidence", "snapshot"}
    assert load_results(EXAMPLES["results"]).about.baseline_state is BaselineState.MISSING
    validator("results").validate(json.loads(EXAMPLES["results"]))
    assert dump_baseline(parse_baseline(EXAMPLES["baseline"], "docs")) == EXAMPLES["baseline"]
    processes, tree, _, _ = load_evidence(EXAMPLES["evidence"])
    assert (processes[0].pid, tree[0].values) == (4242, (40108032.0, 40239104.0))
    assert load_snapshot(EXAMPLES["snapshot"]).types[0].grew_count == 1240
