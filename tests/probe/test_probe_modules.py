"""Modules, folders, zip files and compiled files behave under the probe as they do under plain Python."""

import compileall
import subprocess
import zipfile
from pathlib import Path

import pytest

from tests.probe.probe_tools import ENTRY
from tests.probe.test_probe_transparent import run

STATE = """
import sys, os, threading
print(sys.argv, sys.path[:2], getattr(sys, "orig_argv", [""])[1:], sys.flags)
names = [name for name in ("__file__", "__name__", "__package__", "__doc__", "__cached__") if name in globals()]
print({name: globals()[name] for name in names}, __spec__ and (__spec__.name, __spec__.origin, __spec__.parent))
print(type(__loader__), sys.modules["__main__"].__dict__ is globals(), threading.active_count(), sorted(globals()))
print(sys.excepthook, sys.gettrace(), sys.getprofile(), sorted(os.environ.items()))
"""
RELATIVE = "from .part import f\nfrom . import part\nprint(f(), part.__name__)\n"
RAISES = "from .part import g\ng()\n"
SPAWNS = """
import multiprocessing
from .part import f
def work(n):
    return n * f()
if __name__ == "__main__":
    with multiprocessing.get_context("spawn").Pool(2) as pool:
        print(pool.map(work, [1, 2, 3]))
"""
MODULES = {
    "app.state": STATE,
    "app.relative": RELATIVE,
    "app.raises": RAISES,
    "app.exits": "import sys\nsys.exit(5)\n",
    "app.spawns": SPAWNS,
    "app.syntax": "if x\n",
    "app": None,
    "app.sub": None,
    "app.gone": None,
    "gone": None,
    "broken": "import not_there\n",
}


@pytest.fixture
def project(tmp_path: Path) -> Path:
    package = tmp_path / "app"
    (package / "sub").mkdir(parents=True)
    (package / "__init__.py").write_text("")
    (package / "sub" / "__init__.py").write_text("")
    (package / "__main__.py").write_text(STATE + RELATIVE)
    (package / "part.py").write_text("def f():\n    return 7\n\n\ndef g():\n    1 / 0\n")
    for name, source in MODULES.items():
        if source is not None:
            tmp_path.joinpath(*name.split(".")).with_suffix(".py").write_text(source)
    return tmp_path


def both(python: str, words: list[str], folder: Path, flags: tuple[str, ...] = ()) -> tuple[object, object]:
    """Return the result of plain Python, and that of Python under the probe."""
    channel = folder / "channel"
    channel.mkdir(exist_ok=True)
    plain = run([python, *flags, *words], folder)
    probed = run([python, *flags, str(ENTRY), str(channel), "0.02", *words], folder)
    assert list(channel.glob("gauges-*.bin"))
    assert not list(channel.glob("error-*.txt"))
    return plain, probed


@pytest.mark.parametrize("module", MODULES)
def test_a_module_is_run_as_python_m_runs_it(python: str, module: str, project: Path) -> None:
    plain, probed = both(python, ["-m", module, "-x", "--", "two words"], project)
    assert probed == plain


@pytest.mark.parametrize("flags", [("-I",), ("-P",), ("-E", "-s"), ("-W", "always")])
def test_a_module_with_flags_of_the_interpreter(python: str, flags: tuple[str, ...], project: Path) -> None:
    if subprocess.run([python, *flags, "-c", ""], capture_output=True, check=False).returncode:
        pytest.skip("the interpreter is too old for this flag")
    plain, probed = both(python, ["-m", "app"], project, flags)
    assert probed == plain


def test_a_folder_and_a_zip_file_are_run(python: str, project: Path) -> None:
    (project / "folder").mkdir()
    (project / "folder" / "__main__.py").write_text(STATE + "import beside\nprint(beside.__file__)\n1 / 0\n")
    (project / "folder" / "beside.py").write_text("")
    with zipfile.ZipFile(project / "app.pyz", "w") as archive:
        for name in ("__main__.py", "beside.py"):
            archive.write(project / "folder" / name, name)
    for path in (project / "folder", project / "app.pyz"):
        plain, probed = both(python, [str(path), "-x", "y"], project)
        assert probed == plain


def test_a_compiled_file_is_run(python: str, project: Path) -> None:
    (project / "plain.py").write_text("import sys\nprint(sys.argv, __file__, __name__)\n1 / 0\n")
    subprocess.run([python, "-m", "compileall", "-q", "-b", "plain.py"], cwd=project, check=True)
    (project / "plain.py").unlink()
    plain, probed = both(python, [str(project / "plain.pyc"), "-x"], project)
    assert probed == plain


def test_a_compiled_file_of_another_python_is_refused(python: str, project: Path) -> None:
    (project / "other.py").write_text("print(1)\n")
    compileall.compile_file(str(project / "other.py"), legacy=True, quiet=1)
    damaged = project / "other.pyc"
    damaged.write_bytes(b"\0\0\r\n" + damaged.read_bytes()[4:])
    plain, probed = both(python, [str(damaged)], project)
    assert isinstance(plain, tuple)
    assert isinstance(probed, tuple)
    assert (probed[0], probed[1]) == (plain[0], plain[1])
    assert "Bad magic number in .pyc file" in probed[2]
