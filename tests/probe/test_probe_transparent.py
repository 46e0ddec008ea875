"""A script under the probe sees, prints and returns what it does under plain Python."""

import os
import subprocess
from pathlib import Path

import pytest

from tests.probe.probe_tools import ENTRY, PATIENCE_S

STATE = """
import sys, threading, os, warnings, signal, atexit, json
main = sys.modules["__main__"]
assert main.__dict__ is globals()
print(sys.argv, sys.path, sys.flags, sys.warnoptions, getattr(sys, "orig_argv", [""])[1:])
print(sorted(globals()), __name__, __file__, __spec__, __package__, __doc__, __cached__, __loader__.path)
print(type(__loader__), threading.active_count(), [thread.name for thread in threading.enumerate()])
print(threading.main_thread() is threading.current_thread())
print(sorted(os.environ.items()), warnings.filters, signal.getsignal(signal.SIGINT), sys.excepthook)
print(sys.gettrace(), sys.getprofile(), sys.getswitchinterval(), os.getcwd(), sys.getrecursionlimit())
"""

SCRIPTS = {
    "state": STATE,
    "exit 3": "import sys; sys.exit(3)",
    "exit text": "import sys; sys.exit('gone')",
    "exit none": "raise SystemExit",
    "os._exit": "import os; print('out', flush=True); os._exit(7)",
    "exception": "def f():\n    g()\ndef g():\n    1 / 0\nf()",
    "chained": "try:\n    {}['a']\nexcept KeyError as error:\n    raise ValueError('b') from error",
    "syntax": "x = 1\nif x\n    pass",
    "interrupt": "import os, signal, time\nos.kill(os.getpid(), signal.SIGINT)\ntime.sleep(5)",
    "killed": "import os, signal\nos.kill(os.getpid(), signal.SIGKILL)",
    "hook": "import sys\nsys.excepthook = lambda *a: print(a[0], a[2].tb_frame.f_code.co_name, a[2].tb_next)\n1/0",
    "hook exits": "import sys\nsys.excepthook = lambda *a: sys.exit(9)\n1/0",
    "last": "import atexit, sys\natexit.register(lambda: print(sys.last_value, sys.last_traceback.tb_lineno))\n1/0",
    "atexit": "import atexit\natexit.register(print, 1)\natexit.register(print, 2)\nprint(0)",
    "thread error": "import threading\nt = threading.Thread(target=lambda: 1/0, name='t'); t.start(); t.join()",
    "non-daemon": "import threading, time\nthreading.Thread(target=lambda: (time.sleep(.1), print('late'))).start()",
    "stdout closed": "import sys\nsys.stdout.close()",
    "stdout replaced": "import sys, io\nsys.stdout = io.StringIO()\nprint('lost')\nprint('seen', file=sys.__stdout__)",
    "cwd gone": "import os, tempfile\nd = tempfile.mkdtemp(); os.chdir(d); os.rmdir(d)\nprint('ok')",
    "descriptors": "import os, time\nos.closerange(3, 4096)\ntime.sleep(.1)\nprint(os.open(os.devnull, 0))",
    "broken pipe": "import os, sys\nr, w = os.pipe(); os.close(r); os.dup2(w, 1)\nprint('x' * 100)\nsys.stdout.flush()",
    "warning": "import warnings\nwarnings.warn('w')\ndef f(): warnings.warn('v', stacklevel=2)\nf()",
    "coding": "# -*- coding: latin-1 -*-\nprint(ascii('\xe4'))",
    "asyncio": "import asyncio\nasync def main():\n    return await asyncio.sleep(.05, 4)\nprint(asyncio.run(main()))",
    "signals": (
        "import signal, time\nsignal.signal(signal.SIGALRM, lambda *a: print('alarm'))\n"
        "signal.setitimer(signal.ITIMER_REAL, .05)\ntime.sleep(.2)"
    ),
    "pickle": "import pickle\nclass C: pass\nprint(type(pickle.loads(pickle.dumps(C()))) is C)",
    "import self": "import __main__\nx = 3\nprint(__main__.x, __main__.__file__ == __file__)",
    "recursion": "def f(): f()\ntry:\n    f()\nexcept RecursionError as error:\n    print(error)",
    "fork": "import os, logging\npid = os.fork()\nif not pid:\n    os._exit(3)\nprint(os.waitpid(pid, 0)[1] >> 8)",
    "many forks": (
        "import os\nfor _ in range(30):\n    pid = os.fork()\n    if not pid:\n        os._exit(0)\n"
        "    os.waitpid(pid, 0)"
    ),
}


