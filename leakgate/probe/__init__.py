"""Runs in the child: standard library only, Python 3.9 grammar, started by path, imports nothing else of leakgate.

Nothing here is imported by leakgate itself: `__main__.py` loads it as `_leakgate_probe` into the program's interpreter.
"""
