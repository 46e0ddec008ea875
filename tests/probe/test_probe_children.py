"""Processes that a script starts: forked, spawned, or run as programs of their own."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.probe.probe_tools import ENTRY, PATIENCE_S, probed, until_read, wait_for

SHOWS_ENVIRONMENT = (
    "import os, sys; exec(sys.argv[2]);"
    "print(sorted(os.environ.items()) == sorted(eval(sys.argv[1])), 'sitecustomize' in sys.modules,"
    "[p for p in sys.path if 'inherit' in p], flush=True)"
)
STARTS_CHILDREN = f"""
import os, subprocess, sys
command = [sys.executable, "-c", {SHOWS_ENVIRONMENT!r}, repr(list(os.environ.items())), sys.argv[1]]
subprocess.run(command)
inner = "import subprocess, sys; exec(sys.argv[-1], {{}}); subprocess.run(sys.argv[1:])"
subprocess.run([sys.executable, "-c", inner, *command])
subprocess.run([sys.executable, "-I", "-c", "print('isolated', flush=True)"])
subprocess.run(command, env={{**os.environ}})
"""
OWN_FILE = """
import os, time
while not any(name.startswith("gauges-%d." % os.getpid()) for name in os.listdir({channel!r})): time.sleep(.01)
"""
POOLS = """
import multiprocessing, sys
def work(n):
    exec(sys.argv[2], {})
    return n * 2
if __name__ == "__main__":
    with multiprocessing.get_context(sys.argv[1]).Pool(1) as pool:
        print(pool.map(work, [1, 2]))
"""


def test_a_forked_child_has_readings_of_its_own(python: str, tmp_path: Path, channel: Path) -> None:
    script = tmp_path / "script.py"
    script.write_text(
        "import os, time\nparent = os.getpid()\nos.fork()\nwhile parent in (os.getpid(), os.getppid()): time.sleep(.01)"
    )
    with probed(python, script, channel) as run:
        wait_for(lambda: len(run.pids()) == 2)
        child = (run.pids() - {run.pid}).pop()
        wait_for(lambda: len(run.records(child)) >= 5)
        count = len(run.records())
        wait_for(lambda: len(run.records()) >= count + 5)
        assert not run.errors()


BRIEF = """
import os, time
brief = []
while len(brief) < 20:
    began = time.monotonic()
    pid = os.fork()
    if not pid: os._exit(0)
    os.waitpid(pid, 0)
    if time.monotonic() - began < 0.05: brief.append(pid)  # a busy machine lets some live for longer
print(*brief)
"""


def test_a_short_lived_fork_costs_no_file(python: str, tmp_path: Path, channel: Path) -> None:
    script = tmp_path / "script.py"
    script.write_text(BRIEF)
    with probed(python, script, channel) as run:
        out, _ = run.process.communicate(timeout=PATIENCE_S)
        brief = set(map(int, out.split()))
        assert len(brief) == 20
        assert run.pids() & brief == set()
        assert run.pid in run.pids()
        assert not run.errors()


def test_programs_carry_the_probe_and_show_nothing_of_it(python: str, tmp_path: Path, channel: Path) -> None:
    script = tmp_path / "script.py"
    script.write_text(STARTS_CHILDREN)
    with probed(python, script, channel, OWN_FILE.format(channel=str(channel))) as run:
        out, err = run.process.communicate(timeout=PATIENCE_S)
        assert out == "True False []\n" * 2 + "isolated\n" + "True False []\n"
        assert err == ""
        assert len(run.pids()) == 5  # itself, its child, the one between and its child, and the one with env=; not -I
        assert not run.errors()


@pytest.mark.parametrize("method", ["fork", "spawn", "forkserver"])
def test_multiprocessing_works_and_is_read(python: str, method: str, tmp_path: Path, channel: Path) -> None:
    script = tmp_path / "script.py"
    script.write_text(POOLS)
    with probed(python, script, channel, method, OWN_FILE.format(channel=str(channel))) as run:
        out, err = run.process.communicate(timeout=PATIENCE_S)
        assert (out, err) == ("[2, 4]\n", "")
        assert not run.errors()


def test_a_program_replaced_by_another_keeps_its_first_readings(python: str, tmp_path: Path, channel: Path) -> None:
    script = tmp_path / "script.py"
    script.write_text("import os, sys\nos.execv(sys.executable, [sys.executable, '-c', sys.argv[1]])")
    with probed(python, script, channel, until_read(channel, 2)) as run:
        assert run.process.wait() == 0
        assert len(list(channel.glob(f"gauges-{run.pid}*.bin"))) == 2
        assert run.pids() == {run.pid}


def test_the_childs_own_path_and_customization_are_kept(python: str, tmp_path: Path, channel: Path) -> None:
    own = tmp_path / "own"
    own.mkdir()
    (own / "sitecustomize.py").write_text("print('customized', flush=True)")
    script = tmp_path / "script.py"
    script.write_text(
        "import os, subprocess, sys\n"
        "subprocess.run([sys.executable, '-c', 'import os, sys, sitecustomize;'"
        "'print(os.environ[\"PYTHONPATH\"], sitecustomize.__file__, sys.path[1])'])"
    )
    outputs = []
    for entry in ([], [str(ENTRY), str(channel), "0.02"]):
        channel.mkdir(exist_ok=True)
        done = subprocess.run(
            [python, *entry, str(script)],
            env={**os.environ, "PYTHONPATH": str(own)},
            capture_output=True,
            text=True,
            check=True,
        )
        outputs.append((done.stdout, done.stderr))
    assert outputs[0] == outputs[1]
    assert outputs[0][0].count("customized") == 2


def test_the_customization_is_harmless_without_a_probe(tmp_path: Path) -> None:
    env = {**os.environ, "PYTHONPATH": str(ENTRY.parent / "inherit")}
    done = subprocess.run(
        [sys.executable, "-c", "import os, sys; print('PYTHONPATH' in os.environ, 'sitecustomize' in sys.modules)"],
        env=env,
        capture_output=True,
        text=True,
        check=True,
        cwd=tmp_path,
    )
    assert (done.stdout, done.stderr) == ("False False\n", "")
