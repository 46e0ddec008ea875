"""A pytest plugin that repeats the first test 10,000 times, as leakgate does, and writes the readings to a file.

`LEAKGATE_FOLDER` is the folder of the package, `READINGS` the file.
"""

import json
import os
import sys
import types
from _thread import get_ident
from importlib import import_module

import pytest
from _pytest.runner import runtestprotocol

REPETITIONS = 10_000


def _load(name):
    if "_leakgate_probe" not in sys.modules:
        folder = os.environ["LEAKGATE_FOLDER"]
        package = types.ModuleType("_leakgate_probe")
        package.__path__ = [os.path.join(folder, "probe"), os.path.join(folder, "growth")]
        sys.modules["_leakgate_probe"] = package
        import_module("_leakgate_probe.gauges").Reader(get_ident())
    return import_module("_leakgate_probe.repeat." + name)


@pytest.hookimpl(tryfirst=True)
def pytest_runtestloop(session):
    """Run the first test once as usual, then repeat it; no other test is run."""
    again, engine = _load("again"), _load("engine")
    item = session.items[0]
    sibling, parameters = again.sibling_of(item), _load("parameters").Parameters(item)
    runtestprotocol(item, log=False, nextitem=sibling)
    with again.Again(item, sibling, again.BroadFixtures(), parameters) as once:
        loop = engine._Loop(once, engine.RepeatPlan(3600.0, confirming=False, most=REPETITIONS))  # noqa: SLF001
        loop._moments = frozenset()  # noqa: SLF001 - no look judges: a flat test would end at the first one
        engine.Original.collect()
        engine.Original.freeze()
        failure = loop.run()
        engine.Original.unfreeze()
    readings = {name: list(series) for name, series in loop._readings.values().items()}  # noqa: SLF001
    with open(os.environ["READINGS"], "w", encoding="utf-8") as file:
        json.dump({"failure": failure, "blocks": readings["blocks"], "native": readings["native"]}, file)
    return True
