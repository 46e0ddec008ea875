"""Each kind of target: its words, its name, its command line, and what it finds wrong."""

import os
import sys
import zipfile
from pathlib import Path
from types import MappingProxyType
from typing import Any, get_args

import pytest

from leakgate.model.entry import CallEntry, CommandEntry, Entry, ModuleEntry, ScriptEntry, TestsEntry
from leakgate.model.target import TargetSpec
from leakgate.targets.command_kind import find_program
from leakgate.targets.kind import KEYS, KINDS, command_line, default_name, kind_named, kind_of, pinned_file
from leakgate.targets.plan import plan
from leakgate.targets.process_plan import ProbeMode
from leakgate.targets.tests_kind import processes_of_xdist

ENTRIES: dict[str, Entry] = {
    "path": ScriptEntry(path=Path("/home/ada/shop/worker.py")),
    "module": ModuleEntry(module="shop.cli"),
    "command": CommandEntry(words=("gunicorn", "shop.wsgi", "-w", "2")),
    "call": CallEntry(path="shop.parser:Parser.parse"),
    "pytest": TestsEntry(words=("tests/unit", "-m", "not slow")),
}


def spec(entry: Entry, cwd: Path = Path("/home/ada/shop"), **fields: Any) -> TargetSpec:
    return TargetSpec(name="x", entry=entry, python=Path("/venv/bin/python"), cwd=cwd, **fields)


def test_every_entry_has_one_kind_and_every_kind_an_entry() -> None:
    assert {kind.entry_type for kind in KINDS} == set(get_args(Entry))
    assert len(set(KEYS)) == len(KINDS)
    assert set(ENTRIES) == set(KEYS)


@pytest.mark.parametrize("key", KEYS)
def test_an_entry_is_made_again_of_its_words(key: str) -> None:
    entry = ENTRIES[key]
    assert kind_of(entry) is kind_named(key)
    assert kind_named(key).read(kind_of(entry).words(entry)) == entry


def test_an_unknown_kind_is_refused() -> None:
    with pytest.raises(ValueError, match="unknown kind of target 'docker'"):
        kind_named("docker")


@pytest.mark.parametrize(
    ("entry", "name"),
    [
        (ScriptEntry(path=Path("/a/worker.py")), "worker"),
        (ScriptEntry(path=Path("/a/app.pyz")), "app"),
        (ModuleEntry(module="shop.cli"), "shop.cli"),
        (CommandEntry(words=("./bin/serve.sh", "-x")), "serve"),
        (CommandEntry(words=("python3.12", "-m", "celery", "worker")), "celery"),
        (CommandEntry(words=("python", "-u", "-W", "error", "-m", "celery", "worker")), "celery"),
        (CommandEntry(words=("python", "server.py", "--port", "{port}")), "server"),
        (CommandEntry(words=(".venv/bin/python3.13t", "-X", "dev", "tools/manage.py", "runserver")), "manage"),
        (CommandEntry(words=("python", "-c", "work()")), "python"),
        (CommandEntry(words=("python", ".")), "python"),
        (CommandEntry(words=("python", "-", "x")), "python"),
        (CommandEntry(words=("gunicorn",)), "gunicorn"),
        (CallEntry(path="shop.parser:parse"), "shop.parser:parse"),
        (TestsEntry(words=("-q", "tests/unit")), "pytest tests/unit"),
        (TestsEntry(words=()), "pytest"),
    ],
)
def test_the_default_name(entry: Entry, name: str) -> None:
    assert default_name(entry) == name


def test_what_is_run_in_words() -> None:
    assert command_line(spec(ENTRIES["module"], args=("sync",))) == ("-m", "shop.cli", "sync")
    assert command_line(spec(ENTRIES["command"])) == ("gunicorn", "shop.wsgi", "-w", "2")


