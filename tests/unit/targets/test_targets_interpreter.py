"""Checks of interpreters: real ones, and files that are not interpreters."""

import json
import os
import sys
from pathlib import Path
from types import MappingProxyType

import pytest

from leakgate.errors import InterpreterError
from leakgate.model.entry import ScriptEntry
from leakgate.model.target import TargetSpec
from leakgate.targets import interpreter
from leakgate.targets.interpreter import look_at_interpreter

ENTRY = ScriptEntry(path=Path("/x.py"))

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="stand-ins are shell scripts")


def spec(python: Path, env: dict[str, str] | None = None) -> TargetSpec:
    return TargetSpec(name="x", entry=ENTRY, python=python, cwd=Path("/"), env=MappingProxyType(env or {}))


def stand_in(folder: Path, body: str) -> Path:
    path = folder / "python"
    path.write_text(f"#!/bin/sh\n{body}\n")
    path.chmod(0o755)
    return path


def answer(version: str) -> str:
    fields = {"implementation": "cpython", "python": version, "os": "linux", "machine": "x", "malloc": "m"}
    return f"echo '{json.dumps(fields)}'"


def test_this_interpreter_is_known() -> None:
    found = look_at_interpreter(spec(Path(sys.executable)), {})
    assert found.python == "{}.{}.{}".format(*sys.version_info[:3])
    assert found.implementation.startswith(sys.implementation.name)
    assert found.malloc
    assert found.key == found.key.lower()


def test_the_allocator_chosen_by_the_environment_is_told() -> None:
    found = look_at_interpreter(spec(Path(sys.executable), {"PYTHONMALLOC": "malloc"}), {"PYTHONMALLOC": "debug"})
    assert found.malloc.startswith("PYTHONMALLOC=malloc, ")


def test_it_is_asked_once(tmp_path: Path) -> None:
    python = stand_in(tmp_path, f"echo x >> {tmp_path}/asked\n{answer('3.12.1')}")
    for _ in range(3):
        assert look_at_interpreter(spec(python)).python == "3.12.1"
    assert (tmp_path / "asked").read_text() == "x\n"


def test_a_symlink_is_not_resolved(tmp_path: Path) -> None:
    (tmp_path / "pyvenv.cfg").write_text(f"home = {Path(sys.executable).resolve().parent}\n")
    link = tmp_path / "bin" / "python"
    link.parent.mkdir()
    link.symlink_to(Path(sys.executable).resolve())
    assert look_at_interpreter(spec(link)).python.startswith("3.")


def test_a_missing_one(tmp_path: Path) -> None:
    with pytest.raises(InterpreterError, match="does not exist") as caught:
        look_at_interpreter(spec(tmp_path / "gone"))
    assert "leakgate.yaml" in caught.value.hint


def test_one_that_cannot_be_executed(tmp_path: Path) -> None:
    with pytest.raises(InterpreterError, match="cannot be executed"):
        look_at_interpreter(spec(tmp_path))


@pytest.mark.parametrize("body", ["echo hello", "echo '[1]'", "exit 3", "echo '{}'", answer("three"), answer("3.8.")])
def test_one_that_is_no_python(tmp_path: Path, body: str) -> None:
    with pytest.raises(InterpreterError, match="is not a Python 3 interpreter"):
        look_at_interpreter(spec(stand_in(tmp_path, body)))


def test_one_that_is_too_old(tmp_path: Path) -> None:
    with pytest.raises(InterpreterError, match=r"is Python 3\.8\.18; leakgate measures Python 3\.9 or newer"):
        look_at_interpreter(spec(stand_in(tmp_path, answer("3.8.18"))))


@pytest.mark.parametrize("minor", [7, 8])
def test_a_real_one_that_is_too_old(minor: int) -> None:
    found = sorted((Path.home() / ".pyenv" / "versions").glob(f"3.{minor}.*/bin/python"))
    if not found:
        pytest.skip(f"no Python 3.{minor} here")
    with pytest.raises(InterpreterError, match=rf"is Python 3\.{minor}\.\d+; leakgate measures"):
        look_at_interpreter(spec(found[0]))


def test_one_that_does_not_answer(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(interpreter, "_ANSWER_TIMEOUT_S", 0.2)
    with pytest.raises(InterpreterError, match="did not answer"):
        look_at_interpreter(spec(stand_in(tmp_path, "exec sleep 30")))


def test_secrets_are_not_shown_to_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GITHUB_TOKEN", "secret")
    python = stand_in(tmp_path, f'echo "token=$GITHUB_TOKEN" > {tmp_path}/seen\n{answer("3.12.1")}')
    look_at_interpreter(spec(python))
    assert (tmp_path / "seen").read_text() == "token=\n"
    assert "GITHUB_TOKEN" in os.environ
