"""The probe, which runs inside the program. It uses the standard library only, and the grammar of Python 3.9.

It is started by path and imports nothing else of leakgate, and leakgate does not import it: `__main__.py` loads it as
`_leakgate_probe` into the program's interpreter.
"""
