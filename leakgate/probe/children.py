"""The probe in Python children: the environment that C passes on carries it, the one that Python shows does not."""

from __future__ import annotations

import os

_NAME = "_LEAKGATE_PROBE"
_FOLDER = os.path.join(os.path.dirname(os.path.abspath(__file__)), "inherit")


def pass_on(channel: str, interval_s: float) -> None:
    """Let children that inherit the environment find the probe; `os.environ` is not touched."""
    original = os.environ.get("PYTHONPATH")
    os.putenv("PYTHONPATH", _FOLDER + os.pathsep + original if original else _FOLDER)
    os.putenv(_NAME, "%r|%s" % (interval_s, channel))


def arrive(folder: str) -> None:
    """In a child: take the probe out of its environment, start the readings, and pass it on."""
    setting = os.environ.pop(_NAME, None)
    path = os.environ.get("PYTHONPATH")
    if path == folder:
        del os.environ["PYTHONPATH"]
    elif path is not None and path.startswith(folder + os.pathsep):
        os.environ["PYTHONPATH"] = path[len(folder + os.pathsep) :]
    if setting is None:
        return
    interval, _, channel = setting.partition("|")
    if os.path.isdir(channel):
        from . import sampler  # noqa: PLC0415 - only where there is somebody to read it

        sampler.install(channel, float(interval), lazy=True)
        pass_on(channel, float(interval))
