"""Runs in the child: standard library only, Python 3.9 grammar, started by path, imports nothing else of leakgate.

Nothing here is ever imported by leakgate itself: `__main__.py` loads these modules as `_leakgate_probe` in the program's interpreter.
"""
