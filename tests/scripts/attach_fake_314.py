"""Stands in for an interpreter of Python 3.14, which is not at hand: `sys.remote_exec` by a file and a signal.

Called as `FAKE -I -S -c CODE PID SCRIPT`. The program (`remote` of this file) has a handler that does what CPython 3.14
does for `sys.remote_exec`: it reads the file on the main thread, between two bytecodes, and runs it in `__main__`.
"""

import os
import signal
import sys
import threading
import time

DISABLED = os.environ.get("FAKE_DISABLED")


def remote_exec(pid, script):
    if DISABLED:
        raise RuntimeError("Remote debugging is not enabled in the remote process")
    with open("%s.order" % sys.argv[0], "w") as file:
        file.write(script)
    os.kill(pid, signal.SIGUSR1)


def run_order(_number, _frame):
    with open("%s.order" % sys.argv[1]) as file:
        script = file.read()
    with open(script, "rb") as file:
        source = file.read()
    exec(source, sys.modules["__main__"].__dict__)


def program():
    signal.signal(signal.SIGUSR1, run_order)
    kept = []
    threading.Thread(target=lambda: [print(sorted(sys.modules), flush=True) for _ in sys.stdin], daemon=True).start()
    print("ready", flush=True)
    while True:
        kept.append(bytearray(1_000))
        time.sleep(0.002)


if sys.argv[1:4] == ["-I", "-S", "-c"]:
    code, sys.argv[1:] = sys.argv[4], sys.argv[5:]
    sys.remote_exec = remote_exec
    order = sys.argv
    exec(code, {"__name__": "__main__"})
else:
    program()
