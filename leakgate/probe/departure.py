"""Removes the probe from a program that continues: profile functions, hooks, files and modules, in this order."""

from __future__ import annotations

import sys
from _operator import is_
from itertools import repeat

from . import interpreters, tracked, wire
from .awake import awake_s
from .system import FOLDER, standard, system

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Generator
    from typing import Any

    from .carry import Variables

_PATIENCE_S, _HELPED_PATIENCE_S = 3.0, 12.0
"""How long to wait for pending calls on the main thread: alone, and while leakgate wakes it. A debugger needs a third
of a second of processor time for that, which takes longer on a busy machine."""
_LOOK_S = 0.01
_NEAR_THE_END = 16
"""How many of the newest entries of a list are searched for a hook of the probe; few hooks were added after it."""


def leave_program(
    modules: dict[str, Any],
    fork_hooks: tuple[Any, ...],
    at_exit: Callable[[], None],
    environment: Variables | None,
    channel: str,
) -> None:
    """Remove everything of the probe that the program would call. If a step fails, the other steps still run."""
    hooks = [*fork_hooks]
    if _module(modules, "audit") is not None:
        hooks.append(modules["%s.audit" % __package__]._hook)
    steps: tuple[Callable[[], object], ...] = (
        lambda: _drive(_take_off_profiles(modules)),
        lambda: disarm(tuple(fork_hooks)),
        lambda: _unregister(at_exit),
        lambda: environment.restore() if environment is not None else None,
        lambda: _take_out(hooks),
    )
    for step in steps:
        _attempt(step, channel)


def _attempt(step: Callable[[], object], channel: str) -> None:
    try:
        step()
    except Exception as error:
        wire.report_error(channel, "leaving", error)


def _module(modules: dict[str, Any], name: str) -> Any:
    return modules.get("%s.%s" % (__package__, name))


def _drive(job: Generator[float]) -> None:
    for wait in job:
        system.sleep(wait)


def _take_off_profiles(modules: dict[str, Any]) -> Generator[float]:
    explain = _module(modules, "explain")
    if explain is None:
        return
    opened, hooks = _module(modules, "opened"), _module(modules, "hooks")
    yield from opened.forget_origins()
    explain.abandon()
    if hooks.was_installed:
        hooks.remove_from_threads()


def disarm(hooks: tuple[Any, ...]) -> None:
    """Make hooks do nothing. Each is a `partial`, whose function can be exchanged."""
    for hook in hooks:
        hook.__setstate__((bool, (), {}, None))


def _unregister(at_exit: Callable[[], None]) -> None:
    module = sys.modules.get("atexit")
    if module is not None:
        module.unregister(at_exit)


def _take_out(hooks: list[Any]) -> None:
    """Remove hooks from the lists of the interpreter. It has no function for that, but `gc` finds its lists.

    `gc` does not find frozen lists (`gc.freeze`). Their hooks stay, and call one C function that does nothing.
    """
    gc = standard("gc")
    found = tracked.select(gc.get_objects, (2, 1, 0), is_, list)
    while found:
        one = found.pop()
        for at in range(len(one) - 1, max(-1, len(one) - 1 - _NEAR_THE_END), -1):
            if any(map(is_, repeat(one[at]), hooks)) and one is not hooks:
                del one[at]


def last_steps(modules: dict[str, Any], channel: str, cpu_s: float, *, leakgate_gone: bool) -> None:
    """Free memory and report that the probe has left. After this, no function of the probe may be called."""
    main_thread, cabi = _module(modules, "main_thread"), _module(modules, "cabi")
    clean = main_thread is None or _await_calls(main_thread, channel)
    if cabi is not None:
        _give_back_page(cabi, channel)
        if not clean:
            cabi.keep_callbacks()  # the interpreter will call it when the main thread returns from C
    clean = clean and not _is_running_elsewhere()
    say, path = system.write, channel + system.SEP + "left-%d.txt" % system.getpid()
    flags, open_, close = system.CREATE, system.open, system.close
    _forget_modules(modules)
    if leakgate_gone:
        _remove_channel(channel)
    namespaces = [vars(one) for name, one in modules.items() if name.startswith(__package__)] if clean else []
    modules.clear()
    descriptor = -1
    try:
        if not leakgate_gone:
            descriptor = open_(path, flags, 0o600)
            say(descriptor, ("%.3f %d\n" % (cpu_s, clean)).encode())
    except OSError:
        pass
    finally:
        if descriptor >= 0:
            close(descriptor)
    for namespace in namespaces:
        namespace.clear()


def _await_calls(main_thread: Any, channel: str) -> bool:
    """Wait for pending calls, and return whether none is left.

    The file `wake-PID.txt` asks leakgate for help. leakgate removes it when it begins to help.
    """
    if not main_thread.is_awaited():
        return True
    wake = channel + system.SEP + "wake-%d.txt" % system.getpid()
    is_asked = _touch(wake)
    began = awake_s()
    while main_thread.is_awaited():
        helped = is_asked and not system.exists(wake)
        if awake_s() > began + (_HELPED_PATIENCE_S if helped else _PATIENCE_S):
            return False
        system.sleep(_LOOK_S)
    return True


def _touch(path: str) -> bool:
    """Make an empty file, and return whether that worked."""
    try:
        system.close(system.open(path, system.CREATE, 0o600))
    except OSError:
        return False
    return True


def _give_back_page(cabi: Any, channel: str) -> None:
    """Unmap the page that a debugger mapped for its first call. That call has ended."""
    try:
        descriptor = system.open(channel + system.SEP + "page-%d.bin" % system.getpid(), system.READ)
        address = int.from_bytes(system.read(descriptor, 8), sys.byteorder)
        system.close(descriptor)
        if address > 0:
            cabi.give_back_page(address)
    except (OSError, AttributeError):
        return


def _is_running_elsewhere() -> bool:
    """Whether another thread is in a function of the probe at this moment."""
    frames: dict[int, Any] = interpreters.current_frames()
    own = sys._getframe()
    for top in frames.values():
        frame = top
        inside, mine = False, False
        while frame is not None:
            mine = mine or frame is own
            inside = inside or frame.f_code.co_filename.startswith(FOLDER)
            frame = frame.f_back
        if inside and not mine:
            return True
    return False


def _forget_modules(modules: dict[str, Any]) -> None:
    """Remove the probe from `sys.modules`: it is there in a child that loaded it through its environment."""
    for name, one in list(modules.items()):
        if name.partition(".")[0] == __package__ and sys.modules.get(name) is one:
            del sys.modules[name]


def _remove(path: str) -> None:
    try:
        system.unlink(path)
    except OSError:
        return


def _remove_channel(channel: str) -> None:
    """Remove the folder of the channel, which leakgate would have removed."""
    for name in ("probe", ""):
        folder = channel + system.SEP + name if name else channel
        try:
            for entry in system.listdir(folder):
                _remove(folder + system.SEP + entry)
            system.rmdir(folder)
        except OSError:
            continue