def run(command: list[str], cwd: Path, env: dict[str, str] | None = None) -> tuple[int, str, str]:
    done = subprocess.run(command, cwd=cwd, env=env, capture_output=True, timeout=PATIENCE_S, check=False)
    return done.returncode, done.stdout.decode(), done.stderr.decode()


@pytest.mark.parametrize("name", SCRIPTS)
def test_same_as_plain_python(python: str, name: str, tmp_path: Path, channel: Path) -> None:
    channel.mkdir()
    encoding = "latin-1" if name == "coding" else "utf-8"
    (tmp_path / "script.py").write_text(SCRIPTS[name], encoding=encoding)
    arguments = ["script.py", "-x", "--", "two words"]
    flags = ["-W", "always"]
    plain = run([python, *flags, *arguments], tmp_path)
    under_probe = run([python, *flags, str(ENTRY), str(channel), "0.02", *arguments], tmp_path)
    assert under_probe == plain
    assert list(channel.glob("gauges-*.bin"))
    assert not list(channel.glob("error-*.txt"))


@pytest.mark.parametrize("flags", [["-I"], ["-S"], ["-E", "-s"], ["-I", "-S", "-OO"], ["-P"]])
def test_same_with_flags_of_the_interpreter(python: str, flags: list[str], tmp_path: Path, channel: Path) -> None:
    (tmp_path / "script.py").write_text(STATE)
    plain = run([python, *flags, "script.py"], tmp_path)
    if plain[0] == 2:
        pytest.skip("the interpreter is too old for this flag")
    channel.mkdir()
    assert run([python, *flags, str(ENTRY), str(channel), "0.02", "script.py"], tmp_path) == plain


def test_a_link_is_resolved_like_plain_python_does(python: str, tmp_path: Path, channel: Path) -> None:
    channel.mkdir()
    real = tmp_path / "real"
    real.mkdir()
    (real / "script.py").write_text("import sys, sibling; print(sys.path[0], sys.argv, __file__)")
    (real / "sibling.py").write_text("")
    (tmp_path / "link.py").symlink_to(real / "script.py")
    plain = run([python, "link.py"], tmp_path)
    assert run([python, str(ENTRY), str(channel), "0.02", "link.py"], tmp_path) == plain


def test_a_missing_script_ends_with_status_2(python: str, tmp_path: Path, channel: Path) -> None:
    channel.mkdir()
    status, out, err = run([python, str(ENTRY), str(channel), "0.02", "missing.py"], tmp_path)
    assert (status, out) == (2, "")
    assert "can't open file" in err
    assert "Traceback" not in err


def test_the_script_runs_where_the_probe_cannot(python: str, tmp_path: Path) -> None:
    (tmp_path / "script.py").write_text("import time; time.sleep(.1); print('done')")
    missing = str(tmp_path / "no" / "such" / "folder")
    assert run([python, str(ENTRY), missing, "0.02", "script.py"], tmp_path) == (0, "done\n", "")


def test_modules_of_the_script_are_not_shadowed(python: str, tmp_path: Path, channel: Path) -> None:
    channel.mkdir()
    for name in ("wire", "sampler", "session", "gauges", "children", "fork", "native", "traces", "collect"):
        (tmp_path / f"{name}.py").write_text("mine = True")
    source = (
        "import wire, sampler, session, gauges, children, fork, native, traces, collect; print(wire.mine, fork.mine)"
    )
    (tmp_path / "script.py").write_text(source)
    assert run([python, str(ENTRY), str(channel), "0.02", "script.py"], tmp_path) == (0, "True True\n", "")


def test_only_standard_library_is_loaded(python: str, tmp_path: Path, channel: Path) -> None:
    channel.mkdir()
    (tmp_path / "script.py").write_text(
        "import sys\n"
        "names = [n for n in sys.modules if not n.startswith('_leakgate_probe') and n != '__main__']\n"
        "standard = getattr(sys, 'stdlib_module_names', None)\n"
        "files = [getattr(sys.modules[n], '__file__', None) or '' for n in names]\n"
        "print([f for f in files if 'leakgate' in f or 'site-packages' in f])\n"
        "print([n for n in ('json', 'ctypes', 'typing', 'threading', 'tracemalloc', 'pickle') if n in names])\n"
    )
    env = {**os.environ, "PYTHONNOUSERSITE": "1"}
    done = run([python, "-S", str(ENTRY), str(channel), "0.02", "script.py"], tmp_path, env)
    assert done == (0, "[]\n[]\n", "")
