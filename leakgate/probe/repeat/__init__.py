"""Repeats tests and callables inside the project's interpreter and reads exact counters after each repetition."""
