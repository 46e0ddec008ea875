"""The probe also gets into children with their own environment, and the program does not see that."""

import os
from pathlib import Path

import pytest

from tests.probe.probe_tools import ENTRY, until_read
from tests.probe.test_probe_transparent import run

CHILD = "import os, sys; print(sorted(os.environ)); exec(sys.argv[1])"
START = f"import os, subprocess, sys\nchild = [sys.executable, '-c', {CHILD!r}, sys.argv[1]]\n"
WAYS = {
    "copy": "subprocess.run(child, env={**os.environ, 'EXTRA': '1'}, check=True)",
    "clean": "subprocess.run(child, env={'HOME': '/'}, check=True)",
    "own path": "subprocess.run(child, env={'PYTHONPATH': os.getcwd()}, check=True)",
    "no close_fds": "subprocess.run(child, env=dict(os.environ), close_fds=False, check=True)",
    "shell": "subprocess.run(['/bin/sh', '-c', '\"$0\" \"$@\"', *child], env={'A': 'b'}, check=True)",
    "execve": "os.execve(child[0], child, {'A': 'b'})",
    "execvpe": "os.execvpe(child[0], child, os.environ)",
    "spawnve": "os.spawnve(os.P_WAIT, child[0], child, {'A': 'b'})",
    "posix_spawn": "os.waitpid(os.posix_spawn(child[0], child, os.environ), 0)",
    "bytes": "os.waitpid(os.posix_spawn(child[0], child, {b'A': b'b'}), 0)",
}


@pytest.mark.skipif(os.name != "posix", reason="of POSIX")
@pytest.mark.parametrize("way", WAYS)
def test_a_child_with_an_environment_of_its_own_carries_the_probe(
    python: str, way: str, tmp_path: Path, channel: Path
) -> None:
    channel.mkdir()
    source = START + "mine = {'A': 'b'}\n" + WAYS[way] + "\nprint(mine, 'LEAKGATE' in str(os.environ))\n"
    (tmp_path / "script.py").write_text(source)
    plain = run([python, "script.py", ""], tmp_path)
    probed = run([python, str(ENTRY), str(channel), "0.02", "script.py", until_read(channel, 2)], tmp_path)
    assert probed == plain
    assert len(list(channel.glob("gauges-*.bin"))) == 2, way
    assert not list(channel.glob("error-*.txt"))


@pytest.mark.skipif(os.name != "posix", reason="of POSIX")
def test_a_program_that_cannot_be_started_fails_as_ever(python: str, tmp_path: Path, channel: Path) -> None:
    channel.mkdir()
    source = (
        "import os, subprocess\n"
        "for start in (lambda: os.execve('/gone', ['x'], {}), lambda: subprocess.run(['/gone'], env={}),\n"
        "              lambda: os.execve('/gone', ['x'], None), lambda: os.execve('/bin/true', [], {})):\n"
        "    try:\n        start()\n    except Exception as error:\n        print(type(error).__name__, error)\n"
    )
    (tmp_path / "script.py").write_text(source)
    plain = run([python, "script.py"], tmp_path)
    assert run([python, str(ENTRY), str(channel), "0.02", "script.py"], tmp_path) == plain
