"""The start of the probe in a Python child, which finds it through the environment that its parent passed on."""

from __future__ import annotations

import os

from . import carry


def arrive(folder: str) -> None:
    """Take the probe out of the environment, start the readings, and pass the probe on to this child's own children.

    `folder`: the folder of `sitecustomize.py`, which is on `PYTHONPATH`.
    """
    found = os.environ.pop(carry.NAME, None)
    path = os.environ.get(carry.PATH)
    if path == folder:
        del os.environ[carry.PATH]
    elif path is not None and path.startswith(folder + os.pathsep):
        os.environ[carry.PATH] = path[len(folder + os.pathsep) :]
    if found is None:
        return
    interval, _, channel = found.partition("|")
    if not os.path.isdir(channel):
        return
    if os.path.exists(os.path.join(channel, "alive")):  # the parent is a guest too: the probe leaves both
        from . import guest  # noqa: PLC0415 - most programs are started by leakgate

        guest.install(channel, float(interval))
        return
    from . import sampler  # noqa: PLC0415 - only if the channel exists

    sampler.install(channel, float(interval), lazy=True)
    carry.pass_on(channel, float(interval))
