# Found first on PYTHONPATH by the Python children of a measured program. It vanishes, starts the readings, and makes way
# for the child's own sitecustomize. Any Python may meet this file: the syntax is as old as can be, and nothing is printed.
import os
import sys


def _start():
    folder = os.path.dirname(os.path.abspath(__file__))
    sys.path[:] = [entry for entry in sys.path if os.path.abspath(entry) != folder]
    sys.path_importer_cache.pop(folder, None)
    if sys.version_info < (3, 9):
        return
    package = type(sys)("_leakgate_probe")
    package.__path__ = [os.path.dirname(folder)]
    sys.modules["_leakgate_probe"] = package
    from _leakgate_probe import children

    children.arrive(folder)


try:
    _start()
except Exception:
    pass
sys.modules.pop("sitecustomize", None)
import sitecustomize  # the child's own; where there is none, `site` is told so by the ImportError that it expects
