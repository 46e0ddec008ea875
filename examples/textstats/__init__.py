"""Counts words of texts that it makes up: a package that `python -m` runs, with a relative import."""
