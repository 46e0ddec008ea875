"""Raises at once."""

raise RuntimeError("no \u2603 today")
