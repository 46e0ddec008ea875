"""Descriptors, threads, tasks and child processes that pile up during each look, each next to others that are closed.

The probe makes coroutines record their origin while it looks at resources: this tells the program that a look began.
"""

import asyncio
import os
import select
import socket
import subprocess
import sys
import tempfile
import threading
import time

WAIT = [sys.executable, "-S", "-c", "import sys; sys.stdin.read()"]
ROUNDS = 8  # in each look
alive, _ = os.pipe()  # children end when this program does
kept = []


def keep_file():
    kept.append(open(__file__))


def close_file():
    with open(__file__) as file:
        file.read(1)


def keep_unnamed_file():
    kept.append(tempfile.TemporaryFile())


def keep_descriptor():
    kept.append(os.open(os.fsencode(__file__), os.O_RDONLY))


def keep_socket():
    kept.append(socket.socket(socket.AF_INET, socket.SOCK_DGRAM))


def close_socket():
    socket.socket().close()


def keep_pipe():
    reading, writing = os.pipe()
    kept.append((os.fdopen(reading), writing))


def keep_epoll():
    kept.append(select.epoll())


def keep_folder():
    kept.append(os.open("/", os.O_RDONLY))


def wait():
    time.sleep(1000)


def keep_thread():
    threading.Thread(target=wait, daemon=True).start()


def keep_child():
    kept.append(subprocess.Popen(WAIT, stdin=alive, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL))


def forget_child():
    if os.fork() == 0:
        os._exit(0)


async def idle():
    await asyncio.Event().wait()


def keep_task(loop):
    kept.append(loop.create_task(idle()))


def looked_at():
    return sys.get_coroutine_origin_tracking_depth() > 0


async def main():
    loop = asyncio.get_running_loop()
    while True:
        while not looked_at():
            await asyncio.sleep(0.01)
        await asyncio.sleep(0.05)
        for _ in range(ROUNDS):
            keep_file(), close_file(), close_file(), keep_unnamed_file(), keep_descriptor(), keep_folder()
            keep_socket(), close_socket(), keep_pipe(), keep_epoll()
            keep_thread(), keep_child(), forget_child(), keep_task(loop)
            await asyncio.sleep(0.01)
        while looked_at():
            await asyncio.sleep(0.01)


asyncio.run(main())
