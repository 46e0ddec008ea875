"""Accept leaks, review the file, change the programs: known, worse, better, and another machine."""

import json
import sys
from dataclasses import dataclass
from pathlib import Path

import jsonschema
import pytest

from tests.helpers.command_line import Answer, leakgate, start
from tests.helpers.gate_project import write_config
from tests.helpers.real_runs import marked

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="marked() finds processes by /proc and the like")
CONFIG = """\
version: 1
defaults: {{duration: 12s, tolerance: 100%}}
scripts:
  - {{name: steady, path: app/gate_python_leak.py, env: {{LEAK_KB_PER_S: "150"}}}}
  - {{name: worse, path: app/gate_python_leak.py, env: {{LEAK_KB_PER_S: "{worse}"}}}}
  - {{name: better, path: app/gate_python_leak.py, env: {{LEAK_KB_PER_S: "{better}"}}}}
  - {{name: calm, path: app/gate_healthy.py}}
  - {{name: canary, path: app/gate_python_leak.py, expect: leak}}
"""
FILE = "leakgate-baseline.json"


@dataclass(frozen=True)
class Accepted:
    """A first run that was accepted, and a second one, of programs that had changed."""

    folder: Path
    update: Answer
    text: str
    second: Answer

    def verdicts(self, path: str = "second.json") -> dict[str, str]:
        results = json.loads((self.folder / path).read_text(encoding="utf-8"))
        return {one["name"]: one["verdict"] for one in results["scripts"]}


@pytest.fixture(scope="module")
def accepted(tmp_path_factory: pytest.TempPathFactory) -> Accepted:
    folder = tmp_path_factory.mktemp("accepted")
    write_config(folder, CONFIG.format(worse=150, better=150))
    with marked() as mark:
        update = leakgate(folder, "baseline", "update", "--jobs=5", mark=mark)
        text = (folder / FILE).read_text(encoding="utf-8")
        write_config(folder, CONFIG.format(worse=450, better=0))
        second = leakgate(folder, "run", "--jobs=5", "--json=second.json", "--output=sessions", mark=mark)
    return Accepted(folder, update, text, second)


def test_an_update_says_what_it_accepts(accepted: Accepted) -> None:
    assert accepted.update.status == 0
    lines = accepted.update.stdout.splitlines()
    scripts = [line.split(" ")[1] for line in lines if "verdict " in line]
    assert scripts == ["better:", "calm:", "steady:", "worse:"]
    leaks = [line.split(" ")[1] for line in lines if ": new leak " in line]
    assert sorted(set(leaks)) == ["better:", "steady:", "worse:"]
    assert len(lines) == len(scripts) + len(leaks)
    assert all("verdict known" in line for line in lines if "verdict " in line and "calm" not in line)
    assert "wrote leakgate-baseline.json: 4 recorded; review the diff and commit it" in accepted.update.stderr


def test_the_file_is_sorted_rounded_and_fits_its_schema(accepted: Accepted) -> None:
    value = json.loads(accepted.text)
    jsonschema.validate(value, json.loads(leakgate(accepted.folder, "schema", "baseline").stdout))
    assert json.dumps(value, indent=2, sort_keys=True) + "\n" == accepted.text
    ((_, scripts),) = value["environments"].items()
    assert list(scripts) == ["better", "calm", "steady", "worse"]  # a canary cannot be accepted
    (leak,) = scripts["steady"]["leaks"].values()
    assert leak["where"] == "app/gate_python_leak.py:remember"
    assert str(accepted.folder) not in accepted.text


def test_the_same_leak_is_known_a_faster_one_a_regression(accepted: Accepted) -> None:
    assert accepted.verdicts() == {
        "steady": "known",
        "worse": "regression",
        "better": "ok",
        "calm": "ok",
        "canary": "leak",
    }
    assert accepted.second.status == 1
    assert "a known leak got worse" in " ".join(accepted.second.stdout.split())


def test_a_leak_that_is_gone_invites_to_tighten(accepted: Accepted) -> None:
    text = " ".join(accepted.second.stdout.split())
    assert "that is gone" in text
    assert "update it leakgate baseline update better" in text


