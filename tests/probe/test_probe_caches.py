"""The caches of ctypes are emptied for a suspect only when they grow: a reset leaves new types behind."""

import json
import subprocess
from pathlib import Path

import leakgate

PROGRAM = """
import ctypes, json, sys, types
from importlib import import_module

package = types.ModuleType("_leakgate_probe")
package.__path__ = [sys.argv[1] + "/probe", sys.argv[1] + "/growth"]
sys.modules["_leakgate_probe"] = package
caches = import_module("_leakgate_probe.repeat.caches").Caches()
caches.find()
before = ctypes.POINTER(ctypes.c_char)
caches.empty()
kept = ctypes.POINTER(ctypes.c_char) is before
size = len(ctypes._pointer_type_cache)
for number in range(3):
    ctypes.POINTER(type("Item%d" % number, (ctypes.Structure,), {}))
    caches.empty()
print(json.dumps([kept, len(ctypes._pointer_type_cache) <= size]))
"""


def test_the_caches_of_ctypes_are_emptied_only_when_they_grow(python: str) -> None:
    command = [python, "-c", PROGRAM, str(Path(leakgate.__file__).parent)]
    found = subprocess.run(command, capture_output=True, text=True, check=True)
    assert json.loads(found.stdout) == [True, True]
