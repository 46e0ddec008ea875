"""Randomly generated programs with known answers, as simulated and as recorded readings."""
