"""The probe goes into the master and the workers of real servers, and leaves them.

The frameworks are not among leakgate's requirements: `.ci/run` installs them into the virtual environment `.recipes`.
"""

import os
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import psutil
import pytest

from leakgate.measure.attach_folder import guests_in
from leakgate.measure.attached import AttachedProcess
from leakgate.measure.channel import open_channel
from leakgate.measure.gdb_entry import GdbInjector
from leakgate.measure.guests import Guests
from leakgate.measure.processes import lives
from leakgate.targets.running import look_at_process
from tests.attach.visits import PATIENCE_S, TARGET, why_no_gdb
from tests.helpers.real_runs import wait_until

ROOT = Path(__file__).parents[2]
PYTHON = Path(os.environ.get("LEAKGATE_RECIPES", ROOT / ".recipes")) / "bin" / "python"
PROGRAMS = {
    "gunicorn": ("gunicorn", "attach_apps:wsgi", "-w", "2", "-b", "127.0.0.1:0"),
    "uvicorn": ("uvicorn", "attach_apps:asgi", "--workers", "2", "--port", "0"),
    "celery": ("celery", "-A", "attach_apps:queue", "worker", "-c", "2"),
}
PROCESSES = 3
"""The master and its two workers, at least: `multiprocessing` may have a helper."""


@pytest.fixture(scope="module", autouse=True)
def ready() -> None:
    if not PYTHON.exists():
        pytest.skip("the frameworks are not installed: .ci/run installs them")
    reason = why_no_gdb()
    if reason:
        pytest.skip(reason)


@contextmanager
def started(name: str) -> Iterator[psutil.Process]:
    """A server or worker that has its two children."""
    with subprocess.Popen(
        [str(PYTHON), "-m", *PROGRAMS[name]],
        cwd=TARGET.parent,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    ) as process:
        master = psutil.Process(process.pid)
        try:
            wait_until(lambda: len(master.children()) >= PROCESSES - 1, PATIENCE_S)
            yield master
        finally:
            for one in [master, *master.children(recursive=True)]:  # first the one that replaces dead workers
                with suppress(psutil.NoSuchProcess):
                    one.kill()


@pytest.mark.parametrize("name", PROGRAMS)
def test_the_probe_visits_the_master_and_its_workers(name: str) -> None:
    with started(name) as master, open_channel() as channel:
        facts = look_at_process(master.pid)
        assert facts is not None
        guests = Guests(facts, GdbInjector(), follows_children=True)
        attached = AttachedProcess(master)

        def have_arrived() -> bool:
            guests.keep_up(attached)
            return len(guests_in(channel.folder)) >= PROCESSES

        guests.enter(attached, channel, 0.1)
        try:
            wait_until(have_arrived, PATIENCE_S)
            visited = guests_in(channel.folder)
        finally:
            guests.leave(attached)
        assert master.pid in visited
        wait_until(lambda: not guests_in(channel.folder), PATIENCE_S)
        assert lives(master.pid)
        assert not list(channel.folder.glob("error-*"))
