"""The probe as a guest: it arrives in a running program, and the program continues after the probe has left.

It leaves if leakgate asks for it, if leakgate has ended, or if its own thread fails. It removes its hooks, files and
modules.
"""

from __future__ import annotations

import sys
from _functools import partial  # type: ignore[import-not-found] # functools without its imports

from . import departure, fork, sampler, wire
from .system import system

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

ALIVE = "alive"
"""A FIFO that leakgate holds open. While leakgate runs, a read finds no data; after its end, a read finds the end of
the file."""
_LOOK_S = 1.0
"""Seconds between two checks whether leakgate still runs."""


class Guest(sampler.Sampler):
    """The sampling of a program that leakgate did not start."""

    def __init__(self, channel: str, interval_s: float, modules: dict[str, Any], *, follows_children: bool) -> None:
        """``modules``: the modules of the probe, by name. They are cleared when the probe leaves."""
        super().__init__(channel, interval_s)
        self._modules = modules
        self._follows_children = follows_children
        self._alive = -1
        self._next_sign = 0.0
        self._asked_to_stop = False
        self._fork_hooks: tuple[Any, ...] = ()
        self._environment: Any = None
        self._arrival_cpu_s = 0.0

    def arrive(self) -> None:
        """Follow forks, take the first reading and start the thread."""
        self.open()
        if system.at_fork is not None:
            forks = fork.Forks(self.channel, self.guarded)
            self._fork_hooks = tuple(map(partial, (forks.before, forks.in_parent, forks.in_child)))
            before, in_parent, in_child = self._fork_hooks
            system.at_fork(before=before, after_in_parent=in_parent, after_in_child=in_child)
        at_exit = sys.modules.get("atexit")  # in Python 3.9, loading it drops what the program has registered
        if at_exit is not None:
            at_exit.register(self._finish)
        if self._follows_children:
            from . import carry  # noqa: PLC0415 - most guests do not follow children

            self._environment = carry.Variables(self.channel, self._interval_s)
            self._environment.set()
        self._arrival_cpu_s = system.cpu_time()  # of the thread that loaded the probe
        self.start()

    def _finish(self) -> None:
        self.guarded("finish")

    def start(self) -> None:
        """Start the thread, at the arrival and after each fork."""
        self._asked_to_stop = False
        super().start()

    def stop(self) -> None:
        """Stop the thread for a fork, or at the end of the program."""
        self._asked_to_stop = True
        super().stop()

    def become_child(self) -> None:
        """In a forked child: stay if children are followed; else leave, without starting a thread."""
        self._close_alive()
        for name, forget in (("main_thread", "forget"), ("explain", "abandon")):
            module = self._modules.get("%s.%s" % (__package__, name))
            if module is not None:
                getattr(module, forget)()
        if self._follows_children:
            super().become_child()
            return
        self._end_job()
        self._forget_files()
        departure.disarm(self._fork_hooks)

    def _look_for_command(self) -> None:
        command = self._commands.read() if self._commands is not None else None
        if self._is_left_alone() or (command is not None and command.opcode == wire.LEAVE):
            if self._wake.locked():
                self._wake.release()  # ends the thread's loop
            return
        super()._look_for_command()

    def _is_left_alone(self) -> bool:
        """Whether leakgate has ended; checked once a second at most."""
        now = system.monotonic()
        if now < self._next_sign:
            return False
        self._next_sign = now + _LOOK_S
        path = self.channel + system.SEP + ALIVE
        return self._has_ended(path) if system.HAS_FIFOS else _is_free(path)

    def _has_ended(self, path: str) -> bool:
        try:
            if self._alive < 0:
                self._alive = wire.raise_number(system.open(path, system.READ | system.NONBLOCK))
            return system.read(self._alive, 1) == b""
        except BlockingIOError:
            return False
        except OSError:
            self._alive = -1  # the program closed the descriptor: the next check opens it again
            return not system.exists(path)

    def _thread_ended(self) -> None:
        if not self._asked_to_stop:
            self._asked_to_stop = True
            self._depart()

    def _depart(self) -> None:
        self.guarded("_end_job")
        cpu_s = self._arrival_cpu_s + system.cpu_time()
        departure.leave_program(self._modules, self._fork_hooks, self._finish, self._environment, self.channel)
        self._forget_files()
        gone = self._is_gone()
        self._close_alive()
        departure.last_steps(self._modules, self.channel, cpu_s, leakgate_gone=gone)

    def _is_gone(self) -> bool:
        self._next_sign = 0.0
        return self._is_left_alone()

    def _forget_files(self) -> None:
        for held in (self._file, self._commands):
            if held is not None:
                held.forget()
        self._file = self._commands = None

    def _close_alive(self) -> None:
        if self._alive >= 0:
            try:  # noqa: SIM105 - contextlib would have to be loaded
                system.close(self._alive)
            except OSError:
                pass
        self._alive = -1


def _is_free(path: str) -> bool:
    """Remove a file, and return whether it is gone. Windows refuses to remove it while leakgate has it open."""
    try:
        system.unlink(path)
    except PermissionError:
        return False
    except OSError:
        return True
    return True


def install(channel: str, interval_s: float) -> None:
    """Start a guest in a Python child that found the probe through its environment."""
    prefix = __package__ + "."
    modules = {name: one for name, one in sys.modules.items() if name == __package__ or name.startswith(prefix)}
    Guest(channel, interval_s, modules, follows_children=True).arrive()
