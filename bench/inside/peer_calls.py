"""Asks one peer about one callable of `planted_calls`: PYTHON peer_calls.py PEER NAME OUT. Writes a verdict to OUT.

`verdict` is true where the peer says that the callable leaks, false where it says that it does not, and null where it
cannot say. Each peer runs with its defaults; pytest-memray has none, so its limit is 5 bytes a call after a warm-up.
"""

import asyncio
import inspect
import json
import os
import sys
import tempfile

import planted_calls
from psleak_answer import ask_psleak

CALLS = 200
LIMIT_BYTES = 1_000
peer, name, out = sys.argv[1:4]


def plain(function):
    """The callable itself; of a coroutine function, a callable that runs it on one loop that stays."""
    if not inspect.iscoroutinefunction(function):
        return function
    loop = asyncio.new_event_loop()
    asyncio.set_event_loop(loop)
    return lambda: loop.run_until_complete(function())


def ask_leak_hunter(call):
    """`assert_no_leak`."""
    import leak_hunter

    try:
        leak_hunter.assert_no_leak(call)
    except AssertionError as error:
        return True, str(error)
    return False, ""


TEST = """\
import builtins
import pytest

@pytest.fixture
def warm():
    for _ in range(%d):
        builtins.planted()

@pytest.mark.limit_leaks("%d B")
def test_planted(warm):
    for _ in range(%d):
        builtins.planted()
"""


def ask_pytest_memray(call):
    """A test with `limit_leaks`; a fixture, which is not tracked, warms the callable up."""
    import builtins
    import contextlib
    import io

    import pytest

    builtins.planted = call
    with tempfile.TemporaryDirectory() as folder:
        path = os.path.join(folder, "test_planted.py")
        with open(path, "w", encoding="utf-8") as file:
            file.write(TEST % (CALLS, LIMIT_BYTES, CALLS))
        said = io.StringIO()
        with contextlib.redirect_stdout(said):
            options = ["-q", "-p", "pytest_memray", "-p", "no:cacheprovider", "--memray", "--rootdir", folder]
            status = pytest.main([*options, path])
    return {0: False, 1: "leak" in said.getvalue()}.get(int(status)), said.getvalue()


ASK = {"psleak": ask_psleak, "python-leak-hunter": ask_leak_hunter, "pytest-memray": ask_pytest_memray}
verdict, text = ASK[peer](plain(getattr(planted_calls, name)))
with open(out, "w", encoding="utf-8") as file:
    json.dump({"verdict": verdict, "said": text[-200:]}, file)
os._exit(0)
