"""Brings the probe into a program that runs already, as a guest. The probe never appears in `sys.modules`.

This file runs alone, in its own namespace, on its own thread. A private `__import__` loads the modules of the probe
from its folder, and the modules of the standard library that the program has not loaded.
Annotations are strings here, because `from __future__ import annotations` would import a module.
"""

import sys

TYPE_CHECKING = False
if TYPE_CHECKING:
    from types import ModuleType
    from typing import Any

_PACKAGE = "_leakgate_probe"
_ALIVE = "alive"


def arrive(channel: str, interval_s: float, follows_children: bool) -> None:  # noqa: FBT001 - called from a text
    """Load the probe and start it, unless leakgate has ended in the meantime. Never raises."""
    path: "Any" = sys.modules["os.path"]
    try:
        here = path.join(channel, "gauges-%d.bin" % sys.modules["os"].getpid())
        if path.exists(path.join(channel, _ALIVE)) and not path.exists(here):
            _require_alone()
            modules: "dict[str, Any]" = {}
            load = _PrivateImport(path.dirname(arrive.__code__.co_filename), modules)
            guest = load(_PACKAGE + ".guest", fromlist=("Guest",))
            guest.Guest(channel, interval_s, modules, follows_children=follows_children).arrive()
    except BaseException as error:
        _report(path.join(channel, "error-%d.txt"), error)


def _require_alone() -> None:
    """Raise RuntimeError if another leakgate watches this process: each would measure what the other does."""
    os: "Any" = sys.modules["os"]
    if not os.path.isdir("/proc/self/fd"):
        return
    for number in os.listdir("/proc/self/fd"):
        try:
            file = os.readlink("/proc/self/fd/" + number)
        except OSError:
            continue
        if file.endswith("/commands.bin") and "/leakgate-" in file:
            raise RuntimeError("another leakgate is watching this process")


def _report(name: str, error: BaseException) -> None:
    os: "Any" = sys.modules["os"]
    try:
        trace = error.__traceback__
        while trace is not None and trace.tb_next is not None:
            trace = trace.tb_next
        place = "%s:%d" % (trace.tb_frame.f_code.co_filename, trace.tb_lineno) if trace is not None else ""
        descriptor = os.open(name % os.getpid(), os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
        os.write(descriptor, ("arriving: %s: %s %s\n" % (type(error).__name__, error, place)).encode())
        os.close(descriptor)
    except BaseException:  # no process reads a message any more
        return


class _PrivateImport:
    """An `__import__` that searches its own dictionary of modules before the modules of the program."""

    def __init__(self, folder: str, modules: "dict[str, Any]") -> None:
        self._folder = folder
        self._modules = modules
        self._namespace: "dict[str, Any]" = dict(vars(sys.modules["builtins"]))
        self._import = self._namespace["__import__"]
        self._namespace["__import__"] = self
        self._bootstrap: "Any" = sys.modules["_frozen_importlib"]
        self._external: "Any" = sys.modules["_frozen_importlib_external"]
        path: "Any" = sys.modules["os.path"]
        library = path.dirname(sys.modules["os"].__file__)
        self._places = (library, path.join(library, "lib-dynload"), path.join(sys.base_exec_prefix, "DLLs"))

    def __call__(
        self,
        name: str,
        globals: "Any" = None,  # noqa: A002 - so they are called
        locals: "Any" = None,  # noqa: A002
        fromlist: "Any" = (),
        level: int = 0,
    ) -> "Any":
        """Import a module, as an import statement asks for it."""
        if level:
            name = _PACKAGE + "." + name if name else _PACKAGE
        if name.partition(".")[0] != _PACKAGE:
            if name in self._modules or name not in sys.modules:
                return self._of_library(name)
            return self._import(name, globals, locals, fromlist, 0)
        module = self._own(name)
        for part in fromlist or ():
            if not hasattr(module, part):
                self._own(name + "." + part)
        return module

    def _own(self, name: str) -> "ModuleType":
        if name in self._modules:
            return self._modules[name]  # type: ignore[no-any-return]
        short = name.partition(".")[2]
        module = self._modules[name] = type(sys)(name)
        path = "%s/%s.py" % (self._folder, short.replace(".", "/") or "__init__")
        vars(module).update(__file__=path, __package__=_PACKAGE, __builtins__=self._namespace)
        with sys.modules["io"].open_code(path) as file:
            source = file.read()
        exec(compile(source, path, "exec", dont_inherit=True), vars(module))  # noqa: S102 - it is what this is for
        if short == "system":
            vars(module)["standard"] = self._standard
        if short:
            setattr(self._own(_PACKAGE), short, module)
        return module

    def _standard(self, name: str) -> "ModuleType":
        """Return a module of the standard library, also if the program has another module of that name.

        It replaces `system.standard` in a guest.
        """
        known = sys.modules.get(name)
        spec = self._find(name)
        is_real = known is not None and getattr(known.__spec__, "origin", None) == spec.origin
        return known if is_real and known is not None else self._of_library(name)

    def _of_library(self, name: str) -> "ModuleType":
        if name in self._modules:
            return self._modules[name]  # type: ignore[no-any-return]
        spec = self._find(name)
        module = self._bootstrap.module_from_spec(spec)
        vars(module)["__builtins__"] = self._namespace  # modules that it imports stay private too
        spec.loader.exec_module(module)
        if sys.modules.get(name) is module:  # C modules with single-phase initialisation register themselves
            del sys.modules[name]
        self._modules[name] = module
        return module  # type: ignore[no-any-return]

    def _find(self, name: str) -> "Any":
        if name in sys.builtin_module_names:
            spec = self._bootstrap.BuiltinImporter.find_spec(name)
        else:
            spec = self._external.PathFinder.find_spec(name, self._places)
        if spec is None:
            raise ImportError("no module %s in the standard library" % name)
        return spec
