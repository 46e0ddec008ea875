"""The probe in Python children. The C environment, which children inherit, names the probe; `os.environ` does not."""

from __future__ import annotations

import os

NAME = "_LEAKGATE_PROBE"
_FOLDER = os.path.join(os.path.dirname(os.path.abspath(__file__)), "inherit")


def pass_on(channel: str, interval_s: float) -> None:
    """Make children that inherit the environment find the probe. `os.environ` does not change."""
    os.putenv("PYTHONPATH", path_with_probe(os.environ.get("PYTHONPATH")))
    os.putenv(NAME, setting(channel, interval_s))


def path_with_probe(original: str | None) -> str:
    """Return a `PYTHONPATH` on which the probe comes first."""
    return _FOLDER + os.pathsep + original if original else _FOLDER


def setting(channel: str, interval_s: float) -> str:
    """Return the value of the variable that tells a child its channel and interval."""
    return "%r|%s" % (interval_s, channel)


def pass_on_everywhere(channel: str, interval_s: float) -> None:
    """Do the same as `pass_on`, and make children that get their own environment find the probe too."""
    from . import carry  # noqa: PLC0415 - it needs this module

    pass_on(channel, interval_s)
    carry.install(channel, interval_s)


class Variables:
    """The environment of a program that outlives the watch: its children find the probe only while leakgate watches."""

    def __init__(self, channel: str, interval_s: float) -> None:
        self._channel, self._interval_s = channel, interval_s

    def set(self) -> None:
        """Make children find the probe."""
        pass_on(self._channel, self._interval_s)

    def restore(self) -> None:
        """Make the C environment the same as `os.environ` again."""
        original = os.environ.get("PYTHONPATH")
        if original is None:
            os.unsetenv("PYTHONPATH")
        else:
            os.putenv("PYTHONPATH", original)
        os.unsetenv(NAME)


def arrive(folder: str) -> None:
    """In a child: take the probe out of its environment, start the readings, and pass it on."""
    found = os.environ.pop(NAME, None)
    path = os.environ.get("PYTHONPATH")
    if path == folder:
        del os.environ["PYTHONPATH"]
    elif path is not None and path.startswith(folder + os.pathsep):
        os.environ["PYTHONPATH"] = path[len(folder + os.pathsep) :]
    if found is None:
        return
    interval, _, channel = found.partition("|")
    if os.path.isdir(channel):
        if os.path.exists(os.path.join(channel, "alive")):  # the parent is a guest too: the probe leaves both
            from . import guest  # noqa: PLC0415 - most programs are started by leakgate

            guest.install(channel, float(interval))
            return
        from . import sampler  # noqa: PLC0415 - only if the channel exists

        sampler.install(channel, float(interval), lazy=True)
        pass_on_everywhere(channel, float(interval))
