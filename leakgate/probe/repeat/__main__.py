"""Entry: `PYTHON .../leakgate/probe/repeat/__main__.py CHANNEL`; what to repeat is in `CHANNEL/order.json`."""

import sys


def _enter() -> None:
    """Make the probe importable as `_leakgate_probe`, and leave `sys` as plain Python gives it to a program."""
    separator = "\\" if "\\" in __file__ else "/"
    here = __file__.rpartition(separator)[0] or "."
    probe = here.rpartition(separator)[0] or ".."
    package = type(sys)("_leakgate_probe")
    growth = separator.join((probe.rpartition(separator)[0] or "..", "growth"))
    package.__path__ = [probe, growth]  # the rule, `counts`, lies there
    sys.modules["_leakgate_probe"] = package
    if sys.path and sys.path[0] == here:
        del sys.path[0]
    sys.path_importer_cache.pop(here, None)


if __name__ == "__main__":
    _enter()
    from _leakgate_probe.repeat.own_builtins import OwnBuiltins  # type: ignore[import-not-found]

    with OwnBuiltins():
        from _leakgate_probe.repeat import runner  # type: ignore[import-not-found]

    raise SystemExit(runner.run(sys.argv[1]))
