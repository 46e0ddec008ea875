"""Small parts of the probe: pools, environments of children, what runs as `__main__`, and clocks."""

from __future__ import annotations

import importlib.util
import marshal
import os
import sys
import types
import zipfile
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from leakgate.probe import carry, children, main_code, pools
from leakgate.probe.system import LIBRARY, standard, system


def module(name: str, monkeypatch: pytest.MonkeyPatch, **values: Any) -> types.ModuleType:
    made = types.ModuleType(name)
    vars(made).update(values)
    monkeypatch.setitem(sys.modules, name, made)
    return made


def function(module_name: str, name: str) -> Any:
    def made() -> None:
        pass

    made.__module__, made.__name__ = module_name, name
    return made


@pytest.mark.parametrize(("most", "pooled"), [(None, True), (100, True), (1, False), ("?", False)])
def test_a_worker_that_gets_several_tasks_is_a_pool_worker(
    most: object, pooled: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    for target in (("multiprocessing.pool", "worker"), ("concurrent.futures.process", "_process_worker")):
        process = SimpleNamespace(_target=function(*target), _args=(0, 1, 2, 3, most))
        module("multiprocessing.process", monkeypatch, _current_process=process)
        assert pools.is_pool_worker() is pooled
        process._args = (0, 1)
        assert pools.is_pool_worker()


def test_a_worker_of_celery_says_how_many_tasks_it_gets(monkeypatch: pytest.MonkeyPatch) -> None:
    kind = type("Worker", (type("Base", (), {"__module__": "billiard.pool"}),), {"maxtasks": 1})
    process = SimpleNamespace(_target=kind())
    module("billiard.process", monkeypatch, _current_process=process)
    module("multiprocessing.process", monkeypatch, _current_process=None)
    assert not pools.is_pool_worker()
    kind.maxtasks = None  # type: ignore[attr-defined]
    assert pools.is_pool_worker()


def test_other_processes_are_no_pool_workers(monkeypatch: pytest.MonkeyPatch) -> None:
    module("multiprocessing.process", monkeypatch, _current_process=SimpleNamespace(_target=len))
    assert not pools.is_pool_worker()

    class Fails:
        @property
        def _target(self) -> object:
            raise RuntimeError("not yet")

    module("multiprocessing.process", monkeypatch, _current_process=Fails())
    assert not pools.is_pool_worker()


def test_a_child_takes_the_probe_out_of_its_environment(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The channel is gone, so that nothing else happens here."""
    for before, after in (("FOLDER", None), ("FOLDER" + os.pathsep + "mine", "mine"), ("mine", "mine")):
        monkeypatch.setenv("PYTHONPATH", before)
        monkeypatch.setenv(carry.NAME, carry.setting(str(tmp_path / "gone"), 0.25))
        children.arrive("FOLDER")
        assert os.environ.get("PYTHONPATH") == after
        assert carry.NAME not in os.environ
        children.arrive("FOLDER")  # without the second variable: a child whose parent took only the first along


def test_a_child_reads_its_channel_and_interval(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from leakgate.probe import guest, sampler

    seen: list[object] = []
    monkeypatch.setattr(sampler, "install", lambda *given, **named: seen.append((*given, named)))
    monkeypatch.setattr(carry, "pass_on", lambda *given: seen.append(given))
    monkeypatch.setattr(guest, "install", lambda *given: seen.append(("guest", *given)))
    channel = str(tmp_path)
    monkeypatch.setenv(carry.NAME, carry.setting(channel, 0.25))
    children.arrive("FOLDER")
    assert seen == [(channel, 0.25, {"lazy": True}), (channel, 0.25)]
    (tmp_path / "alive").touch()
    monkeypatch.setenv(carry.NAME, carry.setting(channel, 0.25))
    children.arrive("FOLDER")
    assert seen[2:] == [("guest", channel, 0.25)]


@pytest.fixture
def environment(monkeypatch: pytest.MonkeyPatch) -> dict[str, str]:
    """What `putenv` was given, in place of the environment of this process."""
    given: dict[str, str] = {}
    monkeypatch.setattr(os, "putenv", lambda name, value: given.update({name: value}) if type(name) is str else None)
    monkeypatch.setattr(os, "unsetenv", lambda name: given.pop(name, None))
    return given


def test_a_guest_gives_the_environment_back(environment: dict[str, str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("PYTHONPATH", raising=False)
    variables = carry.Variables("/channel", 0.5)
    variables.set()
    assert environment == {"PYTHONPATH": carry._FOLDER, carry.NAME: "0.5|/channel"}
    variables.restore()
    assert environment == {}
    os.environ._data[os.environ.encodekey("PYTHONPATH")] = os.environ.encodevalue("mine")  # type: ignore[attr-defined]
    variables.set()
    assert environment["PYTHONPATH"] == carry._FOLDER + os.pathsep + "mine"
    variables.restore()
    assert environment == {"PYTHONPATH": "mine"}


def test_the_probe_is_added_to_an_environment_that_is_given() -> None:
    given: list[Any] = []

    def fork_exec(*arguments: Any) -> int:
        given.append(arguments)
        return 7

    carrying = carry._carrying_list(fork_exec, "0.5|/c")
    pairs = [b"HOME=/x", b"PYTHONPATH=/mine"]
    assert carrying(0, 1, 2, 3, 4, pairs, 6) == 7
    assert carrying(0, 1, 2, 3, 4, None, 6) == 7
    assert carrying(0) == 7
    path = os.fsencode(carry._FOLDER + os.pathsep + "/mine")
    assert given[0][5] == [b"HOME=/x", b"PYTHONPATH=" + path, os.fsencode(carry.NAME) + b"=0.5|/c"]
    assert [one[5:] for one in given[1:]] == [(None, 6), ()]
    assert pairs == [b"HOME=/x", b"PYTHONPATH=/mine"]


def test_functions_that_start_programs_look_as_before() -> None:
    given: list[Any] = []

    def execve(path: Any, argv: Any, env: Any) -> None:
        """Run a program."""
        given.append(env)

    carrying = carry._carrying_mapping(execve, "0.5|/c")
    assert (carrying.__name__, carrying.__doc__) == ("execve", "Run a program.")
    carrying("/bin/true", [], {b"HOME": b"/x"})
    carrying("/bin/true", [], {"PYTHONPATH": "/mine"})
    carrying("/bin/true", [], 5)
    assert given[0] == {"HOME": b"/x", "PYTHONPATH": carry._FOLDER, carry.NAME: "0.5|/c"}
    assert given[1]["PYTHONPATH"] == carry._FOLDER + os.pathsep + "/mine"
    assert given[2] == 5
    os.supports_fd.add(execve)
    try:
        again = carry._carrying_mapping(execve, "")
        assert again in os.supports_fd
        os.supports_fd.discard(again)
    finally:
        os.supports_fd.discard(execve)


def test_without_posix_nothing_is_replaced(environment: dict[str, str], monkeypatch: pytest.MonkeyPatch) -> None:
    before = os.execve
    monkeypatch.setattr(os, "name", "nt")
    carry.pass_on("/c", 0.5)
    assert os.execve is before
    assert environment[carry.NAME] == "0.5|/c"


def test_every_way_to_start_a_program_is_replaced(environment: dict[str, str], monkeypatch: pytest.MonkeyPatch) -> None:
    import _posixsubprocess

    monkeypatch.setattr(_posixsubprocess, "fork_exec", _posixsubprocess.fork_exec)
    for name in ("execve", "posix_spawn", "posix_spawnp"):
        monkeypatch.setattr(os, name, getattr(os, name))
    monkeypatch.delattr(os, "posix_spawnp")
    carry.pass_on("/c", 0.5)
    assert {one.__module__ for one in (os.execve, os.posix_spawn, _posixsubprocess.fork_exec)} == {carry.__name__}
    monkeypatch.setitem(sys.modules, "_posixsubprocess", None)
    carry.pass_on("/c", 0.5)  # this Python has none


def test_folders_and_zip_files_are_importable_and_scripts_are_not(tmp_path: Path) -> None:
    script = tmp_path / "script.py"
    script.write_text("")
    archive = tmp_path / "app.pyz"
    with zipfile.ZipFile(archive, "w") as file:
        file.writestr("__main__.py", "")
    assert [main_code.is_importable(str(one)) for one in (tmp_path, archive, script)] == [True, True, False]


def test_the_first_entry_of_the_path_is_the_folder_that_runs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    app = tmp_path / "app"
    app.mkdir()
    (app / "__main__.py").write_text("import sys; seen = list(sys.path)")
    monkeypatch.setitem(sys.modules, "__main__", types.ModuleType("__main__"))
    for before in ([str(tmp_path.resolve()), "other"], ["other"]):
        monkeypatch.setattr(sys, "path", list(before))
        main_code.run_importable(str(app))
        assert sys.path == [str(app), "other"]


def test_a_module_runs_as_main(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "ran_as_main.py").write_text("import os; os.environ['RAN_AS'] = __name__")
    monkeypatch.syspath_prepend(str(tmp_path))
    monkeypatch.setenv("RAN_AS", "")
    monkeypatch.setitem(sys.modules, "__main__", types.ModuleType("__main__"))
    monkeypatch.setattr(sys, "argv", ["python", "-m", "rest"])
    main_code.prepare_module()
    assert sys.argv == ["python", "rest"]
    main_code.run_module("ran_as_main")
    assert os.environ["RAN_AS"] == "__main__"


def test_compiled_scripts_of_this_python_only() -> None:
    code = compile("1", "x", "exec")
    data = importlib.util.MAGIC_NUMBER + bytes(12) + marshal.dumps(code)
    assert main_code.unmarshal(data) == code
    with pytest.raises(RuntimeError, match="Bad magic number"):
        main_code.unmarshal(b"old!" + data[4:])


def test_modules_of_the_standard_library_whatever_the_program_calls_so(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert standard("sys") is sys
    theirs = module("stat", monkeypatch, __spec__=None)
    found = standard("stat")
    assert found is not theirs
    assert str(found.__file__).startswith(LIBRARY)
    assert sys.modules["stat"] is theirs
    with pytest.raises(ImportError, match="no module no_such_module"):
        standard("no_such_module")


def test_whether_a_file_exists_also_for_names_that_no_file_can_have(tmp_path: Path) -> None:
    assert [system.exists(one) for one in (str(tmp_path), str(tmp_path / "x"), "a\0b")] == [True, False, False]
