"""Healthy, but with a habit: gate_odd.py HABIT."""
import gc
import io
import os
import signal
import sys
import threading
import time
import tracemalloc


def ignores_sigterm():
    signal.signal(signal.SIGTERM, signal.SIG_IGN)


def closes_stdout():
    sys.stdout.close()
    sys.stderr.close()
    os.close(1)
    os.close(2)


def prints_much():
    line = "x" * 99_999 + "\n"
    for _ in range(500):
        sys.stdout.write(line)
        sys.stderr.write(line)


def leaves_child():
    """Forks a child that would live for an hour; the parent goes on."""
    if os.fork() == 0:
        os.setsid()
        time.sleep(3600)
        os._exit(0)


def deletes_folder():
    home = os.path.join(os.environ["TMPDIR"], "home-%d" % os.getpid())
    os.mkdir(home)
    os.chdir(home)
    os.rmdir(home)


def replaces_stdout():
    sys.stdout = sys.stderr = io.StringIO()


def traces():
    tracemalloc.start(5)


def own_signals():
    for name in ("SIGINT", "SIGTERM", "SIGHUP", "SIGUSR1", "SIGALRM"):
        signal.signal(getattr(signal, name), lambda number, frame: sys.exit(0))


def no_collector():
    gc.disable()


def a_thread():
    threading.Thread(target=time.sleep, args=(3600,)).start()


globals()[sys.argv[1]]()
while True:
    [str(number) for number in range(1000)]
    time.sleep(0.02)