@pytest.mark.parametrize(
    ("key", "words"),
    [
        ("path", ()),
        ("path", ("a", "b")),
        ("module", ("a b",)),
        ("command", ()),
        ("call", ("shop.parse",)),
        ("call", ("a:b c",)),
    ],
)
def test_wrong_words_are_refused(key: str, words: tuple[str, ...]) -> None:
    with pytest.raises(ValueError, match=r"."):
        kind_named(key).read(words)


def test_a_command_is_split_as_a_shell_splits_it() -> None:
    assert kind_named("command").split("run 'two words' \"$HOME\"") == ("run", "two words", "$HOME")
    with pytest.raises(ValueError, match="cannot be split into words: No closing quotation"):
        kind_named("command").split("run 'open")


def test_a_module_is_started_under_the_probe(tmp_path: Path) -> None:
    launch = plan(spec(ENTRIES["module"], args=("sync",)), tmp_path, Path("/pkg/probe"), {})
    assert launch.argv == (
        *("/venv/bin/python", "/pkg/probe/__main__.py", str(tmp_path), "0.1", "-m", "shop.cli", "sync"),
    )
    assert launch.probe is ProbeMode.AS_MAIN
    assert dict(launch.env) == {}


@pytest.mark.parametrize("key", ["call", "pytest"])
def test_what_is_repeated_is_started_by_the_runner(tmp_path: Path, key: str) -> None:
    launch = plan(spec(ENTRIES[key]), tmp_path, Path("/pkg/probe"), {})
    assert launch.argv == ("/venv/bin/python", "/pkg/probe/repeat/__main__.py", str(tmp_path))
    assert launch.probe is ProbeMode.REPEATING


def test_a_command_carries_the_probe_in_its_environment(tmp_path: Path) -> None:
    target = spec(CommandEntry(words=("sh", "-c", ":")), env=MappingProxyType({"PYTHONPATH": "/lib"}))
    launch = plan(target, tmp_path, Path("/pkg/probe"), {"PATH": os.defpath})
    assert launch.env["PYTHONPATH"] == f"/pkg/probe/inherit{os.pathsep}/lib"
    assert launch.env["_LEAKGATE_PROBE"] == f"0.1|{tmp_path}"
    assert launch.probe is ProbeMode.INHERITED


@pytest.fixture
def venv(tmp_path: Path) -> Path:
    """A virtual environment with one program."""
    (tmp_path / "venv" / "bin").mkdir(parents=True)
    (tmp_path / "venv" / "pyvenv.cfg").write_text("")
    for name in ("python", "serve"):
        program = tmp_path / "venv" / "bin" / name
        program.write_text("#!/bin/sh\n")
        program.chmod(0o755)
    return tmp_path / "venv" / "bin"


@pytest.mark.skipif(sys.platform == "win32", reason="stand-ins are shell scripts")
def test_a_program_is_looked_up_beside_the_interpreter_then_on_path(venv: Path, tmp_path: Path) -> None:
    target = TargetSpec(name="x", entry=ENTRIES["command"], python=venv / "python", cwd=tmp_path)
    (tmp_path / "local.sh").write_text("#!/bin/sh\n")
    (tmp_path / "local.sh").chmod(0o755)
    env = {"PATH": "/usr/bin:/bin"}
    assert find_program("serve", target, env) == venv / "serve"
    assert find_program("python", target, env) == venv / "python"
    assert find_program("./local.sh", target, env) == tmp_path / "local.sh"
    assert str(find_program("env", target, env)).endswith("/env")
    assert find_program("nowhere-at-all", target, env) is None


@pytest.mark.skipif(sys.platform == "win32", reason="stand-ins are shell scripts")
def test_a_command_runs_with_the_virtual_environment_first_on_path(venv: Path, tmp_path: Path) -> None:
    target = TargetSpec(name="x", entry=CommandEntry(words=("serve", "-x")), python=venv / "python", cwd=tmp_path)
    launch = plan(target, tmp_path, parent_env={"PATH": "/usr/bin"})
    assert launch.argv == (str(venv / "serve"), "-x")
    assert launch.env["PATH"] == f"{venv}{os.pathsep}/usr/bin"


