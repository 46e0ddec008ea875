"""Warm-up, floors, trends, noise, saturation, attribution, pacing: pure functions on Series."""
