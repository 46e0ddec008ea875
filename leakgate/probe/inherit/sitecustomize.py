# The Python children of a measured program find this file first on PYTHONPATH. It removes itself, starts the readings,
# and then imports the child's own sitecustomize. Any version of Python may run it: its syntax is old, and it prints
# nothing.
import os
import sys


def _start():  # type: ignore[no-untyped-def] # annotations are newer than some Pythons that may meet this
    folder = os.path.dirname(os.path.abspath(__file__))
    sys.path[:] = [entry for entry in sys.path if os.path.abspath(entry) != folder]
    sys.path_importer_cache.pop(folder, None)
    if sys.version_info < (3, 9):  # pragma: no cover - the tests run under Python 3.9 and newer
        return
    package = type(sys)("_leakgate_probe")
    package.__path__ = [os.path.dirname(folder)]
    sys.modules["_leakgate_probe"] = package
    from _leakgate_probe import children  # type: ignore[import-not-found] # noqa: PLC0415 - the package exists only now

    children.arrive(folder)


try:  # noqa: SIM105 - contextlib would have to be loaded
    _start()  # type: ignore[no-untyped-call]
except Exception:
    pass
sys.modules.pop("sitecustomize", None)
# The child's own. If there is none, this raises the ImportError that `site` expects.
import sitecustomize  # type: ignore[import-not-found] # noqa: E402, F401
