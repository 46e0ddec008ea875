"""Scripts, modules, folders and compiled files that the probe runs in its own process, and how they end."""

from __future__ import annotations

import py_compile
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

from leakgate.probe import main_code, wire

ENTRY = Path(wire.__file__).parent / "__main__.py"
SCRIPT = """\
import sys
print(sys.argv[1:], __name__, sys.path[0], getattr(sys, "orig_argv", sys.argv)[-len(sys.argv):] == sys.argv)
assert not [name for name in globals() if not name.startswith("__") and name != "sys"]
"""


def run(channel: Path, *arguments: str, flags: tuple[str, ...] = ()) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, *flags, str(ENTRY), str(channel), "0.05", *arguments],
        cwd=channel,
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )


def readings(channel: Path) -> list[str]:
    return [path.name for path in channel.glob("gauges-*.bin") if path.stat().st_size > wire.HEADER.size]


def test_a_script_a_compiled_file_a_folder_and_a_zip_file(tmp_path: Path) -> None:
    script = tmp_path / "shop.py"
    script.write_text(SCRIPT)
    compiled = tmp_path / "shop.pyc"
    py_compile.compile(str(script), str(compiled))
    folder = tmp_path / "app"
    folder.mkdir()
    (folder / "__main__.py").write_text(SCRIPT)
    archive = tmp_path / "app.pyz"
    with zipfile.ZipFile(archive, "w") as file:
        file.writestr("__main__.py", SCRIPT)
    for path, first in ((script, tmp_path), (compiled, tmp_path), (folder, folder), (archive, archive)):
        done = run(tmp_path, str(path), "5", "x")
        assert (done.stderr, done.stdout) == ("", f"['5', 'x'] __main__ {first.resolve()} True\n")
    assert len(readings(tmp_path)) == 4


def test_a_module_with_its_arguments(tmp_path: Path) -> None:
    (tmp_path / "shop.py").write_text(SCRIPT)
    done = run(tmp_path, main_code.MODULE, "shop", "5")
    is_old = sys.version_info < (3, 10)  # `sys.orig_argv`, which names the module, is new in 3.10
    assert (done.stderr, done.stdout) == ("", f"['5'] __main__ {tmp_path.resolve()} {is_old}\n")


def test_a_script_in_the_isolated_mode_of_python(tmp_path: Path) -> None:
    """There the folder of the script is not on the path, so nothing of the path is replaced."""
    script = tmp_path / "shop.py"
    script.write_text("import sys\nprint(len(sys.path) > 0)\n")
    assert run(tmp_path, str(script), flags=("-I",)).stdout == "True\n"


def test_a_script_that_does_not_exist(tmp_path: Path) -> None:
    done = run(tmp_path, str(tmp_path / "missing.py"))
    assert done.returncode == 2
    assert done.stderr.rstrip().endswith(
        f"can't open file '{tmp_path / 'missing.py'}': [Errno 2] No such file or directory"
    )


def test_a_traceback_has_no_frames_of_the_probe(tmp_path: Path) -> None:
    script = tmp_path / "shop.py"
    script.write_text("def pay():\n    raise ValueError('too little')\n\npay()\n")
    done = run(tmp_path, str(script))
    assert done.returncode == 1
    assert "too little" in done.stderr
    assert "leakgate" not in done.stderr
    plain = subprocess.run([sys.executable, str(script)], capture_output=True, text=True, check=False)
    assert done.stderr == plain.stderr


@pytest.mark.parametrize(
    ("program", "status", "text"),
    [
        ("raise SystemExit(7)", 7, ""),
        ("import sys\ndel sys.excepthook\nraise ValueError('x')", 1, "sys.excepthook is missing"),
        ("import sys\nsys.excepthook = lambda *_: sys.stderr.write('mine')\nraise ValueError('x')", 1, "mine"),
    ],
)
def test_the_ends_of_a_script(program: str, status: int, text: str, tmp_path: Path) -> None:
    script = tmp_path / "shop.py"
    script.write_text(program)
    done = run(tmp_path, str(script))
    assert done.returncode == status
    assert text in done.stderr


def test_a_script_runs_where_the_probe_cannot_start(tmp_path: Path) -> None:
    script = tmp_path / "shop.py"
    script.write_text("print('ran')")
    (tmp_path / "channel").write_text("no folder")
    done = subprocess.run(
        [sys.executable, str(ENTRY), str(tmp_path / "channel"), "0.05", str(script)],
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )
    assert (done.stdout, done.stderr, done.returncode) == ("ran\n", "", 0)


WAITS = """\
import os, sys, time
while sum(name.startswith("gauges-") for name in os.listdir(sys.argv[1])) < 3:
    time.sleep(0.01)
"""
STARTS = """\
import os, subprocess, sys
command = [sys.executable, "waits.py", os.getcwd()]
children = [subprocess.Popen(command, env=env) for env in (None, {})]
print([child.wait() for child in children], os.environ.get("PYTHONPATH"))
"""


def test_children_with_the_environment_of_the_script_and_without_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("PYTHONPATH", raising=False)
    (tmp_path / "waits.py").write_text(WAITS)
    script = tmp_path / "shop.py"
    script.write_text(STARTS)
    done = run(tmp_path, str(script))
    assert (done.stderr, done.stdout) == ("", "[0, 0] None\n")
    assert len(readings(tmp_path)) == 3