def test_a_run_never_writes_the_file(accepted: Accepted) -> None:
    assert (accepted.folder / FILE).read_text(encoding="utf-8") == accepted.text


def test_results_and_sessions_can_be_recorded_without_running(accepted: Accepted, tmp_path: Path) -> None:
    files = {source: tmp_path / source / "baseline.json" for source in ("second.json", "sessions")}
    for source, path in files.items():
        answer = leakgate(accepted.folder, "baseline", "update", f"--from={source}", f"--baseline={path}")
        assert answer.status == 0
        assert "4 recorded" in answer.stderr
    texts = {path.read_text(encoding="utf-8") for path in files.values()}
    assert len(texts) == 1
    file = files["sessions"]
    again = leakgate(accepted.folder, "baseline", "update", "--from=second.json", f"--baseline={file}")
    assert (again.status, again.stdout) == (0, "")
    assert "is up to date" in again.stderr
    judged = leakgate(accepted.folder, "report", "sessions", f"--baseline={file}", f"--json={tmp_path / 'third.json'}")
    assert judged.status == 0
    assert accepted.verdicts(str(tmp_path / "third.json"))["worse"] == "known"


def test_one_script_alone_can_be_accepted(accepted: Accepted, tmp_path: Path) -> None:
    file = tmp_path / "baseline.json"
    file.write_text(accepted.text, encoding="utf-8")
    answer = leakgate(accepted.folder, "baseline", "update", "worse", "--from=second.json", f"--baseline={file}")
    assert answer.status == 0
    assert {line.split(" ")[1] for line in answer.stdout.splitlines()} == {"worse:"}
    before, after = json.loads(accepted.text), json.loads(file.read_text(encoding="utf-8"))
    changed = {
        name
        for key, scripts in after["environments"].items()
        for name, entry in scripts.items()
        if entry != before["environments"][key][name]
    }
    assert changed == {"worse"}


def test_two_updates_at_once_keep_what_each_accepts(accepted: Accepted, tmp_path: Path) -> None:
    write_config(tmp_path, CONFIG.format(worse=150, better=150))
    with marked() as mark:
        slow = start(tmp_path, "baseline", "update", "calm", mark=mark)
        assert slow.stderr is not None
        while b"calm: watching" not in (said := slow.stderr.readline()):
            assert said, "ended before it watched"
        quick = leakgate(tmp_path, "baseline", "update", "steady", f"--from={accepted.folder / 'second.json'}")
        slow.communicate(timeout=600)
    assert (slow.returncode, quick.status) == (0, 0)
    (environment,) = json.loads((tmp_path / FILE).read_text(encoding="utf-8"))["environments"].values()
    assert set(environment) == {"calm", "steady"}


def test_show_lists_what_is_accepted(accepted: Accepted) -> None:
    answer = leakgate(accepted.folder, "baseline", "show")
    assert answer.status == 0
    names = [line.split(":")[0].strip() for line in answer.stdout.splitlines()[1:] if line[2] != " "]
    assert names == ["better", "calm", "steady", "worse"]
    assert "app/gate_python_leak.py:remember" in answer.stdout


def test_another_environment_is_no_baseline(accepted: Accepted, tmp_path: Path) -> None:
    file = tmp_path / "baseline.json"
    ((key, _),) = json.loads(accepted.text)["environments"].items()
    file.write_text(accepted.text.replace(key, "cpython-3.11-plan9-vax"), encoding="utf-8")
    answer = leakgate(
        accepted.folder, "report", "sessions/steady", f"--baseline={file}", f"--json={tmp_path / 'other.json'}"
    )
    assert answer.status == 1
    assert json.loads((tmp_path / "other.json").read_text(encoding="utf-8"))["baseline"]["state"] == "other-environment"
    assert "the baseline has no entry for this environment" in answer.stdout


def test_without_a_baseline_every_leak_is_new(accepted: Accepted, tmp_path: Path) -> None:
    empty = tmp_path / "empty.json"
    empty.write_text('{"schema": "leakgate.baseline/1", "environments": {}}', encoding="utf-8")
    answer = leakgate(accepted.folder, "report", "sessions/steady", f"--baseline={empty}")
    assert answer.status == 1
    assert "no baseline yet" in answer.stdout
