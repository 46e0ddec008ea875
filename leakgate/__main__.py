"""`python -m leakgate` and the console script."""
