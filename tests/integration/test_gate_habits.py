"""Healthy programs with unusual habits, run by the real command: they are judged like others, and none outlives the
run.
"""

import json
import sys

import pytest

from tests.helpers.command_line import Answer, leakgate
from tests.helpers.gate_project import write_config
from tests.helpers.real_runs import marked

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="signals and fork")
HABITS = (
    "ignores_sigterm",
    "closes_stdout",
    "prints_much",
    "leaves_child",
    "deletes_folder",
    "replaces_stdout",
    "traces",
    "own_signals",
    "no_collector",
    "a_thread",
)
BROKEN = {
    "not-python": "app/picture.png",
    "syntax-error": "app/syntax.py",
    "raises-at-once": "app/raises.py",
}


@pytest.fixture(scope="module")
def habits(tmp_path_factory: pytest.TempPathFactory) -> tuple[Answer, dict[str, dict[str, object]]]:
    folder = tmp_path_factory.mktemp("habits")
    entries = [f"  - {{name: {habit}, path: app/gate_odd.py, args: [{habit}]}}" for habit in HABITS]
    entries += [f"  - {{name: {name}, path: {path}}}" for name, path in BROKEN.items()]
    write_config(folder, "version: 1\ndefaults: {duration: 12s}\nscripts:\n" + "\n".join(entries) + "\n")
    (folder / "app" / "picture.png").write_bytes(b"\x89PNG\r\n\x1a\n\0\0\0")
    (folder / "app" / "syntax.py").write_text("def broken(:\n", encoding="utf-8")
    (folder / "app" / "raises.py").write_text("raise RuntimeError('no \\u2603 today')\n", encoding="utf-8")
    with marked() as mark:
        answer = leakgate(folder, "run", "--jobs=13", "--json=results.json", mark=mark, TMPDIR=str(folder))
    scripts = json.loads((folder / "results.json").read_text(encoding="utf-8"))["scripts"]
    return answer, {one["name"]: one for one in scripts}


@pytest.mark.parametrize("habit", HABITS)
def test_a_habit_is_no_leak_and_no_error(habits: tuple[Answer, dict[str, dict[str, object]]], habit: str) -> None:
    script = habits[1][habit]
    assert script["verdict"] == "ok", script["reason"]


@pytest.mark.parametrize(
    ("name", "words"),
    [("not-python", "SyntaxError"), ("syntax-error", "SyntaxError"), ("raises-at-once", "no \\u2603 today")],
)
def test_a_script_that_cannot_run_is_an_error_with_its_last_words(
    habits: tuple[Answer, dict[str, dict[str, object]]], name: str, words: str
) -> None:
    answer, scripts = habits
    assert scripts[name]["verdict"] == "error"
    assert "exited with status 1" in str(scripts[name]["reason"])
    assert words in json.dumps(scripts[name])
    assert "Traceback" not in answer.stderr


def test_what_could_not_be_measured_ends_with_3(habits: tuple[Answer, dict[str, dict[str, object]]]) -> None:
    assert habits[0].status == 3