def test_a_missing_program_is_a_problem(tmp_path: Path) -> None:
    kind = kind_named("command")
    for words, part in ((("nowhere-at-all",), "nor on PATH"), (("./gone",), f"in {tmp_path}")):
        entry = CommandEntry(words=words)
        assert part in kind.problem(spec(entry, tmp_path), entry)


def test_folders_and_zip_files_need_a_main(tmp_path: Path) -> None:
    kind = kind_named("path")
    (tmp_path / "empty").mkdir()
    (tmp_path / "app").mkdir()
    (tmp_path / "app" / "__main__.py").write_text("")
    with zipfile.ZipFile(tmp_path / "app.pyz", "w") as archive:
        archive.write(tmp_path / "app" / "__main__.py", "__main__.py")

    def problem(name: str) -> str:
        entry = ScriptEntry(path=tmp_path / name)
        return kind.problem(spec(entry), entry)

    assert problem("empty") == "the folder 'empty' has no __main__.py; name the Python file to run"
    assert problem("gone").startswith("there is no file")
    assert [problem("app"), problem("app.pyz")] == ["", ""]


def test_the_file_that_stands_for_a_script(tmp_path: Path) -> None:
    (tmp_path / "src" / "shop").mkdir(parents=True)
    (tmp_path / "src" / "shop" / "__main__.py").write_text("")
    (tmp_path / "cli.py").write_text("")
    assert pinned_file(spec(ModuleEntry(module="shop"), tmp_path)) == tmp_path / "src" / "shop" / "__main__.py"
    assert pinned_file(spec(ModuleEntry(module="cli"), tmp_path)) == tmp_path / "cli.py"
    assert pinned_file(spec(ModuleEntry(module="json.tool"), tmp_path)) is None
    assert pinned_file(spec(ScriptEntry(path=tmp_path / "src" / "shop"))) == tmp_path / "src" / "shop" / "__main__.py"
    assert pinned_file(spec(CommandEntry(words=("./cli.py",)), tmp_path)) == tmp_path / "cli.py"
    assert pinned_file(spec(CommandEntry(words=("python", "-u", "cli.py", "x")), tmp_path)) == tmp_path / "cli.py"
    assert pinned_file(spec(CommandEntry(words=("python", "missing.py")), tmp_path)) is None
    assert pinned_file(spec(ENTRIES["command"], tmp_path)) is None


def test_advice_for_what_failed(tmp_path: Path) -> None:
    package = tmp_path / "shop"
    package.mkdir()
    (package / "__init__.py").write_text("")
    relative = "ImportError: attempted relative import with no known parent package"
    for path, module in ((package / "__main__.py", "shop"), (package / "cli.py", "shop.cli")):
        entry = ScriptEntry(path=path)
        assert f"`module: {module}`" in kind_of(entry).advice(entry, relative)
        assert kind_of(entry).advice(entry, "ValueError") == ""
    alone = ScriptEntry(path=tmp_path / "alone.py")
    assert kind_of(alone).advice(alone, relative) == ""
    gone = ModuleEntry(module="gone.cli")
    assert "`cwd`" in kind_of(gone).advice(gone, "/usr/bin/python: No module named gone")
    assert kind_of(gone).advice(gone, "KeyError") == ""


@pytest.mark.parametrize(
    ("words", "processes"),
    [
        (("tests", "-n", "4"), "4"),
        (("tests", "-n4", "-q"), "4"),
        (("--numprocesses=2", "tests"), "2"),
        (("-n", "auto", "--dist", "loadfile"), "auto"),
        (("-n", "logical"), "auto"),
        (("-n", "0"), "0"),
        (("-n", "2", "-n", "3"), "3"),
        (("tests", "-k", "n4"), ""),
        (("-n", "tests"), ""),
        ((), ""),
    ],
)
def test_the_number_of_processes_is_read_from_the_option_of_pytest_xdist(
    words: tuple[str, ...], processes: str
) -> None:
    assert processes_of_xdist(words) == processes
